"""A suite file → cases: inheritance, matrices, and the requests each case makes.

The format is documented in docs/iamtest.md.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple

from policy_eval.cases.dependencies import read_dependencies
from policy_eval.cases.expectation import Expectation, read_expectation
from policy_eval.cases.fields import Field, read_file
from policy_eval.cases.layers import PoliciesReader
from policy_eval.cases.principal import read_principal
from policy_eval.engine.policies import LayersOf, PolicySet
from policy_eval.errors import InputError, Place, SuiteError
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.context import Given
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal
from policy_eval.request.request import Request
from policy_eval.semantics.resources import account_of
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.text.folding import fold

_LATER = "is not supported yet"
_SHARED = dict.fromkeys(
    ("now", "unlisted_keys", "policies", "principal", "action", "resource", "context",
     "request_tags", "resource_tags", "unknown", "action_only", "accept_invalid",
     "resource_account", "unknown_layers", "endpoint_type", "dependent_actions"),
    "",
)  # fmt: skip
_SUITE = {**dict.fromkeys(("version", "name", "description", "tests"), ""), **_SHARED}
_TEST = {
    **dict.fromkeys(
        ("name", "description", "rule", "source", "skip", "expect", "actions", "resources",
         "principals", "all_of"), "",
    ),
    "simulate": _LATER,
    **_SHARED,
}  # fmt: skip
_EXCLUSIVE = (
    ("action", "actions"),
    ("resource", "resources"),
    ("principal", "principals"),
    ("all_of", "action"),
    ("all_of", "actions"),
    ("all_of", "dependent_actions"),
)
_ALL_OF = dict.fromkeys(
    ("action", "resource", "resource_account", "context", "unknown", "resource_tags",
     "request_tags"), "",
)  # fmt: skip


class Case(NamedTuple):
    """One test: policies, the requests of its call, and what is expected.

    `policies` and `requests` are an InputError where they are refused, which a test may expect.
    `expect` is None in a scenario.
    """

    suite: str
    name: str
    place: Place
    policies: PolicySet | InputError
    requests: tuple[Request, ...] | InputError
    expect: Expectation | None
    rules: tuple[str, ...] = ()
    source: str = ""
    skip: str = ""


class Suite(NamedTuple):
    """The cases of one file."""

    path: Path
    name: str
    description: str
    cases: tuple[Case, ...]


class Overrides(NamedTuple):
    """What the command line gives in place of a suite's own: policies, layer by layer, and more.

    `now` is for suites that give no time.
    """

    policies: LayersOf = LayersOf()
    principal: Principal | None = None
    now: str | datetime | None = None
    resource_account: str | None = None


NO_OVERRIDES = Overrides()


def load_suite(path: Path, given: Overrides = NO_OVERRIDES) -> Suite:
    """Return the suite in a file. Raises SuiteError."""
    root = read_file(path)
    fields = root.checked(_SUITE)
    if "version" in fields and fields["version"].text() != "1":
        raise fields["version"].refuse("unknown-version", "this is format version 1")
    if "tests" not in fields or not fields["tests"].is_list:
        raise root.refuse("missing-field", "a suite has a list of `tests`")
    if not fields["tests"].items():
        raise fields["tests"].refuse("empty-list", "this suite has no tests")
    name = fields["name"].text() if "name" in fields else path.name
    reader = _Reader(path, name, fields, given)
    cases = tuple(case for test in fields["tests"].items() for case in reader.cases(test))
    description = fields["description"].text() if "description" in fields else ""
    return Suite(path, name, description, cases)


class Surroundings(NamedTuple):
    """What a suite says beside its tests: the policies, the caller, whose resource it is."""

    policies: LayersOf
    principal: Principal | None
    resource_account: str | None
    dependencies: tuple[Dependency, ...]


def load_surroundings(path: Path, action: str, strictness: Strictness) -> Surroundings:
    """Return what a suite says for a question about an action, its tests left alone.

    Raises SuiteError, PolicyError and RequestError for what is refused.
    """
    fields = read_file(path).checked(_SUITE)
    if "accept_invalid" in fields and fields["accept_invalid"].truth():
        strictness = strictness._replace(accept_invalid=True)
    owner, further = fields.get("resource_account"), fields.get("dependent_actions")
    return Surroundings(
        PoliciesReader(path).layers([fields], action.lower(), strictness),
        read_principal(fields["principal"]) if "principal" in fields else None,
        None if owner is None or owner.is_null else owner.text(),
        () if further is None else read_dependencies(further),
    )


class _Reader:
    """Reads the tests of one suite."""

    def __init__(self, path: Path, suite: str, fields: dict[str, Field], given: Overrides) -> None:
        self._policies_of = PoliciesReader(path)
        self._suite = suite
        self._fields = {name: field for name, field in fields.items() if name in _SHARED}
        self._given = given

    def cases(self, test: Field) -> list[Case]:
        """Return the cases of a test: one, or the full product of its matrix."""
        own = test.checked(_TEST)
        for one, other in _EXCLUSIVE:
            if one in own and other in own:
                raise own[other].refuse(
                    "field-combination", f"`{one}` and `{other}` stand together"
                )
        fields = {**self._fields, **own}
        name = own["name"].text() if "name" in own else f"line {test.place.line}"
        actions = _choices(fields, "actions", "action")
        resources = _choices(fields, "resources", "resource")
        principals = _choices(fields, "principals", "principal")
        if self._given.principal is not None:
            principals = [None]
        found = []
        for action, resource, principal in product(actions, resources, principals):
            chosen = [
                _named(choice)
                for many, choice in (
                    ("actions", action), ("resources", resource), ("principals", principal)
                )
                if many in own and choice is not None
            ]  # fmt: skip
            label = f"{name} [{', '.join(chosen)}]" if chosen else name
            found.append(self._case(test, label, fields, own, (action, resource, principal)))
        return found

    def _case(
        self,
        test: Field,
        name: str,
        fields: dict[str, Field],
        own: dict[str, Field],
        who_what: tuple[Field | None, Field | None, Field | None],
    ) -> Case:
        requests: tuple[Request, ...] | InputError
        action = _first_action(own, who_what[0])
        expect = own.get("expect")
        expectation = read_expectation(expect) if expect is not None else None
        try:
            requests = tuple(self._requests(test, fields, own, who_what))
        except InputError as error:
            requests = _unless_broken(error)
        return Case(
            self._suite,
            name,
            test.place,
            self._policies(own, action),
            requests,
            expectation,
            tuple(own["rule"].texts()) if "rule" in own else (),
            own["source"].text() if "source" in own else "",
            own["skip"].text() if "skip" in own else "",
        )

    def _requests(
        self,
        test: Field,
        fields: dict[str, Field],
        own: dict[str, Field],
        who_what: tuple[Field | None, Field | None, Field | None],
    ) -> Iterable[Request]:
        action, resource, principal = who_what
        levels: list[dict[str, Field]] = [self._fields, own]
        who = self._given.principal
        if who is None and principal is not None:
            who = read_principal(principal)
        if "all_of" in own:
            steps = own["all_of"].items()
            if not steps:
                raise own["all_of"].refuse("empty-list", "`all_of` names no action")
            for item in steps:
                step = item.checked(_ALL_OF) if item.is_mapping else {"action": item}
                yield self._request(item, fields, [*levels, step], who, step.get("action"),
                                    step.get("resource", resource), alone=True)  # fmt: skip
            return
        yield self._request(test, fields, levels, who, action, resource, alone=False)

    def _request(
        self,
        test: Field,
        fields: dict[str, Field],
        levels: list[dict[str, Field]],
        who: Principal | None,
        action: Field | None,
        resource: Field | None,
        *,
        alone: bool,
    ) -> Request:
        if action is None:
            raise test.refuse("missing-field", "this test has no `action`")
        context, unknown = _context_and_unknown(levels, fields)
        action_only = "action_only" in fields and fields["action_only"].truth()
        where = resource.text() if resource is not None and not resource.is_null else None
        account = self._given.resource_account or _owner(levels, where)
        further = fields.get("dependent_actions")
        return Request(
            action.text(),
            where,
            principal=who,
            context=context,
            unknown=unknown,
            request_tags=_tags(levels, "request_tags"),
            resource_tags=_tags(levels, "resource_tags"),
            now=fields["now"].text() if "now" in fields else self._given.now,
            action_only=action_only or alone,
            resource_account=account,
            dependencies=() if further is None else read_dependencies(further),
        )

    def _policies(self, own: dict[str, Field], action: str) -> PolicySet | InputError:
        accept_invalid = False
        for level in (self._fields, own):
            if "accept_invalid" in level:
                accept_invalid = level["accept_invalid"].truth()
        strictness = Strictness(accept_invalid=accept_invalid)
        try:
            layers = self._policies_of.layers([self._fields, own], action, strictness)
            return layers.replaced_by(self._given_for(action)).policies()
        except InputError as error:
            return _unless_broken(error)

    def _given_for(self, action: str) -> LayersOf:
        """Return what the command line gives; a resource's policy only where it is of its type."""
        given = self._given.policies
        if given.resource and given.resource[0].type is not resource_policy_type(action):
            return given._replace(resource=None)
        return given


