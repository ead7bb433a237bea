"""One request, fast: rows of bits, ANDed.

Two numbers are kept: the statements that surely match, and those that possibly match because a
key, the resource or the caller is unknown. Without unknowns they are equal.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from policy_eval.engine.matching import contains
from policy_eval.engine.program import ActionProgram, Named, NamingRow, Program, Row
from policy_eval.errors import RequestError
from policy_eval.semantics.authorization import NO, Bounds, Case, Found, Grant
from policy_eval.semantics.complaints import unreadable
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.lower import Key, Subject
from policy_eval.semantics.outcomes import Why, evaluate
from policy_eval.semantics.principals import Caller, naming
from policy_eval.semantics.readings import Reading
from policy_eval.semantics.request_context import Candidates, RequestContext
from policy_eval.semantics.situations import levels_with_a_say

_REMEMBERED_VALUES = 16_384
_NO_GRANTS = dict.fromkeys(Grant, NO)


OutcomeBits: TypeAlias = tuple[int, int, int]
"""Statements of a row as bits: those that fail, that are not known, that cannot be read."""


class Match(NamedTuple):
    """Which statements of an action match, as its bits, and how they name the caller.

    `with_a_say` are the statements of each layer and level that has a say.
    """

    action: ActionProgram
    with_a_say: dict[tuple[Layer, int], int]
    sure: int
    possible: int
    named: Named | None = None

    @property
    def statements(self) -> int:
        """The statements of the layers that have a say."""
        return union(self.with_a_say.values())

    def bounds(self, statements: int) -> Bounds:
        """Return whether one of some statements matches."""
        return Bounds(bool(self.sure & statements), bool(self.possible & statements))

    def naming(self, grants: Iterable[Grant]) -> int:
        """Return the statements that surely name the caller in one of some ways, as bits."""
        bits = 0
        for grant in grants if self.named else ():
            bits |= self.named.sure.get(grant, 0) if self.named else 0
        return bits

    def granting(self, named: Named, grant: Grant, statements: int) -> Bounds:
        """Return whether one of some statements matches and names the caller in this way."""
        return Bounds(
            bool(self.sure & statements & named.sure.get(grant, 0)),
            bool(self.possible & statements & named.possible.get(grant, 0)),
        )


def union(masks: Iterable[int]) -> int:
    """Return the bits of any of some masks."""
    bits = 0
    for mask in masks:
        bits |= mask
    return bits


def find(program: Program, context: RequestContext, case: Case) -> tuple[Found[Bounds], Match]:
    """Return what each layer says, and the statements that match.

    Raises RequestError where a statement of a layer that has a say, selected by its action, reads
    a key whose value cannot be read in that way (R-COND-42), whatever else fails.
    """
    match = matches(program, context, case)
    return found_of(match), match


def found_of(match: Match) -> Found[Bounds]:
    """Return what each layer says, from the statements that match."""
    allowing, denying = match.action.allows, match.action.denies
    allows: dict[Layer, Bounds] = {}
    denies: dict[Layer, Bounds] = {}
    of_resource = 0
    for (layer, _), mask in match.with_a_say.items():
        allowed, denied = match.bounds(mask & allowing), match.bounds(mask & denying)
        if layer in allows:
            both, either = allows[layer], denies[layer]
            allowed = Bounds(allowed.sure and both.sure, allowed.possible and both.possible)
            denied = Bounds(denied.sure or either.sure, denied.possible or either.possible)
        allows[layer], denies[layer] = allowed, denied
        of_resource |= mask if layer is Layer.RESOURCE else 0
    named, granting = match.named, of_resource & allowing
    if named is None or not granting:
        return Found(allows, denies, _NO_GRANTS)
    grants = {grant: match.granting(named, grant, granting) for grant in Grant}
    return Found(allows, denies, grants)


def matches(program: Program, context: RequestContext, case: Case) -> Match:
    """Return the statements that match, of the layers that have a say. Raises as `find` does."""
    return matches_of(program.for_action(context.folded_action), context, case)


def matches_of(action: ActionProgram, context: RequestContext, case: Case) -> Match:
    """Return the same, of the statements that an action selects."""
    masks = {each: action.layers.get(each, 0) for each in levels_with_a_say(context, case)}
    sure = possible = statements = union(masks.values())
    for row in action.keys:
        if not (possible & row.bits or (row.must_read and row.bits & statements)):
            continue
        fails, unsure = row_bits(row, context, statements)
        possible &= ~fails
        sure &= ~(fails | unsure)
    if action.resource is not None and possible & action.resource.bits:
        fails, unsure = row_bits(action.resource, context, statements)
        possible &= ~fails
        sure &= ~(fails | unsure)
    named = names_in(action, context) if possible else None
    return _naming_too(Match(action, masks, sure, possible), named)


def _naming_too(match: Match, named: Named | None) -> Match:
    """Return the same match, less the statements that do not name the caller, or are unusable."""
    action, masks, sure, possible, _ = match
    if named is not None:
        possible &= ~named.not_named
        sure &= ~(named.not_named | named.open)
    return Match(action, masks, sure & ~action.unusable, possible, named)


def row_bits(row: Row, context: RequestContext, statements: int) -> tuple[int, int]:
    """Return the row's statements that fail, and those of which it is not known."""
    fails, unsure, unread = outcome_bits(row, context)
    if unread & statements:
        attribute = _candidates(row.attribute, context)
        variables = tuple(map(context.look, row.variables))
        test = next(
            test
            for bit, test in row.tests
            if bit & unread & statements
            and evaluate(test, attribute, variables, context.reading, contains).why
            is Why.UNREADABLE
        )
        raise RequestError(unreadable(test, attribute))
    return fails, unsure


