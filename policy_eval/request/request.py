"""A request: one principal, one action, one resource, one context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TypeAlias

from policy_eval.errors import refuse_request
from policy_eval.policy.action import parse_action
from policy_eval.request.context import Entries, Given, Held, fold_names, values_of
from policy_eval.request.dependency import Dependency
from policy_eval.request.place import PLACES, place_of
from policy_eval.request.principal import Principal, is_account, parse_principal
from policy_eval.text.folding import fold

Tags: TypeAlias = tuple[tuple[str, str], ...]


class Frame:
    """A request without its resource and the values of its context: one object for all alike.

    `names` are the keys of the context as they were given, `folded` the same folded. Requests of
    one frame are decided along the same lines, so an engine remembers by frame what it has found.
    """

    __slots__ = (
        "action",
        "action_only",
        "dependencies",
        "folded",
        "names",
        "now",
        "principal",
        "request_tags",
        "resource_account",
        "resource_tags",
        "unknown",
    )

    def __init__(
        self,
        action: str,
        principal: str | Principal | None,
        names: tuple[str, ...],
        further: Further,
    ) -> None:
        if parse_action(action) is None:
            raise refuse_request(
                "unknown-action",
                f"`{action}` is no action",
                "write `service:Name`, such as `secretsmanager:CreateSecret`",
                ("R-ACT-01",),
            )
        unknown, request_tags, resource_tags, now, action_only, account, dependencies = further
        if account is not None and not is_account(account):
            raise refuse_request(
                "not-an-account",
                f"`{account}` is no account ID",
                "give the twelve digits of the account that the resource belongs to",
                ("R-XACC-05",),
            )
        if isinstance(principal, str):
            principal = parse_principal(principal)
        elif principal is not None:
            from policy_eval.request.callers import check_caller  # only where more is said

            check_caller(principal)
        self.action = action
        self.principal = principal
        self.names = names
        self.folded = fold_names(names)
        self.unknown = unknown
        self.request_tags = request_tags
        self.resource_tags = resource_tags
        self.now = now
        self.action_only = action_only
        self.resource_account = account
        self.dependencies = dependencies


Further: TypeAlias = tuple[
    tuple[str, ...], Tags, Tags, str | datetime | None, bool, str | None, tuple[Dependency, ...]
]
"""What few requests say: unknown keys, tags of request and resource, the time, whether the action
is asked about alone, the resource's account, and further actions."""

_NO_CONTEXT: Mapping[str, Given] = {}
_NOTHING_FURTHER: Further = ((), (), (), None, False, None, ())
_MOST_FRAMES = 65_536
_FRAMES: dict[object, Frame] = {}
"""The frames in use, by what makes them."""


def _new_frame(
    action: str, principal: str | Principal | None, names: tuple[str, ...], further: Further | None
) -> Frame:
    """Return the frame of a new kind of request. Raises RequestError."""
    frame = Frame(action, principal, names, further or _NOTHING_FURTHER)
    if not isinstance(frame.now, datetime):  # equal ones may differ as texts
        if len(_FRAMES) >= _MOST_FRAMES:
            _FRAMES.clear()
        _FRAMES[action, principal, names, further] = frame
    return frame


