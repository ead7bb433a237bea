"""The configuration in a plan: which resource an expression refers to, and which provider it has.

A plan says of an expression only what it refers to, so a reference is followed where it leads to
one resource and to nothing else; what a function makes of the value is not told.
"Expression Representation" in "JSON Output Format" (Terraform documentation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from policy_eval.sources.reading import Value
from policy_eval.sources.terraform.instances import DATA, Instance

_INDEX = r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]'
_STEP = re.compile(rf"module\.([\w-]+)({_INDEX})?")
_OUTPUT = re.compile(rf"(module\.([\w-]+)(?:{_INDEX})?)\.([\w-]+)")
_RESOURCE = re.compile(rf"((?:data\.)?[\w-]+\.[\w-]+)({_INDEX})?")
_VARIABLE = re.compile(r"var\.([\w-]+)")
_LONGEST_WAY = 30
_CREDENTIALS = (
    "access_key", "assume_role", "assume_role_with_web_identity", "profile", "secret_key",
    "shared_config_files", "shared_credentials_files", "token",
)  # fmt: skip
"""What chooses the account of a provider: "Authentication and Configuration" (AWS provider)."""


class _Scope(NamedTuple):
    """Where an expression stands: the module, and the key and the `for_each` of its block."""

    module: str
    key: str | int | None
    for_each: tuple[str, ...] = ()


class Target(NamedTuple):
    """An instance that an expression refers to, and the attribute, empty for all of it."""

    instance: Instance
    attribute: str


class Configuration:
    """The configuration of a plan; an empty one for a state, which has none."""

    def __init__(self, root: Value, instances: Iterable[Instance]) -> None:
        found = root.get("configuration")
        self._root = found.get("root_module") if found else None
        self._providers = found.get("provider_config") if found else None
        self._variables = root.get("variables")
        self._blocks: dict[str, dict[tuple[str, str, str], Value]] = {}
        self._instances: dict[str, list[Instance]] = {}
        for each in instances:
            self._instances.setdefault(_block(each), []).append(each)

    # Blocks

    def _module(self, address: str) -> Value | None:
        """Return the configuration of a module, whichever its instance."""
        at = self._root
        for step in _STEP.finditer(address):
            call = self._call(at, step[1])
            at = call.get("module") if call else None
        return at

    @staticmethod
    def _call(module: Value | None, name: str) -> Value | None:
        calls = module.get("module_calls") if module else None
        return calls.get(name) if calls else None

    def block(self, instance: Instance) -> Value | None:
        """Return the block that an instance is made by; None where the file does not hold it."""
        found = self._blocks.get(instance.module)
        if found is None:
            module = self._module(instance.module)
            found = self._blocks[instance.module] = {
                (each.need("mode").text(), each.need("type").text(), each.need("name").text()): each
                for each in (module.listed("resources") if module else ())
            }
        return found.get((instance.mode, instance.type, instance.name))

    def expression(self, instance: Instance, *path: str | int) -> Value | None:
        """Return an expression of a block, by the names and numbers that lead to it."""
        block = self.block(instance)
        at = block.get("expressions") if block else None
        for step in path:
            if at is None:
                return None
            if isinstance(step, str):
                at = at.get(step)
            else:
                listed = [*at.items()]
                at = listed[step] if step < len(listed) else None
        return at

    def is_set(self, instance: Instance, name: str) -> bool:
        """Return whether a block sets an argument; true where that is not told."""
        return self.block(instance) is None or self.expression(instance, name) is not None

    # Providers

    def provider(self, instance: Instance) -> str:
        """Return the key of the provider configuration of an instance.

        Where no block tells it, that of the only one of AWS; empty where there are several.
        """
        block = self.block(instance)
        key = block.get("provider_config_key") if block else None
        if key is None:
            of_aws = [name for name, each in self._provider_members() if _is_of_aws(each)]
            return of_aws[0] if len(of_aws) == 1 else ""
        known = self._providers.value if self._providers else None
        is_known = isinstance(known, dict) and key.text() in known
        return key.text() if is_known else key.text().rpartition(":")[2]

    @property
    def provider_keys(self) -> tuple[str, ...]:
        """The keys of the provider configurations."""
        return tuple(name for name, _ in self._provider_members())

    def _provider_members(self) -> Iterator[tuple[str, Value]]:
        return self._providers.members() if self._providers else iter(())

    def _of_provider(self, key: str) -> Value | None:
        found = self._providers.get(key) if self._providers else None
        return found.get("expressions") if found else None

    def credentials(self, key: str) -> str:
        """Return what chooses the account of a provider, in a text that can be compared."""
        found = self._of_provider(key)
        given = found.value if found else None
        named = given if isinstance(given, dict) else {}
        return json.dumps({name: named.get(name) for name in _CREDENTIALS}, sort_keys=True)

    def has_default_tags(self, instance: Instance) -> bool:
        """Return whether the provider of an instance gives its resources tags."""
        found = self._of_provider(self.provider(instance))
        return found is not None and found.get("default_tags") is not None

    def of_provider(self, key: str, *path: str) -> Iterable[str]:
        """Yield the texts that a provider is configured with: constants, and variables."""
        at = [self._of_provider(key)]
        for step in path:
            at = [inner for each in at if each for inner in _members(each, step)]
        for each in at:
            constant = each.get("constant_value") if each else None
            if each is not None and constant is None:
                constant = self._variable(each.texts("references"))
            if constant is not None:
                values = constant.value if isinstance(constant.value, list) else [constant.value]
                yield from (value for value in values if isinstance(value, str))

    def _variable(self, references: tuple[str, ...]) -> Value | None:
        named = _VARIABLE.fullmatch(references[0]) if len(references) == 1 else None
        found = self._variables.get(named[1]) if named and self._variables else None
        return found.get("value") if found else None

    # References

    def references(self, instance: Instance, *path: str | int) -> tuple[str, ...]:
        """Return what an expression refers to, each by its longest form."""
        found = self.expression(instance, *path)
        return () if found is None else _longest(_in_block(found.value))

    def targets(self, instance: Instance, *path: str | int) -> list[Target] | None:
        """Return the instances that an expression refers to; None where it refers to others too."""
        block = self.block(instance)
        each = block.get("for_each_expression") if block else None
        scope = _Scope(instance.module, instance.key, each.texts("references") if each else ())
        return self._all(self.references(instance, *path), scope, _LONGEST_WAY)

    def target(self, instance: Instance, *path: str | int) -> Target | None:
        """Return the one instance that an expression refers to."""
        found = self.targets(instance, *path)
        return found[0] if found and len(found) == 1 else None

    def _all(self, references: Iterable[str], scope: _Scope, left: int) -> list[Target] | None:
        found = []
        for reference in _longest(references):
            if reference == "each.key":  # an index of another reference
                continue
            target = self._one(reference, scope, left - 1) if left else None
            if target is None:
                return None
            found += target
        return found

    def _one(self, reference: str, scope: _Scope, left: int) -> list[Target] | None:
        if reference.startswith("each.value"):
            attribute = reference.removeprefix("each.value").lstrip(".")
            return self._each(scope, attribute)
        if variable := _VARIABLE.match(reference):
            return self._passed(variable[1], scope, left)
        if output := _OUTPUT.match(reference):
            return self._output(output, scope, left)
        if resource := _RESOURCE.match(reference):
            instance = self._instance(resource, scope)
            attribute = reference[resource.end() :].lstrip(".")
            return None if instance is None else [Target(instance, attribute)]
        return None

    def _each(self, scope: _Scope, attribute: str) -> list[Target] | None:
        blocks = _longest(scope.for_each)
        resource = _RESOURCE.fullmatch(blocks[0]) if len(blocks) == 1 else None
        instance = self._instance(resource, scope) if resource else None
        return None if instance is None else [Target(instance, attribute)]

    def _passed(self, name: str, scope: _Scope, left: int) -> list[Target] | None:
        """Return what a module's variable was given by the module that calls it."""
        steps = [*_STEP.finditer(scope.module)]
        if not steps:
            return None
        outer = scope.module[: steps[-1].start()].rstrip(".")
        call = self._call(self._module(outer), steps[-1][1])
        given = call.get("expressions") if call else None
        expression = given.get(name) if given else None
        each = call.get("for_each_expression") if call else None
        if expression is None:
            return None
        key = _key(steps[-1][2])
        inner = _Scope(outer, key, each.texts("references") if each else ())
        return self._all(expression.texts("references"), inner, left)

    def _output(self, output: re.Match[str], scope: _Scope, left: int) -> list[Target] | None:
        call = self._call(self._module(scope.module), output[2])
        module = call.get("module") if call else None
        outputs = module.get("outputs") if module else None
        found = outputs.get(output[3]) if outputs else None
        expression = found.get("expression") if found else None
        if expression is None:
            return None
        inner = _joined(scope.module, output[1])
        return self._all(expression.texts("references"), _Scope(inner, None), left)

    def _instance(self, resource: re.Match[str], scope: _Scope) -> Instance | None:
        """Return the instance that is meant: of the key, of that of the scope, or the only one."""
        instances = self._instances.get(_joined(scope.module, resource[1]), [])
        key = scope.key if resource[2] is None else _key(resource[2])
        keyed = [each for each in instances if each.key == key and key is not None]
        if keyed and (resource[2] is not None or isinstance(key, str)):
            return keyed[0]
        return instances[0] if len(instances) == 1 and resource[2] is None else None


