"""Values of a source of which not all is known, and policy documents that hold such values.

An unknown value never becomes a wrong yes or no: the statement it stands in becomes one that
applies wherever the real one might, and is marked as one that may not (`Unsure`). What is certain
of it stays so: other statements, and other values of the same list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

from policy_eval.policy.arn import parse_arn
from policy_eval.sources.model import Document, Unsure, Where

ANYTHING = "\0"
"""Stands in a pattern for a text of which nothing is known."""

NO_COLON = "\1"
"""Stands in a pattern for a text that is not known, but holds no colon."""

_ARN_FIELDS_BEFORE_RESOURCE = 5


class Unknown(NamedTuple):
    """A value that is not known, and why.

    `options` are the values it may be, empty where it may be any. `pattern` is what is known of a
    text, with `ANYTHING` or `NO_COLON` for what is not.
    """

    why: str
    options: tuple[object, ...] = ()
    pattern: str = ANYTHING


class Nothing(Enum):
    """No value: the member or item is not there (`AWS::NoValue`)."""

    NO_VALUE = "no value"


def reasons(value: object) -> Iterator[str]:
    """Yield why anything inside a value is not known."""
    if isinstance(value, Unknown):
        yield value.why
    elif isinstance(value, dict):
        for item in value.values():
            yield from reasons(item)
    elif isinstance(value, list):
        for item in value:
            yield from reasons(item)


def why(value: object) -> str:
    """Return why a value is not known, in one text; empty where it is."""
    return joined(reasons(value))


def joined(whys: Iterable[str]) -> str:
    """Return several reasons as one, each once."""
    return "; ".join(dict.fromkeys(filter(None, whys)))


def listed(value: object) -> list[object]:
    """Return the items of a list, or the one value that stands for it."""
    return value if isinstance(value, list) else [value]


# Policy documents


def document_of(
    name: str, value: object, where: Where, anyone: Iterable[str] = (), doubt: str = ""
) -> Document:
    """Return the document of a value that may hold unknown ones.

    `anyone` are the ARNs of users that a principal who is not known may be, beside anyone else;
    `doubt` says why it is not certain that the policy is there at all.
    """
    if not isinstance(value, dict):
        if isinstance(value, str) and not doubt:
            return Document(name, value, where)
        return Document(name, None, where, joined((doubt, why(value))) or "no policy is known")
    version, given = value.get("Version"), value.get("Statement", [])
    if isinstance(version, Unknown):
        return Document(name, None, where, version.why)
    statements: list[object] = []
    unsure: list[Unsure] = []
    for item in listed(given):
        for statement, reason in _options(item):
            if not isinstance(statement, dict):
                if reason or why(statement):
                    return Document(name, None, where, joined((reason, why(statement))))
                statements.append(statement)
                continue
            for widened, doubtful in _widened(statement, anyone):
                statements.append(widened)
                doubts = joined((doubt, reason, doubtful.why))
                if doubts:
                    known = Unsure(0, "") if doubt or reason else doubtful
                    unsure.append(known._replace(number=len(statements), why=doubts))
    content = {key: each for key, each in value.items() if not why(each)}
    return Document(name, {**content, "Statement": statements}, where, "", tuple(unsure))


def may_be_absent(document: Document) -> bool:
    """Return whether it is not known of a document that it is there at all."""
    if document.content is None:
        return True
    whole = [each for each in document.unsure if not each.element]
    given = document.content.get("Statement") if isinstance(document.content, dict) else None
    return bool(whole) and len(whole) == len(listed(given))


def _options(item: object) -> Iterator[tuple[object, str]]:
    """Yield what may stand in a list of statements, each with why it may not."""
    if isinstance(item, Unknown) and item.options:
        for option in item.options:
            if option is not Nothing.NO_VALUE:
                for each in listed(option):
                    yield each, item.why
    else:
        yield item, ""


_POSITIVE = {"NotAction": "Action", "NotResource": "Resource", "NotPrincipal": "Principal"}


def _widened(
    statement: dict[str, object], anyone: Iterable[str]
) -> Iterator[tuple[dict[str, object], Unsure]]:
    """Yield statements that apply wherever one might, and what of each is not known."""
    reason = why(statement)
    if not reason:
        yield statement, Unsure(0, "")
        return
    wide: dict[str, object] = {}
    partly: list[Unsure] = []
    elsewhere = False
    for name, value in statement.items():
        if not why(value):
            wide[name] = value
        elif name in ("Action", "Resource"):
            values, unknown = _any_of(name, value)
            wide[name] = values
            partly.append(Unsure(0, reason, name, unknown))
            elsewhere |= len(unknown) == len(values)
        elif name in _POSITIVE:
            elsewhere = True
            wide[_POSITIVE[name]] = _anyone(anyone) if name == "NotPrincipal" else "*"
        elif name == "Principal":
            principal, unknown = _principals(value, anyone)
            wide[name] = principal
            partly.append(Unsure(0, reason, name, unknown))
            elsewhere |= unknown[0] == 0
        elif name == "Condition":
            elsewhere = True
            wide |= _known_conditions(value)
        elif name == "Effect":
            elsewhere = True
        # a Sid that is not known says nothing
    doubt = partly[0] if len(partly) == 1 and not elsewhere else Unsure(0, reason)
    if not partly and not elsewhere:
        doubt = Unsure(0, "")
    if not why(statement.get("Effect")):
        yield wide, doubt
        return
    for effect in ("Allow", "Deny"):
        yield {**wide, "Effect": effect}, doubt


def _anyone(users: Iterable[str]) -> dict[str, object]:
    """Return a principal that names everyone, and directly each of some users."""
    return {"AWS": ["*", *users]}


def _principals(value: object, users: Iterable[str]) -> tuple[dict[str, object], tuple[int, ...]]:
    """Return a principal element that names whoever one may name, and which values are open.

    Values are counted through the kinds, in their order.
    """
    known: dict[str, object] = {}
    for kind, given in value.items() if isinstance(value, dict) else ():
        kept = [each for each in listed(given) if not why(each)]
        known |= {kind: kept} if kept else {}
    of_aws = known.pop("AWS", [])
    assert isinstance(of_aws, list)
    anybody = ["*", *users]
    first = sum(len(listed(each)) for each in known.values()) + len(of_aws)
    return {**known, "AWS": [*of_aws, *anybody]}, tuple(range(first, first + len(anybody)))


def _any_of(name: str, value: object) -> tuple[list[object], tuple[int, ...]]:
    """Return the values of an element, patterns for unknown ones, and which these are."""
    values: list[object] = []
    unknown: list[int] = []
    for item in listed(value):
        if isinstance(item, Unknown):
            patterns = [pattern_of(name, option) for option in _texts(item)]
            unknown += range(len(values), len(values) + len(patterns))
            values += patterns
        else:
            values.append(item)
    return values, tuple(unknown)


def _texts(item: Unknown) -> list[object]:
    """Return what an unknown value of a list may be: known texts, or unknown ones."""
    if not item.options:
        return [item]
    found: list[object] = []
    for option in item.options:
        for each in listed(option):
            if isinstance(each, Unknown):
                found += _texts(each)
            elif each is not Nothing.NO_VALUE:
                found.append(each)
    return found or [item._replace(options=())]


def pattern_of(name: str, value: object) -> str:
    """Return a text with wildcards that holds whatever an action or a resource may be."""
    if not isinstance(value, Unknown):
        return str(value)
    pattern = value.pattern
    text = pattern.replace(ANYTHING, "*").replace(NO_COLON, "*")
    if name == "Action":
        return text if ANYTHING not in pattern.partition(":")[0] and ":" in text else "*"
    before = ":".join(pattern.split(":")[:_ARN_FIELDS_BEFORE_RESOURCE])
    return text if ANYTHING not in before and parse_arn(text) is not None else "*"


def _known_conditions(value: object) -> dict[str, object]:
    """Return the Condition less the tests in which something is not known."""
    if not isinstance(value, dict):
        return {}
    known: dict[str, object] = {}
    for operator, keys in value.items():
        if not why(keys):
            known[operator] = keys
        elif isinstance(keys, dict):
            kept = {key: each for key, each in keys.items() if not why(each)}
            known |= {operator: kept} if kept else {}
    return {"Condition": known} if known else {}
