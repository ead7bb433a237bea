"""`policy-eval schema`: the JSON Schema of suites and scenarios, for editors."""

from __future__ import annotations

import click

from policy_eval.cases.schema import schema_text
from policy_eval.cli.output import print_answer


@click.command("schema", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Print the JSON Schema of *.iamtest.yaml and *.scenario.yaml, for editors.

    Write it to a file, iamtest.schema.json say, and begin a suite beside that file with this line:

    # yaml-language-server: $schema=iamtest.schema.json
    """
    print_answer(schema_text().removesuffix("\n"))
