"""What a test says of a request: context, tags, time and owner, merged from its levels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.cases.dependencies import read_dependencies
from policy_eval.request.context import Given
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal
from policy_eval.request.request import Request
from policy_eval.semantics.resources import account_of
from policy_eval.text.fields import Field
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.sources.accounts import Accounts


class Defaults(NamedTuple):
    """What holds where a suite does not say it: the time; or says it: whose the resource is.

    `dependencies` are further actions where a suite names none. `accounts` are those of the suite's
    sources, which know owners and tags of resources.
    """

    now: str | datetime | None = None
    owner: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    accounts: Accounts | None = None


class Step(NamedTuple):
    """One request of a test, but for the action, resource and caller that a matrix gives.

    `own` is what a step of `all_of` says. `owners` is whose the resource is: where its ARN names
    no account, and where it does (a step then takes none from outside).
    """

    test: Field
    own: dict[str, Field]
    context: Mapping[str, Given]
    unknown: list[str]
    request_tags: Mapping[str, str]
    resource_tags: Mapping[str, str]
    now: str | datetime | None
    action_only: bool
    dependencies: tuple[Dependency, ...]
    owners: tuple[str | None, str | None]
    accounts: Accounts | None

    def request(
        self, action: Field | None, resource: Field | None, who: Principal | None
    ) -> Request:
        """Return the request. Raises RequestError, SuiteError where there is no action."""
        action = self.own.get("action", action)
        resource = self.own.get("resource", resource)
        if action is None:
            raise self.test.refuse("missing-field", "this test has no `action`")
        where = resource.text() if resource is not None and not resource.is_null else None
        named = where is not None and account_of(where) is not None
        owner, tags = self.owners[named], self.resource_tags
        if self.accounts is not None:
            owner = owner or self.accounts.unsaid_owner(where)
            tags = {**self.accounts.tags(where), **tags}
        return Request(
            action.text(),
            where,
            principal=who,
            context=self.context,
            unknown=self.unknown,
            request_tags=self.request_tags,
            resource_tags=tags,
            now=self.now,
            action_only=self.action_only,
            resource_account=owner,
            dependencies=self.dependencies,
        )


def read_step(
    test: Field,
    fields: dict[str, Field],
    levels: list[dict[str, Field]],
    own: dict[str, Field] | None,
    given: Defaults,
) -> Step:
    """Return a request of a test, by the suite's fields, the test's and its own.

    `own` are those of a step of `all_of`. Raises SuiteError.
    """
    context, unknown = _context_and_unknown(levels, fields)
    further = fields.get("dependent_actions")
    is_step = own is not None
    action_only = "action_only" in fields and fields["action_only"].truth()
    return Step(
        test,
        own or {},
        context,
        unknown,
        _tags(levels, "request_tags"),
        _tags(levels, "resource_tags"),
        fields["now"].text() if "now" in fields else given.now,
        is_step or action_only,
        given.dependencies if further is None else read_dependencies(further),
        (given.owner or _owner(levels), given.owner or _owner(levels[-1:] if is_step else levels)),
        given.accounts,
    )


def _owner(levels: list[dict[str, Field]]) -> str | None:
    """Return the account of the resource, by the innermost level that says it."""
    for level in reversed(levels):
        if "resource_account" in level:
            owner = level["resource_account"]
            return None if owner.is_null else owner.text()
    return None


def _context_and_unknown(
    levels: list[dict[str, Field]], fields: dict[str, Field]
) -> tuple[Mapping[str, Given], list[str]]:
    """Merge contexts key by key, names compared as AWS does; the inner level's word wins.

    A key in both `context` and `unknown` of one level stays in both, to be refused.
    """
    merged: dict[str, tuple[str, Given]] = {}
    unknown: list[str] = []
    for level in levels:
        own = level["context"].members() if "context" in level else {}
        seen: set[str] = set()
        for name, value in own.items():
            if fold(name) in seen:
                raise value.refuse("duplicate-key-case", f"`{name}` stands twice in this map")
            seen.add(fold(name))
        if "unknown" in level:
            unknown = level["unknown"].texts()
            for name in unknown:
                merged.pop(fold(name), None)
        else:
            unknown = [name for name in unknown if fold(name) not in seen]
        merged |= {fold(name): (name, _given(value)) for name, value in own.items()}
    unlisted = fields["unlisted_keys"].text() if "unlisted_keys" in fields else "absent"
    if unlisted not in ("absent", "unknown"):
        raise fields["unlisted_keys"].refuse(
            "unknown-word", f"unlisted_keys is `{unlisted}`", "expected absent or unknown"
        )
    return dict(merged.values()), [*unknown, "*"] if unlisted == "unknown" else unknown


def _given(value: Field) -> Given:
    if value.is_null:
        return None
    return tuple(value.texts()) if value.is_list else value.text()


def _tags(levels: list[dict[str, Field]], name: str) -> Mapping[str, str]:
    merged: dict[str, str] = {}
    for level in levels:
        if name in level:
            merged |= level[name].mapped(Field.text)
    return merged
