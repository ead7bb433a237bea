"""Several sets of policies as one program: a policy that several of them have is there once.

Which of its statements are those of one set is a mask of bits, so whatever is found of statements
is found for all sets at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policy_eval.engine.decision import Attachment
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.program import ActionProgram, Program
from policy_eval.semantics.layers import Layer, ResourcePolicy


class Sets:
    """Sets of policies, one or more, by their names; by none if there is one for all rows.

    `attached` are the different layers that sets have, `attached_of` the number of those of each.
    """

    def __init__(self, given: PolicySet | Mapping[str, PolicySet]) -> None:
        self.names: tuple[str, ...] | None = None
        if isinstance(given, PolicySet):
            self.sets: tuple[PolicySet, ...] = (given,)
            self.program = given.program()
        else:
            if not given:
                message = "no set of policies is given"
                raise ValueError(message)
            self.names = (*given,)
            self.sets = (*given.values(),)
            self.program = self._united()
        found = [each.attached for each in self.sets]
        self.attached = (*dict.fromkeys(found),)
        self.attached_of = [self.attached.index(each) for each in found]
        self._bits: dict[int, tuple[ActionProgram, dict[int, int]]] = {}

    def exists(self, layer: Layer) -> bool:
        """Return whether some set may have policies in a layer."""
        return any(each.exists(layer) is not False for each in self.attached)

    def boundaries(self) -> tuple[bool | None, ...]:
        """Return whether sets have a permissions boundary, each answer once."""
        return (*dict.fromkeys(each.exists(Layer.BOUNDARY) for each in self.attached),)

    def resource_policies(self) -> tuple[ResourcePolicy, ...]:
        """Return the policies of resources, of any set."""
        return (*dict.fromkeys(each for one in self.attached for each in one.resource_policies),)

    def within(self, program: ActionProgram, number: int) -> int:
        """Return the statements of a set among those of an action, as its bits."""
        if self.names is None:
            return program.all
        if id(program) not in self._bits:
            of_attachments: dict[int, int] = {}
            for place, index in enumerate(program.numbers):
                attachment = self._attachment_of[index]
                of_attachments[attachment] = of_attachments.get(attachment, 0) | 1 << place
            self._bits[id(program)] = (program, of_attachments)
        _, bits = self._bits[id(program)]
        found, members = 0, self._members[number]
        for attachment, mask in bits.items():
            if attachment in members:
                found |= mask
        return found

    def order_of(self, number: int) -> Callable[[int], int] | None:
        """Return the order of statements (of the program) in a set; None where it is their own."""
        if self.names is None or self._is_in_order[number]:
            return None
        members = self._members[number]
        return lambda statement: members[self._attachment_of[statement]]

    def _united(self) -> Program:
        numbers: dict[tuple[object, ...], int] = {}
        attachments: list[Attachment] = []
        self._members: list[dict[int, int]] = []
        for each in self.sets:
            members: dict[int, int] = {}
            for place, attachment in enumerate(each.attachments):
                layer, level, policy = attachment
                again = sum(other.policy is policy for other in each.attachments[:place])
                number = numbers.setdefault((layer, level, id(policy), again), len(numbers))
                if number == len(attachments):
                    attachments.append(attachment)
                members[number] = place
            self._members.append(members)
        self._is_in_order = [[*each] == sorted(each) for each in self._members]
        self._attachment_of = [
            number
            for number, attachment in enumerate(attachments)
            for _ in attachment.policy.statements
        ]
        return Program(attachments)
