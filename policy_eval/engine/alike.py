"""Many actions decided at once: of those that nothing tells apart one is asked about.

What a call comes to hangs on its action in two ways: by the statements that select it, and by what
rules go by (`semantics.action_facts`). Of the second only what tells which layers have a say, and
how the resource is named, counts where no statement reads a key that follows from the action.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.call import Step, steps_of
from policy_eval.engine.decide import decide_by, decide_call
from policy_eval.engine.matching import contains
from policy_eval.engine.program import indices
from policy_eval.errors import InputError, RequestError
from policy_eval.policy.action import parse_action
from policy_eval.semantics.action_facts import facts_of
from policy_eval.semantics.authorization import Case, Word
from policy_eval.semantics.dependent_actions import may_need
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.linked_keys import hangs_on_action
from policy_eval.semantics.lower import Key, action_set
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_rules import service_remarks
from policy_eval.semantics.sets import Complement, Everything, Nothing, OneOf, Union, ValueSet
from policy_eval.semantics.situations import case_of, levels_with_a_say

if TYPE_CHECKING:
    from policy_eval.engine.decision import Decision
    from policy_eval.engine.policies import PolicySet
    from policy_eval.engine.program import ActionProgram
    from policy_eval.policy.ast import Element
    from policy_eval.request.request import Request

_FEW = 64


class _OfClass(NamedTuple):
    """What calls of a class have in common: the context, and what follows for each owner.

    Calls of which `same` is equal are decided alike by statements that read no key that follows
    from the action.
    """

    context: RequestContext
    situations: tuple[tuple[RequestContext, Case], ...]
    same: Hashable


class Classes(NamedTuple):
    """Actions by what holds of them: the number of each one's class, and each class as bits."""

    of_action: tuple[int, ...]
    bits: tuple[int, ...]

    def parts(self, bits: int) -> Iterator[tuple[int, int]]:
        """Yield what some actions have of each class, if anything: its number, and the bits."""
        if bits.bit_count() > _FEW:
            yield from (
                (number, part) for number, each in enumerate(self.bits) if (part := each & bits)
            )
            return
        found: dict[int, int] = {}
        for at in indices(bits):
            number = self.of_action[at]
            found[number] = found.get(number, 0) | 1 << at
        yield from found.items()


