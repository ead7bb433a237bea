"""`policy-eval batch`: a file of requests decided."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from policy_eval.cli.layer_options import Given, policy_options, read_layers
from policy_eval.cli.options import reading_options, taken
from policy_eval.cli.output import Exit, print_answer, refusing_bad_input, safe_lines
from policy_eval.cli.source_options import Sources, further_source_options
from policy_eval.errors import Diagnostic, PolicyError, RequestError, Severity
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.principal import parse_principal
from policy_eval.semantics.authorization import Word

if TYPE_CHECKING:
    from policy_eval.batch.accounts import OfAccounts
    from policy_eval.batch.job import Done
    from policy_eval.engine.policies import PolicySet
    from policy_eval.sources.accounts import Accounts

STDOUT = "-"
_STEPS = 1_000
"""Parts into which progress is divided."""

_FORMATS = ("jsonl", "csv", "parquet", "arrow")


@click.command("batch", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("requests")
@policy_options
@further_source_options(
    "The policies are those that an account (an export, a plan, a template, a workspace) has for "
    "the caller of each row; the options above win, layer by layer."
)
@click.option("--as", "principal", metavar="PRINCIPAL", help="Who calls, in rows that name nobody.")
@click.option(
    "--unknown", multiple=True, metavar="KEY",
    help="A condition key, or a family such as `aws:ResourceTag/*`, whose value nobody knows in "
    "rows that do not give it. Repeatable.",
)  # fmt: skip
@reading_options
@click.option(
    "--out", required=True, metavar="FILE",
    help="Where decisions go, in the format that the name ends in; - is stdout (JSON lines).",
)  # fmt: skip
@click.option(
    "--rejects", metavar="FILE",
    help="Where rows go that are no requests, as JSON lines (default: the name of --out with "
    "`.rejects.jsonl` behind it).",
)  # fmt: skip
@click.option(
    "--keep", multiple=True, metavar="COLUMN",
    help="A column of the requests to repeat beside the decisions. Repeatable.",
)  # fmt: skip
@click.option("--fail-fast", is_flag=True, help="Stop at the first row that is no request.")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS),
    help="The format of REQUESTS, where its name does not tell it.",
)  # fmt: skip
@click.option(
    "--out-format", type=click.Choice(_FORMATS),
    help="The format of --out, where its name does not tell it.",
)  # fmt: skip
@click.option("-q", "--quiet", is_flag=True, help="Do not say how many came out how.")
def command(  # noqa: PLR0913 - one parameter an option
    *,
    requests: str,
    principal: str | None,
    unknown: tuple[str, ...],
    lenient: bool,
    accept_invalid: bool,
    out: str,
    rejects: str | None,
    keep: tuple[str, ...],
    fail_fast: bool,
    form: str | None,
    out_format: str | None,
    quiet: bool,
    **options: Any,  # noqa: ANN401 - those of `Given` and `Sources`, as click hands them over
) -> None:
    """Decide every request of a file, and write the decisions to another.

    REQUESTS is *.jsonl or *.csv (also with .gz), *.parquet or *.arrow; - is stdin (JSON lines).
    Its columns are `action`, `resource`, `principal`, `resource_account`, condition keys by their
    names, and `context`. The output is written whole, or not at all. Rows that are no requests are
    left out of it, and go to a file of their own.

    Exits 0 if every row was decided, 1 if some were no requests, 2 for unusable input.

    \b
        policy-eval batch requests.parquet -p policies/ --out decisions.parquet
    """  # noqa: D301 - click's \b
    given, sources = taken(Given, options), taken(Sources, options)
    sources.check()
    gc.enable()  # it is off for the length of a command, and this one is long
    with refusing_bad_input() as tell:
        try:
            from policy_eval.batch.accounts import OfAccounts
            from policy_eval.batch.formats import Format
            from policy_eval.batch.job import Job, run
        except ModuleNotFoundError as error:
            message = str(error)
            raise RequestError(Diagnostic("missing-package", Severity.ERROR, message)) from None
        layers = read_layers(given, "", Strictness(lenient, accept_invalid))
        given_policies = layers.policies()
        tell(given_policies.warnings)
        policies: PolicySet | OfAccounts = given_policies
        accounts = None
        if sources.sources:
            accounts = sources.accounts(tell)
            policies = OfAccounts(accounts, layers, unknown)
        else:
            _want_policies(given_policies)
        if principal is not None:
            (parse_principal if accounts is None else accounts.principal)(principal)
        job = Job(
            requests,
            out,
            rejects,
            Format(form) if form else None,
            Format(out_format) if out_format else None,
            tuple(dict.fromkeys(keep)),
            principal,
            unknown,
            fail_fast,
        )
        with _progress() as show:
            done = run(job, policies, show)
        tell(done.problems)
    if not quiet:
        text = safe_lines("\n".join([_spelled(done), *_notes(done, accounts)]))
        if out == STDOUT:
            click.echo(text, err=True)
        else:
            print_answer(text)
    raise click.exceptions.Exit(Exit.DENIED if done.summary.rejected else Exit.ALLOWED)


@contextmanager
def _progress() -> Iterator[Callable[[float], None]]:
    """Give what shows on a terminal which part is done."""
    if sys.stderr is None or not sys.stderr.isatty():
        yield lambda _: None
        return
    with click.progressbar(length=_STEPS, label="deciding", file=sys.stderr) as bar:

        def show(part: float) -> None:
            bar.update(int(part * _STEPS) - bar.pos)

        yield show


def _want_policies(policies: PolicySet) -> None:
    """Refuse a batch without policies. Raises PolicyError."""
    if not policies.attached.given and not policies.attached.unknown:
        raise PolicyError(
            Diagnostic(
                "missing-policies", Severity.ERROR, "no policy is given",
                "name an identity-based one with -p, or another (see --help)",
            )
        )  # fmt: skip


def _notes(done: Done, accounts: Accounts | None) -> list[str]:
    """Return what nobody knows of the policies of callers, where answers may hang on it."""
    if accounts is None or not done.summary.decisions[Word.UNDETERMINED.value]:
        return []
    found = [*dict.fromkeys(accounts.unknown.values())]
    more = len(found) - _MOST_NOTES
    return [
        *(f"note: {each}" for each in found[:_MOST_NOTES]),
        *([f"note: and {more} more are not known"] if more > 0 else []),
    ]


_MOST_NOTES = 10


def _spelled(done: Done) -> str:
    decisions, rejected = done.summary
    counts = ", ".join(f"{count:,} {word}" for word, count in sorted(decisions.items()))
    size = sum(decisions.values())
    requests = "1 request" if size == 1 else f"{size:,} requests"
    found = f"{requests} decided" + (counts and f": {counts}")
    if not rejected:
        return found
    rows = "1 row is no request" if rejected == 1 else f"{rejected:,} rows are no requests"
    where = f": see {done.rejects}" if done.rejects else ""
    return f"{found}\n{rows}{where}"
