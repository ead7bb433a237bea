"""The text of a template of CloudFormation: JSON, or YAML with the short forms of its functions.

A value is what JSON makes of it: no guesses of YAML (an unquoted `2012-10-17` stays that text), and
a number is a `Number` (R-GRAM-10).
AWS: "Intrinsic function reference", "CloudFormation template format" (AWS CloudFormation).
"""

from __future__ import annotations

import json
import re

from policy_eval.errors import SourceError, SuiteError
from policy_eval.text.node import Json, Node, Number, Span
from policy_eval.text.source import Source
from policy_eval.text.yaml_tree import as_json, parse_yaml

_SHORT_FORMS = frozenset(
    """
    And Base64 Cidr Contains EachMemberEquals EachMemberIn Equals FindInMap ForEach GetAtt GetAZs
    GetStackOutput If ImportValue Join Length Not Or Select Split Sub ToJsonString Transform
    """.split()  # noqa: SIM905 - a list this long reads better as text
)
"""The functions that YAML may write as a tag: `!Sub` is `Fn::Sub`."""

_TYPES = ("AWS::", "Custom::", "Alexa::")


def parse_template(text: str, file: str) -> object:
    """Return the value of a template's text. Raises SourceError with line and column."""
    if text.lstrip()[:1] == "{":
        try:
            return json.loads(text, object_pairs_hook=_object, parse_int=Number, parse_float=Number)
        except (ValueError, RecursionError):
            pass  # read as YAML, which has places
    try:
        return as_json(parse_yaml(Source(file, text), _meant)).value
    except SuiteError as error:
        raise SourceError(*error.diagnostics) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _meant(tag: str, node: Node) -> Node | None:
    """Return what a short form stands for: an object with the function as its only member."""
    if tag in ("Ref", "Condition"):
        name = tag
    elif tag in _SHORT_FORMS:
        name = f"Fn::{tag}"
    else:
        return None
    value: Json = {name: node.value}
    return Node(node.start, node.end, value, ((name, Span(node.start, node.start)),), (node,))


_IN_YAML = re.compile(rb"^(?:Resources|AWSTemplateFormatVersion)[ \t]*:", re.MULTILINE)


def is_yaml_template(data: bytes) -> bool:
    """Return whether bytes are those of a template in YAML, or of one that was to be."""
    return data.lstrip()[:1] not in (b"{", b"[") and _IN_YAML.search(data) is not None


def is_template(value: object) -> bool:
    """Return whether a value is a template: it has resources, each of a type."""
    if not isinstance(value, dict):
        return False
    if "AWSTemplateFormatVersion" in value:
        return True
    resources = value.get("Resources")
    return isinstance(resources, dict) and any(
        isinstance(each, dict) and str(each.get("Type")).startswith(_TYPES)
        for each in resources.values()
    )
