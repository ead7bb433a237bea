"""The scenarios that come with the package: what each question is answered, and by which layer."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from policy_eval.cases.run import run_case
from policy_eval.cases.suite import load_suite
from policy_eval.engine.decision import Decision

_FOLDER = Path(str(resources.files("policy_eval.scenarios")))
_ROOT = Path(__file__).resolve().parents[2]
_ALLOWED, _SILENT, _DENIED = "allowed", "implicitDeny", "explicitDeny"
_EXPECTED: dict[str, list[tuple[str, str | None, str | None]]] = {
    "appflow-connection": [
        (_ALLOWED, "identity", None),
        (_ALLOWED, "identity", None),
        (_ALLOWED, "identity", None),
        (_SILENT, "identity", None),
    ],
    "appflow-customer-key": [
        (_ALLOWED, "identity", None),
        (_SILENT, "identity", "kms:GenerateDataKey"),
        (_SILENT, "identity", None),
        (_ALLOWED, "resource", None),
    ],
    "appflow-s3-destination": [
        (_ALLOWED, "resource", None),
        (_ALLOWED, "resource", None),
        (_ALLOWED, "resource", None),
        (_SILENT, "resource", None),
        (_SILENT, "resource", None),
        (_SILENT, "identity", None),
    ],
    "appflow-mfa-tls": [
        (_ALLOWED, "identity", None),
        (_DENIED, "identity", None),
        (_ALLOWED, "identity", None),
        (_DENIED, "identity", None),
    ],
    "appflow-endpoint": [
        (_ALLOWED, "identity", None),
        (_SILENT, "endpoint", None),
        (_ALLOWED, "identity", None),
        (_SILENT, "endpoint", None),
    ],
    "appflow-fenced": [
        (_ALLOWED, "identity", None),
        (_DENIED, "scp", None),
        (_ALLOWED, "identity", None),
        (_DENIED, "scp", None),
        (_ALLOWED, "identity", None),
    ],
}


def _answers(name: str) -> list[tuple[str, str | None, str | None]]:
    found = []
    for case in load_suite(_FOLDER / f"{name}.scenario.yaml").cases:
        decision = run_case(case).found
        assert isinstance(decision, Decision), decision
        layer = decision.decided_by
        found.append((decision.decision, layer.value if layer else None, decision.blocked_by))
    return found


@pytest.mark.parametrize("name", _EXPECTED)
def test_a_packaged_scenario_answers_as_the_rules_have_it(name: str) -> None:
    assert _answers(name) == _EXPECTED[name]


def test_the_managed_policy_is_that_of_the_fixtures() -> None:
    name = "AmazonAppFlowFullAccess.json"

    assert (_FOLDER / name).read_bytes() == (_ROOT / "fixtures/appflow" / name).read_bytes()
