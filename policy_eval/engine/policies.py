"""Policies as they apply to a caller: read, checked, and compiled when first asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.ast import Policy
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import Document, read_document
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.semantics.readings import OUR_READING, Reading
from policy_eval.semantics.validity import problems_in, usable
from policy_eval.text.files import checked, read_source
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from os import PathLike

    from policy_eval.engine.program import Program

PolicyLike: TypeAlias = Policy | str | Mapping[str, object]
"""A policy, its JSON text, or its document as plain Python data."""


class PolicySet:
    """The policies that apply to a caller; immutable, compiled when first asked.

    `identity` are the identity-based policies: parsed policies, JSON texts, or documents as
    plain Python data. Raises PolicyError for a text or document that is refused.
    """

    __slots__ = ("_programs", "identity")

    def __init__(self, identity: Iterable[PolicyLike] = ()) -> None:
        self.identity: tuple[Policy, ...] = tuple(
            _identity(given, f"<policy {number}>") for number, given in enumerate(identity, 1)
        )
        self._programs: dict[Reading, Program] = {}

    def program(self, reading: Reading = OUR_READING) -> Program:
        """Return the compiled form."""
        program = self._programs.get(reading)
        if program is None:
            from policy_eval.engine.program import Program  # explaining needs none

            program = self._programs[reading] = Program(self.identity, reading)
        return program

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What AWS would let pass and a reader should know."""
        if not any(policy.findings for policy in self.identity):
            return ()
        from policy_eval.policy.diagnosis import warnings_of

        return tuple(warning for policy in self.identity for warning in warnings_of(policy))

    def __repr__(self) -> str:
        return f"PolicySet(identity={[policy.name for policy in self.identity]})"


def _identity(given: PolicyLike, name: str) -> Policy:
    if isinstance(given, Policy):
        if given.type is not PolicyType.IDENTITY:
            raise PolicyError(_wrong_type(given))
        return given
    return parse_policy(given if isinstance(given, str) else json.dumps(given), name)


def _wrong_type(policy: Policy) -> Diagnostic:
    from policy_eval.policy.policy_type import RULES

    return Diagnostic(
        "wrong-policy-type",
        Severity.ERROR,
        f"{policy.name}: this is {RULES[policy.type].name}",
        "this version decides identity-based policies",
        expected=RULES[PolicyType.IDENTITY].name,
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
