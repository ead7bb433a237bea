"""A matrix as one page that needs nothing else: filters, and the statements behind each cell."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from importlib import resources
from typing import TYPE_CHECKING

from policy_eval.policy.rendering import rendered
from policy_eval.queries.matrix import BY_SERVICE, REFUSED, Cell, Row
from policy_eval.request.context import values_of
from policy_eval.semantics.authorization import Word
from policy_eval.sources.titles import short_names

if TYPE_CHECKING:
    from policy_eval.engine.decision import Deciding
    from policy_eval.policy.ast import Policy
    from policy_eval.queries.asking import Question
    from policy_eval.sources.accounts import Accounts

_WORDS = (*(word.value for word in Word), BY_SERVICE, REFUSED)


def page(
    accounts: Accounts,
    actions: Sequence[str],
    question: Question,
    rows: Iterable[Row],
    sources: Sequence[str] = (),
) -> str:
    """Return the page of a matrix.

    `sources` are the options of `can-i` that name the sources, where those alone would not do.
    """
    statements = _Statements(accounts)
    kinds: dict[tuple[int, tuple[int, ...]], int] = {}

    def kind_of(cell: Cell) -> int:
        key = _WORDS.index(cell.word), statements.numbers(cell.statements)
        return kinds.setdefault(key, len(kinds))

    shown: list[dict[str, object]] = []
    callers: list[str] = []
    for row in rows:
        callers.append(row.caller)
        found = {cell: kind_of(cell) for cell in dict.fromkeys(row.cells)}
        shown.append({"caller": row.caller, "cells": [found[cell] for cell in row.cells]})
    on = f" on {question.resource}" if question.resource else ""
    data = {
        "about": f"{len(shown)} principals, {len(actions)} actions{on}; "
        f"from {', '.join(accounts.found.sources)}",
        "options": _options(accounts, question, sources),
        "words": list(_WORDS),
        "actions": list(actions),
        "titles": statements.titles,
        "texts": statements.texts,
        "kinds": list(kinds),
        "rows": shown,
        "short": [*map(short_names(callers), callers)],
    }
    template = resources.files("policy_eval.queries").joinpath("matrix.html").read_text("utf-8")
    return template.replace("{{DATA}}", _inside_script(json.dumps(data)))


class _Statements:
    """The statements that decided, each once and numbered: their titles, and as they stand."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._numbers: dict[tuple[int, int], int] = {}
        self._policies: dict[str, Policy] = {}
        self.titles: list[str] = []
        self.texts: list[str] = []

    def numbers(self, deciding: Iterable[Deciding]) -> tuple[int, ...]:
        """Return the numbers of the statements that decided a call."""
        return (*dict.fromkeys(map(self._number, deciding)),)

    def _number(self, deciding: Deciding) -> int:
        policy = self._policy(deciding.policy)
        number = self._numbers.setdefault((id(policy), deciding.number), len(self.titles))
        if number == len(self.titles):
            statement = next(each for each in policy.statements if each.number == deciding.number)
            self.titles.append(deciding.title)
            self.texts.append(rendered(statement))
        return number

    def _policy(self, name: str) -> Policy:
        """Return the policy of a name, which was read by now."""
        if name not in self._policies:
            self._policies = {policy.name: policy for policy in self._accounts.read_policies}
        return self._policies[name]


def _options(accounts: Accounts, question: Question, sources: Sequence[str]) -> str:
    """Return the resource and the options with which `can-i` is asked the same, for a shell."""
    said = [] if question.resource is None else [question.resource]

    def say(option: str, *values: str) -> None:
        for value in values:
            said.extend((option, value))

    for key, given in question.context.items():
        values = values_of(key, given)
        if values is None:
            say("--absent", key)
        else:
            say("-c", *(f"{key}={value}" for value in values))
    say("--unknown", *question.unknown)
    if question.resource_account is not None:
        say("--resource-account", question.resource_account)
    say("--request-tag", *(f"{key}={value}" for key, value in question.request_tags.items()))
    say("--resource-tag", *(f"{key}={value}" for key, value in question.resource_tags.items()))
    if isinstance(question.now, str):  # else it was the time of the asking
        say("--now", question.now)
    say("--unknown-layer", *(each.value for each in accounts.unknown_layers))
    if not sources:
        say("--source", *accounts.found.sources)
    return shlex.join([*said, *sources])


def _inside_script(text: str) -> str:
    """Return JSON, which is ASCII, that no text in it ends early, whatever names there are."""
    return text.replace("<", "\\u003c")
