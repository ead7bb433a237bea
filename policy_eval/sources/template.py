"""A template of CloudFormation with its functions worked out, as far as their inputs are known.

What is known only where the stack is (a parameter without a value, an export, the attribute of a
resource) is `Unknown`. AWS: "Intrinsic function reference", "Pseudo parameters reference",
"Parameters", "Conditions" (AWS CloudFormation).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple, TypeAlias

from policy_eval.sources.model import Where
from policy_eval.sources.named_only import NOBODY_KNOWS
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.template_names import NAMED, Kind, attribute_form, partition_of
from policy_eval.sources.unknown import (
    ANYTHING,
    NO_COLON,
    Nothing,
    Unknown,
    joined,
    reasons,
    why,
)
from policy_eval.text.printed import as_text

_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}
_SAM, _MODULE = "AWS::Serverless::", "::MODULE"
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")
_INDEX_DIGITS = 9
_IN_SUB = re.compile(r"\$\{([^}]*)\}")


class Stack(NamedTuple):
    """What is known of the stack that a template makes; None and no entry: it is not known."""

    account: str | None = None
    region: str | None = None
    partition: str | None = None
    name: str | None = None
    parameters: Mapping[str, str] = {}


Truth: TypeAlias = bool | Unknown


class Template:
    """A template: its values on demand. `notes` are what was assumed on the way.

    `resources` are those of the template with what transforms make of them, by logical ID.
    """

    def __init__(
        self, value: Mapping[str, object], resources: Mapping[str, Value], file: str, stack: Stack
    ) -> None:
        self.file = file
        self.stack = stack
        self.account = stack.account or NOBODY_KNOWS
        self.partition = stack.partition or partition_of(stack.region)
        self.resources = resources
        self.notes: dict[str, None] = {}
        self._parameters = _section(value, "Parameters", file)
        self._mappings = _section(value, "Mappings", file)
        self._conditions = _section(value, "Conditions", file)
        self._pseudo: dict[str, object] = {
            "AWS::AccountId": self.account,
            "AWS::Partition": self.partition,
            "AWS::URLSuffix": _SUFFIXES.get(self.partition, "amazonaws.com"),
            "AWS::NoValue": Nothing.NO_VALUE,
            "AWS::Region": stack.region or _not_given("AWS::Region", NO_COLON),
            "AWS::StackName": stack.name or _not_given("AWS::StackName", NO_COLON),
            "AWS::StackId": _not_given("AWS::StackId"),
            "AWS::NotificationARNs": _not_given("AWS::NotificationARNs"),
        }
        self._open: list[str] = []
        self._functions: dict[str, Callable[[object, Where], object]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::Sub": self._sub,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::If": self._if,
            "Fn::FindInMap": self._find_in_map,
            "Fn::ImportValue": self._import_value,
            "Fn::Length": self._length,
            "Fn::ToJsonString": self._to_json,
            "Fn::Transform": self._transform,
        }

    # Values

    def resolve(self, value: object, where: Where) -> object:
        """Return a value with its functions worked out; `Unknown` stands for what is not known.

        Raises SourceError for what CloudFormation would refuse, naming the path.
        """
        if isinstance(value, str):
            return _dynamic(value)
        if isinstance(value, list):
            items = [self.resolve(each, where.at(f"[{at}]")) for at, each in enumerate(value)]
            return [each for each in items if each is not Nothing.NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = self._functions.get(name)
            if function is not None:
                return function(argument, where.at(name))
            if name.startswith("Fn::"):
                return Unknown(f"CloudFormation works out `{name}`")
        members = {name: self.resolve(each, where.at(name)) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not Nothing.NO_VALUE}

    def value(self, given: Value | None) -> object:
        """Return a value with its functions worked out; no value where there is none."""
        if given is None:
            return Nothing.NO_VALUE
        return self.resolve(given.value, given.where)

    # Functions

    def _ref(self, argument: object, where: Where) -> object:
        name = _text(argument, where)
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameter(name, self._parameters[name])
        if name not in self.resources:
            return self._not_here(name, where)
        kind = self._kind(name)
        if kind is None or not kind.ref:
            return self._later(name, "Ref")
        return self._filled(kind.ref, name, kind)

    def _not_here(self, name: str, where: Where) -> Unknown:
        """Return what a name stands for that may be made by SAM or a module. Raises SourceError."""
        kinds = [str(each.need("Type").value) for each in self.resources.values()]
        if any(kind.startswith(_SAM) or kind.endswith(_MODULE) for kind in kinds):
            return Unknown(f"`{name}` is made by AWS SAM or a module")
        from difflib import get_close_matches

        near = get_close_matches(name, [*self._parameters, *self.resources], 1)
        remedy = f"did you mean `{near[0]}`?" if near else ""
        raise refuse(
            "unknown-reference", f"no parameter or resource is called `{name}`", where, remedy
        )

    def _parameter(self, name: str, parameter: Value) -> object:
        kind = parameter.need("Type").text()
        given: object = self.stack.parameters.get(name)
        if given is None:
            default = parameter.get("Default")
            if default is None:
                allowed = parameter.get("AllowedValues")
                options = () if allowed is None else tuple(
                    scalar_text(each.value, each.where) for each in allowed.items()
                )  # fmt: skip
                options = () if "List" in kind else options
                return Unknown(f"the parameter `{name}` has no value", options)
            if kind.startswith("AWS::SSM::Parameter::Value<"):
                return Unknown(f"the parameter `{name}` stands in Systems Manager")
            self.notes[f"{self.file}: the parameter {name} has its default value"] = None
            given = scalar_text(default.value, default.where)
        text = str(given)
        return [each.strip() for each in text.split(",")] if "List" in kind else text

    def _get_att(self, argument: object, where: Where) -> object:
        if isinstance(argument, str):
            name, _, attribute = argument.partition(".")
        else:
            parts = [each.value for each in _arguments(argument, where, 2, 2)]
            name = _text(parts[0], where)
            found = self.resolve(parts[1], where)
            if isinstance(found, Unknown):
                return found
            attribute = _text(found, where)
        if name not in self.resources:
            return self._not_here(name, where)
        kind = self._kind(name)
        form = None if kind is None else attribute_form(kind, attribute)
        if kind is None or form is None:
            return self._later(name, attribute)
        return self._filled(form, name, kind)

    def _later(self, name: str, attribute: str) -> Unknown:
        kind = self.resources[name].need("Type").text()
        return Unknown(f"`{name}.{attribute}` ({kind}) is known once it is made")

    def _sub(self, argument: object, where: Where) -> object:
        values: dict[str, object] = {}
        if isinstance(argument, list):
            text, given = _arguments(argument, where, 2, 2)
            values = {name: self.resolve(each.value, each.where) for name, each in given.members()}
            argument = text.value
        template = _text(argument, where)
        parts: list[object] = []
        at = 0
        for found in _IN_SUB.finditer(template):
            parts.append(template[at : found.start()])
            name, at = found.group(1).strip(), found.end()
            if name.startswith("!"):
                parts.append("${" + name[1:] + "}")
            elif name in values:
                parts.append(values[name])
            elif "." in name:
                parts.append(self._get_att(name, where))
            else:
                parts.append(self._ref(name, where))
        return _concatenated([*parts, template[at:]], where)

    def _join(self, argument: object, where: Where) -> object:
        delimiter, given = _arguments(argument, where, 2, 2)
        between = self.value(delimiter)
        items = self.value(given)
        if isinstance(items, Unknown):
            return Unknown(items.why)
        if not isinstance(items, list):
            raise refuse("wrong-type", "`Fn::Join` joins a list", given.where)
        parts: list[object] = []
        is_after_one = False
        for item in items:
            if _may_be_nothing(item):  # and then its delimiter is not there, either
                parts.append(Unknown(why(item)))
                continue
            parts += [between, item] if is_after_one else [item]
            is_after_one = True
        return _concatenated(parts, where)

    def _select(self, argument: object, where: Where) -> object:
        index, given = _arguments(argument, where, 2, 2)
        number, items = self.value(index), self.value(given)
        if isinstance(number, Unknown) or isinstance(items, Unknown):
            return Unknown(why([number, items]))
        text = str(number) if isinstance(number, (str, int)) else ""
        if not isinstance(items, list) or not text.isdecimal():
            raise refuse("wrong-type", "`Fn::Select` takes a number and a list", where)
        if len(text) > _INDEX_DIGITS or int(text) >= len(items):
            shown = text if len(text) <= _INDEX_DIGITS else f"of a number of {len(text):,} digits"
            raise refuse("unknown-reference", f"the list has no item {shown}", where)
        position = int(text)
        if any(map(_may_be_nothing, items[: position + 1])):
            return Unknown(why(items[: position + 1]))
        return items[position]

    def _split(self, argument: object, where: Where) -> object:
        delimiter, given = _arguments(argument, where, 2, 2)
        between, text = self.value(delimiter), self.value(given)
        if why([between, text]):
            return Unknown(why([between, text]))
        if not between:
            raise refuse("wrong-type", "`Fn::Split` splits at a text", delimiter.where)
        return _text(text, given.where).split(_text(between, delimiter.where))

    def _if(self, argument: object, where: Where) -> object:
        name, *branches = _arguments(argument, where, 3, 3)
        truth = self.condition(name.text(), where)
        if not isinstance(truth, Unknown):
            return self.value(branches[0 if truth else 1])
        options = tuple(self.value(each) for each in branches)
        return options[0] if options[0] == options[1] else Unknown(truth.why, options)

    def _find_in_map(self, argument: object, where: Where) -> object:
        given = _arguments(argument, where, 3, 4)
        names = [self.value(each) for each in given[:3]]
        if why(names):
            return Unknown(why(names))
        found: object = {name: each.value for name, each in self._mappings.items()}
        for name in names:
            found = found.get(_text(name, where)) if isinstance(found, dict) else None
        if found is not None:
            return found
        if len(given) > 3 and (default := given[3].get("DefaultValue")) is not None:  # noqa: PLR2004 - the fourth argument
            return self.value(default)
        path = ".".join(map(str, names))
        raise refuse("unknown-reference", f"no mapping holds `{path}`", where)

    def _import_value(self, argument: object, where: Where) -> object:
        name = self.resolve(argument, where)
        shown = f"`{name}` of another stack" if isinstance(name, str) else "of another stack"
        return Unknown(f"the export {shown} is not known")

    def _length(self, argument: object, where: Where) -> object:
        items = self.resolve(argument, where)
        if isinstance(items, Unknown):
            return Unknown(items.why)
        if not isinstance(items, list):
            raise refuse("wrong-type", "`Fn::Length` counts a list", where)
        if any(map(_may_be_nothing, items)):
            return Unknown(why(items))
        return str(len(items))

    def _to_json(self, argument: object, where: Where) -> object:
        value = self.resolve(argument, where)
        return Unknown(why(value)) if why(value) else as_text(value)

    def _transform(self, _: object, where: Where) -> object:
        raise macro("Fn::Transform", where)

    # Conditions

    def condition(self, name: str, where: Where) -> Truth:
        """Return whether a condition holds. Raises SourceError for one that there is not."""
        if name not in self._conditions:
            raise refuse("unknown-reference", f"no condition is called `{name}`", where)
        with_this = f"the condition {name}"
        with self._entered(with_this, where):
            truth = self._truth(self._conditions[name])
        if isinstance(truth, Unknown):
            return Unknown(f"the condition `{name}`: {truth.why}")
        return truth

    def _truth(self, given: Value) -> Truth:
        members = list(given.members())
        if len(members) != 1:
            raise refuse("wrong-type", "a condition is one function", given.where)
        ((name, argument),) = members
        if name == "Condition":
            return self.condition(argument.text(), argument.where)
        if name == "Fn::Equals":
            return _equal(*(self.value(each) for each in _both(argument)))
        if name not in ("Fn::Not", "Fn::And", "Fn::Or"):
            found = self.value(given)
            return Unknown(why(found) or "it is no condition")
        truths = [self._truth(each) for each in argument.items()]
        open_ones = [each for each in truths if isinstance(each, Unknown)]
        if name == "Fn::Not":
            return open_ones[0] if open_ones else not all(truths)
        decisive = name == "Fn::Or"
        if any(each is decisive for each in truths):
            return decisive
        return Unknown(why(open_ones)) if open_ones else not decisive

    @contextmanager
    def _entered(self, what: str, where: Where) -> Iterator[None]:
        if what in self._open:
            circle = " → ".join([*self._open[self._open.index(what) :], what])
            raise loop(circle, where)
        self._open.append(what)
        try:
            yield
        finally:
            self._open.pop()

    # Names

    def _kind(self, logical_id: str) -> Kind | None:
        return NAMED.get(self.resources[logical_id].need("Type").text())

    def property_of(self, logical_id: str, name: str) -> object:
        """Return a property of a resource, worked out."""
        properties = self.resources[logical_id].get("Properties")
        return self.value(None if properties is None else properties.get(name))

    def name(self, logical_id: str) -> str:
        """Return the name of a resource: its logical ID where the template gives it none."""
        kind = self._kind(logical_id)
        assert kind is not None  # asked only of resources that have names
        given: object = Nothing.NO_VALUE
        if kind.name:
            with self._entered(logical_id, self.resources[logical_id].where):
                given = self.property_of(logical_id, kind.name)
        if isinstance(given, str):
            return given
        self.notes[
            f"{self.file}: resources without a known name are called by their logical IDs"
        ] = None
        return logical_id.lower() if kind.is_lower_case else logical_id

    @property
    def region_of_arns(self) -> str:
        """The Region of ARNs that are made up."""
        if self.stack.region is None:
            self.notes[f"{self.file}: the Region is not given: ARNs are those of us-east-1"] = None
        return self.stack.region or "us-east-1"

    def arn(self, logical_id: str) -> str:
        """Return the ARN of a resource, as other parts of the template see it, too."""
        kind = self._kind(logical_id)
        assert kind is not None  # asked only of resources that have ARNs
        return self._filled(kind.arn, logical_id, kind)

    def _filled(self, form: str, logical_id: str, kind: Kind) -> str:
        if "{arn}" in form:
            form = form.replace("{arn}", kind.arn)
        path = "/"
        if "{path}" in form:
            given = self.property_of(logical_id, "Path")
            path = given if isinstance(given, str) else "/"
            if isinstance(given, Unknown):
                self.notes[f"{self.file}: the path of {logical_id} is not known"] = None
        return form.format(
            partition=self.partition,
            account=self.account,
            region=self.region_of_arns if "{region}" in form else "",
            suffix=self._pseudo["AWS::URLSuffix"],
            path=path,
            name=self.name(logical_id),
        )


def macro(name: str, where: Where) -> Exception:
    """Return the error for a macro, which may make anything of a template."""
    return refuse(
        "template-macro", f"`{name}` is a macro: what it makes of the template is not in the file",
        where, "give the template that CloudFormation made of it: "
        "`aws cloudformation get-template --template-stage Processed`",
    )  # fmt: skip


def loop(circle: str, where: Where) -> Exception:
    """Return the error for what refers to itself."""
    return refuse("template-loop", f"a circle: {circle}", where)


def _not_given(name: str, pattern: str = ANYTHING) -> Unknown:
    return Unknown(f"`{name}` is not given", (), pattern)


def _section(value: Mapping[str, object], name: str, file: str) -> dict[str, Value]:
    found = Value(value, Where(file)).get(name)
    return {} if found is None else dict(found.members())


def _arguments(argument: object, where: Where, least: int, most: int) -> list[Value]:
    items = [*Value(argument, where).items()]
    if not least <= len(items) <= most:
        raise refuse("wrong-type", f"{least} arguments are expected, not {len(items)}", where)
    return items


def _both(argument: Value) -> list[Value]:
    return _arguments(argument.value, argument.where, 2, 2)


def _text(value: object, where: Where) -> str:
    return Value(value, where).text()


def scalar_text(value: object, where: Where) -> str:
    """Return a text, number or truth value as CloudFormation writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else _text(value, where)


