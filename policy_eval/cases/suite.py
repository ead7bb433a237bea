"""A suite file → cases: inheritance, matrices, and the requests each case makes.

The format is documented in docs/iamtest.md.
"""

from datetime import datetime
from itertools import product
from pathlib import Path
from typing import NamedTuple

from policy_eval.cases.dependencies import read_dependencies
from policy_eval.cases.expectation import Expectation, read_expectation
from policy_eval.cases.fields import Field, read_file
from policy_eval.cases.format import EXCLUSIVE, SHARED, STEP, SUITE, TEST
from policy_eval.cases.layers import PoliciesReader
from policy_eval.cases.principal import read_principal
from policy_eval.cases.steps import Defaults, Step, read_step
from policy_eval.engine.policies import LayersOf, PolicySet
from policy_eval.errors import Diagnostic, InputError, Place, SuiteError
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal
from policy_eval.request.request import Request
from policy_eval.semantics.service_exceptions import resource_policy_type


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
    """The cases of one file; `files` are the policy files that they name."""

    path: Path
    name: str
    description: str
    cases: tuple[Case, ...]
    files: tuple[Path, ...] = ()


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
    """Return the suite in a file. Raises SuiteError with the problems of all its tests."""
    root = read_file(path)
    fields = root.checked(SUITE)
    if "version" in fields and fields["version"].text() != "1":
        raise fields["version"].refuse("unknown-version", "this is format version 1")
    if "tests" not in fields or not fields["tests"].is_list:
        raise root.refuse("missing-field", "a suite has a list of `tests`")
    if not fields["tests"].items():
        raise fields["tests"].refuse("empty-list", "this suite has no tests")
    name = fields["name"].text() if "name" in fields else path.name
    reader = _Reader(path, name, fields, given)
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
    return Suite(path, name, description, tuple(cases), reader.files)


class Surroundings(NamedTuple):
    """What a suite or an account says beside a question.

    The policies, the caller, whose resource it is, and its tags.
    """

    policies: LayersOf
    principal: Principal | None
    resource_account: str | None
    dependencies: tuple[Dependency, ...]
    resource_tags: tuple[tuple[str, str], ...] = ()


def load_surroundings(path: Path, action: str, strictness: Strictness) -> Surroundings:
    """Return what a suite says for a question about an action, its tests left alone.

    Raises SuiteError, PolicyError and RequestError for what is refused.
    """
    fields = read_file(path).checked(SUITE)
    if "accept_invalid" in fields and fields["accept_invalid"].truth():
        strictness = strictness._replace(accept_invalid=True)
    owner, further = fields.get("resource_account"), fields.get("dependent_actions")
    return Surroundings(
        PoliciesReader(path).layers([fields], action.lower(), strictness),
        read_principal(fields["principal"]) if "principal" in fields else None,
        None if owner is None or owner.is_null else owner.text(),
        () if further is None else read_dependencies(further),
    )


class _Common(NamedTuple):
    """What all cases of a test share beside their policies and requests."""

    place: Place
    expect: Expectation | None
    rules: tuple[str, ...]
    source: str
    skip: str


class _Reader:
    """Reads the tests of one suite. What several tests share is read once."""

    def __init__(self, path: Path, suite: str, fields: dict[str, Field], given: Overrides) -> None:
        self._policies_of = PoliciesReader(path)
        self._suite = suite
        self._fields = {name: field for name, field in fields.items() if name in SHARED}
        self._given = given
        self._sets: dict[object, PolicySet | InputError] = {}
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
        if self._given.principal is not None:
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
            policies = self._policies(own, _first_action(own, action))
            requests = self._requests(steps, (action, resource, principal))
            found.append(Case(self._suite, label, common.place, policies, requests, *common[1:]))
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
        given = Defaults(self._given.now, self._given.resource_account)
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
            who = self._given.principal
            if who is None and principal is not None:
                who = self._principal(principal)
            return tuple(step.request(action, resource, who) for step in steps)
        except InputError as error:
            return _unless_broken(error)

    def _principal(self, field: Field) -> Principal | None:
        key = id(field.node)
        if key not in self._principals:
            try:
                self._principals[key] = read_principal(field)
            except InputError as error:
                self._principals[key] = _unless_broken(error)
        found = self._principals[key]
        if isinstance(found, InputError):
            raise found
        return found

    def _policies(self, own: dict[str, Field], action: str) -> PolicySet | InputError:
        accept_invalid = False
        for level in (self._fields, own):
            if "accept_invalid" in level:
                accept_invalid = level["accept_invalid"].truth()
        mine = [id(own[name].node) if name in own else None for name in _ABOUT_POLICIES]
        key = (*mine, accept_invalid, resource_policy_type(action))
        if key not in self._sets:
            strictness = Strictness(accept_invalid=accept_invalid)
            self._sets[key] = self._read_policies(own, action, strictness)
        return self._sets[key]

    def _read_policies(
        self, own: dict[str, Field], action: str, strictness: Strictness
    ) -> PolicySet | InputError:
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