def _first_action(own: dict[str, Field], action: Field | None) -> str:
    """Return the action that a test asks about first, folded; empty where it has none."""
    if "all_of" in own and own["all_of"].items():
        item = own["all_of"].items()[0]
        action = item.members().get("action") if item.is_mapping else item
    return "" if action is None else action.text().lower()


def _owner(levels: list[dict[str, Field]], resource: str | None) -> str | None:
    """Return the account of the resource, by the innermost level that says it.

    A step of `all_of` whose ARN names an account takes none from outside.
    """
    *outer, innermost = levels
    named = resource is not None and account_of(resource) is not None
    is_step = len(outer) > 1
    for level in [innermost] if named and is_step else reversed(levels):
        if "resource_account" in level:
            owner = level["resource_account"]
            return None if owner.is_null else owner.text()
    return None


def _unless_broken(error: InputError) -> InputError:
    """Return the error as a test's result; raise it where the test is broken, not the input."""
    if isinstance(error, SuiteError):
        raise error
    return error


def _choices(fields: dict[str, Field], many: str, one: str) -> list[Field | None]:
    if many not in fields:
        return [fields.get(one)]
    choices = fields[many].items()
    if not choices:
        raise fields[many].refuse("empty-list", f"`{many}` is empty", "name one, or leave it out")
    return [*choices]


def _named(choice: Field) -> str:
    if not choice.is_mapping:
        return choice.text()
    members = choice.members()
    return members["arn"].text() if "arn" in members else "?"


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
