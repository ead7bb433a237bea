"""Who becomes whom: chains of roles over their trust policies, the shortest first.

Each step is a call of sts:AssumeRole, decided with every policy that has a say in it: the role's
trust policy, and what the caller's own policies allow (R-TRUST-01).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.errors import InputError
from policy_eval.queries.asking import Question, answer
from policy_eval.sources.model import EntityKind

if TYPE_CHECKING:
    from policy_eval.engine.decision import Decision
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


def can_assume(accounts: Accounts, start: Entity, question: Question) -> tuple[Chain, ...]:
    """Return the shortest chain to each role that a caller can reach; sure ones before others.

    `question` gives the context of each call. A role that a chain reached goes on as a session of
    it.
    """
    reached: dict[str, Chain] = {}
    for wanted in (True, None):
        ends = [] if wanted else _ends(accounts, reached)
        queue: deque[tuple[Entity, tuple[Step, ...]]] = deque([(start, ()), *ends])
        while queue:
            caller, steps = queue.popleft()
            for step in _steps(accounts, caller, question, reached, start):
                if step.decision.allowed is False or (wanted and not step.is_sure):
                    continue
                chain = Chain((*steps, step))
                reached[step.role] = chain
                queue.append((accounts.found.entities[step.role], chain.steps))
    return tuple(reached.values())


def _ends(accounts: Accounts, reached: dict[str, Chain]) -> list[tuple[Entity, tuple[Step, ...]]]:
    """Return all that is reached, to go on from with steps that are not sure."""
    return [(accounts.found.entities[role], chain.steps) for role, chain in reached.items()]


def _steps(
    accounts: Accounts,
    caller: Entity,
    question: Question,
    reached: dict[str, Chain],
    start: Entity,
) -> list[Step]:
    steps = []
    for role in accounts.found.of_kind(EntityKind.ROLE):
        if role.arn in reached or role.arn in (start.arn, caller.arn) or role.trust is None:
            continue
        try:
            found = answer(accounts, caller, question._replace(action=_ASSUME, resource=role.arn))
        except InputError:
            continue
        steps.append(Step(caller.arn, role.arn, found.decision))
    return steps


def as_dot(start: str, chains: tuple[Chain, ...]) -> str:
    """Return the steps of chains as a graph in the language of Graphviz."""
    lines = ["digraph roles {", "  rankdir=LR;"]
    for step in _all_steps(chains):
        style = "" if step.is_sure else " [style=dashed]"
        lines.append(f"  {_quoted(_short(step.caller))} -> {_quoted(_short(step.role))}{style};")
    if not chains:
        lines.append(f"  {_quoted(_short(start))};")
    return "\n".join([*lines, "}"])


def as_mermaid(start: str, chains: tuple[Chain, ...]) -> str:
    """Return the steps of chains as a flowchart of Mermaid."""
    names: dict[str, str] = {}

    def node(arn: str) -> str:
        short = _short(arn)
        if arn in names:
            return names[arn]
        names[arn] = f"n{len(names)}"
        label = short.replace('"', "#quot;")
        return f'{names[arn]}["{label}"]'

    lines = ["flowchart LR"]
    for step in _all_steps(chains):
        arrow = "-->" if step.is_sure else "-.->"
        lines.append(f"  {node(step.caller)} {arrow} {node(step.role)}")
    if not chains:
        lines.append(f"  {node(start)}")
    return "\n".join(lines)


def _all_steps(chains: tuple[Chain, ...]) -> list[Step]:
    found = {(step.caller, step.role): step for chain in chains for step in chain.steps}
    return [*found.values()]


def _short(arn: str) -> str:
    return arn.split(":", 5)[-1]


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
