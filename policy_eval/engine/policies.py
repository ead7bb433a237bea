"""Policies in their layers: read, checked, and compiled when first asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, TypeVar

from policy_eval.engine.decision import Attachment
from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.arn import is_object, parse_arn
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import Document, read_document
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.semantics.layers import (
    TYPES,
    Attached,
    EndpointType,
    Layer,
    ResourcePolicy,
    check_levels,
)
from policy_eval.semantics.readings import OUR_READING, Reading
from policy_eval.semantics.validity import problems_in, usable
from policy_eval.text.files import checked, read_source
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from os import PathLike

    from policy_eval.engine.plan import Plan
    from policy_eval.engine.program import Program
    from policy_eval.request.request import Frame

PolicyLike: TypeAlias = Policy | str | Mapping[str, object]
"""A policy, its JSON text, or its document as plain Python data."""


class Plans(dict["Frame", "Plan"]):
    """What is remembered by frame of how requests are decided; how many courses that is."""

    __slots__ = ("courses",)

    def __init__(self) -> None:
        super().__init__()
        self.courses = 0


class PolicySet:
    """The policies of each layer that have a say in a call; immutable, compiled when first asked.

    A policy is a parsed `Policy`, its JSON text, or its document as plain Python data. `identity`
    are the identity-based policies, `boundary` the permissions boundary, `session` the session
    policies (one layer), `resource` the policy of the resource that is asked about, `resources`
    those of further resources of a call, by ARN; `scps` and `rcps` are levels of policies, root
    first; `endpoint` is the policy of the VPC endpoint that the request passes, `endpoint_type`
    `gateway` or `interface`. What is left out does not exist; an empty level, or a policy without
    an Allow, allows nothing. `unknown_layers` names layers (`scp`, `boundary`, …) of which nobody
    knows the policies. Raises PolicyError for what is refused.
    """

    __slots__ = ("_programs", "attached", "attachments", "plans")

    def __init__(
        self,
        identity: Iterable[PolicyLike] = (),
        *,
        boundary: PolicyLike | None = None,
        session: Iterable[PolicyLike] = (),
        resource: PolicyLike | None = None,
        resources: Mapping[str, PolicyLike] | None = None,
        scps: Iterable[Iterable[PolicyLike]] = (),
        rcps: Iterable[Iterable[PolicyLike]] = (),
        endpoint: PolicyLike | None = None,
        endpoint_type: EndpointType | str | None = None,
        unknown_layers: Iterable[Layer | str] = (),
    ) -> None:
        gathered = _Gathered()
        gathered.add(Layer.IDENTITY, identity)
        gathered.add(Layer.BOUNDARY, () if boundary is None else (boundary,))
        gathered.add(Layer.SESSION, session)
        gathered.add(Layer.ENDPOINT, () if endpoint is None else (endpoint,))
        gathered.add_levels(Layer.SCP, scps)
        gathered.add_levels(Layer.RCP, rcps)
        for arn, given in {
            **({} if resource is None else {"": resource}),
            **(resources or {}),
        }.items():
            gathered.add_resource_policy(arn, given)
        self.attachments = tuple(gathered.attachments)
        unknown = frozenset(_named(Layer, "layer", each) for each in unknown_layers)
        kind = (
            None if endpoint_type is None else _named(EndpointType, "endpoint type", endpoint_type)
        )
        self.attached = gathered.attached(unknown, kind)
        self._programs: dict[Reading, Program] = {}
        self.plans = Plans()

    def program(self, reading: Reading = OUR_READING) -> Program:
        """Return the compiled form."""
        program = self._programs.get(reading)
        if program is None:
            from policy_eval.engine.program import Program  # explaining needs none

            program = self._programs[reading] = Program(self.attachments, reading)
        return program

    def with_statement(self, place: int, index: int, statement: Statement | None) -> PolicySet:
        """Return these policies with one statement replaced (None: left out), unchecked.

        `place` is the number of the attachment, `index` that of the statement, both from 0.
        """
        policies = [*self.policies]
        statements = [*policies[place].statements]
        statements[index : index + 1] = [] if statement is None else [statement]
        policies[place] = policies[place]._replace(statements=tuple(statements))
        return self.with_policies(policies)

    def with_policies(self, policies: Sequence[Policy]) -> PolicySet:
        """Return a set of other policies in the same layers, one for each, unchecked."""
        other = object.__new__(PolicySet)
        attachments = tuple(
            attachment._replace(policy=policy)
            for attachment, policy in zip(self.attachments, policies, strict=True)
        )
        other.__setstate__((attachments, self.attached))
        return other

    def __getstate__(self) -> tuple[tuple[Attachment, ...], Attached]:
        return self.attachments, self.attached  # what is compiled stays behind

    def __setstate__(self, state: tuple[tuple[Attachment, ...], Attached]) -> None:
        self.attachments, self.attached = state
        self._programs = {}
        self.plans = Plans()

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies of all layers."""
        return tuple(attachment.policy for attachment in self.attachments)

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What AWS would let pass and a reader should know."""
        if not any(policy.findings for policy in self.policies):
            return ()
        from policy_eval.policy.diagnosis import warnings_of

        found = (warning for policy in self.policies for warning in warnings_of(policy))
        return tuple(dict.fromkeys(found))

    def __repr__(self) -> str:
        names: dict[str, list[str]] = {}
        for layer, _, policy in self.attachments:
            names.setdefault(layer.value, []).append(policy.name)
        return f"PolicySet({', '.join(f'{layer}={found}' for layer, found in names.items())})"


class LayersOf(NamedTuple):
    """The policies of each layer as they were read; None for a layer that nobody mentioned."""

    identity: tuple[Policy, ...] | None = None
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    resource: tuple[Policy, ...] | None = None
    resources: dict[str, Policy] | None = None
    scps: tuple[tuple[Policy, ...], ...] | None = None
    rcps: tuple[tuple[Policy, ...], ...] | None = None
    endpoint: tuple[Policy, ...] | None = None
    endpoint_type: EndpointType | None = None
    unknown_layers: tuple[Layer, ...] | None = None

    def replaced_by(self, other: LayersOf) -> LayersOf:
        """Return these layers with those that `other` mentions in their place."""
        given = {name: value for name, value in other._asdict().items() if value is not None}
        unknown = [layer for layer in self.unknown_layers or () if not other.mentions(layer)]
        dropped = dict.fromkeys((_FIELD_OF[layer] for layer in other.unknown_layers or ()), None)
        mine = self._replace(unknown_layers=tuple(unknown) or None, **dropped)
        return mine._replace(**given)

    def mentions(self, layer: Layer) -> bool:
        """Return whether policies of a layer were read."""
        return self._asdict()[_FIELD_OF[layer]] is not None

    def policies(self) -> PolicySet:
        """Return the policies as a set. Raises PolicyError."""
        return PolicySet(
            self.identity or (),
            boundary=_one(self.boundary),
            session=self.session or (),
            resource=_one(self.resource),
            resources=self.resources,
            scps=self.scps or (),
            rcps=self.rcps or (),
            endpoint=_one(self.endpoint),
            endpoint_type=self.endpoint_type,
            unknown_layers=self.unknown_layers or (),
        )


_FIELD_OF = {
    Layer.IDENTITY: "identity",
    Layer.BOUNDARY: "boundary",
    Layer.SESSION: "session",
    Layer.RESOURCE: "resource",
    Layer.SCP: "scps",
    Layer.RCP: "rcps",
    Layer.ENDPOINT: "endpoint",
}
"""The field of `LayersOf` that holds a layer."""


def _one(policies: tuple[Policy, ...] | None) -> Policy | None:
    return policies[0] if policies else None


class _Gathered:
    """The policies of a set as they come."""

    def __init__(self) -> None:
        self.attachments: list[Attachment] = []
        self._given: set[Layer] = set()
        self._levels: dict[Layer, int] = {}
        self._resources: list[ResourcePolicy] = []

    def add(self, layer: Layer, given: Iterable[PolicyLike], level: int = 0) -> None:
        if isinstance(given, (str, Mapping, Policy)):
            message = f"the policies of {layer.value} stand in a list"
            raise TypeError(message)
        what = "policy" if layer is Layer.IDENTITY else f"{layer.value} policy"
        for each in given:
            number = 1 + sum(attachment.layer is layer for attachment in self.attachments)
            policy = _policy(each, f"<{what} {number}>", TYPES[layer])
            self.attachments.append(Attachment(layer, level, policy))
            self._given.add(layer)

    def add_levels(self, layer: Layer, levels: Iterable[Iterable[PolicyLike]]) -> None:
        for number, level in enumerate(levels, 1):
            self.add(layer, level, number)
            self._given.add(layer)
            self._levels[layer] = number
        check_levels(layer, self._levels.get(layer, 0))

    def add_resource_policy(self, arn: str, given: PolicyLike) -> None:
        policy = _resource_policy(given, arn)
        level = len(self._resources)
        self._resources.append(ResourcePolicy(arn, policy.type))
        self.attachments.append(Attachment(Layer.RESOURCE, level, policy))
        self._given.add(Layer.RESOURCE)

    def attached(self, unknown: frozenset[Layer], endpoint_type: EndpointType | None) -> Attached:
        both = self._given & unknown
        if both:
            names = ", ".join(layer.value for layer in Layer if layer in both)
            problem = Diagnostic(
                "layer-given-and-unknown", Severity.ERROR,
                f"policies are given for what is said to be unknown: {names}", "say one of the two",
                rules=("R-EVAL-05",),
            )  # fmt: skip
            raise PolicyError(problem)
        return Attached(
            frozenset(self._given), unknown, tuple(self._resources),
            self._levels.get(Layer.SCP, 0), self._levels.get(Layer.RCP, 0), endpoint_type,
        )  # fmt: skip


_Word = TypeVar("_Word", bound=Enum)


def _named(words: type[_Word], what: str, given: _Word | str) -> _Word:
    """Return a word of a closed family, given as itself or as its text. Raises PolicyError."""
    if not isinstance(given, str):
        return given
    for word in words:
        if word.value == given:
            return word
    expected = ", ".join(str(word.value) for word in words)
    problem = Diagnostic(
        "unknown-word", Severity.ERROR, f"`{given}` is no {what}", expected=expected
    )
    raise PolicyError(problem)


def _policy(given: PolicyLike, name: str, wanted: PolicyType) -> Policy:
    """Return a policy of a type. Raises PolicyError for one that is of another, or refused."""
    if isinstance(given, Policy):
        if given.type is not wanted:
            raise PolicyError(_wrong_type(given, wanted))
        return given
    text = given if isinstance(given, str) else json.dumps(given)
    return parse_policy(text, name, wanted)


def _resource_policy(given: PolicyLike, arn: str) -> Policy:
    """Return a resource's policy, of the type that its ARN or its statements tell."""
    from policy_eval.policy.guess import RESOURCE_TYPES, type_of_resource_policy

    parsed = parse_arn(arn) if arn else None
    if arn and (parsed is None or is_object(parsed)):
        what = "is an object, which has no policy" if parsed else "is no ARN of a resource"
        problem = Diagnostic(
            "not-an-arn", Severity.ERROR, f"`{arn}` {what}",
            "name the bucket" if parsed else "name the resource that the policy is attached to",
        )  # fmt: skip
        raise PolicyError(problem)
    if isinstance(given, Policy):
        if given.type not in RESOURCE_TYPES:
            raise PolicyError(_wrong_type(given, PolicyType.RESOURCE))
        return given
    text = given if isinstance(given, str) else json.dumps(given)
    document = read_document(checked(Source(f"<policy of {arn or 'the resource'}>", text)))
    return policy_of(document, type_of_resource_policy(document, arn))