def _dynamic(text: str) -> object:
    """Return a text; dynamic references in it are not known."""
    pattern, count = _DYNAMIC.subn(ANYTHING, text)
    found = _DYNAMIC.search(text)
    return Unknown(f"`{found.group()}` is not known", (), pattern) if found and count else text


def _concatenated(parts: list[object], where: Where) -> object:
    texts = [
        each.pattern if isinstance(each, Unknown) else scalar_text(each, where)
        for each in parts
        if each is not Nothing.NO_VALUE
    ]
    whys = joined(reasons(parts))
    return Unknown(whys, (), "".join(texts)) if whys else _dynamic("".join(texts))


def _may_be_nothing(item: object) -> bool:
    """Return whether an item of a list may be none: `AWS::NoValue`."""
    return isinstance(item, Unknown) and any(
        each is Nothing.NO_VALUE or _may_be_nothing(each) for each in item.options
    )


def _equal(one: object, other: object) -> Truth:
    """Return whether two values are equal, as `Fn::Equals` has it."""
    for first, second in ((one, other), (other, one)):
        if isinstance(first, Unknown):
            options = [_comparable(each) for each in first.options]
            cannot = options and not why(second) and not why(list(first.options))
            is_none = cannot and _comparable(second) not in options
            return False if is_none else Unknown(why([one, other]))
    return bool(_comparable(one) == _comparable(other))


def _comparable(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, (int, float)) else value
