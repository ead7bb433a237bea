"""The `policies` field: the policies of each layer, inherited layer by layer."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TypeVar

from policy_eval.cases.format import ENTRY, LAYERS
from policy_eval.engine.policies import LayersOf, load_policy, policy_of
from policy_eval.errors import InputError
from policy_eval.policy.arn import parse_arn
from policy_eval.policy.ast import Policy
from policy_eval.policy.document import inline_document
from policy_eval.policy.guess import type_by_arn
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.semantics.layers import TYPES, EndpointType, Layer
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.text.fields import Field
from policy_eval.text.yaml_tree import as_json

_OF_POLICIES = frozenset({"Version", "Id", "Statement"})


class PoliciesReader:
    """Reads the policies that stand in a suite, or beside it: each file once.

    `files` are those that were read, or looked for.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: dict[tuple[Path, PolicyType, Strictness], Policy | InputError] = {}

    @property
    def files(self) -> tuple[Path, ...]:
        """The policy files that were read, or looked for."""
        return tuple(dict.fromkeys(path for path, _, _ in self._read))

    def layers(
        self, levels: list[dict[str, Field]], action: str, strictness: Strictness
    ) -> LayersOf:
        """Return the layers of a test: of each level the fields, the inner one's word wins.

        `action` is the folded action that is asked about: it tells the type of the resource's
        policy. Raises SuiteError, and PolicyError for a policy that is refused.
        """
        fields: dict[str, Field] = {}
        for level in levels:
            if "policies" in level:
                fields |= level["policies"].checked(LAYERS)
        own = {
            name: level[name]
            for level in levels
            for name in ("endpoint_type", "unknown_layers")
            if name in level
        }

        def several(layer: Layer) -> tuple[Policy, ...] | None:
            if layer.value not in fields:
                return None
            items = fields[layer.value].items()
            return tuple(self._policy(item, TYPES[layer], strictness) for item in items)

        def leveled(name: str, layer: Layer) -> tuple[tuple[Policy, ...], ...] | None:
            if name not in fields:
                return None
            return tuple(
                tuple(self._policy(item, TYPES[layer], strictness) for item in level.items())
                for level in fields[name].items()
            )

        def one(layer: Layer, policy_type: PolicyType) -> tuple[Policy, ...] | None:
            if layer.value not in fields:
                return None
            items = fields[layer.value].items()
            if len(items) > 1:
                message = f"`{layer.value}` is one policy, and {len(items)} are given"
                raise fields[layer.value].refuse("several-values", message)
            return tuple(self._policy(item, policy_type, strictness) for item in items)

        return LayersOf(
            several(Layer.IDENTITY),
            one(Layer.BOUNDARY, PolicyType.BOUNDARY),
            several(Layer.SESSION),
            one(Layer.RESOURCE, resource_policy_type(action)),
            self._resources(fields["resources"], strictness) if "resources" in fields else None,
            leveled("scps", Layer.SCP),
            leveled("rcps", Layer.RCP),
            one(Layer.ENDPOINT, PolicyType.ENDPOINT),
            _endpoint_type(own["endpoint_type"]) if "endpoint_type" in own else None,
            _unknown_layers(own["unknown_layers"]) if "unknown_layers" in own else None,
        )

    def _resources(self, field: Field, strictness: Strictness) -> dict[str, Policy]:
        found = {}
        for arn, item in field.members().items():
            if parse_arn(arn) is None:
                message = f"`{arn}` is no ARN of a resource"
                raise item.refuse("not-an-arn", message, "name the resource that has the policy")
            found[arn] = self._policy(item, type_by_arn(arn), strictness)
        return found

    def _policy(self, item: Field, policy_type: PolicyType, strictness: Strictness) -> Policy:
        if not item.is_mapping:
            return self._file(item, policy_type, strictness)
        members = item.members()
        if _OF_POLICIES & members.keys():
            return self._inline(item, "", policy_type, strictness)
        entry = item.checked(ENTRY)
        name = entry["name"].text() if "name" in entry else ""
        if "file" in entry and "policy" in entry:
            raise entry["policy"].refuse("field-combination", "`file` and `policy` stand together")
        if not entry.keys() & {"file", "policy"}:
            raise item.refuse("missing-field", "an entry has a `file` or a `policy`")
        if "policy" in entry:
            return self._inline(entry["policy"], name, policy_type, strictness)
        policy = self._file(entry["file"], policy_type, strictness)
        return policy._replace(name=name) if name else policy

    def _inline(
        self, item: Field, name: str, policy_type: PolicyType, strictness: Strictness
    ) -> Policy:
        document = inline_document(item.source, as_json(item.node))
        policy = policy_of(document, policy_type, strictness)
        return policy._replace(name=name or f"{self._path.name}:{item.place.line}")

    def _file(self, item: Field, policy_type: PolicyType, strictness: Strictness) -> Policy:
        path = self._path.parent / item.text()
        key = (path, policy_type, strictness)
        if key not in self._read:
            self._read[key] = _loaded(*key)
        found = self._read[key]
        if not path.is_file():
            raise item.refuse("missing-file", f"there is no file `{item.text()}` beside the suite")
        if isinstance(found, InputError):
            raise found
        return found


def _loaded(path: Path, policy_type: PolicyType, strictness: Strictness) -> Policy | InputError:
    try:
        return load_policy(path, policy_type, strictness)._replace(name=path.name)
    except InputError as error:
        return error


def _endpoint_type(field: Field) -> EndpointType | None:
    return None if field.is_null else _word(field, EndpointType, "type of VPC endpoint")


def _unknown_layers(field: Field) -> tuple[Layer, ...]:
    return tuple(_word(item, Layer, "layer") for item in field.items())


_Family = TypeVar("_Family", bound=Enum)


def _word(field: Field, family: type[_Family], what: str) -> _Family:
    for each in family:
        if each.value == field.text():
            return each
    expected = ", ".join(str(each.value) for each in family)
    raise field.refuse("unknown-word", f"`{field.text()}` is no {what}", f"expected {expected}")
