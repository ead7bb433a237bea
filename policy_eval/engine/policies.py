"""Policies as they apply to a caller: read, checked, and compiled when first asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.ast import Policy
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import Document, read_document
from policy_eval.semantics.readings import OUR_READING, Reading
from policy_eval.semantics.validity import check_policy
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
            _policy(given, f"<policy {number}>") for number, given in enumerate(identity, 1)
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


def _policy(given: PolicyLike, name: str) -> Policy:
    if isinstance(given, Policy):
        return given
    return parse_policy(given if isinstance(given, str) else json.dumps(given), name)


def parse_policy(text: str, name: str = "<policy>") -> Policy:
    """Return the policy in a JSON text: a document, a statement, a list, or joined statements.

    Raises PolicyError naming file, line and column of every problem.
    """
    return policy_of(read_document(Source(name, text)))


def policy_of(document: Document) -> Policy:
    """Return the checked policy of a document that was read. Raises PolicyError."""
    return check_policy(build_policy(document))


def load_policy(path: str | PathLike[str]) -> Policy:
    """Return the policy in a file (UTF-8). Raises PolicyError, also where it cannot be read."""
    return parse_policy(_read_text(path), str(path))


def _read_text(path: str | PathLike[str]) -> str:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - pathlib costs a tenth of a cold start
            return file.read().decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 1} is no UTF-8"
    except OSError as error:
        found = (error.strerror or "cannot be read").lower()
    raise PolicyError(
        Diagnostic("unreadable-file", Severity.ERROR, f"{path}: {found}", "", None, ("R-GRAM-13",))
    )
