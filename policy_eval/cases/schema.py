"""The JSON Schema of `*.iamtest.yaml` and `*.scenario.yaml`, for editors, made of `format.py`.

`policy-eval schema` prints it; `iamtest.schema.json` beside this file is the same text (a test
holds them equal). It is draft-07, the newest that the YAML language server says it reads ("JSON
Schema 7 and below"), by which VS Code and others check YAML.

It takes what the loader takes and refuses what the loader refuses, except where an editor cannot
know what the loader knows:

- An editor sees values as YAML types them, the loader the text of the file. `~`, `Null` and
  `NULL` are null to an editor alone, `True` and `yes` truth values, `1.0` is version 1. A date, a
  number or a truth value is a text here wherever a text may stand.
- Whether a file exists, and whether two condition keys differ in case alone, a schema cannot say.
- The loader does not look at what no test reads, such as a field of the suite that every test
  replaces, or at what stands behind a request or a policy that it refuses; the schema always does.
- What the loader takes and a run then reports as invalid input is no matter of the format: a name
  that is no action, a policy that IAM would not store. Only that an inline policy is a mapping is
  said here too.
"""

from __future__ import annotations

import json
import sys
from typing import TypeAlias, assert_never

from policy_eval.cases.format import (
    ASKED_BY,
    DECISIONS,
    FORMS,
    ROOT,
    Count,
    Form,
    Kind,
    Known,
)
from policy_eval.request.dependency import On

Schema: TypeAlias = dict[str, object]

_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_NULL: Schema = {"type": "null"}
_ACTION = "^[A-Za-z0-9][A-Za-z0-9-]*:[A-Za-z0-9_-]+$"
_ARN = "^arn:[^:]+:[^:]+:[^:]*:[^:]*:[^:]"
_POLICY_GRAMMAR = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html"
_ELEMENTS = ("Version", "Id", "Statement")
"""What an inline policy has one of, and an entry with a name has not."""


def schema() -> Schema:
    """Return the JSON Schema, as plain data."""
    definitions: Schema = {form.name: _form(form) for form in FORMS.values()}
    definitions["dependent_action"] = {
        **_form(FORMS[Kind.DEPENDENT_ACTION]),
        "if": {"properties": {"on": {"const": On.VALUE_OF_KEY.value}}, "required": ["on"]},
        "then": {"properties": {"when": {"minLength": 1}}, "required": ["when"]},
    }
    definitions["level"] = _either(_reference("policy"), _NULL, _list(_reference("policy")))
    definitions["policy"] = _policy()
    definitions["inline_policy"] = _inline_policy()
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "$id": "urn:policy-eval:iamtest:1",
        "title": "Expected decisions of AWS IAM (*.iamtest.yaml, *.scenario.yaml)",
        **_form(ROOT),
        "if": {"not": {"required": ["action"]}},
        "then": {"properties": {"tests": {"items": _any_of(ASKED_BY)}}},
        "definitions": definitions,
    }


def schema_text() -> str:
    """Return the JSON Schema as the text of a file."""
    return json.dumps(schema(), indent=2) + "\n"


def _form(form: Form) -> Schema:
    """Return the schema of a mapping."""
    found: Schema = {
        "description": form.says,
        "type": "object",
        "properties": {field.name: _field(field) for field in form.fields},
        "additionalProperties": False,
    }
    if form.needed:
        found["required"] = [*form.needed]
    if form.one_of:
        found |= _any_of(form.one_of)
    if form.fewest:
        found["minProperties"] = form.fewest
    if form.exclusive or form.beside:
        needs: Schema = {one: [other] for one, other in form.beside}
        found["dependencies"] = {**_exclusions(form), **needs}
    return found


def _any_of(names: tuple[str, ...]) -> Schema:
    return {"anyOf": [{"required": [name]} for name in names]}


