"""YAML as an editor reads it: each scalar typed by YAML's guesses, each name a text."""

from __future__ import annotations

import re
from typing import TypeAlias

import yaml

Value: TypeAlias = bool | int | float | str | list["Value"] | dict[str, "Value"] | None
"""A value of JSON's data model, which is what a JSON Schema is about."""

Mapping: TypeAlias = dict[str, Value]


class Yaml11(yaml.SafeLoader):
    """YAML 1.1, as PyYAML reads it: `no` is a truth value, `1:30` a number."""


class Yaml12(yaml.SafeLoader):
    """YAML 1.2 and its core schema, as the YAML language server reads it."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012


for _tag, _pattern, _first in (
    ("null", r"~|null|Null|NULL|", [*"~nN", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.nan",
     [*"-+.0123456789"]),
):  # fmt: skip
    Yaml12.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), _first
    )

EDITORS = (Yaml11, Yaml12)


def as_an_editor_reads(text: str, version: type[yaml.SafeLoader] = Yaml12) -> Value:
    """Return the value of a YAML text."""
    return _value(yaml.compose(text, version))


def _value(node: yaml.Node | None) -> Value:
    match node:
        case yaml.MappingNode():
            return {str(name.value): _value(value) for name, value in node.value}
        case yaml.SequenceNode():
            return [_value(item) for item in node.value]
        case yaml.ScalarNode():
            return _scalar(node.tag.rpartition(":")[2], str(node.value))
        case _:
            return None


def _scalar(tag: str, text: str) -> Value:
    match tag:
        case "null":
            return None
        case "bool":
            return text.lower() in ("true", "yes", "on")
        case "int":
            return int(text) if text.isdecimal() else -1  # which number it is does not matter
        case "float":
            return float(text) if text.replace(".", "", 1).isdecimal() else 0.5  # likewise
        case _:  # texts, and dates, of which JSON's data model knows nothing
            return text
