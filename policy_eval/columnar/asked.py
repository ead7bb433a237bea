"""What the statements on the actions of a table ask of its rows.

Rows in which every test goes alike, and of which every rule knows the same, are decided alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from policy_eval.engine.program import ActionProgram, Program, Row
from policy_eval.policy.action import parse_action
from policy_eval.semantics.dependent_actions import may_need
from policy_eval.semantics.linked_keys import link_of
from policy_eval.semantics.lower import Key, Origin, Test
from policy_eval.semantics.principals import PrincipalTest
from policy_eval.semantics.resources import is_named_as_given
from policy_eval.text.folding import fold

_ANYWHERE = Origin("", None, ())
_MOST_KNOWN = 65_536


class OfAction(NamedTuple):
    """What is asked of the rows of one action.

    `links` are the keys that are read, by the name of all they may follow from (`link_of`); `wide`
    the rows of tests that look at several attributes. `may_need`: its calls may need further
    actions.
    """

    folded: str
    links: frozenset[str]
    wide: tuple[Row, ...]
    is_named_as_given: bool
    may_need: bool


class Questions:
    """What is asked of the rows of all actions that were met; `programs` are theirs, each once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._tests: dict[str, dict[Test, Test]] = {}
        self._elements: dict[PrincipalTest, None] = {}
        self._seen: dict[int, tuple[frozenset[str], tuple[Row, ...]]] = {}
        self._known: dict[str | None, OfAction | None] = {None: None}
        self.programs: list[ActionProgram] = []  # kept, so that their ids stay their own

    def of_action(self, text: str | None) -> OfAction | None:
        """Return what is asked of the rows of an action; None for what is no action."""
        if text not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known = {None: None}
            assert text is not None
            is_action = parse_action(text) is not None
            self._known[text] = self._of_action(text.lower()) if is_action else None
        return self._known[text]

    def tests(self, link: str = "") -> Mapping[Test, Test]:
        """Return the tests without variables on the keys of a link, each once.

        Each stands under what it is but for its origin. Without a link, those on the resource.
        """
        return self._tests.get(link, {})

    @property
    def elements(self) -> list[PrincipalTest]:
        """The principal elements, each once."""
        return [*self._elements]

    def _of_action(self, folded: str) -> OfAction:
        links: set[str] = set()
        wide: dict[Row, None] = {}
        needed = may_need(folded)
        for each in (folded, *map(fold, needed)):
            of_program, rows = self._of_program(self._program.for_action(each))
            links |= of_program
            wide |= dict.fromkeys(rows)
        return OfAction(
            folded, frozenset(links), tuple(wide), is_named_as_given(folded), bool(needed)
        )

    def _of_program(self, program: ActionProgram) -> tuple[frozenset[str], tuple[Row, ...]]:
        seen = self._seen.get(id(program))
        if seen is not None:
            return seen
        self.programs.append(program)
        links: set[str] = set()
        wide: list[Row] = []
        for row in (*program.keys, *filter(None, (program.resource,))):
            link = link_of(row.attribute.folded) if isinstance(row.attribute, Key) else ""
            if row.variables:
                wide.append(row)
                continue
            links.add(link)
            tests = self._tests.setdefault(link, {})
            for _, test in row.tests:
                tests.setdefault(test._replace(origin=_ANYWHERE), test)
        for naming in (program.named, program.at_endpoint):
            if naming is not None:
                self._elements |= dict.fromkeys(element for _, element in naming.tests)
        found = self._seen[id(program)] = (frozenset(links), tuple(wide))
        return found


class Asked:
    """What is asked of the rows of the actions of a table; None stands for what is no action.

    Tests and elements are those of all actions that were met, in tables before this one, too.
    """

    def __init__(self, questions: Questions, actions: Iterable[str | None]) -> None:
        self.actions = [*map(questions.of_action, actions)]
        self.tests = questions.tests
        self.elements = questions.elements
        self.version = len(questions.programs)
        """The same number means the same tests and elements."""
