"""`policy-eval explain-error`: what a code means, or all of them."""

from __future__ import annotations

import pytest
from click.shell_completion import ShellComplete

from policy_eval.cli.commands import main
from policy_eval.cli.output import Exit
from policy_eval.error_codes import ERROR_CODES
from tests.cli.running import policy_eval


@pytest.mark.parametrize("code", ERROR_CODES)
def test_every_code_is_explained(code: str) -> None:
    entry = ERROR_CODES[code]

    result = policy_eval("explain-error", code)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith(f"{code}: {entry.title}\n")
    assert all(rule in result.stdout for rule in entry.rules)


def test_an_explanation_has_a_wrong_and_a_right_text() -> None:
    result = policy_eval("explain-error", "comment")

    assert "\nwrong:\n    {\n" in result.stdout
    assert "\nright:\n    {\n" in result.stdout
    assert "\n--lenient: " in result.stdout


def test_a_text_of_another_type_says_its_type() -> None:
    result = policy_eval("explain-error", "trusts-everyone")

    assert "wrong (--type trust):" in result.stdout


def test_without_a_code_all_are_listed() -> None:
    result = policy_eval("explain-error")

    lines = result.stdout.splitlines()
    assert (result.exit_code, len(lines)) == (0, len(ERROR_CODES))
    assert [line.split()[0] for line in lines] == [*ERROR_CODES]
    column = max(map(len, ERROR_CODES)) + 2
    assert all(line[column - 1] == " " != line[column] for line in lines)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("trailing-coma", "did you mean `trailing-comma`"),
        ("COMMENT", "`policy-eval explain-error` lists them"),
        ("", "`policy-eval explain-error` lists them"),
    ],
)
def test_an_unknown_code_is_refused_with_the_nearest(code: str, remedy: str) -> None:
    result = policy_eval("explain-error", code)

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert f"error[unknown-code]: `{code}` is no code of a diagnostic" in result.stderr
    assert f" = help: {remedy}\n" in result.stderr


@pytest.mark.parametrize("typed", ["trail", "un", "", "xyz"])
def test_codes_are_completed(typed: str) -> None:
    completion = ShellComplete(main, {}, "policy-eval", "_POLICY_EVAL_COMPLETE")

    found = completion.get_completions(["explain-error"], typed)

    assert [item.value for item in found] == [
        code for code in ERROR_CODES if code.startswith(typed)
    ]


def test_a_refusal_names_the_command_that_explains_it() -> None:
    result = policy_eval("show", "-", stdin="{")

    assert result.stderr.endswith(
        "\nfor more on a problem: policy-eval explain-error unclosed-bracket\n"
    )
