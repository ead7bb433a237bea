"""The command `policy-eval`: one command per file, loaded when it is called."""

from __future__ import annotations

from importlib import import_module

import click

_COMMANDS = {
    "can-i": ("can_i", "Would AWS allow this request?"),
    "batch": ("batch", "Decide a file of requests: JSON lines, CSV, Parquet or Arrow."),
    "check": ("check", "Run a scenario and report every answer."),
    "test": ("test", "Run suites of expected decisions."),
    "record": ("record", "Write a suite of today's decisions."),
    "schema": ("schema", "The JSON Schema of suites, for editors."),
    "context-keys": ("context_keys", "Which condition keys policies read, and which AWS supplies."),
    "show": ("show", "What is read from a policy: statements, assumptions, sizes."),
    "fmt": ("fmt", "Put policies in canonical order and layout."),
    "who-can": ("who_can", "Which users and roles of an account can do something, and why."),
    "what-can": ("what_can", "What a user or role of an account can do."),
    "matrix": ("matrix", "Users and roles by actions, as a table, CSV, JSON or a page."),
    "can-assume": ("can_assume", "Which roles a user or role can become, step by step."),
    "import": ("import_sources", "An export, a plan or a template as a folder of policies."),
    "rule": ("rule", "What a rule says, and how to find out where AWS does not."),
    "explain-error": ("explain_error", "What a diagnostic's code means."),
}


class _Commands(click.Group):
    """Finds commands without importing the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"policy_eval.cli.{_COMMANDS[cmd_name][0]}")
        command = module.command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in _COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="policy-eval")
def main() -> None:
    """Say what AWS IAM would decide, offline, and why."""
