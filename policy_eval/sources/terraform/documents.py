"""Policy documents of a plan: texts, and those of `aws_iam_policy_document` with unknown values.

A plan tells a text whole or not at all. Where it is not told, and it is the `json` of a data source
that a plan describes, the document is made of that: a statement in which a value is not known is
left open, and what of it is certain stands as a statement of its own. "Data Source:
aws_iam_policy_document" (documentation of the AWS provider).
"""

from __future__ import annotations

from typing import NamedTuple

from policy_eval.sources.model import Document, Unsure
from policy_eval.sources.reading import Value
from policy_eval.sources.terraform.instances import Instance, has_unknown
from policy_eval.sources.terraform.plan import Plan

_DATA = "aws_iam_policy_document"
_TEXTS = ("json", "minified_json")
_MERGED = (
    "source_json", "override_json", "source_policy_documents", "override_policy_documents",
)  # fmt: skip
_ELEMENTS = (
    ("actions", "Action"),
    ("not_actions", "NotAction"),
    ("resources", "Resource"),
    ("not_resources", "NotResource"),
)
_PRINCIPALS = (("principals", "Principal"), ("not_principals", "NotPrincipal"))
_EVERYTHING = ["*"]


def document_of(plan: Plan, instance: Instance, argument: str, name: str) -> Document | None:
    """Return the policy document in an argument; None where there is none.

    Raises SourceError where what stands there is no text.
    """
    found = instance.text(argument)
    where = instance.where.at(argument)
    if found is not None:
        return Document(name, found, where)
    if not plan.is_open(instance, argument):
        return None
    target = plan.target(instance, argument)
    if target is not None and target.instance.type == _DATA and target.attribute in _TEXTS:
        made = _of_data(plan, target.instance, name)
        if made is not None:
            return made
    return Document(name, None, where, plan.why(instance, argument))


def _of_data(plan: Plan, data: Instance, name: str) -> Document | None:
    """Return the document that a data source will make; None where too much of it is unknown."""
    where = data.where
    known = data.text("json")
    if known is not None:
        return Document(name, known, where)
    unknown = data.unknown if isinstance(data.unknown, dict) else {}
    told = (data.value.get(each) for each in _MERGED)
    if any(each is not None and each.value for each in told) or any(
        has_unknown(unknown.get(each)) for each in (*_MERGED, "version")
    ):
        return None
    blocks = data.value.listed("statement")
    marked = unknown.get("statement")
    marks = marked if isinstance(marked, list) else [marked] * len(blocks)
    if not blocks or len(marks) != len(blocks) or True in marks:
        return None
    statements: list[object] = []
    beside: list[tuple[object, str]] = []
    unsure: list[Unsure] = []
    for number, (block, mark) in enumerate(zip(blocks, marks, strict=True)):
        read = _Statement(block, mark if isinstance(mark, dict) else {})
        if read.is_lost:
            return None
        why = _why(plan, data, number, read.open, of=len(blocks)) if read.open else ""
        certain = read.certain() if why else read.known()
        if certain is None:
            unsure.append(Unsure(number + 1, why))
        elif why:
            beside.append((read.possible(), why))
        statements.append(read.possible() if certain is None else certain)
    for possible, why in beside:
        statements.append(possible)
        unsure.append(Unsure(len(statements), why))
    version = data.text("version") or "2012-10-17"
    content = {"Version": version, "Statement": statements}
    return Document(name, content, where, unsure=tuple(unsure))


def _why(plan: Plan, data: Instance, number: int, names: tuple[str, ...], *, of: int) -> str:
    """Return why a statement is open; what it refers to, where no block of it is dynamic."""
    written = plan.configuration.expression(data, "statement")
    refers: list[str] = []
    if written is not None and isinstance(written.value, list) and len(written.value) == of:
        for name in names:
            refers += plan.configuration.references(data, "statement", number, name)
    stated = f" ({', '.join(dict.fromkeys(refers))})" if refers else ""
    return (
        f"{' and '.join(names)}{stated} in statement {number + 1} of {data.address}, known only "
        "after apply"
    )


class _Values(NamedTuple):
    """The values of an element that are known, and whether there are others."""

    known: list[str]
    is_open: bool