def _exclusions(form: Form) -> Schema:
    """Return, for each field, those that do not stand beside it.

    An editor then marks the field that the loader refuses.
    """
    found: dict[str, dict[str, bool]] = {}
    for one, other in form.exclusive:
        found.setdefault(one, {})[other] = False
    return {name: {"properties": others} for name, others in found.items()}


def _field(field: Known) -> Schema:
    return {"description": field.says, **_values(field)}


def _values(field: Known) -> Schema:
    one: Schema = {"enum": [*field.words]} if field.kind is Kind.WORD else _OF_KIND[field.kind]
    match field.many:
        case Count.ONE:
            return {"anyOf": [one]} if "$ref" in one else one  # a $ref bears no description
        case Count.OPTIONAL:
            return _either(one, _NULL)
        case Count.AT_MOST_ONE:
            return _either(one, _NULL, _list(one, maxItems=1))
        case Count.ANY:
            return _either(one, _NULL, _list(one))
        case Count.SOME:
            return _either(one, _list(one, minItems=1))
        case Count.LIST:
            return _list(one)
        case Count.LIST_OF_SOME:
            return _list(one, minItems=1)
        case Count.LIST_OF_ONE:
            return _list(one, maxItems=1)
        case _:
            assert_never(field.many)


def _either(*options: Schema) -> Schema:
    """Return the schema of a value that is one of these, each of other types.

    Where each says its types, they stand in one list, of which an editor has a better message
    than of alternatives; a keyword is about the values of one type, so that all stand together.
    """
    types: list[object] = []
    for option in options:
        match option.get("type"):
            case None:
                return {"anyOf": [each for option in options for each in _alternatives(option)]}
            case list(several):
                types += several
            case one:
                types.append(one)
    return {name: value for option in options for name, value in option.items()} | {"type": types}


def _alternatives(option: Schema) -> list[object]:
    match option:
        case {"anyOf": list(several)}:
            return several
        case _:
            return [option]


def _list(item: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": item, **limits}


def _mapping(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _reference(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _policy() -> Schema:
    file = {"description": "A file that holds the policy, relative to this one.", **_TEXT}
    return {"anyOf": [file, _reference("inline_policy"), _reference("entry")]}


def _inline_policy() -> Schema:
    """Return the schema of a policy document: IAM's grammar is not told again."""
    return {
        "description": f"A policy document, by the grammar of IAM: {_POLICY_GRAMMAR}",
        "type": "object",
        "properties": {name: {} for name in _ELEMENTS},
        **_any_of(_ELEMENTS),
    }


_OF_KIND: dict[Kind, Schema] = {
    **{kind: _reference(form.name) for kind, form in FORMS.items()},
    Kind.TEXT: _TEXT,
    Kind.TRUTH: {"enum": [True, False, "true", "false"]},
    Kind.VERSION: {"enum": [1, "1"]},
    Kind.ACTION: {"type": "string", "pattern": _ACTION},
    Kind.KEY: {"type": "string", "pattern": "^$|:"},
    Kind.CONDITION: {"type": "string", "pattern": r"^(always|never)$|\S \S"},
    Kind.TAGS: _mapping(_TEXT),
    Kind.PARAMETERS: _mapping(_TEXT),
    Kind.CONTEXT: _mapping(_either(_TEXT, _NULL, _list(_TEXT))),
    Kind.POLICY: _reference("policy"),
    Kind.LEVEL: _reference("level"),
    Kind.POLICIES_OF: {**_mapping(_reference("policy")), "propertyNames": {"pattern": _ARN}},
    Kind.DOCUMENT: {"type": "object"},
    Kind.PRINCIPAL: _either(_TEXT, _reference("principal")),
    Kind.STEP: _either(_TEXT, _reference("step")),
    Kind.EXPECT: _either({"enum": [*DECISIONS]}, _reference("expect")),
}
"""One value of each kind, but for `WORD`, whose words each field has for itself."""


if __name__ == "__main__":
    sys.stdout.write(schema_text())
