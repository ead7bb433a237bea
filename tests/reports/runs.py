"""Runs made by hand, and texts that could break a report."""

from __future__ import annotations

from hypothesis import strategies as st

from policy_eval.cases.outcome import Outcome, Run, Status, Unusable
from policy_eval.errors import Diagnostic, Place, Severity
from policy_eval.excerpt import Excerpt

FILE = "suites/secrets.iamtest.yaml"
_ALLOWED: dict[str, object] = {"decision": "allowed"}

PASSED = Outcome("Secrets", FILE, 10, "create", Status.PASSED, _ALLOWED, _ALLOWED, seconds=0.0025)
FAILED = Outcome(
    "Secrets",
    FILE,
    20,
    "create directly",
    Status.FAILED,
    {"decision": "allowed", "matched": ["Create", "file#2"], "missing_context": []},
    {"decision": "implicitDeny", "matched": [], "error": None},
    message="expected allowed, decided implicitDeny\nexpected matched Create, found none",
    explanation=("identity: no statement allows it", "  aws:CalledVia is absent"),
    rules=("R-COND-12", "R-SM-01"),
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/a_b.html",
    seconds=0.001,
)
TRAILING_COMMA = Diagnostic(
    "trailing-comma",
    Severity.ERROR,
    "a comma stands before a closing bracket",
    "remove it",
    Place("suites/policy.json", 3, 7),
    ("R-GRAM-01",),
    excerpt=Excerpt('"a",}', 3, 4, 3, 8),
)
ERROR = Outcome(
    "Secrets",
    FILE,
    30,
    "refused",
    Status.ERROR,
    _ALLOWED,
    None,
    message="a policy is refused",
    diagnostics=(
        TRAILING_COMMA,
        Diagnostic(
            "unique-id",
            Severity.WARNING,
            "`AIDA` is a unique ID",
            place=Place("suites/policy.json", 5, 1),
        ),
    ),
)
SKIPPED = Outcome(
    "Secrets", FILE, 40, "later", Status.SKIPPED, _ALLOWED, None, message="not known yet"
)
BAD_SUITE = Unusable(
    "suites/bad.iamtest.yaml",
    (
        Diagnostic(
            "unknown-field",
            Severity.ERROR,
            "unknown field `expects`",
            "did you mean `expect`?",
            Place("suites/bad.iamtest.yaml", 4, 5),
        ),
    ),
)
RUN = Run((PASSED, FAILED, ERROR, SKIPPED), (BAD_SUITE,), 0.5)
"""A test of each status, and a suite that cannot be read."""

HOSTILE = (
    "<&]]>\"'", "::error::", "::", "%0A", "%", ",", "=", "\n", "\r\n", "\r", "#", " # SKIP x",
    "#todo", "\\", "\\#", "\x1b[31m", "\0", "\x85", "\u2028", "\u202e", "\ufeff", "\ufffe", "ü",
    "語", "\U0001f600", "\ud800", "\udcff", "\n  ...", "\n  ---", "\nok 7 - x", "\n1..0",
    "\nBail out!", "{0}", "${aws:username}", "[a](0)", ": ", "~", "\t", " ", "\u00a0",
)  # fmt: skip
"""Pieces of text that mean something to a reader of a report."""

ANY_TEXT = st.lists(
    st.sampled_from(HOSTILE) | st.text(st.characters(exclude_categories=()), max_size=5),
    max_size=6,
).map("".join)


def hostile_run(text: str) -> Run:
    """Return a run that says a text wherever it can."""
    data: dict[str, object] = {"decision": text, "matched": [text, [text]], text: {text: None}}
    diagnostic = Diagnostic(
        "trailing-comma", Severity.ERROR, text, text, Place(f"p{text}", 1, 2), (text,), text, text
    )
    outcomes = tuple(
        Outcome(
            text,
            f"f{text}",
            1,
            text,
            status,
            data,
            data,
            text,
            (text,),
            (text,),
            text,
            diagnostics=(diagnostic,) if status is Status.ERROR else (),
        )
        for status in Status
    )
    return Run(outcomes, (Unusable(f"u{text}", (diagnostic,)),))