class Actions:
    """Some actions, numbered in their order; sets of them are bits."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        self.folded = tuple(each.lower() for each in names)
        self.every = (1 << len(names)) - 1
        self._bits_of: dict[str, int] = {}
        for number, folded in enumerate(self.folded):
            self._bits_of[folded] = self._bits_of.get(folded, 0) | 1 << number
        self._elements: dict[Element, int] = {}
        self._sets: dict[ValueSet, int] = {}
        self._classes: dict[bool | None, Classes] = {}

    def first(self, bits: int) -> str:
        """Return the name of the first of some actions."""
        return self.names[(bits & -bits).bit_length() - 1]

    def by(self, told: Callable[[str], Hashable]) -> Classes:
        """Return the actions by what is told of each, given folded."""
        numbers: dict[Hashable, int] = {}
        of_action: list[int] = []
        bits: list[int] = []
        for at, folded in enumerate(self.folded):
            number = numbers.setdefault(told(folded), len(numbers))
            of_action.append(number)
            if number == len(bits):
                bits.append(0)
            bits[number] |= 1 << at
        return Classes(tuple(of_action), tuple(bits))

    def classes(self, *, narrow: bool | None) -> Classes:
        """Return the actions by what rules go by; those by themselves that need further ones.

        With `narrow` or without, only what tells which layers have a say counts (see
        `ActionFacts.of_case`); None for all of it.
        """

        def told(folded: str) -> Hashable:
            if parse_action(folded) is None or may_need(folded):
                return folded
            facts = facts_of(folded)
            return facts if narrow is None else facts.of_case(narrow=narrow)

        found = self._classes.get(narrow)
        if found is None:
            found = self._classes[narrow] = self.by(told)
        return found

    def selected(self, element: Element) -> int:
        """Return the actions that an Action or NotAction element selects."""
        found = self._elements.get(element)
        if found is None:
            found = self._elements[element] = self._within(action_set(element))
        return found

    def _within(self, accepts: ValueSet) -> int:
        match accepts:
            case Everything():
                return self.every
            case Nothing():
                return 0
            case OneOf(values):
                return _union(self._bits_of.get(str(value), 0) for value in values)
            case Union(members):
                return _union(map(self._within, members))
            case Complement(of):
                return self.every & ~self._within(of)
            case _:
                return self._matching(accepts)

    def _matching(self, accepts: ValueSet) -> int:
        found = self._sets.get(accepts)
        if found is None:
            found = self._sets[accepts] = _union(
                bits for folded, bits in self._bits_of.items() if contains(accepts, folded)
            )
        return found


def _union(sets: Iterable[int]) -> int:
    found = 0
    for each in sets:
        found |= each
    return found


class Part(NamedTuple):
    """Actions that are decided alike, as bits, all of one class.

    `decision` is that of one of them, or why they cannot be asked about.
    """

    number: int
    bits: int
    decision: Decision | InputError


class Group(NamedTuple):
    """Actions that the same statements select, in parts; `classes` are those of the parts."""

    classes: Classes
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        """How many actions there are."""
        return sum(part.bits.bit_count() for part in self.parts)


class Alike:
    """Calls that differ in their action alone, decided by one set of policies.

    `request` makes the call of an action; `has_tags`: calls pass tags, or their resource has some.
    With `conditions` an undetermined decision has what it hangs on.
    """

    def __init__(
        self,
        policies: PolicySet,
        actions: Actions,
        request: Callable[[str], Request],
        *,
        has_tags: bool,
        conditions: bool = False,
    ) -> None:
        self._policies = policies
        self._actions = actions
        self._request = request
        self._has_tags = has_tags
        self._conditions = conditions
        exists = policies.attached.exists
        self._narrow = exists(Layer.RCP) is False and exists(Layer.ENDPOINT) is False
        self._known: dict[tuple[int, int], _OfClass | None] = {}
        """What calls of a class have in common, by its classes (their id) and number."""

    def decided(self, within: int) -> Iterator[Group]:
        """Yield some actions, given as bits, with their decisions."""
        program = self._policies.program()
        for numbers, bits in self._groups(within):
            action = program.of_statements(numbers)
            hangs = self._has_tags or _hangs_on_action(action)
            classes = self._actions.classes(narrow=None if hangs else self._narrow)
            decisions: dict[Hashable, Decision | RequestError] = {}
            parts = []
            for number, part in classes.parts(bits):
                name = self._actions.first(part)
                of_class = self._of_class(classes, number, name)
                same = number if hangs or of_class is None else of_class.same
                if same not in decisions:
                    decisions[same] = self._decision(action, name, of_class)
                parts.append(Part(number, part, decisions[same]))
            yield Group(classes, tuple(parts))

    def _groups(self, within: int) -> list[tuple[tuple[int, ...], int]]:
        """Return actions by the numbers of the statements that select them."""
        groups: list[tuple[tuple[int, ...], int]] = [((), within)]
        for index, entry in enumerate(self._policies.program().entries):
            selected = self._actions.selected(entry.statement.action) & within
            if not selected:
                continue
            parted = []
            for numbers, bits in groups:
                part = bits & selected
                if part:
                    parted.append(((*numbers, index), part))
                if part != bits:
                    parted.append((numbers, bits ^ part))
            groups = parted
        return groups

    def _of_class(self, classes: Classes, number: int, name: str) -> _OfClass | None:
        """Return what calls have in common that are of the class of an action.

        None where they need further actions, or none can be made.
        """
        key = id(classes), number
        if key not in self._known:
            try:
                self._known[key] = self._common(self._request(name))
            except RequestError:
                self._known[key] = None
        return self._known[key]

    def _common(self, request: Request) -> _OfClass | None:
        step, *needed = steps_of([request], self._policies.attached, OUR_READING)
        if needed:
            return None
        context = step.context
        situations = tuple((each, case_of(each)) for each in context.by_owner())
        cases = tuple(
            (case.side, case.everyone, *case.layers.values(), *levels_with_a_say(each, case))
            for each, case in situations
        )
        same = cases, context.resources.names, service_remarks(context)
        return _OfClass(context, situations, same)

    def _decision(
        self, action: ActionProgram, name: str, of_class: _OfClass | None
    ) -> Decision | RequestError:
        """Return the decision of an action that some statements select, or why there is none."""
        try:
            if of_class is None:
                return decide_call(self._policies, [self._request(name)])
            decision = decide_by(self._policies, action, of_class.situations)
            if decision.word is not Word.UNDETERMINED:
                return decision
            from policy_eval.engine.residual.settling import settled, where_certain

            if self._conditions:
                return settled(self._policies, [self._request(name)], decision)
            step = Step(of_class.context.of_action(name))
            return where_certain(self._policies, [step], decision)
        except RequestError as error:
            return error


def _hangs_on_action(action: ActionProgram) -> bool:
    """Return whether statements read a key that may follow from the action."""
    attributes = (each for row in action.keys for each in (row.attribute, *row.variables))
    return action.at_endpoint is not None or any(
        isinstance(each, Key) and hangs_on_action(each.folded) for each in attributes
    )
