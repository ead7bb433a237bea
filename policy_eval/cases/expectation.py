"""The `expect` field: what a test wants of a decision, each part checked only where given."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.cases.format import DECISIONS, EXPECT
from policy_eval.engine.decision import Decision
from policy_eval.errors import InputError
from policy_eval.semantics.layers import Layer
from policy_eval.text.fields import Field
from policy_eval.text.folding import fold

if TYPE_CHECKING:
    from policy_eval.engine.residual.condition import Condition


class Expectation(NamedTuple):
    """What is expected; None is "not checked"."""

    decision: str | None = None
    matched: frozenset[str] | None = None
    failed_conditions: frozenset[str] | None = None
    missing_context: frozenset[str] | None = None
    rests_on: frozenset[str] | None = None
    blocked_by: str | None = None
    error: str | None = None
    decided_by: Layer | None = None
    remarks: frozenset[str] | None = None
    allow_if: str | None = None
    deny_if: str | None = None

    def to_dict(self) -> dict[str, object]:
        """Return what is checked as plain data, in the words of `expect`."""
        return {name: _plain(value) for name, value in self._asdict().items() if value is not None}


def _plain(value: str | Layer | frozenset[str]) -> object:
    if isinstance(value, Layer):
        return value.value
    return sorted(value) if isinstance(value, frozenset) else value


def read_expectation(field: Field) -> Expectation:
    """Return the expectation: a decision's word, or a mapping. Raises SuiteError."""
    if not field.is_mapping:
        return Expectation(decision=_decision(field))
    members = field.checked(EXPECT)
    if not members:
        raise field.refuse("missing-field", "`expect` says nothing", "give a decision")

    def names(name: str) -> frozenset[str] | None:
        return frozenset(members[name].texts()) if name in members else None

    def text(name: str) -> str | None:
        return members[name].text() if name in members else None

    return Expectation(
        _decision(members["decision"]) if "decision" in members else None,
        names("matched"),
        names("failed_conditions"),
        names("missing_context"),
        names("rests_on"),
        text("blocked_by"),
        text("error"),
        _layer(members["decided_by"]) if "decided_by" in members else None,
        names("remarks"),
        _condition(members, "allow_if"),
        _condition(members, "deny_if"),
    )


def _condition(members: Mapping[str, Field], name: str) -> str | None:
    """Return the text of a condition, which can be read. Raises SuiteError."""
    if name not in members:
        return None
    field = members[name]
    try:
        _parsed(field.text())
    except InputError as error:
        found = error.diagnostics[0]
        raise field.refuse("condition", found.message, found.remedy) from None
    return field.text()


def _parsed(text: str) -> "Condition":
    from policy_eval.engine.residual.condition import parse_condition  # few suites expect one

    return parse_condition(text)


_SETS = frozenset({"matched", "failed_conditions", "missing_context", "rests_on", "remarks"})
_TEXTS = frozenset({"blocked_by", "allow_if", "deny_if"})


def expected_as(decision: str, further: Mapping[str, str | Iterable[str]]) -> Expectation:
    """Return an expectation given in Python. Raises ValueError for what none could be."""
    if decision not in DECISIONS or decision == "invalid":
        message = f"`{decision}` is no decision; expected {', '.join(DECISIONS[:-1])}"
        raise ValueError(message)
    members: dict[str, object] = {}
    for name, value in further.items():
        if name in _SETS:
            members[name] = frozenset((value,) if isinstance(value, str) else value)
        elif name == "decided_by" and isinstance(value, str):
            members[name] = Layer(value)
        elif name in _TEXTS and isinstance(value, str):
            members[name] = value
        else:
            known = ", ".join(sorted({*_SETS, *_TEXTS, "decided_by"}))
            message = f"`{name}` cannot be expected so; known: {known}"
            raise ValueError(message)
    return Expectation(decision)._replace(**members)  # type: ignore[arg-type]  # by their names


def _decision(field: Field) -> str:
    word = field.text()
    if word not in DECISIONS:
        near = get_close_matches(word, DECISIONS, 1)
        remedy = f"did you mean `{near[0]}`" if near else f"expected {', '.join(DECISIONS)}"
        raise field.refuse("unknown-decision", f"`{word}` is no decision", remedy)
    return word