def outcome_bits(row: Row, context: RequestContext) -> OutcomeBits:
    """Return the row's statements that fail, that are not known, and that cannot be read."""
    attribute = _candidates(row.attribute, context)
    variables = tuple(map(context.look, row.variables))
    return outcome_bits_of(row, attribute, variables, context.reading)


def outcome_bits_of(
    row: Row, attribute: Candidates, variables: tuple[Candidates, ...], reading: Reading
) -> OutcomeBits:
    """Return the same for what the attribute and the variables may hold."""
    key: object = (attribute, *variables) if variables else attribute
    found = row.memo.get(key)
    if found is None:
        found = _evaluate(row, attribute, variables, reading)
        if len(row.memo) >= _REMEMBERED_VALUES:
            row.memo.clear()
        row.memo[key] = found
    return found


def match_of(
    action: ActionProgram,
    levels: Iterable[tuple[Layer, int]],
    outcomes: Iterable[OutcomeBits],
    named: Named | None,
    within: int,
) -> Match | None:
    """Return the statements that match, of those `within`, from how every row went.

    None where a statement of a layer that has a say cannot read a value (R-COND-42).
    """
    masks = {each: action.layers.get(each, 0) & within for each in levels}
    sure = possible = statements = union(masks.values())
    for fails, unsure, unread in outcomes:
        if unread & statements:
            return None
        possible &= ~fails
        sure &= ~(fails | unsure)
    return _naming_too(Match(action, masks, sure, possible), named if possible else None)


def _candidates(attribute: Subject | Key, context: RequestContext) -> Candidates:
    if isinstance(attribute, Key):
        return context.look(attribute)
    return context.resource_candidates()


def _evaluate(
    row: Row, attribute: Candidates, variables: tuple[Candidates, ...], reading: Reading
) -> OutcomeBits:
    fails = unsure = unread = 0
    for bit, test in row.tests:
        holds, why, _ = evaluate(test, attribute, variables, reading, contains)
        if why is Why.UNREADABLE:
            unread |= bit
        elif holds is None:
            unsure |= bit
        elif not holds:
            fails |= bit
    return fails, unsure & ~fails, unread


def kept_by(
    row: Row, attribute: Candidates, variables: tuple[Candidates, ...], reading: Reading
) -> int | None:
    """Return the bits that values leave; None where one is not known, or cannot be read."""
    fails, unsure, unread = _evaluate(row, attribute, variables, reading)
    return None if unsure or unread else ~fails


def names_in(action: ActionProgram, context: RequestContext) -> Named | None:
    """Return how the statements of an action name the caller; None where none names anybody."""
    found = None
    if action.named is not None:
        found = _row_of_names(action.named, context.caller())
    if action.at_endpoint is not None:
        at_endpoint = _row_of_names(action.at_endpoint, context.caller_at_endpoint())
        if found is None:
            return at_endpoint
        found = found._replace(
            not_named=found.not_named | at_endpoint.not_named, open=found.open | at_endpoint.open
        )
    return found


def _row_of_names(row: NamingRow, caller: Caller) -> Named:
    found = row.memo.get(caller)
    if found is None:
        found = _name(row, caller)
        if len(row.memo) >= _REMEMBERED_VALUES:
            row.memo.clear()
        row.memo[caller] = found
    return found


def _name(row: NamingRow, caller: Caller) -> Named:
    sure: dict[Grant, int] = {}
    possible: dict[Grant, int] = {}
    not_named = open_ = 0
    for bit, test in row.tests:
        named = naming(test, caller)
        if named.possible is None:
            not_named |= bit
            continue
        possible[named.possible] = possible.get(named.possible, 0) | bit
        if named.sure is None:
            open_ |= bit
        else:
            sure[named.sure] = sure.get(named.sure, 0) | bit
    return Named(sure, possible, not_named, open_)
