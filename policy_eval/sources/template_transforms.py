"""What CloudFormation makes of a template before it makes a stack: loops and AWS SAM's functions.

AWS: "Fn::ForEach", "AWS::LanguageExtensions transform", "AWS::Serverless transform" (AWS
CloudFormation). Other transforms are macros: they may make anything of a template, so it is
refused.
"""

from __future__ import annotations

from collections.abc import Mapping

from policy_eval.sources.model import LeftOut, Where
from policy_eval.sources.reading import Value, refuse
from policy_eval.sources.template import Stack, loop, macro
from policy_eval.sources.unknown import listed

_LOOP = "Fn::ForEach"
_MOST_VALUES = 200_000
_EXPANDED = ("AWS::Serverless-2016-10-31", "AWS::LanguageExtensions")
_ADDS_ONLY = ("AWS::SecretsManager-", "AWS::CodeDeployBlueGreen")


def check_transforms(value: Mapping[str, object], file: str) -> list[LeftOut]:
    """Return the transforms that only add to a template. Raises SourceError for a macro."""
    left_out = []
    given = value.get("Transform")
    for each in listed(given) if given is not None else ():
        name = each.get("Name") if isinstance(each, dict) else each
        where = Where(file, "Transform")
        if name in _EXPANDED:
            continue
        if not str(name).startswith(_ADDS_ONLY):
            raise macro(str(name), where)
        left_out.append(LeftOut(str(name), "what this transform adds is not read", where))
    return left_out


def without_loops(value: Mapping[str, object], file: str, stack: Stack) -> Mapping[str, object]:
    """Return a template with its loops written out. Raises SourceError for one that cannot be."""
    loops = _Loops(value, file, stack)
    found = dict(value)
    for name in ("Conditions", "Resources"):
        if isinstance(value.get(name), dict):
            found[name] = loops.written_out(value[name], Where(file, name))
    return found


class _Loops:
    """Writes loops out, within bounds."""

    def __init__(self, value: Mapping[str, object], file: str, stack: Stack) -> None:
        self._template = Value(value, Where(file))
        self._stack = stack
        self._count = 0

    def written_out(self, value: object, where: Where) -> object:
        """Return a value with the loops in it written out."""
        if isinstance(value, list):
            return [self.written_out(each, where.at(f"[{at}]")) for at, each in enumerate(value)]
        if not isinstance(value, dict):
            return value
        found: dict[str, object] = {}
        for name, each in value.items():
            if name.startswith(f"{_LOOP}::"):
                found |= self._loop(Value(each, where.at(name)))
            else:
                found[name] = self.written_out(each, where.at(name))
        return found

    def _loop(self, given: Value) -> dict[str, object]:
        parts = [*given.items()]
        if len(parts) != 3:  # noqa: PLR2004 - identifier, collection, and what is repeated
            raise refuse("wrong-type", f"`{_LOOP}` takes three arguments", given.where)
        identifier, collection, repeated = parts
        found: dict[str, object] = {}
        for item in self._items(collection):
            body = self._filled(repeated.value, identifier.text(), item, given.where)
            made = Value(self.written_out(body, given.where), given.where)
            found |= {name: each.value for name, each in made.members()}
        return found

    def _items(self, collection: Value) -> list[str]:
        if isinstance(collection.value, dict):
            return self._of_parameter(collection.need("Ref"))
        return [each.text() for each in collection.items()]

    def _of_parameter(self, reference: Value) -> list[str]:
        name = reference.text()
        given: object = self._stack.parameters.get(name)
        if given is None:
            parameters = self._template.get("Parameters")
            parameter = None if parameters is None else parameters.get(name)
            default = None if parameter is None else parameter.get("Default")
            given = None if default is None else default.text()
        if given is None:
            raise refuse(
                "unknown-reference", f"how often this is repeated hangs on `{name}`, which has no "
                "value", reference.where, f"give the parameter `{name}`",
            )  # fmt: skip
        return [each.strip() for each in str(given).split(",")]

    def _filled(self, value: object, identifier: str, item: str, where: Where) -> object:
        """Return a part of a template with an item of the collection in it."""
        self._count += 1
        if self._count > _MOST_VALUES:
            raise loop(f"`{_LOOP}` makes too much of this template", where)
        if isinstance(value, str):
            bare = "".join(each for each in item if each.isalnum())
            return value.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", bare)
        if isinstance(value, list):
            return [self._filled(each, identifier, item, where) for each in value]
        if not isinstance(value, dict):
            return value
        if value == {"Ref": identifier}:
            return item
        return {
            str(self._filled(name, identifier, item, where)): self._filled(
                each, identifier, item, where
            )
            for name, each in value.items()
        }