def _layer(field: Field) -> Layer:
    for layer in Layer:
        if layer.value == field.text():
            return layer
    expected = ", ".join(layer.value for layer in Layer)
    message = f"`{field.text()}` is no layer"
    raise field.refuse("unknown-word", message, f"expected {expected}")


def differences(
    expect: Expectation,
    decision: Decision | InputError,
    rests_on: tuple[str, ...],
    failed_conditions: tuple[str, ...],
) -> Iterator[str]:
    """Yield what is not as expected, in sentences."""
    if isinstance(decision, InputError):
        yield from _refused(expect, decision, rests_on)
        return
    is_denied = decision.allowed is False
    if (
        expect.decision is not None
        and decision.decision != expect.decision
        and not (expect.decision == "anyDeny" and is_denied)
    ):
        yield f"expected {expect.decision}, decided {decision.decision}"
    if expect.matched is not None and expect.matched != set(decision.matched):
        yield f"expected matched {_listed(expect.matched)}, found {_listed(decision.matched)}"
    failed = frozenset(map(fold, failed_conditions))
    if (
        expect.failed_conditions is not None
        and not {fold(name) for name in expect.failed_conditions} <= failed
    ):
        yield (
            f"expected failed conditions {_listed(expect.failed_conditions)}, "
            f"found {_listed(failed_conditions)}"
        )
    missing = {fold(name) for name in decision.missing_context}
    if expect.missing_context is not None and missing != {
        fold(name) for name in expect.missing_context
    }:
        yield (
            f"expected missing context {_listed(expect.missing_context)}, "
            f"found {_listed(decision.missing_context)}"
        )
    if expect.rests_on is not None and expect.rests_on != set(rests_on):
        yield f"expected to rest on {_listed(expect.rests_on)}, found {_listed(rests_on)}"
    if expect.blocked_by is not None and not _same(expect.blocked_by, decision.blocked_by):
        yield f"expected blocked by {expect.blocked_by}, found {decision.blocked_by or 'nothing'}"
    if expect.decided_by is not None and expect.decided_by is not decision.decided_by:
        found_layer = decision.decided_by.value if decision.decided_by else "no layer"
        yield f"expected decided by {expect.decided_by.value}, found {found_layer}"
    remarks = {remark.rule for remark in decision.remarks}
    if expect.remarks is not None and expect.remarks != remarks:
        yield f"expected remarks {_listed(expect.remarks)}, found {_listed(remarks)}"
    yield from _hanging(expect, decision)
    if expect.error is not None:
        yield f"expected the error {expect.error}, decided {decision.decision}"


def _hanging(expect: Expectation, decision: Decision) -> Iterator[str]:
    """Yield what an undetermined decision does not hang on as expected."""
    for name, wanted, found in (
        ("allowed", expect.allow_if, decision.allow_if),
        ("explicitly denied", expect.deny_if, decision.deny_if),
    ):
        if wanted is not None and (found is None or _parsed(wanted) != found):
            hangs_on = found or f"nothing: decided {decision.decision}"
            yield f"expected to be {name} if {wanted}, found {hangs_on}"


def _same(expected: str, found: str | None) -> bool:
    return found is not None and fold(expected) == fold(found)


def _refused(expect: Expectation, found: InputError, rests_on: tuple[str, ...]) -> Iterator[str]:
    if expect.decision not in (None, "invalid"):
        yield f"expected {expect.decision}, refused: {found}"
    elif any(wanted is not None for wanted in (*expect[1:4], expect.blocked_by, *expect[7:])):
        yield f"expected a decision, refused: {found}"
    codes = {diagnostic.code for diagnostic in found.diagnostics}
    if expect.error is not None and expect.error not in codes:
        yield f"expected the error {expect.error}, found {_listed(codes)}"
    if expect.rests_on is not None and expect.rests_on != set(rests_on):
        yield f"expected to rest on {_listed(expect.rests_on)}, found {_listed(rests_on)}"


def _listed(names: tuple[str, ...] | frozenset[str] | set[str]) -> str:
    return ", ".join(sorted(names)) or "none"
