"""The request context: what was given, what follows from it, what is absent, what is unknown.

AWS: "AWS global condition context keys", "Forward access sessions". Section F and rules
R-KEY-06 (absent is not unknown), R-FAS-01, R-SM-02, R-COND-04, R-COND-06.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from policy_eval.errors import RequestError, refuse_request
from policy_eval.policy.action import Action, parse_action
from policy_eval.policy.arn import parse_arn
from policy_eval.request.context import Values, tag_entries, text_of
from policy_eval.request.principal import Principal, PrincipalKind
from policy_eval.request.request import Request
from policy_eval.semantics.keys import always_carried, follows_from_principal
from policy_eval.semantics.lower import Key
from policy_eval.semantics.principal_keys import CARRIED_BY_KIND, principal_keys
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.resources import Resources, account_of, has_opaque_suffix, resources_of
from policy_eval.semantics.service_reference import ServiceAction, service_action
from policy_eval.semantics.views import read_epoch, read_instant, read_number
from policy_eval.text.folding import fold


class Unknown:
    """The value of a key that nobody knows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()

Candidates = tuple[Values | None, ...] | Unknown
"""What a key may hold: one value list (None: absent), several where spellings of the key that
differ by case compete (R-COND-04), or unknown."""

_ABSENT: Candidates = (None,)
_CURRENT_TIME, _EPOCH_TIME = "aws:currenttime", "aws:epochtime"
_TIMES = frozenset({_CURRENT_TIME, _EPOCH_TIME})