def _wrong_type(policy: Policy, wanted: PolicyType) -> Diagnostic:
    from policy_eval.policy.policy_type import RULES

    return Diagnostic(
        "wrong-policy-type",
        Severity.ERROR,
        f"{policy.name}: this is {RULES[policy.type].name}",
        "give it in its own place, or read it as what it is",
        expected=RULES[wanted].name,
    )


def parse_policy(
    text: str,
    name: str = "<policy>",
    policy_type: PolicyType = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> Policy:
    """Return the policy in a text: a document, a statement, a list, or joined statements.

    A text that holds one of these will do too: a JSON string (percent-encoded or not), the
    output of an AWS CLI command, a heredoc or YAML block. Raises PolicyError naming file, line
    and column of every problem.
    """
    return policy_in(checked(Source(name, text)), policy_type, strictness)


def load_policy(
    path: str | PathLike[str],
    policy_type: PolicyType = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> Policy:
    """Return the policy in a file (UTF-8). Raises PolicyError, also where it cannot be read."""
    return policy_in(read_source(path), policy_type, strictness)


def policy_in(
    source: Source,
    policy_type: PolicyType = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> Policy:
    """Return the policy in a text that was read. Raises PolicyError."""
    return policy_of(read_document(source, strictness), policy_type, strictness)


def policy_of(
    document: Document,
    policy_type: PolicyType = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> Policy:
    """Return the checked policy of a document that was read. Raises PolicyError."""
    policy, findings = build_policy(document, policy_type)
    findings += problems_in(policy)
    if strictness.accept_invalid:
        policy = policy._replace(accepts_invalid=True)
    if not findings:
        return policy
    from policy_eval.policy.diagnosis import settle  # only when there is something to say

    return usable(settle(policy, findings, strictness))
