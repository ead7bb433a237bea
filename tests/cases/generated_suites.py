"""Suites made of the table of the format: valid ones, and such with one thing changed.

What the loader does not look at is not changed: a field of the suite that every test replaces
(the last test replaces none), one of a test that every step of `all_of` replaces (the last step
replaces none), and the fields in `UNREAD`. With sources that are not there nothing else is read.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from policy_eval.cases.format import ASKED_BY, DECISIONS, FORMS, ROOT, Count, Form, Kind, Known
from policy_eval.cases.suite import load_suite
from policy_eval.errors import InputError
from tests.cases.editors import Mapping, Value

UNREAD = frozenset(
    {
        ("entry", "policy"),  # a policy that is no mapping is invalid input, as IAM has it
    }
)
"""Fields whose values the loader takes unread, or may."""

OF_SOURCES = frozenset(("suite", name) for name in ("sources", "account", "region", "parameters"))
"""Fields of suites that have no policies of their own."""

_STATEMENT: Mapping = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_POLICY: Mapping = {"Version": "2012-10-17", "Statement": _STATEMENT}
_DENIAL: Mapping = {**_STATEMENT, "Effect": "Deny", "Principal": "*", "Action": "s3:*"}
_OF_RESOURCE: Mapping = {"Version": "2012-10-17", "Statement": [_DENIAL]}
_WITH_PRINCIPAL = frozenset({"resource", "resources", "rcps", "endpoint"})
_ROLE = "arn:aws:iam::111122223333:role/Dev"
_BUCKET = "arn:aws:s3:::logs"

_SCALARS: tuple[Value, ...] = ("word", "allowed", "identity", 7, True, False)
_TEXTS: dict[str, tuple[Value, ...]] = {
    "action": ("s3:GetObject", "s3:PutObject"),
    "actions": ("s3:GetObject", "s3:PutObject"),
    "resource": (f"{_BUCKET}/today", "*"),
    "resources": (f"{_BUCKET}/today", "*"),
    "resource_account": ("111122223333", 111122223333),
    "unknown": ("aws:SourceIp", "aws:ResourceTag/*", "*"),
    "principal": (_ROLE, "111122223333", 111122223333, "anonymous"),
    "principals": (_ROLE, "appflow.amazonaws.com"),
    "all_of": ("s3:GetObject", "s3:PutObject"),
    "arn": (_ROLE,),
    "session_name": ("me", 7),
    "user_id": ("AROAEXAMPLE",),
    "organization_id": ("o-a1b2c3d4e5",),
    "organization_paths": ("o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/",),
    "management_account": (999988887777, True, False),
    "credentials": ("AssumeRole",),
    "when": ("aws:RequestTag/", "s3:prefix"),
    "PolicyInputList": (json.dumps(_POLICY),),
    "PermissionsBoundaryPolicyInputList": (json.dumps(_POLICY),),
    "ServiceControlPolicyInputList": (json.dumps(_POLICY),),
    "ResourcePolicy": (json.dumps(_OF_RESOURCE),),
    "ActionNames": ("s3:GetObject", "s3:PutObject"),
    "ResourceArns": (f"{_BUCKET}/today", "*"),
    "CallerArn": ("arn:aws:iam::111122223333:user/me",),
    "ResourceOwner": ("arn:aws:iam::111122223333:root", "111122223333"),
    "ContextKeyName": ("s3:prefix", "ec2:Region"),
}
"""Texts that a request can be made of, by the field; elsewhere any scalar will do."""

ANYTHING: SearchStrategy[Value] = st.recursive(
    st.none() | st.sampled_from(_SCALARS),
    lambda inner: (
        st.lists(inner, max_size=1)
        | inner.map(lambda value: [value, value])
        | st.dictionaries(
            st.sampled_from(("word", "arn", "action", "file", "Statement")), inner, max_size=2
        )
    ),
    max_leaves=3,
)
"""Values that fit somewhere, or nowhere. The two of a list are the same: where the first makes no
request or policy, the loader does not look at the second.
"""


_NOT_CHOSEN = (*UNREAD, *OF_SOURCES, ("principal", "user"))


def write_files(folder: Path) -> None:
    """Write the policies that generated suites name."""
    (folder / "identity").write_text(json.dumps(_POLICY), "utf-8")
    (folder / "with-principal").write_text(json.dumps(_OF_RESOURCE), "utf-8")


def loader_takes(folder: Path, suite: Value, name: str = "suite.iamtest.yaml") -> bool:
    """Return whether the loader reads a suite, whatever it makes of its requests and files."""
    path = folder / name
    path.write_text(json.dumps(suite), "utf-8")
    try:
        load_suite(path)
    except InputError as error:
        return {each.code for each in error.diagnostics} <= {"missing-file", "not-an-account"}
    return True


# Valid suites


def values(field: Known, layer: str = "") -> SearchStrategy[Value]:
    """Return what a field can hold."""
    one = _one(field, layer)
    match field.many:
        case Count.ONE:
            return one
        case Count.OPTIONAL:
            return one | st.none()
        case Count.AT_MOST_ONE:
            return one | st.none() | st.lists(one, max_size=1)
        case Count.ANY:
            return one | st.none() | st.lists(one, max_size=2)
        case Count.SOME:
            return one | st.lists(one, min_size=1, max_size=2)
        case Count.LIST:
            return st.lists(one, max_size=2)
        case Count.LIST_OF_SOME:
            return st.lists(one, min_size=1, max_size=2)
        case Count.LIST_OF_ONE:
            return st.lists(one, max_size=1)


def _one(field: Known, layer: str) -> SearchStrategy[Value]:
    texts = st.sampled_from(_TEXTS.get(field.name, field.words or _SCALARS))
    match field.kind:
        case Kind.TEXT | Kind.WORD | Kind.KEY:
            return texts
        case Kind.TRUTH:
            return st.sampled_from((True, False, "true", "false"))
        case Kind.VERSION:
            return st.sampled_from((1, "1"))
        case Kind.ACTION:
            return st.just("s3:GetObject")
        case Kind.CONDITION:
            return st.sampled_from(("always", "s3:prefix is present"))
        case Kind.TAGS | Kind.PARAMETERS:
            return st.dictionaries(
                st.sampled_from(("team", "env")), st.sampled_from(_SCALARS), max_size=2
            )
        case Kind.CONTEXT:
            scalars: SearchStrategy[Value] = st.sampled_from(_SCALARS)
            given = st.none() | scalars | st.lists(scalars, max_size=2)
            return st.dictionaries(st.sampled_from(("s3:prefix", "ec2:Region")), given, max_size=2)
        case Kind.POLICY:
            return _policies(layer or field.name)
        case Kind.LEVEL:
            policies = _policies(field.name)
            return policies | st.none() | st.lists(policies, max_size=2)
        case Kind.POLICIES_OF:
            return st.dictionaries(st.just(_BUCKET), _policies(field.name), max_size=1)
        case Kind.DOCUMENT:
            return st.just(_document(layer))
        case Kind.PRINCIPAL | Kind.STEP:
            return texts | mappings(FORMS[field.kind])
        case Kind.EXPECT:
            return st.sampled_from(DECISIONS) | mappings(FORMS[field.kind])
        case _:
            return mappings(FORMS[field.kind])


def _document(layer: str) -> Mapping:
    return _OF_RESOURCE if layer in _WITH_PRINCIPAL else _POLICY


def _policies(layer: str) -> SearchStrategy[Value]:
    file = "with-principal" if layer in _WITH_PRINCIPAL else "identity"
    named: SearchStrategy[Value] = st.fixed_dictionaries(
        {"file": st.just(file)}, optional={"name": st.sampled_from(_SCALARS)}
    ) | st.fixed_dictionaries({"policy": st.just(_document(layer))})
    return named | st.sampled_from((file, _document(layer)))


@st.composite
def mappings(draw: DrawFn, form: Form) -> Mapping:
    """Return a mapping of a form with what it needs, and some of its other fields."""
    fields = {field.name: field for field in form.fields}
    others = [name for name in fields if (form.name, name) not in _NOT_CHOSEN]
    chosen = {*form.needed, *draw(st.sets(st.sampled_from(others), max_size=5))}
    for one, other in form.exclusive:
        if {one, other} <= chosen:
            chosen.remove(other)
    found = {name: draw(values(fields[name])) for name in fields if name in chosen}
    if form.name == "dependent_action" and found.get("on") == "value-of-key":
        found.setdefault("when", "s3:prefix")
    if isinstance(entries := found.get("ContextEntries"), list):
        del entries[1:]  # which may be of the same key
    return found or {next(iter(fields)): draw(values(next(iter(fields.values()))))}


@st.composite
def suites(draw: DrawFn) -> Mapping:
    """Return a valid suite, whose last test replaces nothing of it."""
    suite = draw(mappings(ROOT))
    tests = draw(st.lists(mappings(FORMS[Kind.TEST]), max_size=2))
    if any("all_of" in test for test in tests):
        suite.pop("action", None)
    asked: Mapping = {} if "action" in suite else {"action": "s3:GetObject"}
    for test in tests:
        if "all_of" in test:
            steps = test["all_of"]
            several = steps if isinstance(steps, list) else [steps]
            test["all_of"] = [*several, "s3:GetObject"]  # which inherits all
        elif not test.keys() & ASKED_BY:
            test.update(asked)
    return {**suite, "tests": [*tests, asked]}


# One thing changed


def places(form: Form, value: Mapping) -> Iterator[tuple[Form, Mapping]]:
    """Yield every mapping of a suite with its form."""
    yield form, value
    for field in form.fields:
        kind = Kind.POLICY if field.kind in (Kind.LEVEL, Kind.POLICIES_OF) else field.kind
        if field.name in value and kind in FORMS:
            inner = value[field.name]
            if field.kind is Kind.POLICIES_OF and isinstance(inner, dict):
                inner = [*inner.values()]
            for found in _mappings_in(inner):
                yield from places(FORMS[kind], found)


def _mappings_in(value: Value) -> Iterator[Mapping]:
    match value:
        case dict() if "Statement" not in value:
            yield value
        case list():
            for item in value:
                yield from _mappings_in(item)
        case _:
            pass


@st.composite
def changed_suites(draw: DrawFn) -> Mapping:
    """Return a suite in which one field is added, dropped or replaced."""
    suite = draw(suites())
    found = [*places(ROOT, suite)]
    form, place = found[draw(st.integers(0, len(found) - 1))]
    unread = {name for at, name in (*UNREAD, *OF_SOURCES) if at == form.name}
    fields = {field.name: field for field in form.fields if field.name not in unread}
    here = [name for name in place if name in fields]
    absent = [name for name in fields if name not in place]
    match draw(st.sampled_from(("nonsense", "add", "drop", "replace"))):
        case "drop" if here:
            del place[draw(st.sampled_from(here))]
        case "replace" if here:
            name = draw(st.sampled_from(here))
            place[name] = draw(ANYTHING)
        case "add" if absent:
            name = draw(st.sampled_from(absent))
            place[name] = draw(values(fields[name]) | ANYTHING)
            if form is ROOT and isinstance(tests := suite["tests"], list):
                tests.append({} if "action" in suite else {"action": "s3:GetObject"})
        case _:
            place["nonsense"] = draw(ANYTHING)
    return suite
