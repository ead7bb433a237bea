"""`policy-eval schema`: the JSON Schema of suites, printed."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from policy_eval.cases.schema import schema_text
from policy_eval.cli.output import Exit
from policy_eval.cli.schema import command


def test_the_schema_is_printed() -> None:
    result = CliRunner().invoke(command)

    assert (result.exit_code, result.stderr) == (Exit.ALLOWED, "")
    assert result.stdout == schema_text()


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_tells_an_editor_s_line(option: str) -> None:
    result = CliRunner().invoke(command, [option])

    assert result.exit_code == Exit.ALLOWED
    assert "\n  # yaml-language-server: $schema=iamtest.schema.json\n" in result.stdout
