"""A suite file → cases: inheritance, matrices, and the requests each case makes.

The format is documented in docs/iamtest.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from policy_eval.cases.accounts import (
    NO_SOURCES,
    NamedSources,
    Opened,
    Surroundings,
    around,
    files_of,
    layers_around,
    nobody_named,
    passing,
    read_sources,
)
from policy_eval.cases.dependencies import read_dependencies
from policy_eval.cases.expectation import Expectation, read_expectation
from policy_eval.cases.format import BESIDE, EXCLUSIVE, SHARED, STEP, SUITE, TEST
from policy_eval.cases.layers import PoliciesReader
from policy_eval.cases.principal import read_principal
from policy_eval.cases.steps import Defaults, Step, read_step
from policy_eval.engine.policies import LayersOf, PolicySet
from policy_eval.errors import Diagnostic, InputError, Place, SuiteError
from policy_eval.policy.ast import Policy
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.text.fields import Field, read_file

if TYPE_CHECKING:
    from policy_eval.sources.accounts import Accounts


class Case(NamedTuple):
    """One test: policies, the requests of its call, and what is expected.

    `policies` and `requests` are an InputError where they are refused, which a test may expect.
    `expect` is None in a scenario. `given` are the layers that stand in place of those of sources;
    None where policies are of no sources.
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
    given: LayersOf | None = None


class Suite(NamedTuple):
    """The cases of one file; `files` are the policies and sources that they name.

    `accounts` are what the sources hold; None where there are none.
    """

    path: Path
    name: str
    description: str
    cases: tuple[Case, ...]
    files: tuple[Path, ...] = ()
    sources: NamedSources = NO_SOURCES
    accounts: Accounts | None = None


Named: TypeAlias = Callable[[str], Principal]
"""Returns whom a text names. Raises RequestError."""


class Overrides(NamedTuple):
    """What the command line gives in place of a suite's own: policies, layer by layer, and more.

    `caller` returns who calls, by what a name means: to sources, more than elsewhere. `now` is for
    suites that give no time, `dependencies` for those that name none. `sources` are read in place
    of a suite's own; what they leave unsaid is as the suite says. `opened` are those that were read
    before.
    """

    policies: LayersOf = LayersOf()
    caller: Callable[[Named], Principal | None] | None = None
    now: str | datetime | None = None
    resource_account: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    sources: NamedSources = NO_SOURCES
    opened: Opened | None = None


NO_OVERRIDES = Overrides()


def load_suite(path: Path, given: Overrides = NO_OVERRIDES) -> Suite:
    """Return the suite in a file.

    Raises SuiteError with the problems of all its tests; SourceError, and RequestError, for sources
    that cannot be read.
    """
    root = read_file(path)
    fields = root.checked(SUITE)
    if "version" in fields and fields["version"].text() != "1":
        raise fields["version"].refuse("unknown-version", "this is format version 1")
    if "tests" not in fields or not fields["tests"].is_list:
        raise root.refuse("missing-field", "a suite has a list of `tests`")
    if not fields["tests"].items():
        raise fields["tests"].refuse("empty-list", "this suite has no tests")
    name = fields["name"].text() if "name" in fields else path.name
    sources = given.sources.over(read_sources(path, fields))
    accounts = _accounts(fields, sources, given)
    reader = _Reader(path, name, root, given, accounts)
    cases: list[Case] = []
    problems: dict[Diagnostic, None] = {}
    for test in fields["tests"].items():
        try:
            cases += reader.cases(test)
        except SuiteError as error:
            problems |= dict.fromkeys(error.diagnostics)
    if problems:
        raise SuiteError(*problems)
    description = fields["description"].text() if "description" in fields else ""
    files = () if accounts is None else files_of(accounts, sources)
    return Suite(path, name, description, tuple(cases), (*reader.files, *files), sources, accounts)


def _accounts(fields: dict[str, Field], sources: NamedSources, given: Overrides) -> Accounts | None:
    """Return what the sources of a suite hold; None where it has none.

    Raises SourceError and RequestError, at the field that says what is wrong where no other sources
    are given, and SuiteError for fields that tell of sources where there are none.
    """
    if not sources.paths:
        for name, of in BESIDE:
            if name in fields:
                raise fields[name].refuse(
                    "field-combination", f"`{name}` tells of `{of}`, and there are none",
                    "name them, or give --source",
                )  # fmt: skip
        return None
    try:
        return (given.opened or Opened()).accounts(sources)
    except InputError as error:
        if given.sources.paths:
            raise
        raise type(error)(*(_said_by(fields, each) for each in error.diagnostics)) from None


_TOLD_IN = {"not-an-account": "account", "unknown-parameter": "parameters"}


def _said_by(fields: dict[str, Field], problem: Diagnostic) -> Diagnostic:
    """Return a problem of sources at the field that says so, if one does."""
    return fields.get(_TOLD_IN.get(problem.code, ""), fields["sources"]).pointed(problem)


