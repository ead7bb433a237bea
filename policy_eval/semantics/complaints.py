"""What is said about context values that cannot be read (R-COND-42)."""

from __future__ import annotations

from policy_eval.errors import Diagnostic, Severity
from policy_eval.semantics.keys import Multiplicity
from policy_eval.semantics.lower import Key, Test
from policy_eval.semantics.outcomes import is_readable
from policy_eval.semantics.request_context import Candidates, Unknown
from policy_eval.semantics.views import READERS


def unreadable(test: Test, seen: Candidates) -> Diagnostic:
    """Return the problem of values that a statement reads in a way they cannot be read."""
    key = test.attribute
    candidates = () if isinstance(seen, Unknown) else seen
    values = next((held for held in candidates if held and not is_readable(test, held)), ())
    name = key.spelling if isinstance(key, Key) else key.value
    if isinstance(key, Key) and key.multiplicity is Multiplicity.SINGLE and len(values) > 1:
        return Diagnostic(
            "several-values",
            Severity.ERROR,
            f"`{name}` holds one value, and {len(values)} are given",
            "give one value",
            None,
            ("R-COND-34", "R-COND-42"),
            key=name,
        )
    reader = READERS[test.view]
    bad = next((text for text in values if reader(text) is None), "")
    return Diagnostic(
        "unreadable-value",
        Severity.ERROR,
        f"`{name}` is `{bad}`, and {test.origin.element} reads it as {test.view.value}",
        "give one, or leave the key out",
        None,
        ("R-COND-42",),
        test.view.value,
        name,
    )
