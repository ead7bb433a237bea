"""The smallest changes to the policies with which a call would be allowed.

Single edits that could help are gathered: a Deny less, a condition less, a resource or an action
more, a statement more. Sets of them are tried, the smallest first, and each is decided: so each
helps, and no part of it can be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Deciding, Entry
from policy_eval.engine.reference import StatementTrace
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Effect, Element, Statement
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.policy.principal_element import PrincipalElement, PrincipalValue
from policy_eval.request.principal import PrincipalKind
from policy_eval.semantics.authorization import Presence
from policy_eval.semantics.layers import Layer

if TYPE_CHECKING:
    from policy_eval.engine.explanation import Part
    from policy_eval.engine.policies import PolicySet
    from policy_eval.request.request import Request

MOST_TRIED = 1_500
"""Sets of edits that are decided for one answer."""
_MOST_EDITS = 4
_MOST_FOUND = 6


class Edit(NamedTuple):
    """One change to a policy: what is done, where, and how far it reaches beyond the call.

    `reach` ranks edits: 0 allows this call alone, more lets more happen. `statement` is None where
    one is added. `attachment`, `at` and `changed` are the number of the policy's attachment, that
    of the statement in it (None: one more), and the statement as it would be (None: gone).
    """

    what: str
    layer: Layer
    policy: str
    statement: Deciding | None
    reach: int
    attachment: int
    at: int | None
    changed: Statement | None

    def to_dict(self) -> dict[str, object]:
        """Return the edit as plain data."""
        return {
            "what": self.what,
            "layer": self.layer.value,
            "policy": self.policy,
            "statement": self.statement and self.statement.to_dict(),
        }


class PolicyFix(NamedTuple):
    """Edits with which a call would be allowed; none of them can be left out."""

    edits: tuple[Edit, ...]

    def apply(self, policies: PolicySet) -> PolicySet:
        """Return the policies with these edits."""
        changed = [*policies.policies]
        for edit in sorted(self.edits, key=lambda each: -(each.at or 0)):
            statements = [*changed[edit.attachment].statements]
            new = [] if edit.changed is None else [edit.changed]
            if edit.at is None:
                statements += new
            else:
                statements[edit.at : edit.at + 1] = new
            policy = changed[edit.attachment]
            changed[edit.attachment] = policy._replace(statements=tuple(statements))
        return policies.with_policies(changed)

    def to_dict(self) -> dict[str, object]:
        """Return the fix as plain data."""
        return {"edits": [each.to_dict() for each in self.edits]}


class PolicyFixes(NamedTuple):
    """The fixes of a call, the smallest first; `is_complete` is False where a budget ended it."""

    found: tuple[PolicyFix, ...]
    is_complete: bool

    def to_dict(self) -> dict[str, object]:
        """Return the fixes as plain data, in stable field names."""
        return {
            "policy_fixes": [each.to_dict() for each in self.found],
            "is_complete": self.is_complete,
        }


def policy_fixes(policies: PolicySet, parts: Sequence[Part], *requests: Request) -> PolicyFixes:
    """Return the smallest changes to the policies with which a call would be allowed.

    `parts` are those of its explanation. Raises RequestError as deciding does.
    """
    edits = [*dict.fromkeys(edit for part in parts for edit in _edits(policies, part))]
    edits.sort(key=lambda edit: edit.reach)
    found: list[PolicyFix] = []
    sets: list[frozenset[int]] = []
    tried = 0
    for size in range(1, min(_MOST_EDITS, len(edits)) + 1):
        of_size: list[tuple[int, PolicyFix, frozenset[int]]] = []
        for numbers in combinations(range(len(edits)), size):
            chosen = frozenset(numbers)
            together = [edits[number] for number in numbers]
            if any(known <= chosen for known in sets) or _same_statement(together):
                continue
            tried += 1
            if tried > MOST_TRIED:
                break
            fix = PolicyFix(tuple(together))
            if _helps(policies, fix, requests):
                of_size.append((sum(each.reach for each in together), fix, chosen))
                sets.append(chosen)
        of_size.sort(key=lambda each: each[0])
        found += [fix for _, fix, _ in of_size]
        if tried > MOST_TRIED or len(found) >= _MOST_FOUND:
            return PolicyFixes(tuple(found[:_MOST_FOUND]), is_complete=False)
    return PolicyFixes(tuple(found), is_complete=True)


def _same_statement(edits: Sequence[Edit]) -> bool:
    """Return whether two edits change one statement: such a pair is an edit of its own."""
    places = [(edit.attachment, edit.at) for edit in edits if edit.at is not None]
    return len(set(places)) < len(places)


def _helps(policies: PolicySet, fix: PolicyFix, requests: Sequence[Request]) -> bool:
    try:
        return decide_call(fix.apply(policies), requests).allowed is True
    except RequestError:
        return False


def _edits(policies: PolicySet, part: Part) -> Iterator[Edit]:
    """Yield the edits that could make one request of a call allowed."""
    numbers = {id(each.policy): number for number, each in enumerate(policies.attachments)}
    for trace in part.trace.statements:
        entry = trace.entry
        place = numbers[id(entry.policy)]
        if entry.statement.effect is Effect.DENY:
            if trace.applies is not False:
                yield _edit(f"take out the Deny {_label(entry)}", entry, place, 3, None)
        elif trace.applies is not True:
            yield from _widened(part, trace, place)
    for layer, level in part.trace.levels:
        yield from _added(policies, part, layer, level)


def _label(entry: Entry) -> str:
    return entry.policy.label(entry.statement)


def _edit(what: str, entry: Entry, place: int, reach: int, changed: Statement | None) -> Edit:
    statement = entry.statement
    index = entry.policy.statements.index(statement)
    return Edit(
        what, entry.attachment.layer, entry.policy.name, Deciding.of(entry), reach, place, index,
        changed,
    )  # fmt: skip


def _widened(part: Part, trace: StatementTrace, place: int) -> Iterator[Edit]:
    """Yield what could make an Allow match: conditions less, the resource more, the action more."""
    entry, statement = trace.entry, trace.entry.statement
    if trace.naming is not None and trace.naming.holds is False:
        return
    what: list[str] = []
    changed, reach = statement, 0
    if not trace.selected:
        if statement.action.negated or not _same_service(statement.action, part):
            return
        action = str(part.context.action)
        changed = changed._replace(action=_with(statement.action, action))
        what.append(f"add the action {action}")
        reach += 1
    tests = trace.tests[1:]
    if tests and tests[0].holds is not True:
        names = part.context.resources.names
        if statement.resource.negated or not names:
            return
        changed = changed._replace(resource=_with(statement.resource, names[0]))
        what.append(f"add the resource {names[0]}")
        reach += 1
    failed = [number for number, test in enumerate(tests[1:]) if test.holds is not True]
    if failed:
        kept = [each for number, each in enumerate(statement.conditions) if number not in failed]
        changed = changed._replace(conditions=tuple(kept))
        conditions = [statement.conditions[number] for number in failed]
        named = ", ".join(f"{each.operator} {each.key}" for each in conditions)
        what.append(f"take out the condition{'s' * (len(failed) > 1)} {named}")
        reach += 2 * len(failed)
    if what:
        yield _edit(f"{_label(entry)}: {' and '.join(what)}", entry, place, reach, changed)


def _same_service(action: Element, part: Part) -> bool:
    service = part.context.action.service.lower()
    return any(text.lower().startswith(f"{service}:") for text in action.values)


def _with(element: Element, text: str) -> Element:
    return element._replace(values=(*element.values, text))


def _added(policies: PolicySet, part: Part, layer: Layer, level: int) -> Iterator[Edit]:
    """Yield a statement more in a layer, which allows the call and nothing else."""
    if layer is Layer.RCP or part.case.layers[layer].presence is not Presence.GIVEN:
        return
    for place, attachment in enumerate(policies.attachments):
        if (attachment.layer, attachment.level) != (layer, level):
            continue
        policy = attachment.policy
        statement = _allowing(part, policy.type)
        if statement is not None:
            what = f"{policy.name}: add a statement that allows {part.context.action}"
            names = part.context.resources.names
            what += f" on {names[0]}" if names else ""
            yield Edit(what, layer, policy.name, None, 0, place, None, statement)
        return


def _allowing(part: Part, kind: PolicyType) -> Statement | None:
    """Return the statement that allows a request to its caller; None where nobody is named."""
    names = part.context.resources.names
    principal = None
    if RULES[kind].names_principals:
        caller = part.context.request.principal
        if caller is None:
            return None
        principal = PrincipalElement("Principal", (_value(caller.kind, caller.arn),), negated=False)
    resource = Element("Resource", (names[0] if names else "*",), negated=False)
    if kind is PolicyType.TRUST:
        resource = Element("Resource", ("*",), negated=False)
    action = Element("Action", (str(part.context.action),), negated=False)
    return Statement(0, None, Effect.ALLOW, action, resource, (), 0, principal=principal)


def _value(kind: PrincipalKind, arn: str) -> PrincipalValue:
    kinds = {
        PrincipalKind.SERVICE: "Service",
        PrincipalKind.PROVIDER: "Federated",
        PrincipalKind.ANONYMOUS: "*",
    }
    text = "*" if kind is PrincipalKind.ANONYMOUS else arn
    return PrincipalValue(kinds.get(kind, "AWS"), text)