class RequestContext:
    """A request made ready for evaluation: every key's value, and the resource's names."""

    __slots__ = (
        "_entries",
        "_exact_unknown",
        "_principal_unknown",
        "_time_is_derived",
        "_unknown_families",
        "action",
        "derived",
        "folded_action",
        "given",
        "reading",
        "request",
        "resources",
    )

    def __init__(self, request: Request, reading: Reading = OUR_READING) -> None:
        self.request = request
        self.reading = reading
        action = parse_action(request.action)
        assert action is not None
        self.action: Action = action
        self.folded_action = request.action.lower()
        self._entries: dict[str, dict[str, Values | None]] = {}
        self.given: set[str] = set()
        self.derived: dict[str, tuple[str, Values | None]] = {}
        self._principal_unknown = request.principal is None
        self._time_is_derived = False
        unknown = tuple(map(fold, request.unknown))
        self._exact_unknown = {name for name in unknown if not name.endswith("*")}
        self._unknown_families = tuple(name[:-1] for name in unknown if name.endswith("*"))
        self._take_given()
        self._derive_from_principal()
        self._derive_from_tags()
        self._derive_from_forwarding()
        self._check_time()
        self.resources: Resources = resources_of(
            action, request, self.caller_account(), self._single_values(), reading
        )
        self._derive_from_resource()
        self._guess("aws:SecureTransport", "true")

    def candidates(self, key: Key) -> Candidates:
        """Return what the key may hold (see `Candidates`)."""
        if key.folded in _TIMES and not self._time_is_derived:
            self._derive_from_time()
        spellings = self._entries.get(key.folded)
        if spellings is None:
            return UNKNOWN if self._is_unknown(key.folded) else _ABSENT
        if len(spellings) == 1:
            return tuple(spellings.values())
        if OpenPoint.TAGS_EQUAL_BUT_FOR_CASE in self.reading:
            return tuple(dict.fromkeys(spellings.values()))
        wanted = _exact_part(key.spelling)
        exact = [values for name, values in spellings.items() if _exact_part(name) == wanted]
        return tuple(exact) if exact else tuple(dict.fromkeys(spellings.values()))

    def resource_candidates(self) -> Candidates:
        """Return the names of the resource as values, or unknown."""
        names = self.resources.names
        return UNKNOWN if names is None else (names,)

    def was_given(self, key: Key) -> bool:
        """Return whether somebody said something about the key, be it that it is absent."""
        return key.folded in self.given or key.folded in self.derived

    def has_empty_text(self) -> bool:
        """Whether some key holds an empty text (R-VAR-12)."""
        return any(
            values == ("",) for spellings in self._entries.values() for values in spellings.values()
        )

    def has_competing_spellings(self) -> bool:
        """Whether some key is there in spellings that differ by case (R-COND-04)."""
        return any(len(spellings) > 1 for spellings in self._entries.values())

    def holds_any(self, family: str) -> bool:
        """Return whether a key of a family holds a value (`aws:requesttag/`, folded)."""
        return any(
            folded.startswith(family) and any(spellings.values())
            for folded, spellings in self._entries.items()
        )

    def may_hold(self, family: str) -> bool:
        """Return whether a key of a family is unknown."""
        return self._is_said_unknown(family) or any(
            folded.startswith(family) for folded in self._exact_unknown
        )

    def replace_entries(self, entries: dict[str, dict[str, Values | None]]) -> None:
        """Take these entries for everything that is known, and all other keys for absent.

        For comparisons with evaluators that derive nothing.
        """
        self._entries = entries
        self._time_is_derived = True
        self._exact_unknown = set()
        self._unknown_families = ()

    def forget(self, name: str) -> None:
        """Make a key's value unknown. For comparisons, like `replace_entries`."""
        self._entries.pop(fold(name), None)
        self._exact_unknown.add(fold(name))

    def entries(self) -> Mapping[str, Mapping[str, Values | None]]:
        """Return what is known: folded key → spelling → values (None: known to be absent)."""
        if not self._time_is_derived:
            self._derive_from_time()
        return self._entries

    def owner_given(self) -> str | None:
        """Return the resource's account where `aws:ResourceAccount` was given."""
        return self._given_account("aws:resourceaccount")

    def owner_is_unknown(self) -> bool:
        """Return whether the resource's account is said to be unknown."""
        return self._is_said_unknown("aws:resourceaccount")

    def caller_account(self) -> str | None:
        """Return the caller's account, from the principal or `aws:PrincipalAccount`."""
        principal = self.request.principal
        if principal is not None:
            return principal.account
        return self._given_account("aws:principalaccount")

    def _given_account(self, folded: str) -> str | None:
        for name, values in self.request.context.get(folded, {}).items():
            if values and len(values) > 1:
                raise refuse_request(
                    "several-values", f"`{name}` holds one value, and {len(values)} are given",
                    "give one value", ("R-COND-34",),
                )  # fmt: skip
            return values[0] if values else None
        return None

    def _is_said_unknown(self, folded: str) -> bool:
        return folded in self._exact_unknown or folded.startswith(self._unknown_families)

    def _is_unknown(self, folded: str) -> bool:
        if self._is_said_unknown(folded):
            return True
        return always_carried(folded) or (
            self._principal_unknown and follows_from_principal(folded)
        )

    def _take_given(self) -> None:
        for folded, spellings in self.request.context.items():
            if folded in self._exact_unknown:
                raise _given_and_unknown(next(iter(spellings)))
            if folded == "aws:principalarn":
                _refuse_session_arn(spellings)
            self._entries[folded] = dict(spellings)
            self.given.add(folded)

    def _derive(self, name: str, value: str | Values | None) -> None:
        """Enter a value that follows, unless the key was given or is said to be unknown."""
        folded = fold(name)
        if folded in self._entries or folded in self._exact_unknown:
            return
        values = (value,) if isinstance(value, str) else value
        self._entries[folded] = {name: values}
        self.derived[folded] = (name, values)

    def _guess(self, name: str, value: str) -> None:
        """Enter what is usual, unless the key was given or is unknown by name or family."""
        if not self._is_said_unknown(fold(name)):
            self._derive(name, value)

    def _settle(self, name: str, value: str | Values | None, because: str) -> None:
        """Enter a value that nothing but itself could be; another given value contradicts."""
        folded = fold(name)
        given = self._entries.get(folded)
        wanted = (value,) if isinstance(value, str) else value
        if given is not None and folded in self.given and wanted not in given.values():
            raise _contradiction(name, next(iter(given.values())), wanted, because)
        self._derive(name, value)

    def _single_values(self) -> dict[str, str]:
        return {
            folded: values[0]
            for folded, spellings in self._entries.items()
            for values in spellings.values()
            if values is not None and len(values) == 1
        }

    def _derive_from_principal(self) -> None:
        principal = self.request.principal
        if principal is None:
            return
        for name, value in principal_keys(principal).items():
            self._settle(name, value, f"the caller is {principal.arn}")
        self._check_principal_arn(principal)
        for name in CARRIED_BY_KIND[principal.kind]:
            if fold(name) not in self._entries:
                self._exact_unknown.add(fold(name))

    def _check_principal_arn(self, principal: Principal) -> None:
        """Refuse a role ARN that is not the session's (R-KEY-01): only the path may differ."""
        if principal.path_is_known:
            return
        role = f"arn:{principal.partition}:iam::{principal.account}:role/"
        for values in self._entries.get("aws:principalarn", {}).values():
            given = values[0] if values else ""
            if not (given.startswith(role) and given.rpartition("/")[2] == principal.name):
                because = f"the caller is {principal.arn}"
                raise _contradiction(
                    "aws:PrincipalArn", values, (f"{role}[path/]{principal.name}",), because
                )

    def _derive_from_tags(self) -> None:
        """Request tags give RequestTag and TagKeys, and ResourceTag where a resource is made."""
        request = self.request
        service = self.action.service
        on_resource = ["aws:ResourceTag/", f"{service}:ResourceTag/"]
        if service.lower() == "s3":
            on_resource.append("s3:ExistingObjectTag/")
        given = {
            name.partition("/")[2]: values[0]
            for folded, spellings in request.context.items()
            if folded.startswith(_REQUEST_TAG)
            for name, values in spellings.items()
            if values
        }
        passed = dict(request.request_tags)
        tags = given | passed
        if tags:
            listed = service_action(service, self.action.name)
            carried = {key.prefix for key in listed.keys} if listed else {_REQUEST_TAG}
            if _REQUEST_TAG in carried:
                self._enter_tags(["aws:RequestTag/"], passed)
                self._enter_new_tags(on_resource, tags, listed)
            self._settle_tag_keys(tuple(tags))
        elif self._is_said_unknown(_REQUEST_TAG) or any(
            key.startswith(_REQUEST_TAG) for key in self._exact_unknown
        ):
            self._exact_unknown.add("aws:tagkeys")
            if creates(self.action.name):
                self._unknown_families += tuple(map(fold, on_resource))
        self._enter_tags(on_resource, dict(request.resource_tags))
        self._link_spellings(service)

    def _enter_new_tags(
        self, on_resource: list[str], tags: Mapping[str, str], listed: ServiceAction | None
    ) -> None:
        """Enter the tags of a new resource; where another may be meant, they are unknown."""
        if listed is None or listed.is_tagging:
            return
        if not any(key.prefix == "aws:resourcetag/" for key in listed.keys):
            return
        if creates(self.action.name) and len(listed.resource_types) == 1:
            self._enter_tags(on_resource, tags)  # R-SM-02
            return
        known = {fold(key) for key, _ in self.request.resource_tags}
        for prefix in on_resource:
            for key in tags:
                if fold(key) not in known and fold(prefix + key) not in self.given:
                    self._exact_unknown.add(fold(prefix + key))

    def _settle_tag_keys(self, keys: tuple[str, ...]) -> None:
        given = self._entries.get("aws:tagkeys")
        if given is None:
            self._derive("aws:TagKeys", keys)
            return
        values = next(iter(given.values()))
        if values is None or set(values) != set(keys):
            raise _contradiction("aws:TagKeys", values, keys, "the request passes these tags")

    def _link_spellings(self, service: str) -> None:
        """Give a resource tag's value under both its names, the global and the service's."""
        forms = ("aws:ResourceTag/", f"{service}:ResourceTag/")
        for one, other in (forms, forms[::-1]):
            for folded in [name for name in self.given if name.startswith(fold(one))]:
                for name, values in list(self._entries[folded].items()):
                    twin = other + name.partition("/")[2]
                    if fold(twin) not in self._entries:
                        self._derive(twin, values)
                    elif values not in self._entries[fold(twin)].values():
                        found = next(iter(self._entries[fold(twin)].values()))
                        raise _contradiction(twin, found, values, f"`{name}` says so")

    def _enter_tags(self, prefixes: list[str], tags: Mapping[str, str]) -> None:
        for folded, spellings in tag_entries(prefixes, tags).items():
            name, values = next(iter(spellings.items()))
            if folded in self._exact_unknown:
                raise _given_and_unknown(name)
            if folded not in self.given:
                self._entries.setdefault(folded, {}).update(spellings)
                self.derived[folded] = (name, values)
            elif values not in self._entries[folded].values():
                given = next(iter(self._entries[folded].values()))
                raise _contradiction(name, given, values, "a tag says so")

    def _derive_from_forwarding(self) -> None:
        """CalledViaFirst, CalledViaLast, ViaAWSService follow from CalledVia (R-FAS-01)."""
        chain = next(iter(self._entries.get("aws:calledvia", {"": None}).values()))
        ends = [
            name for name in ("aws:calledviafirst", "aws:calledvialast")
            if any(self._entries.get(name, {}).values())
        ]  # fmt: skip
        if chain:
            because = f"aws:CalledVia is {list(chain)}"
            self._settle("aws:CalledViaFirst", chain[0], because)
            self._settle("aws:CalledViaLast", chain[-1], because)
            self._settle("aws:ViaAWSService", "true", because)
        elif ends:
            self._settle("aws:ViaAWSService", "true", f"`{ends[0]}` is given")
            if "aws:calledvia" not in self.given:
                self._exact_unknown.add("aws:calledvia")
        elif self._is_said_unknown("aws:calledvia"):
            self._exact_unknown |= {"aws:calledviafirst", "aws:calledvialast"}
            return
        else:
            if OpenPoint.VIA_SERVICE_ON_DIRECT_CALL in self.reading:
                self._derive("aws:ViaAWSService", None)
            else:
                self._guess("aws:ViaAWSService", "false")
            return
        principal = self.request.principal
        if principal is not None and principal.kind is PrincipalKind.USER:
            # there and false for access keys, there for temporary credentials: never absent
            self._exact_unknown |= _MFA - self._entries.keys()

    def _check_time(self) -> None:
        """Refuse a time that is none, and one that another given time contradicts."""
        now = self.request.now
        if not isinstance(now, str):
            return
        instant = read_instant(now)
        if instant is None:
            raise refuse_request(
                "unreadable-time", f"`{now}` is no date", "expected 2026-01-31T12:00:00Z",
                ("R-COND-12",),
            )  # fmt: skip
        given = self._single_values()
        for name in ("aws:CurrentTime", "aws:EpochTime"):
            values = given.get(fold(name))
            if values is not None and read_epoch(values) != instant:
                raise _contradiction(name, (values,), (now,), f"the call is made at {now}")

    def _derive_from_time(self) -> None:
        """CurrentTime and EpochTime are one instant; derived when first looked at."""
        from decimal import Decimal

        self._time_is_derived = True
        values = self._single_values()
        current, epoch = values.get(_CURRENT_TIME), values.get(_EPOCH_TIME)
        now = self.request.now
        if isinstance(now, datetime):
            now = text_of("now", now)
        now = now or current
        if now is None and epoch is not None and read_number(epoch) is not None:
            now = epoch
        seconds = None if now is None else read_instant(now)
        if isinstance(seconds, Decimal):
            self._derive("aws:CurrentTime", now)
            self._derive("aws:EpochTime", f"{seconds:f}")

    def _derive_from_resource(self) -> None:
        names = self.resources.names
        arn = parse_arn(names[0]) if names else None
        principal = self.request.principal
        if arn is not None:
            owner, caller = account_of(str(arn)), self.caller_account()
            if owner is not None:
                self._settle("aws:ResourceAccount", owner, f"the resource is {arn}")
            elif principal is not None and caller is not None:
                self._guess("aws:ResourceAccount", caller)  # R-XACC-05
            if arn.region:
                self._guess("aws:RequestedRegion", arn.region)
        partition = arn.partition if arn else principal.partition if principal else "aws"
        if self.action.service.lower() in _GLOBAL_SERVICES and partition == "aws":
            self._guess("aws:RequestedRegion", "us-east-1")


