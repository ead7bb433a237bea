"""A scenario asked of the users and roles of an account: `policy-eval check --source`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from policy_eval.cli.output import as_data, safe_lines
from policy_eval.cli.source_options import in_lines, notes
from policy_eval.engine.marks import MARKS, WARNS
from policy_eval.engine.wording import spell_answer
from policy_eval.queries.asking import can
from policy_eval.queries.scenarios import Asked, OfCaller, ask_all, questions, summary
from policy_eval.sources.titles import short_names

if TYPE_CHECKING:
    from policy_eval.cases.suite import Suite
    from policy_eval.sources.accounts import Accounts


def check_accounts(suite: Suite, accounts: Accounts, name: str | None, form: str) -> str:
    """Return the answers of a scenario for every caller, or for the one of a name.

    Raises RequestError for a caller that the sources do not hold.
    """
    callers = accounts.callers if name is None else (accounts.caller(name),)
    found = ask_all(accounts, suite, callers)
    if form != "text":
        data: dict[str, object] = {
            "scenario": suite.name,
            "callers": [each.to_dict() for each in found],
        }
        return as_data(data, form)
    why = notes(accounts, (line for each in found for line in _conditions(each)))
    return safe_lines("\n".join([*_lines(suite, found), *why]))


def _lines(suite: Suite, found: Sequence[OfCaller]) -> list[str]:
    able, almost, others = summary(found)
    short = short_names(each.caller for each in found)
    lines = [suite.name, ""]
    names = [case.name for case in questions(suite)]
    lines += [f"  {number}  {name}" for number, name in enumerate(names, 1)]
    lines += ["", f"{len(able)} of {len(found)} can do something of it"]
    width = min(max((len(short(each.caller)) for each in able), default=0), _WIDEST)
    if able:
        heads = " ".join(f"{number}" for number in range(1, len(names) + 1))
        lines.append(f"  {'':<{width}}  {heads}")
    for each in able:
        marks = " ".join(map(_mark, each.asked))
        lines.append(f"  {short(each.caller):<{width}}  {marks}  {_by(each)}".rstrip())
        lines += _conditions(each)
    if any(_mark(one) == WARNS for each in able for one in each.asked):
        lines += ["", f"  {WARNS}  IAM allows it, and the service refuses it all the same"]
    if almost:
        lines += ["", f"{len(almost)} almost can: what is missing"]
        for each in almost:
            lines.append(f"  {short(each.caller)}")
            for one in each.asked:
                if one.almost:
                    lines.append(f"    {one.name}: {spell_answer(one.decision)}")
                    lines += [f"      {line}" for line in one.reasons]
    if others:
        lines += ["", f"{len(others)} cannot do anything of it"]
    lines += [f"  {short(each.caller)}: {in_lines(each.error)}" for each in found if each.error]
    return lines


_WIDEST = 60


def _mark(one: Asked) -> str:
    """Return the mark of an answer; what the service refuses whatever IAM decides is a warning."""
    refused = one.decision.refused_by_service and one.decision.allowed is not False
    return WARNS if refused else MARKS[one.decision.allowed]


def _by(each: OfCaller) -> str:
    """Return the statements that allow what is allowed, each once."""
    named = dict.fromkeys(
        statement.label
        for one in each.asked
        if one.decision.allowed
        for statement in one.decision.statements
    )
    return ", ".join(named)


def _conditions(each: OfCaller) -> list[str]:
    """Return what the answers that are not certain hang on, each condition once."""
    found: dict[str, list[str]] = {}
    for number, one in enumerate(each.asked, 1):
        if can(one.decision) is None:
            found.setdefault(str(one.decision.allow_if), []).append(str(number))
    return [f"      {', '.join(numbers)} if {condition}" for condition, numbers in found.items()]
