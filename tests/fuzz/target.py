"""What must hold for any bytes whatever: a policy, or a refusal with places; nothing else.

Raises AssertionError (or whatever the reader raised) where it does not hold.
"""

from __future__ import annotations

from policy_eval.engine.policies import policy_in
from policy_eval.errors import Diagnostic, InputError
from policy_eval.policy.ast import Policy
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.document import read_document
from policy_eval.policy.guess import guessed_type
from policy_eval.policy.layout import laid_out, values_of
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.semantics.lower import lower_statement
from policy_eval.semantics.readings import OUR_READING
from policy_eval.text.files import decode
from policy_eval.text.report import render_all
from policy_eval.text.source import Source

_STRICTNESSES = (
    Strictness(),
    Strictness(lenient=True),
    Strictness(lenient=True, accept_invalid=True),
)
_TYPES = tuple(PolicyType)
_MOST_PER_BYTE = 200
"""Characters of a report for each byte of the text, beyond a fixed part."""


def check(data: bytes) -> None:
    """Read some bytes in one of the ways that the first byte picks."""
    way, rest = (data[0], data[1:]) if data else (0, data)
    strictness = _STRICTNESSES[way % len(_STRICTNESSES)]
    policy_type = _TYPES[way // len(_STRICTNESSES) % len(_TYPES)]
    source = policy = None
    try:
        source = decode(rest, "fuzzed")
        policy = policy_in(source, policy_type, strictness)
        diagnostics = warnings_of(policy)
    except InputError as error:
        diagnostics = error.diagnostics
    assert diagnostics or policy
    _check_report(rest, diagnostics)
    if source and policy:
        _check_policy(source, policy, strictness)


def _check_report(data: bytes, diagnostics: tuple[Diagnostic, ...]) -> None:
    report = render_all(diagnostics)
    assert report.replace("\n", "").isprintable()
    assert len(report) < 50_000 + _MOST_PER_BYTE * len(data)
    lines = data.count(b"\n") + 1
    for diagnostic in diagnostics:
        assert "\n" not in str(diagnostic)
        assert diagnostic.to_dict()["code"] == diagnostic.code
        if diagnostic.place is not None and diagnostic.excerpt is not None:
            assert 1 <= diagnostic.place.line <= lines
            assert diagnostic.place.column >= 1
            excerpt = diagnostic.excerpt
            assert 0 <= excerpt.start < excerpt.end


def _check_policy(source: Source, policy: Policy, strictness: Strictness) -> None:
    for statement in policy.statements:
        lower_statement(policy, statement, OUR_READING)
        assert statement.number >= 1
    document = read_document(source, strictness)
    assert guessed_type(document) in PolicyType
    if not strictness.lenient:
        text = document.source.text
        canonical = laid_out(text)
        assert values_of(canonical) == values_of(text)
        assert laid_out(canonical) == canonical
