"""The request context: what a request carries, ready for evaluation.

AWS: "AWS global condition context keys". Rules: R-KEY-06 (absent is not unknown), R-COND-04,
R-XACC-05 (whose resource it is).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Final

from policy_eval.errors import refuse_request
from policy_eval.policy.action import Action, parse_action
from policy_eval.policy.arn import parse_arn
from policy_eval.request.context import Values
from policy_eval.request.request import Request
from policy_eval.semantics.derivation import (
    TIMES,
    check_organization,
    check_time,
    derive_from_endpoint,
    derive_from_forwarding,
    derive_from_organization,
    derive_from_principal,
    derive_from_resource,
    derive_from_tags,
    derive_from_time,
    is_true,
    told_by_keys,
)
from policy_eval.semantics.keys import always_carried, follows_from_principal
from policy_eval.semantics.known_keys import KnownKeys
from policy_eval.semantics.layers import (
    GATEWAY_SERVICES,
    NOTHING_ATTACHED,
    Attached,
    EndpointType,
    Layer,
)
from policy_eval.semantics.lower import Key
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.resources import (
    Resources,
    account_of,
    has_opaque_suffix,
    holder_of,
    resources_of,
)
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.semantics.principals import Caller


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
ANOTHER_ACCOUNT = "another account"
"""Stands for any account but the caller's and the management account (`by_owner`)."""