class _Statement:
    """A `statement` block, with what of it is known only after apply (`open`, by argument)."""

    def __init__(self, block: Value, mark: dict[str, object]) -> None:
        self._block = block
        self._values = {element: _values(block, mark, argument) for argument, element in _ELEMENTS}
        self._principals = {
            element: _principals(block, mark, argument) for argument, element in _PRINCIPALS
        }
        self.is_lost = has_unknown(mark.get("effect"))
        self._open_conditions = has_unknown(mark.get("condition"))
        self._mark = mark
        elements = (*_ELEMENTS, *_PRINCIPALS, ("condition", "Condition"))
        self.open = tuple(name for name, _ in elements if has_unknown(mark.get(name)))

    def known(self) -> dict[str, object]:
        """Return the statement, all of which is known."""
        return {**self._sid(), **self._body(possible=False), **self._conditions(possible=False)}

    def certain(self) -> dict[str, object] | None:
        """Return the statement of the known values; None where it may hold for fewer requests."""
        negated = ("NotAction", "NotResource", "NotPrincipal")
        both = {**self._values, **{key: _all(found) for key, found in self._principals.items()}}
        if self._open_conditions or any(both[name].is_open for name in negated):
            return None
        if any(values.is_open and not values.known for values in both.values()):
            return None
        return self.known()

    def possible(self) -> dict[str, object]:
        """Return the statement with anything in the place of what is not known."""
        named = {} if self.certain() else self._sid()
        return {**named, **self._body(possible=True), **self._conditions(possible=True)}

    def _sid(self) -> dict[str, object]:
        sid = self._block.get("sid")
        return {"Sid": sid.text()} if sid and sid.text() else {}

    def _body(self, *, possible: bool) -> dict[str, object]:
        effect = self._block.get("effect")
        body: dict[str, object] = {"Effect": effect.text() if effect else "Allow"}
        for name, (known, is_open) in self._values.items():
            if possible and is_open:
                body |= _widened(name, known)
            elif known:
                body[name] = known
        for name, found in self._principals.items():
            if possible and _all(found).is_open:
                body["Principal"] = "*"
            elif found:
                body[name] = _principal(found)
        return body

    def _conditions(self, *, possible: bool) -> dict[str, object]:
        conditions: dict[str, dict[str, list[str]]] = {}
        marked = self._mark.get("condition")
        for number, each in enumerate(self._block.listed("condition")):
            mark = marked[number] if isinstance(marked, list) and number < len(marked) else marked
            if possible and has_unknown(mark):
                continue
            keys = conditions.setdefault(each.need("test").text(), {})
            values = keys.setdefault(_variables(each.need("variable").text()), [])
            values += map(_variables, each.texts("values"))
        return {"Condition": conditions} if conditions else {}


def _widened(name: str, known: list[str]) -> dict[str, object]:
    """Return an element that holds wherever the one with the unknown values may hold."""
    if name.startswith("Not"):
        return {name: known} if known else {name.removeprefix("Not"): _EVERYTHING}
    return {name: _EVERYTHING}


def _values(block: Value, marks: dict[str, object], argument: str) -> _Values:
    listed = block.get(argument)
    items = [*listed.items()] if listed else []
    known = [_variables(each.text()) for each in items if each.value is not None]
    return _Values(known, has_unknown(marks.get(argument)))


def _principals(block: Value, marks: dict[str, object], argument: str) -> dict[str, _Values]:
    """Return the principals of a statement by type."""
    found: dict[str, _Values] = {}
    marked = marks.get(argument)
    for number, each in enumerate(block.listed(argument)):
        mark = marked[number] if isinstance(marked, list) and number < len(marked) else {}
        kind = each.get("type")
        name = kind.text() if kind else ""
        values = _values(each, mark if isinstance(mark, dict) else {}, "identifiers")
        before = found.get(name, _Values([], is_open=False))
        is_open = before.is_open or values.is_open or not name
        found[name] = _Values([*before.known, *values.known] if name else [], is_open)
    if marked is True:
        found[""] = _Values([], is_open=True)
    return found


def _all(principals: dict[str, _Values]) -> _Values:
    known = [value for each in principals.values() for value in each.known]
    return _Values(known, any(each.is_open for each in principals.values()))


def _principal(principals: dict[str, _Values]) -> object:
    if "*" in principals:
        return "*"
    return {kind: values.known for kind, values in principals.items() if values.known}


def _variables(text: str) -> str:
    """Return a text with IAM's form of policy variables."""
    return text.replace("&{", "${")