def sources_of(path: Path) -> NamedSources:
    """Return the sources that a suite names, if any. Raises SuiteError."""
    return read_sources(path, read_file(path).checked(SUITE))


def load_surroundings(
    path: Path,
    asked: Sequence[tuple[str, str | None]],
    strictness: Strictness,
    given: Overrides = NO_OVERRIDES,
) -> Surroundings:
    """Return what a suite says for a call of some actions on resources, its tests left alone.

    Where no action is asked about, the suite's own tells the type of its resource's policy.
    Raises SuiteError, SourceError, PolicyError and RequestError for what is refused.
    """
    fields = read_file(path).checked(SUITE)
    if "accept_invalid" in fields and fields["accept_invalid"].truth():
        strictness = strictness._replace(accept_invalid=True)
    accounts = _accounts(fields, given.sources.over(read_sources(path, fields)), given)
    named = _names_in(accounts)
    principal = None
    if given.caller is not None:
        principal = given.caller(named)
    elif "principal" in fields:
        principal = read_principal(fields["principal"], named)
    action = asked[0][0] or (fields["action"].text() if "action" in fields else "")
    layers = PoliciesReader(path).layers([fields], action.lower(), strictness)
    layers = layers.replaced_by(given.policies)
    field, further = fields.get("resource_account"), fields.get("dependent_actions")
    owner = None if field is None or field.is_null else field.text()
    found = Surroundings(layers, principal)
    if accounts is not None:
        if principal is None:
            raise nobody_named()
        found = around(accounts, principal, asked, layers, given.resource_account or owner)
    return found._replace(
        resource_account=found.resource_account if owner is None else owner,
        dependencies=() if further is None else read_dependencies(further),
    )


def _names_in(accounts: Accounts | None) -> Named:
    return parse_principal if accounts is None else accounts.principal


class _Common(NamedTuple):
    """What all cases of a test share beside their policies and requests."""

    place: Place
    expect: Expectation | None
    rules: tuple[str, ...]
    source: str
    skip: str


