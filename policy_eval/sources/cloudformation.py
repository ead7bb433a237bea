"""Templates of AWS CloudFormation and AWS SAM, and those that AWS CDK writes.

AWS: "Template anatomy" (AWS CloudFormation). Functions are worked out (`template`), transforms that
are known are made (`template_transforms`, `serverless`), and what hangs on values that nobody gave
is unknown. Names and IDs that AWS would make up are the logical IDs of their resources, which
`Found.notes` says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from policy_eval.errors import SourceError
from policy_eval.sources.model import OF_NO_SAY, Found, LeftOut, Where
from policy_eval.sources.named_only import NOBODY_KNOWS
from policy_eval.sources.reading import OnError, Value, leaving_out, refuse
from policy_eval.sources.serverless import FUNCTION, MAKERS, calls_of, roles_of
from policy_eval.sources.template import Stack, Template
from policy_eval.sources.template_circles import check_circles
from policy_eval.sources.template_identities import (
    ATTACHED,
    ENTITIES,
    attach_inline,
    attach_managed,
    read_entity,
    read_managed,
)
from policy_eval.sources.template_items import Gathered, Item
from policy_eval.sources.template_organization import PARENTS, POLICY, Units
from policy_eval.sources.template_resources import (
    CONNECTORS,
    RESOURCES,
    open_connected,
    open_function,
)
from policy_eval.sources.template_text import is_template, parse_template
from policy_eval.sources.template_transforms import check_transforms, without_loops
from policy_eval.sources.template_unread import leave_policy_open
from policy_eval.sources.unknown import Unknown, joined
from policy_eval.text.limits import DEEPEST

__all__ = ["is_template", "parse_template", "read_template"]

_MANAGED = "AWS::IAM::ManagedPolicy"
_MAY_MATTER = (
    "AWS::CloudFormation::",
    "AWS::IAM::",
    "AWS::Organizations::",
    "AWS::SSO::",
    "AWS::Serverless::",
    "Custom::",
)
_NO_SAY = (
    "AWS::CloudFormation::WaitCondition",
    "AWS::CloudFormation::WaitConditionHandle",
    "AWS::IAM::InstanceProfile",
    "AWS::Organizations::Organization",
)


def read_template(
    value: object,
    file: str,
    on_error: OnError | None = None,
    *,
    account: str | None = None,
    region: str | None = None,
    partition: str | None = None,
    stack_name: str | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Found:
    """Return what the stack of a template holds, as far as the file and the arguments tell.

    `value` is the template as `parse_template` or JSON gives it; `parameters` are the values of its
    parameters, the value itself for those that stand in Systems Manager. With `on_error`, what
    cannot be read is handed to it and left out. Raises SourceError naming the place inside the
    file.
    """
    stack = Stack(account, region, partition, stack_name, parameters or {})
    try:
        reader = _Reader(value, file, stack, on_error)
    except SourceError as error:
        if on_error is None:
            raise
        on_error(error)
        return Found((file,), {}, {}, {}, {})
    return reader.found()


class _Reader:
    """Reads the resources of one template, in an order in which each finds what it needs."""

    def __init__(self, value: object, file: str, stack: Stack, on_error: OnError | None) -> None:
        if not isinstance(value, dict):
            raise refuse("wrong-type", "a template is an object", Where(file))
        _check_depth(value, file)
        self._file = file
        self._on_error = on_error
        transforms = check_transforms(value, file)
        written_out = without_loops(value, file, stack)
        self._doubts: dict[str, str] = {}
        self._calls: dict[str, str] = {}
        self._has_connectors = False
        self._left_out: list[LeftOut] = [*transforms]
        template = Template(written_out, self._resources(written_out), file, stack)
        check_circles(template.resources)
        self._template = template
        self._into = Gathered(template)
        self._units = Units()

    def _resources(self, value: Mapping[str, object]) -> dict[str, Value]:
        """Return the resources, with the roles that AWS SAM makes."""
        top = Value(value, Where(self._file))
        given = dict(top.need("Resources").members())
        found = {}
        for name, each in given.items():
            with leaving_out(self._on_error):
                each.need("Type").text()
                found[name] = each
                kind = each.need("Type").text()
                if kind in MAKERS:
                    defaults = top.get("Globals")
                    of_kind = defaults and defaults.get(kind.rpartition(":")[2])
                    for made in roles_of(name, each, of_kind):
                        if made.logical_id not in given:
                            found[made.logical_id] = made.role
                            self._doubts[made.logical_id] = made.doubt
                            self._left_out += made.left_out
                    if kind == FUNCTION:
                        self._calls[name] = calls_of(each, of_kind)
        if _has_connectors(found):
            self._has_connectors = True
            for name, each in found.items():
                if each.need("Type").value == "AWS::IAM::Role":
                    self._doubts[name] = joined((self._doubts.get(name, ""), CONNECTORS))
        return found

    def found(self) -> Found:
        """Return what the template holds."""
        items = [*self._items()]
        steps: tuple[tuple[tuple[str, ...], Callable[[Item, Gathered], None]], ...] = (
            ((_MANAGED,), read_managed),
            (tuple(ENTITIES), self._entity),
            ((_MANAGED,), attach_managed),
            (ATTACHED, attach_inline),
            *(((name,), read) for name, read in RESOURCES.items()),
            ((FUNCTION,), self._function),
            (tuple(PARENTS), self._units.add_node),
            ((POLICY,), self._units.add_policy),
        )
        for types, read in steps:
            for item in items:
                if item.type in types:
                    with leaving_out(self._on_error):
                        read(item, self._into)
        self._count(items, {name for types, _ in steps for name in types})
        into, template = self._into, self._template
        if self._has_connectors:
            open_connected(into, Where(self._file, "Resources"))
        notes = [*template.notes]
        if template.stack.account is None:
            notes.insert(0, f"{self._file}: the account is not given: {NOBODY_KNOWS} stands for it")
        return Found(
            (self._file,),
            into.managed,
            into.entities,
            into.resources,
            into.endpoints,
            self._units.organization(),
            (*self._left_out, *into.left_out),
            tuple(notes),
        )

    def _entity(self, item: Item, into: Gathered) -> None:
        read_entity(item, into, self._doubts.get(item.logical_id, ""))

    def _function(self, item: Item, into: Gathered) -> None:
        reason = self._calls.get(item.logical_id, f"{item.logical_id} is not read whole")
        if reason:
            open_function(item, into, reason)

    def _items(self) -> Iterator[Item]:
        """Yield the resources that are made, or may be."""
        for name, each in self._template.resources.items():
            with leaving_out(self._on_error):
                doubt = ""
                condition = each.get("Condition")
                if condition is not None:
                    truth = self._template.condition(condition.text(), condition.where)
                    if truth is False:
                        why = f"it is not made: `{condition.text()}` is false"
                        self._left_out.append(LeftOut(name, why, each.where))
                        continue
                    doubt = truth.why if isinstance(truth, Unknown) else ""
                properties = each.get("Properties") or Value({}, each.where.at("Properties"))
                yield Item(self._template, name, each.need("Type").text(), properties, doubt)

    def _count(self, items: list[Item], known: set[str]) -> None:
        """Note what is not read: by type, and one by one where it may matter.

        A policy of a resource among it may be that of any resource of its kind.
        """
        counts: Counter[str] = Counter()
        for item in items:
            if item.type in known or item.type in _NO_SAY:
                continue
            with leaving_out(self._on_error):
                leave_policy_open(item, self._into)
            given = item.properties.value
            has_policy = isinstance(given, dict) and any("Policy" in name for name in given)
            named = item.type.startswith(_MAY_MATTER) or item.type.endswith(("Policy", "::MODULE"))
            if has_policy or named:
                why = f"{item.type} is not read, and may hold permissions"
                self._left_out.append(LeftOut(item.logical_id, why, item.where))
            else:
                counts[item.type] += 1
        for name, count in counts.items():
            why = f"{OF_NO_SAY}this type are not read"
            self._left_out.append(
                LeftOut(f"{count} of {name}", why, Where(self._file, "Resources"))
            )


def _has_connectors(resources: Mapping[str, Value]) -> bool:
    return any(
        each.need("Type").value == "AWS::Serverless::Connector" or each.get("Connectors")
        for each in resources.values()
    )


def _check_depth(value: object, file: str) -> None:
    """Refuse what is too deep, before anything looks at it level by level."""
    level = [value]
    for _ in range(DEEPEST):
        inner: list[object] = []
        for each in level:
            inner += (
                each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
            )
        level = inner
        if not level:
            return
    raise refuse(
        "wrong-type", f"more than {DEEPEST} objects and lists inside one another", Where(file)
    )
