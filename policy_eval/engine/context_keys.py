"""Which condition keys policies read: per action, where and how, and whether a request has them.

A statement reads a key as a condition key, or as a policy variable in its resource or in a value
of a condition. Rules: R-COND-06, R-KEY-06, R-VAR-01 … R-VAR-05.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from policy_eval.engine.decision import Entry
from policy_eval.engine.explain import explain_call
from policy_eval.engine.explanation import Part
from policy_eval.engine.key_uses import Read, Use, may_read, reads_of
from policy_eval.engine.matching import contains
from policy_eval.engine.named_actions import (
    Actions,
    actions_in,
    expanded,
    has_wildcard,
    named_by,
    stem_of,
)
from policy_eval.engine.policies import PolicySet
from policy_eval.engine.reference import StatementTrace
from policy_eval.policy.ast import Element
from policy_eval.request.context import Values
from policy_eval.request.request import Request
from policy_eval.semantics.inclusion import lies_within
from policy_eval.semantics.key_sources import follows_from
from policy_eval.semantics.keys import Multiplicity, key_type
from policy_eval.semantics.lower import Key, Template, action_set
from policy_eval.semantics.request_context import RequestContext, Unknown
from policy_eval.semantics.service_reference import data_version
from policy_eval.semantics.supply import Supplied, Supply, general_supply, supply_for
from policy_eval.text.folding import fold


class State(Enum):
    """What a request holds of a key."""

    GIVEN = "given"
    DERIVED = "derived"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    LACKING = "lacking"


class Standing(NamedTuple):
    """What a request holds of a key: the values where it has some, and what they follow from.

    `is_open`: where the key is lacking, it may be there or not (R-KEY-06); else a decision takes it
    as absent.
    """

    state: State
    values: Values = ()
    follows_from: str = ""
    is_open: bool = False


class KeyRead(NamedTuple):
    """A condition key that statements read, by the name that the first of them writes.

    `type` is in AWS's words, None where no service lists the key; `multivalued` is None where the
    count of its values decides. `is_doubtful`: AWS is not known to supply it, and a statement that
    reads it names the action, or the pattern, as it stands. `standing` is None where no request is
    described.
    """

    name: str
    type: str | None
    multivalued: bool | None
    supplied: Supplied
    uses: tuple[Use, ...]
    is_doubtful: bool = False
    standing: Standing | None = None

    @property
    def is_wanted(self) -> bool:
        """Whether the request lacks the key, and AWS may supply it."""
        lacking = self.standing is not None and self.standing.state is State.LACKING
        return lacking and self.supplied.supply.is_supplied is not False


class ActionKeys(NamedTuple):
    """Actions, or patterns as written, that read the same keys in the same places.

    `because` says why the call needs the action, where it was not asked for; `elsewhere` is how
    many statements on the action are on other resources or callers.
    """

    actions: tuple[str, ...]
    keys: tuple[KeyRead, ...]
    because: str = ""
    elsewhere: int = 0


class ContextKeys(NamedTuple):
    """The keys that policies read: groups of actions that read some, and actions without any."""

    groups: tuple[ActionKeys, ...]
    without_keys: tuple[str, ...]

    @property
    def wanted(self) -> tuple[str, ...]:
        """The keys that the request lacks and that AWS may supply, each once."""
        return tuple(
            {
                fold(key.name): key.name
                for group in self.groups
                for key in group.keys
                if key.is_wanted
            }.values()
        )

    def to_dict(self) -> dict[str, object]:
        """Return the report as plain data, in stable field names."""
        return {
            "groups": [
                {
                    "actions": list(group.actions),
                    "because": group.because or None,
                    "statements_elsewhere": group.elsewhere,
                    "keys": [_key_data(key) for key in group.keys],
                }
                for group in self.groups
            ],
            "without_keys": list(self.without_keys),
            "wanted": list(self.wanted),
            "service_reference": data_version(),
        }


def _key_data(key: KeyRead) -> dict[str, object]:
    supplied, standing = key.supplied, key.standing
    return {
        "key": key.name,
        "type": key.type,
        "multivalued": key.multivalued,
        "supplied": supplied.supply.is_supplied,
        "supply": supplied.supply.name.lower(),
        "resource_types": list(supplied.resource_types),
        "listed_for": list(supplied.listed),
        "warning": key.is_doubtful,
        "request": None
        if standing is None
        else {
            "state": standing.state.value,
            "values": list(standing.values),
            "follows_from": standing.follows_from or None,
            "is_open": standing.is_open,
        },
        "uses": [
            {
                "policy": use.policy,
                "layer": use.layer.value,
                "effect": use.effect.value,
                "number": use.number,
                "sid": use.sid,
                "line": use.place.line,
                "column": use.place.column,
                "as": use.how.value,
                "within": use.within,
                "compared_with": use.compared or None,
                "default": use.default,
                "holds_without": use.holds_without,
            }
            for use in key.uses
        ],
    }


def context_keys(policies: PolicySet, *asked: Request | str) -> ContextKeys:
    """Return the condition keys that policies read, and whether AWS supplies them.

    `asked` are requests, actions (`s3:GetObject`), or patterns (`s3:Get*`), which stand for the
    actions that the service reference lists. Without any, it is every action and pattern that the
    statements name: the keys of a pattern are those that are read whichever of its actions is
    asked about. Of a request it is also said which keys it holds, and which it lacks; its call may
    need further actions, whose keys are told too.

    Raises RequestError for what is no action, and for what `explain` raises it.
    """
    readers = _Readers(policies)
    if not asked:
        return _grouped(readers.keys_of(subject) for subject in named_by(policies))
    return _grouped(found for each in asked for found in _answers(readers, policies, each))


def _answers(readers: _Readers, policies: PolicySet, asked: Request | str) -> Iterator[ActionKeys]:
    if isinstance(asked, Request):
        yield from (_keys_of_part(part) for part in explain_call(policies, [asked]).parts)
    else:
        yield from (readers.keys_of(subject) for subject in expanded(asked))


def _grouped(found: Iterable[ActionKeys]) -> ContextKeys:
    groups: dict[object, list[ActionKeys]] = {}
    without: list[str] = []
    for each in found:
        if not each.keys and not each.elsewhere and not each.because:
            without += each.actions
        else:
            groups.setdefault(each[1:], []).append(each)
    return ContextKeys(
        tuple(
            members[0]._replace(
                actions=tuple(dict.fromkeys(name for each in members for name in each.actions))
            )
            for members in groups.values()
        ),
        tuple(dict.fromkeys(without)),
    )


class _Reader:
    """A statement that reads keys, and the actions it is about."""

    __slots__ = ("_reads", "_stems", "accepts", "entry")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.accepts = action_set(entry.statement.action)
        self._stems = {text: stem_of(text) for text in map(fold, entry.statement.action.values)}
        self._reads: tuple[Read, ...] | None = None

    @property
    def reads(self) -> tuple[Read, ...]:
        """What it reads; found when first asked, as places cost a second reading of the text."""
        if self._reads is None:
            self._reads = tuple(reads_of(self.entry))
        return self._reads

    def is_about(self, actions: Actions) -> bool:
        """Return whether the statement is about an action, or about all that a pattern accepts."""
        if actions.name:
            return contains(self.accepts, fold(actions.text))
        if actions.accepts == self.accepts:
            return True
        if self.entry.statement.action.negated:
            return lies_within(actions.accepts, self.accepts) or self._has_all_listed(actions)
        stem = stem_of(fold(actions.text)) if not actions.negated else ""
        wider = tuple(text for text, own in self._stems.items() if stem.startswith(own))
        return bool(wider) and lies_within(
            actions.accepts, action_set(Element("Action", wider, negated=False))
        )

    def names(self, actions: Actions) -> bool:
        """Return whether the statement names an action or pattern as it stands."""
        if actions.negated or self.entry.statement.action.negated:
            return actions.accepts == self.accepts
        return fold(actions.text) in self._stems

    def _has_all_listed(self, actions: Actions) -> bool:
        listed = actions.listed_in(actions.service) if actions.service else ()
        return bool(listed) and all(
            contains(self.accepts, f"{actions.service}:{name.lower()}") for name in listed
        )


class _Readers:
    """The statements that read keys, found by the service of an action."""

    def __init__(self, policies: PolicySet) -> None:
        self._of_any: list[tuple[int, _Reader]] = []
        self._of_service: dict[str, list[tuple[int, _Reader]]] = {}
        entries = (
            Entry(attachment, statement)
            for attachment in policies.attachments
            for statement in attachment.policy.statements
            if may_read(attachment.policy, statement)
        )
        for number, entry in enumerate(entries):
            self._enter(number, _Reader(entry))

    def _enter(self, number: int, reader: _Reader) -> None:
        element = reader.entry.statement.action
        named = {fold(text.partition(":")[0]) for text in element.values}
        if element.negated or any(map(has_wildcard, named)):
            self._of_any.append((number, reader))
            return
        for service in named:
            self._of_service.setdefault(service, []).append((number, reader))

    def keys_of(self, actions: Actions) -> ActionKeys:
        """Return the keys that are read of an action, or of all actions that a pattern accepts."""
        near = sorted(
            (*self._of_any, *self._of_service.get(actions.service, ())),
            key=lambda numbered: numbered[0],
        )
        about = [each for _, each in near if each.is_about(actions)]
        reads = [(read, each.names(actions)) for each in about for read in each.reads]
        return ActionKeys((actions.text,), _keys(reads, actions))


def _keys_of_part(part: Part) -> ActionKeys:
    """Return the keys that are read of one action of a call."""
    selected = [trace for trace in part.trace.statements if trace.selected]
    kept = [trace for trace in selected if _may_apply(trace)]
    name = str(part.context.action)
    actions = actions_in(name)
    readers = [_Reader(trace.entry) for trace in kept]
    reads = [(read, each.names(actions)) for each in readers for read in each.reads]
    found = _keys(reads, actions, part.context)
    return ActionKeys((name,), found, part.because, len(selected) - len(kept))


def _may_apply(trace: StatementTrace) -> bool:
    """Return whether a statement is on the resource and caller, or would be by a variable."""
    if trace.naming is not None and trace.naming.holds is False:
        return False
    resource = trace.tests[1]
    return resource.holds is not False or isinstance(resource.test.accepts, Template)


def _keys(
    reads: Sequence[tuple[Read, bool]], actions: Actions, context: RequestContext | None = None
) -> tuple[KeyRead, ...]:
    """Return each key that is read once, with all its uses; of each read whether it is named."""
    names: dict[str, Key] = {}
    uses: dict[str, list[Use]] = {}
    named: set[str] = set()
    for (key, use), is_named in reads:
        names.setdefault(key.folded, key)
        uses.setdefault(key.folded, []).append(use)
        if is_named:
            named.add(key.folded)
    found = []
    for folded, key in names.items():
        supplied = _supplied(folded, actions, context)
        multivalued = _MULTIVALUED[key.multiplicity]
        is_doubtful = supplied.supply.is_supplied is False and folded in named
        standing = None if context is None else _standing(key, context)
        found.append(
            KeyRead(
                key.spelling, key_type(folded), multivalued, supplied, tuple(uses[folded]),
                is_doubtful, standing,
            )
        )  # fmt: skip
    return tuple(found)


_MULTIVALUED = {
    Multiplicity.SINGLE: False,
    Multiplicity.LISTED_SINGLE: False,
    Multiplicity.MULTIPLE: True,
    Multiplicity.BY_COUNT: None,
}


def _supplied(folded: str, actions: Actions, context: RequestContext | None) -> Supplied:
    found = general_supply(folded)
    if found is not None:
        return found
    own = folded.partition(":")[0]
    service = actions.service or ("" if own == "aws" else own)
    listed = actions.listed_in(service) if service else ()
    if service and not listed and not actions.service:
        return Supplied(Supply.NOT_LISTED)  # every action but those of the key's service
    names = (context and context.resources.names) or ("",)
    return supply_for(folded, service, listed, names[0] if len(names) == 1 else "")


def _standing(key: Key, context: RequestContext) -> Standing:
    """Return what a request holds of a key."""
    held = context.look(key)
    folded = key.folded
    if folded in context.given or folded in context.derived:
        derived = folded not in context.given
        source = follows_from(context, folded) if derived else ""
        values = next((each for each in held if each), ()) if not isinstance(held, Unknown) else ()
        there = State.DERIVED if derived else State.GIVEN
        return Standing(there if values else State.ABSENT, values, source)
    if _is_said_unknown(folded, context.request):
        return Standing(State.UNKNOWN, is_open=True)
    return Standing(State.LACKING, is_open=isinstance(held, Unknown))


def _is_said_unknown(folded: str, request: Request) -> bool:
    return any(
        folded == name or (name.endswith("*") and folded.startswith(name[:-1]))
        for name in map(fold, request.unknown)
    )