_REQUEST_TAG = "aws:requesttag/"
_MFA = frozenset({"aws:multifactorauthpresent"})
_FORWARDED_CALL = "aws:viaawsservice"


def _lists(context: RequestContext) -> bool:
    return len(context.resources.names or ()) > 1


def _is_direct(context: RequestContext) -> bool:
    return context.derived.get(_FORWARDED_CALL, ("", None))[1] == ("false",)


def _names_new_secret(context: RequestContext) -> bool:
    return has_opaque_suffix(context.resources)


ABOUT_REQUESTS: Mapping[OpenPoint, Callable[[RequestContext], bool]] = {
    OpenPoint.RESOURCE_OF_LISTING: _lists,
    OpenPoint.TAGS_EQUAL_BUT_FOR_CASE: RequestContext.has_competing_spellings,
    OpenPoint.EMPTY_VARIABLE: RequestContext.has_empty_text,
    OpenPoint.VIA_SERVICE_ON_DIRECT_CALL: _is_direct,
    OpenPoint.NAME_OF_NEW_SECRET: _names_new_secret,
}
"""Open points that change what a request holds, not the tests; and whether they bear on one."""


def bears_on(point: OpenPoint, context: RequestContext) -> bool:
    """Return whether an open point about requests can change this one."""
    return ABOUT_REQUESTS[point](context)