class RequestContext:
    """A request made ready for evaluation: every key's value, and the resource's names.

    `attached` says which layers there are; `asked` is the context of the call's first request,
    None for that request itself. `principal` is the request's, with what given keys say of it;
    `assumed_owner` is one of the accounts of `by_owner`.
    """

    __slots__ = (
        "_keys",
        "_time_is_derived",
        "action",
        "asked",
        "assumed_owner",
        "attached",
        "folded_action",
        "principal",
        "reading",
        "request",
        "resources",
    )

    def __init__(
        self,
        request: Request,
        reading: Reading = OUR_READING,
        attached: Attached = NOTHING_ATTACHED,
        asked: RequestContext | None = None,
    ) -> None:
        self.request = request
        self.reading = reading
        self.attached = attached
        self.asked = asked
        action = parse_action(request.action)
        assert action is not None
        self.action: Action = action
        self.folded_action = request.action.lower()
        self._time_is_derived = False
        self.assumed_owner: str | None = None
        keys = self._keys = KnownKeys(request.context, request.unknown)
        principal = self.principal = told_by_keys(keys, request.principal)
        derive_from_principal(keys, principal)
        derive_from_organization(keys)
        derive_from_tags(keys, request, action)
        derive_from_forwarding(keys, principal, reading)
        derive_from_endpoint(keys, attached.exists(Layer.ENDPOINT))
        check_time(keys, request.now)
        self.resources: Resources = resources_of(
            action, request, self.caller_account(), keys.single, reading
        )
        names = self.resources.names
        arn = parse_arn(names[0]) if names else None
        derive_from_resource(keys, arn, action.service, request)
        keys.guess("aws:SecureTransport", "true")
        check_organization(keys, attached)

    @property
    def given(self) -> set[str]:
        """The folded names of the keys that were listed."""
        return self._keys.given

    @property
    def derived(self) -> Mapping[str, tuple[str, Values | None]]:
        """The keys that follow: folded name → name and values."""
        return self._keys.derived

    def candidates(self, key: Key) -> Candidates:
        """Return what the key may hold (see `Candidates`); it is noted that it was asked."""
        self._keys.note(key.folded)
        return self.look(key)

    def look(self, key: Key) -> Candidates:
        """Return what the key may hold, without a note: for those who note it themselves."""
        if key.folded in TIMES and key.folded not in self._keys.entries:
            self._derive_time()
        spellings = self._keys.entries.get(key.folded)
        if spellings is None:
            return UNKNOWN if self._is_unknown(key.folded) else _ABSENT
        held = tuple(dict.values(spellings))
        if len(held) == 1:
            return held
        if OpenPoint.TAGS_EQUAL_BUT_FOR_CASE in self.reading:
            return tuple(dict.fromkeys(held))
        wanted = _exact_part(key.spelling)
        exact = [values for name, values in spellings.items() if _exact_part(name) == wanted]
        return tuple(exact) if exact else tuple(dict.fromkeys(held))

    @property
    def seen(self) -> set[str]:
        """The given keys (folded) whose values were looked at, but for those of `look`."""
        return self._keys.seen

    def region_follows(self) -> bool:
        """Return whether the Region of the call is that of its resource."""
        return "aws:requestedregion" in self._keys.derived

    def source_of(self, key: Key) -> str | None:
        """Return the given key (folded) whose values a key holds; None where it is none's."""
        return self._keys.source_of(key.folded)

    def resource_candidates(self) -> Candidates:
        """Return the names of the resource as values, or unknown."""
        names = self.resources.names
        return UNKNOWN if names is None else (names,)

    def was_given(self, key: Key) -> bool:
        """Return whether somebody said something about the key, be it that it is absent."""
        return key.folded in self.given or key.folded in self.derived

    def has_empty_text(self) -> bool:
        """Whether some key holds an empty text (R-COND-37, R-VAR-12)."""
        held = (spellings.values() for spellings in self._keys.entries.values())
        return any("" in values for each in held for values in each if values)

    def has_competing_spellings(self) -> bool:
        """Whether some key is there in spellings that differ by case (R-COND-04)."""
        return any(len(spellings) > 1 for spellings in self._keys.entries.values())

    def holds_any(self, family: str) -> bool:
        """Return whether a key of a family holds a value (`aws:requesttag/`, folded)."""
        return any(
            folded.startswith(family) and any(spellings.values())
            for folded, spellings in self._keys.entries.items()
        )

    def may_hold(self, family: str) -> bool:
        """Return whether a key of a family is unknown."""
        return self._keys.is_said_unknown(family) or any(
            folded.startswith(family) for folded in self._keys.unknown
        )

    def entries(self) -> Mapping[str, Mapping[str, Values | None]]:
        """Return what is known: folded key → spelling → values (None: known to be absent)."""
        self._derive_time()
        return self._keys.entries

    def names_held(self, family: str) -> tuple[str, ...]:
        """Return the names of the keys of a family (folded) that hold a value."""
        return tuple(
            name
            for folded, spellings in self._keys.entries.items()
            if folded.startswith(family)
            for name, values in spellings.items()
            if values
        )

    def owner_given(self) -> str | None:
        """Return the resource's account where it was given, by itself or as a key."""
        return self.request.resource_account or self._given_account("aws:resourceaccount")

    def owner(self) -> str | None:
        """Return the account that the resource belongs to, as given or by its ARN (R-XACC-05)."""
        names = self.resources.names
        return self.assumed_owner or self.owner_given() or (account_of(names[0]) if names else None)

    def is_foreign(self) -> bool:
        """Return whether the resource belongs to another account than the caller."""
        caller, owner = self.caller_account(), self.owner()
        return caller is not None and owner is not None and owner != caller

    def by_owner(self) -> tuple[RequestContext, ...]:
        """Return the contexts for every account that the resource may belong to.

        One, unless the owner is unknown: then the caller's account, the management account, and any
        other (R-XACC-05, R-KEY-06).
        """
        if self.owner() is not None or not self.owner_is_unknown():
            return (self,)
        accounts = [self.caller_account(), ANOTHER_ACCOUNT]
        if self.principal is not None:
            accounts.append(self.principal.management_account)
        return tuple(
            self._owned_by(account) for account in dict.fromkeys(accounts) if account is not None
        )

    def _owned_by(self, account: str) -> RequestContext:
        context = copy(self)
        context.assumed_owner = account
        return context

    def of_action(self, name: str) -> RequestContext:
        """Return the same context of a call of another action, of which rules know the same."""
        context = copy(self)
        action = parse_action(name)
        assert action is not None
        context.action, context.folded_action = action, name.lower()
        return context

    def is_forwarded(self) -> bool | None:
        """Return whether a service forwards the call; None where nobody knows (R-FAS-01)."""
        if "aws:viaawsservice" not in self._keys.entries:
            return None
        return is_true(self._keys.first("aws:viaawsservice"))

    def caller(self) -> Caller:
        """Return what principal elements see of the caller."""
        from policy_eval.semantics.principals import caller_of  # only where principals are named

        return caller_of(self.principal, self.attached.exists(Layer.BOUNDARY))

    def caller_at_endpoint(self) -> Caller:
        """Return the caller as the policy of the VPC endpoint sees it (R-VPCE-G2)."""
        kind = self.attached.endpoint_type
        with_gateways = self.action.service.lower() in GATEWAY_SERVICES
        if not with_gateways or kind is EndpointType.INTERFACE:
            return self.caller()
        from policy_eval.semantics.principals import at_gateway

        return at_gateway(self.caller(), surely=kind is EndpointType.GATEWAY)

    def resource_policy(self) -> int | None:
        """Return which of the attached resource policies guards the resource; None if none does.

        The policy that names no resource is that of the resource the call is asked about. Raises
        RequestError where there are two for one resource.
        """
        own = holder_of(self.resources)
        wanted = resource_policy_type(self.folded_action)
        asked = holder_of((self.asked or self).resources)
        found = [
            index
            for index, (arn, policy_type) in enumerate(self.attached.resource_policies)
            if policy_type is wanted and (own if arn else asked) == (arn or own)
        ]
        if len(found) > 1:
            raise refuse_request(
                "several-values",
                f"{len(found)} policies are given for the one resource `{own}`",
                "a resource has one policy: give it once", ("R-SVC-01",),
            )  # fmt: skip
        return found[0] if found else None

    def owner_is_unknown(self) -> bool:
        """Return whether the resource's account is said to be unknown."""
        return self._keys.is_said_unknown("aws:resourceaccount")

    def caller_account(self) -> str | None:
        """Return the caller's account, from the principal or `aws:PrincipalAccount`."""
        principal = self.request.principal
        if principal is not None:
            return principal.account
        return self._given_account("aws:principalaccount")

    def _given_account(self, folded: str) -> str | None:
        if folded not in self._keys.given:
            return None
        ((name, values),) = self._keys.entries[folded].items()  # a given key has one spelling
        if values and len(values) > 1:
            raise refuse_request(
                "several-values", f"`{name}` holds one value, and {len(values)} are given",
                "give one value", ("R-COND-34",),
            )  # fmt: skip
        return values[0] if values else None

    def _is_unknown(self, folded: str) -> bool:
        if self._keys.is_said_unknown(folded):
            return True
        return always_carried(folded) or (
            self.request.principal is None and follows_from_principal(folded)
        )

    def _derive_time(self) -> None:
        """Derive the time when it is first looked at: reading dates costs a cold start dear."""
        if not self._time_is_derived:
            self._time_is_derived = True
            derive_from_time(self._keys, self.request.now)


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
    OpenPoint.EMPTY_TEXT_IS_NULL: RequestContext.has_empty_text,
    OpenPoint.EMPTY_VARIABLE: RequestContext.has_empty_text,
    OpenPoint.VIA_SERVICE_ON_DIRECT_CALL: _is_direct,
    OpenPoint.NAME_OF_NEW_SECRET: _names_new_secret,
}
"""Open points that matter only for some requests; and whether they bear on one."""


def bears_on(point: OpenPoint, context: RequestContext) -> bool:
    """Return whether an open point about requests can change this one."""
    return ABOUT_REQUESTS[point](context)


def _exact_part(name: str) -> str:
    """Return what of a key's spelling counts when tags differ only by case (R-AF-04)."""
    prefix, slash, rest = name.partition("/")
    return f"{fold(prefix)}{slash}{rest}"
