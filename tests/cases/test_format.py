"""The table of the format: whole, well told, and what the loader knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policy_eval.cases.format import (
    ASKED_BY,
    EXCLUSIVE,
    FORMS,
    LAYERS,
    ROOT,
    SHARED,
    SUITE,
    TEST,
    Count,
    Form,
    Kind,
    Known,
)
from tests.cases.framed_suites import FRAMES, framed
from tests.cases.suites import refusal_of_text
from tests.loaded import modules_of

_FORMS = (ROOT, *FORMS.values())
_FIELDS = [(form, field) for form in _FORMS for field in form.fields]
_EACH_FORM = pytest.mark.parametrize("form", _FORMS, ids=lambda form: form.name)
_EACH_FIELD = pytest.mark.parametrize(
    ("form", "field"), _FIELDS, ids=[f"{form.name}.{field.name}" for form, field in _FIELDS]
)
_ROOT = Path(__file__).resolve().parents[2]
_WORDS_OF_AWS = frozenset({"simulate", "context_entry", "organization_level"})
"""Forms whose fields the IAM API Reference tells."""


# What the loader knows


@pytest.mark.parametrize("form", [form for form in _FORMS if form.name in FRAMES],
                         ids=lambda form: form.name)  # fmt: skip
def test_the_loader_knows_the_fields_of_the_table_in_their_order(
    tmp_path: Path, form: Form
) -> None:
    diagnostic = refusal_of_text(tmp_path, framed(form.name, {"zzzzzz": "word"}))

    assert diagnostic.code == "unknown-field"
    assert diagnostic.remedy == f"known: {', '.join(form.known)}"


def test_the_table_is_read_without_what_only_its_schema_needs() -> None:
    loaded = modules_of("import policy_eval.cases.format")

    assert {"json", "yaml", "click", "policy_eval.cases.schema"} & loaded == set()


# The table in itself


@_EACH_FORM
def test_a_field_stands_once_in_its_form(form: Form) -> None:
    names = [field.name for field in form.fields]

    assert sorted({*names}) == sorted(names)


@_EACH_FORM
def test_what_a_form_says_of_its_fields_is_about_its_fields(form: Form) -> None:
    pairs = {name for pair in form.exclusive for name in pair}

    assert {*form.needed, *form.one_of, *pairs} <= {*form.known}
    assert form.fewest <= len(form.fields)


def test_forms_have_names_of_their_own() -> None:
    assert len({form.name for form in _FORMS}) == len(_FORMS)


@_EACH_FIELD
def test_a_field_is_told_in_one_sentence(form: Form, field: Known) -> None:
    assert re.fullmatch(r"[A-Z][^.]*(?:[.](?!\s)[^.]*)*[.]", field.says), form.name
    assert field.says.isascii()


@_EACH_FORM
def test_a_form_is_told_in_one_sentence(form: Form) -> None:
    assert re.fullmatch(r"[A-Z][^.]*[.]", form.says)
    assert form.says.isascii()


@_EACH_FIELD
def test_a_closed_family_has_words_and_nothing_else_has(form: Form, field: Known) -> None:
    assert (field.kind is Kind.WORD) is bool(field.words), form.name
    assert len({*field.words}) == len(field.words)


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_is_that_of_a_field(kind: Kind) -> None:
    assert kind in {field.kind for _, field in _FIELDS}


@pytest.mark.parametrize("count", Count)
def test_each_count_is_that_of_a_field(count: Count) -> None:
    assert count in {field.many for _, field in _FIELDS}


def test_what_suites_and_tests_share_stands_on_both() -> None:
    assert {*SHARED} <= {*SUITE}
    assert {*SHARED} <= {*TEST}
    assert {*LAYERS} & {*SHARED} == {"resource"}


def test_what_asks_about_an_action_is_a_field_of_a_test() -> None:
    assert {*ASKED_BY} <= {*TEST}
    assert [pair for pair in EXCLUSIVE if {*pair} <= {*ASKED_BY}]


@_EACH_FIELD
def test_the_documentation_names_the_field(form: Form, field: Known) -> None:
    page = (_ROOT / "docs" / "iamtest.md").read_text("utf-8")
    told_elsewhere = form.name in _WORDS_OF_AWS or field.name == "description"

    assert told_elsewhere or re.search(rf"\b{field.name}\b", page)