_GLOBAL_SERVICES = frozenset(
    {"iam", "cloudfront", "route53", "organizations", "globalaccelerator", "support", "waf"}
)
"""Services whose calls report Region us-east-1 (aws:RequestedRegion)."""


def creates(action_name: str) -> bool:
    """Return whether an action makes a new resource, so its tags are the resource's (R-SM-02)."""
    return action_name.lower().startswith("create")


def _exact_part(name: str) -> str:
    """Return what of a key's spelling counts when tags differ only by case (R-AF-04)."""
    prefix, slash, rest = name.partition("/")
    return f"{fold(prefix)}{slash}{rest}"


def _refuse_session_arn(spellings: Mapping[str, Values | None]) -> None:
    for name, values in spellings.items():
        if any(":assumed-role/" in value for value in values or ()):
            raise refuse_request(
                "session-arn",
                f"`{name}` is given as a session's ARN",
                "AWS sends the role's ARN, `arn:aws:iam::…:role/…`",
                ("R-KEY-01",),
            )


def _given_and_unknown(name: str) -> RequestError:
    return refuse_request(
        "key-given-and-unknown",
        f"`{name}` is given and said to be unknown",
        "say one of the two",
        ("R-KEY-06",),
    )


def _contradiction(
    name: str, given: Values | None, wanted: Values | None, because: str
) -> RequestError:
    def shown(values: Values | None) -> str:
        return "absent" if values is None else ", ".join(f"`{value}`" for value in values)

    return refuse_request(
        "contradiction",
        f"`{name}` is given as {shown(given)}, but {because}, so it is {shown(wanted)}",
        "leave the key out, or mend the other side",
        ("R-KEY-06",),
    )