def _is_of_aws(provider: Value) -> bool:
    name = provider.get("name")
    return name is not None and name.value == "aws"


def _members(value: Value, name: str) -> list[Value]:
    """Return the members of a name: of a block, or of each of a list of blocks."""
    blocks = value.items() if isinstance(value.value, list) else [value]
    return [found for each in blocks if (found := each.get(name)) is not None]


def _in_block(value: object) -> Iterator[str]:
    """Yield the references of an expression, or of all those in a block."""
    if isinstance(value, dict):
        references = value.get("references")
        if isinstance(references, list):
            yield from (each for each in references if isinstance(each, str))
        else:
            for inner in value.values():
                yield from _in_block(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _in_block(inner)


def _joined(module: str, name: str) -> str:
    return f"{module}.{name}" if module else name


def _block(instance: Instance) -> str:
    name = f"{instance.type}.{instance.name}"
    return _joined(instance.module, f"{DATA}.{name}" if instance.is_data else name)


def _key(index: str | None) -> str | int | None:
    """Return the key that stands in brackets."""
    if index is None:
        return None
    key = json.loads(index[1:-1])
    return key if isinstance(key, (str, int)) else None


def _longest(references: Iterable[str]) -> tuple[str, ...]:
    """Return the references that are no beginning of others: `a.b.arn`, not `a.b` with it."""
    listed = tuple(references)
    return tuple(
        dict.fromkeys(
            each
            for each in listed
            if not any(other.startswith((f"{each}.", f"{each}[")) for other in listed)
        )
    )