class Request:
    """What is asked. Immutable; nothing is decided or looked up here.

    `action` is `service:Name`; `resource` an ARN, `*`, or None where it is not said;
    `principal` an ARN, account ID, service or `anonymous` (or a `Principal`), None where it is
    not said. `context` maps condition keys to a value, several values, or None for "known to be
    absent"; `unknown` names keys (or families such as `aws:ResourceTag/*`, or `*`) whose value
    nobody knows. `now` is a date such as `2026-01-01T00:00:00Z`, or a datetime with a time zone.
    With `action_only` the answer is for the action alone, as AWS's simulator gives it, not for
    the whole call. `resource_account` is the ID of the account that the resource belongs to, where
    its ARN names none. `dependencies` are further actions that calls need, beside those known.

    Raises RequestError for what no request could hold. What an engine goes by are its `frame`, the
    `name` and `place` of its resource, and what the keys of the frame hold (`held`).
    """

    __slots__ = ("_context", "frame", "held", "name", "place")

    def __init__(
        self,
        action: str,
        resource: str | None = None,
        *,
        principal: str | Principal | None = None,
        context: Mapping[str, Given] | None = None,
        unknown: Iterable[str] = (),
        request_tags: Mapping[str, str] | None = None,
        resource_tags: Mapping[str, str] | None = None,
        now: str | datetime | None = None,
        action_only: bool = False,
        resource_account: str | None = None,
        dependencies: Iterable[Dependency] = (),
    ) -> None:
        further: Further | None = None
        if unknown or request_tags or resource_tags or now is not None or action_only or (
            dependencies or resource_account is not None
        ):  # fmt: skip
            further = (
                tuple(unknown),
                tuple((request_tags or {}).items()),
                tuple((resource_tags or {}).items()),
                now,
                action_only,
                resource_account,
                tuple(dependencies),
            )
        if context is None:
            context = _NO_CONTEXT
        names = (*context,)
        # INVARIANT: nothing sets these again
        try:
            self.frame = _FRAMES[action, principal, names, further]
        except KeyError:
            self.frame = _new_frame(action, principal, names, further)
        try:
            self.place = PLACES[resource]
        except KeyError:
            self.place = place_of(resource)
        self.name = resource
        values: list[Held] = []
        for value in context.values():
            if type(value) is str:  # most are texts, or lists of one: without a further call
                values.append(((value,),))
            elif type(value) is list and len(value) == 1 and type(value[0]) is str:
                values.append(((value[0],),))
            else:
                values.append((values_of(names[len(values)], value),))
        self.held = (*values,)

    @property
    def action(self) -> str:
        """`service:Name`, as it was given."""
        return self.frame.action

    @property
    def principal(self) -> Principal | None:
        """Who calls; None where it is not said."""
        return self.frame.principal

    @property
    def resource(self) -> str | None:
        """An ARN or `*`; None where it is not said."""
        return self.name

    @property
    def context(self) -> Entries:
        """Folded key → spelling → values; None is known to be absent."""
        try:
            return self._context
        except AttributeError:
            frame = self.frame
            given = zip(frame.folded, frame.names, self.held, strict=True)
            self._context: Entries = {folded: {name: values} for folded, name, (values,) in given}
            return self._context

    @property
    def unknown(self) -> tuple[str, ...]:
        """Keys and families of keys whose value nobody knows."""
        return self.frame.unknown

    @property
    def request_tags(self) -> Tags:
        """The tags that the request passes."""
        return self.frame.request_tags

    @property
    def resource_tags(self) -> Tags:
        """The tags of the resource."""
        return self.frame.resource_tags

    @property
    def now(self) -> str | datetime | None:
        """When the request is made; None where it is not said."""
        return self.frame.now

    @property
    def action_only(self) -> bool:
        """Whether the action is asked about alone, without the further ones of its call."""
        return self.frame.action_only

    @property
    def resource_account(self) -> str | None:
        """The account that the resource belongs to, where it was given."""
        return self.frame.resource_account

    @property
    def dependencies(self) -> tuple[Dependency, ...]:
        """Further actions that calls need, beside those known."""
        return self.frame.dependencies

    def alone(self) -> Request:
        """Return the same request, for the action alone."""
        return self._but(action_only=True)

    def with_unknown(self, names: Iterable[str]) -> Request:
        """Return the same request, of which further keys are unknown."""
        return self._but(unknown=(*self.unknown, *names))

    def with_context(self, context: Mapping[str, Given], *, further: bool = True) -> Request:
        """Return the same request with another context; what it lists is not unknown by name.

        Without `further` the tags and the time are left out that stand beside the context.
        """
        listed = set(fold_names(tuple(context)))
        left = [name for name in self.unknown if fold(name) not in listed]
        return self._but(unknown=left, context=context, further=further)

    def given_context(self) -> dict[str, Given]:
        """Return the context as it was given: the values of each key, None for an absent one."""
        return {
            name: values
            for spellings in self.context.values()
            for name, values in spellings.items()
        }

    def _but(
        self,
        *,
        unknown: Iterable[str] | None = None,
        context: Mapping[str, Given] | None = None,
        action_only: bool | None = None,
        further: bool = True,
    ) -> Request:
        return Request(
            self.action,
            self.resource,
            principal=self.principal,
            context=self.given_context() if context is None else context,
            unknown=self.unknown if unknown is None else unknown,
            request_tags=dict(self.request_tags) if further else {},
            resource_tags=dict(self.resource_tags) if further else {},
            now=self.now if further else None,
            action_only=self.action_only if action_only is None else action_only,
            resource_account=self.resource_account,
            dependencies=self.dependencies,
        )

    def __reduce__(self) -> tuple[object, ...]:
        frame = self.frame
        further = (
            frame.unknown,
            dict(frame.request_tags),
            dict(frame.resource_tags),
            frame.now,
            frame.action_only,
            frame.resource_account,
            frame.dependencies,
        )
        context = dict(zip(frame.names, [values for (values,) in self.held], strict=True))
        return _unpickled, (frame.action, self.resource, frame.principal, context, further)

    def __repr__(self) -> str:
        return f"Request({self.action!r}, {self.resource!r}, principal={self.principal})"


def _unpickled(
    action: str,
    resource: str | None,
    principal: Principal | None,
    context: Mapping[str, Given],
    further: tuple[
        tuple[str, ...], dict[str, str], dict[str, str], str | datetime | None, bool, str | None,
        tuple[Dependency, ...],
    ],
) -> Request:  # fmt: skip
    unknown, request_tags, resource_tags, now, action_only, account, dependencies = further
    return Request(
        action,
        resource,
        principal=principal,
        context=context,
        unknown=unknown,
        request_tags=request_tags,
        resource_tags=resource_tags,
        now=now,
        action_only=action_only,
        resource_account=account,
        dependencies=dependencies,
    )
