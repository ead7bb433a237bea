"""Who becomes whom: chains of roles over their trust policies, the shortest first.

Each step is a call of sts:AssumeRole, decided with every policy that has a say in it: the role's
trust policy, and what the caller's own policies allow (R-TRUST-01).
"""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import InputError
from policy_eval.queries.asking import Refused, answer, check
from policy_eval.sources.model import EntityKind
from policy_eval.sources.titles import short_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from policy_eval.engine.decision import Decision
    from policy_eval.queries.asking import Question
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Entity

_ASSUME = "sts:AssumeRole"


class Step(NamedTuple):
    """One assumption of a role; `decision` says by which statements, or what it hangs on."""

    caller: str
    role: str
    decision: Decision

    @property
    def is_sure(self) -> bool:
        """Whether the role can be assumed whatever the unknown is."""
        return self.decision.allowed is True


class Chain(NamedTuple):
    """Roles that are assumed one after the other, the last of which is reached."""

    steps: tuple[Step, ...]

    @property
    def role(self) -> str:
        """The role that is reached."""
        return self.steps[-1].role

    @property
    def is_sure(self) -> bool:
        """Whether every step is."""
        return all(step.is_sure for step in self.steps)

    def to_dict(self) -> dict[str, object]:
        """Return the chain as plain data."""
        return {
            "role": self.role,
            "is_sure": self.is_sure,
            "steps": [
                {"caller": each.caller, "role": each.role, **each.decision.to_dict()}
                for each in self.steps
            ],
        }


class CanAssume(NamedTuple):
    """The shortest chain to each role that a caller can reach; sure ones before others.

    `refused` are roles that cannot be asked about, as their policies cannot be read.
    """

    caller: str
    chains: tuple[Chain, ...]
    refused: tuple[Refused, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return it as plain data, in stable field names."""
        return {
            "caller": self.caller,
            "chains": [each.to_dict() for each in self.chains],
            "refused": [each.to_dict() for each in self.refused],
        }


def can_assume(accounts: Accounts, start: Entity, question: Question) -> CanAssume:
    """Return which roles a caller can reach, and how.

    `question` gives the context of each call. A role that a chain reached goes on as a session of
    it. Raises RequestError for a question that can be asked of nobody.
    """
    check(question._replace(action=_ASSUME))
    asked = _Asked(accounts, question)
    reached: dict[str, Chain] = {}
    for sure in (True, False):
        numbers = count()
        queue = [(0, next(numbers), start, _NO_STEPS)]
        for arn, chain in reached.items():
            entity = accounts.found.entities[arn]
            heappush(queue, (len(chain.steps), next(numbers), entity, chain.steps))
        while queue:
            _, _, caller, steps = heappop(queue)
            for step, role in asked.steps(caller):
                if role.arn in reached or role.arn == start.arn or (sure and not step.is_sure):
                    continue
                chain = Chain((*steps, step))
                reached[role.arn] = chain
                heappush(queue, (len(chain.steps), next(numbers), role, chain.steps))
    unread = (each for of, each in asked.refused.items() if of not in reached)
    return CanAssume(start.arn, tuple(reached.values()), tuple(unread))


_NO_STEPS: tuple[Step, ...] = ()


class _Asked:
    """Which roles each caller can assume, or may be able to: asked once."""

    def __init__(self, accounts: Accounts, question: Question) -> None:
        self._accounts = accounts
        self._question = question._replace(action=_ASSUME)
        self._steps: dict[str, list[tuple[Step, Entity]]] = {}
        self.refused: dict[str, Refused] = {}

    def steps(self, caller: Entity) -> list[tuple[Step, Entity]]:
        """Return the steps that a caller can take, or may be able to."""
        found = self._steps.get(caller.arn)
        if found is None:
            found = self._steps[caller.arn] = [*self._found(caller)]
        return found

    def _found(self, caller: Entity) -> Iterator[tuple[Step, Entity]]:
        for role in self._accounts.found.of_kind(EntityKind.ROLE):
            if role.arn == caller.arn:
                continue
            try:
                found = answer(self._accounts, caller, self._question._replace(resource=role.arn))
            except InputError as error:
                self.refused.setdefault(role.arn, Refused(role.arn, error))
                continue
            if found.can is not False:
                yield Step(caller.arn, role.arn, found.decision), role


def short_names_in(found: CanAssume) -> Callable[[str], str]:
    """Return what tells the users and roles of an answer apart."""
    roles = (step.role for chain in found.chains for step in chain.steps)
    return short_names([found.caller, *roles, *(each.of for each in found.refused)])


def as_dot(found: CanAssume) -> str:
    """Return the steps of chains as a graph in the language of Graphviz."""
    short = short_names_in(found)
    lines = ["digraph roles {", "  rankdir=LR;"]
    for step in _all_steps(found.chains):
        style = "" if step.is_sure else " [style=dashed]"
        lines.append(f"  {_quoted(short(step.caller))} -> {_quoted(short(step.role))}{style};")
    if not found.chains:
        lines.append(f"  {_quoted(short(found.caller))};")
    return "\n".join([*lines, "}"])


def as_mermaid(found: CanAssume) -> str:
    """Return the steps of chains as a flowchart of Mermaid."""
    names: dict[str, str] = {}
    short = short_names_in(found)

    def node(arn: str) -> str:
        if arn in names:
            return names[arn]
        names[arn] = f"n{len(names)}"
        label = short(arn).replace('"', "#quot;")
        return f'{names[arn]}["{label}"]'

    lines = ["flowchart LR"]
    for step in _all_steps(found.chains):
        arrow = "-->" if step.is_sure else "-.->"
        lines.append(f"  {node(step.caller)} {arrow} {node(step.role)}")
    if not found.chains:
        lines.append(f"  {node(found.caller)}")
    return "\n".join(lines)


def _all_steps(chains: tuple[Chain, ...]) -> list[Step]:
    found = {(step.caller, step.role): step for chain in chains for step in chain.steps}
    return [*found.values()]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
