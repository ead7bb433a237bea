"""What became of the slips in policies, as people read it."""

from __future__ import annotations

from collections.abc import Iterator

from policy_eval.cases.mutation import Mutant, Mutation, Verdict
from policy_eval.engine.marks import FAILS, HOLDS, OPEN, PASSED_OVER
from policy_eval.errors import visible

_MARKS = {
    Verdict.NOTICED: HOLDS,
    Verdict.UNNOTICED: FAILS,
    Verdict.EQUIVALENT: PASSED_OVER,
    Verdict.UNDECIDED: OPEN,
}


def spell_mutation(mutation: Mutation, *, verbose: bool = False) -> str:
    """Return the mutants that no test notices, each as a difference, with a test that would.

    With `verbose` also those that a test notices, and those that mean the same.
    """
    counts = [f"{len(mutation.having(each))} {each.value}" for each in Verdict]
    lines = [f"mutants: {len(mutation.mutants)}: {', '.join(counts)}"]
    shown = mutation.mutants if verbose else mutation.having(
        Verdict.UNNOTICED, Verdict.UNDECIDED
    )  # fmt: skip
    for mutant in shown:
        lines += ["", *(f"  {line}".rstrip() for line in _mutant(mutant))]
    return "\n".join(lines)


def _mutant(mutant: Mutant) -> Iterator[str]:
    what = visible(f"{mutant.statement}: {mutant.what}")
    yield f"{_MARKS[mutant.verdict]} {mutant.place}   {what}"
    match mutant.verdict:
        case Verdict.NOTICED:
            yield f"    noticed by {visible(mutant.noticed_by)}"
            return
        case Verdict.EQUIVALENT:
            rules = ", ".join(mutant.rests_on)
            yield "    it means the same" + (f", as {rules} is read here" if rules else "")
            return
        case Verdict.UNDECIDED:
            yield (
                f"    no test notices it; {mutant.tried} requests did not tell it apart, so it "
                "may mean the same"
            )
    yield from (f"    {line}" for line in mutant.diff.split("\n"))
    if mutant.test:
        yield "    no test notices it; this one would:"
        yield from (f"      {line}" for line in mutant.test.rstrip("\n").split("\n"))