class _Reader:
    """Reads the tests of one suite. What several tests share is read once."""

    def __init__(
        self,
        path: Path,
        suite: str,
        root: Field,
        given: Overrides,
        accounts: Accounts | None,
    ) -> None:
        fields = root.members()
        self._policies_of = PoliciesReader(path)
        self._accounts = accounts
        names_own = "sources" in fields and not given.sources.paths
        self._names_sources = fields["sources"] if names_own else root
        self._named = _names_in(accounts)
        self._caller = None if given.caller is None else given.caller(self._named)
        self._suite = suite
        self._fields = {name: field for name, field in fields.items() if name in SHARED}
        self._given = given
        self._read: dict[object, LayersOf | InputError] = {}
        self._sets: dict[object, tuple[LayersOf, PolicySet | InputError]] = {}
        self._principals: dict[int, Principal | InputError | None] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The policy files that were read."""
        return self._policies_of.files

    def cases(self, test: Field) -> list[Case]:
        """Return the cases of a test: one, or the full product of its matrix."""
        if test.is_null:
            raise test.refuse("wrong-type", "expected a test, found nothing")
        own = test.checked(TEST)
        if "description" in own:
            own["description"].text()
        for one, other in EXCLUSIVE:
            if one in own and other in own:
                raise own[other].refuse(
                    "field-combination", f"`{one}` and `{other}` stand together"
                )
        fields = {**self._fields, **own}
        common = _Common(
            test.place,
            read_expectation(own["expect"]) if "expect" in own else None,
            tuple(own["rule"].texts()) if "rule" in own else (),
            own["source"].text() if "source" in own else "",
            own["skip"].text() if "skip" in own else "",
        )
        name = own["name"].text() if "name" in own else f"line {test.place.line}"
        if "simulate" in own:
            return self._simulated(own["simulate"], fields, name, common)
        actions = _choices(fields, "actions", "action")
        resources = _choices(fields, "resources", "resource")
        principals = _choices(fields, "principals", "principal")
        if self._caller is not None:
            principals = [None]
        steps = self._steps(test, fields, own)
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
            requests = self._requests(steps, (action, resource, principal))
            policies, given = self._policies(own, _first_action(own, action), requests)
            found.append(
                Case(self._suite, label, common.place, policies, requests, *common[1:], given)
            )
        return found

    def _simulated(
        self, field: Field, fields: dict[str, Field], name: str, common: _Common
    ) -> list[Case]:
        """Return the cases of a request of the simulator."""
        from policy_eval.cases.simulation import read_simulation  # few suites have one

        now = fields["now"].text() if "now" in fields else self._given.now
        accept_invalid = "accept_invalid" in fields and fields["accept_invalid"].truth()
        strictness = Strictness(accept_invalid=accept_invalid)
        return [
            Case(
                self._suite,
                name + each.label,
                common.place,
                each.policies,
                each.request if isinstance(each.request, InputError) else (each.request,),
                *common[1:],
            )
            for each in read_simulation(field, now, strictness)
        ]

    def _steps(self, test: Field, fields: dict[str, Field], own: dict[str, Field]) -> list[Step]:
        """Return what each request of a test's call says beside its action, resource and caller."""
        levels: list[dict[str, Field]] = [self._fields, own]
        given = Defaults(
            self._given.now,
            self._given.resource_account,
            self._given.dependencies,
            self._accounts,
        )
        if "all_of" not in own:
            return [read_step(test, fields, levels, None, given)]
        items = own["all_of"].items()
        if not items:
            raise own["all_of"].refuse("empty-list", "`all_of` names no action")
        steps = []
        for item in items:
            step = item.checked(STEP) if item.is_mapping or item.is_null else {"action": item}
            if "action" not in step:
                raise item.refuse("missing-field", "a step of `all_of` has an `action`")
            steps.append(read_step(item, fields, [*levels, step], step, given))
        return steps

    def _requests(
        self, steps: list[Step], who_what: tuple[Field | None, Field | None, Field | None]
    ) -> tuple[Request, ...] | InputError:
        action, resource, principal = who_what
        try:
            who = self._caller
            if who is None and principal is not None:
                who = self._principal(principal)
            if who is None and self._accounts is not None:
                raise steps[0].test.refuse(
                    "missing-field", "this test has no `principal`, and sources have many callers"
                )
            return tuple(step.request(action, resource, who) for step in steps)
        except InputError as error:
            return _unless_broken(error)

    def _principal(self, field: Field) -> Principal | None:
        key = id(field.node)
        if key not in self._principals:
            try:
                self._principals[key] = read_principal(field, self._named)
            except InputError as error:
                self._principals[key] = _unless_broken(error)
        found = self._principals[key]
        if isinstance(found, InputError):
            raise found
        return found

    def _policies(
        self, own: dict[str, Field], action: str, requests: tuple[Request, ...] | InputError
    ) -> tuple[PolicySet | InputError, LayersOf | None]:
        """Return the policies of a call, and which stand in place of those of sources."""
        layers = self._layers(own, action)
        given = None
        if isinstance(layers, InputError):
            return layers, None
        if self._accounts is not None and not isinstance(requests, InputError):
            given = layers
            try:
                layers = self._around(self._accounts, requests, layers)
            except InputError as error:
                return type(error)(*map(self._in_sources, error.diagnostics)), given
        key = _identity(layers)
        if key not in self._sets:
            self._sets[key] = layers, _as_set(layers)
        return self._sets[key][1], given

    def _layers(self, own: dict[str, Field], action: str) -> LayersOf | InputError:
        """Return the layers that stand in the suite, or are given in their place."""
        accept_invalid = False
        for level in (self._fields, own):
            if "accept_invalid" in level:
                accept_invalid = level["accept_invalid"].truth()
        mine = [id(own[name].node) if name in own else None for name in _ABOUT_POLICIES]
        key = (*mine, accept_invalid, resource_policy_type(action))
        if key not in self._read:
            strictness = Strictness(accept_invalid=accept_invalid)
            try:
                layers = self._policies_of.layers([self._fields, own], action, strictness)
                self._read[key] = layers.replaced_by(self._given_for(action))
            except InputError as error:
                self._read[key] = _unless_broken(error)
        return self._read[key]

    def _around(
        self, accounts: Accounts, requests: tuple[Request, ...], layers: LayersOf
    ) -> LayersOf:
        caller = requests[0].principal
        assert caller is not None  # refused where there are sources
        asked = [(each.action, each.resource) for each in requests]
        owner = requests[0].resource_account
        return passing(accounts, layers_around(accounts, caller, asked, layers, owner), requests[0])

    def _in_sources(self, problem: Diagnostic) -> Diagnostic:
        """Return a problem of a policy in sources, which has no lines, where they are named."""
        message = f"{problem.place}: {problem.message}" if problem.place else problem.message
        moved = problem._replace(message=message, place=None, excerpt=None)
        return self._names_sources.pointed(moved)

    def _given_for(self, action: str) -> LayersOf:
        """Return what the command line gives; a resource's policy only where it is of its type."""
        given = self._given.policies
        if given.resource and given.resource[0].type is not resource_policy_type(action):
            return given._replace(resource=None)
        return given


def _as_set(layers: LayersOf) -> PolicySet | InputError:
    try:
        return layers.policies()
    except InputError as error:
        return error


def _identity(part: object) -> object:
    """Return what is the same for layers of the very same policies, and no others."""
    match part:
        case Policy():
            return id(part)
        case dict():
            return tuple((name, _identity(each)) for name, each in part.items())
        case tuple():
            return tuple(map(_identity, part))
        case _:
            return part


_ABOUT_POLICIES = ("policies", "endpoint_type", "unknown_layers")


def _first_action(own: dict[str, Field], action: Field | None) -> str:
    """Return the action that a test asks about first, folded; empty where it has none."""
    if "all_of" in own and own["all_of"].items():
        item = own["all_of"].items()[0]
        action = item.members().get("action") if item.is_mapping else item
    return "" if action is None else action.text().lower()


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
