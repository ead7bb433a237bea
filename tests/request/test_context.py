"""Context values keep their text; keys ignore case."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, cast

import pytest

from policy_eval.errors import Diagnostic, RequestError, Severity
from policy_eval.request.context import (
    Entries,
    Given,
    Scalar,
    Values,
    tag_entries,
    text_of,
    values_of,
)
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from collections.abc import Mapping


def context_entries(given: Mapping[str, Given]) -> Entries:
    """Return a context as a request holds it."""
    return Request("s3:GetObject", context=given).context


def refusal(given: Mapping[str, Given]) -> Diagnostic:
    """Return the one diagnostic with which a context is refused."""
    with pytest.raises(RequestError) as caught:
        context_entries(given)
    (diagnostic,) = caught.value.diagnostics
    return diagnostic


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("", ""),
        ("a B", "a B"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-12, "-12"),
        (Decimal("1.50"), "1.50"),
        (b"", ""),
        (b"\x00\xff", "AP8="),
        (IPv4Address("192.0.2.1"), "192.0.2.1"),
        (IPv6Address("2001:DB8::1"), "2001:db8::1"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05Z"),
        (
            datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            "2026-01-02T00:00:00+05:30",
        ),
    ],
)
def test_a_value_is_the_text_that_aws_would_see(value: Scalar, text: str) -> None:
    assert text_of("a:b", value) == text


@pytest.mark.parametrize(
    ("value", "message", "remedy"),
    [
        (
            datetime(2026, 1, 2),  # noqa: DTZ001  (the missing time zone is the test)
            "`a:b` is a datetime without a time zone",
            "give it one",
        ),
        (
            1.5,
            "`a:b` is given as float",
            "give text, int, Decimal, bool, datetime, bytes or an IP address",
        ),
        (
            date(2026, 1, 2),
            "`a:b` is given as date",
            "give text, int, Decimal, bool, datetime, bytes or an IP address",
        ),
        (
            {"c"},
            "`a:b` is given as set",
            "give text, int, Decimal, bool, datetime, bytes or an IP address",
        ),
        (
            {"c": "d"},
            "`a:b` is given as dict",
            "give text, int, Decimal, bool, datetime, bytes or an IP address",
        ),
        (
            ["c", ["d"]],
            "`a:b` is given as list",
            "give text, int, Decimal, bool, datetime, bytes or an IP address",
        ),
        (
            [None],
            "`a:b` is given as NoneType",
            "give text, int, Decimal, bool, datetime, bytes or an IP address",
        ),
    ],
)
def test_a_value_of_another_type_is_refused(value: object, message: str, remedy: str) -> None:
    diagnostic = refusal({"a:b": cast("Given", value)})  # the types forbid what callers may do

    assert (diagnostic.code, diagnostic.severity) == ("context-value", Severity.ERROR)
    assert (diagnostic.message, diagnostic.remedy) == (message, remedy)
    assert diagnostic.place is None


@pytest.mark.parametrize(
    ("value", "values"),
    [
        pytest.param("ab", ("ab",), id="text is one value"),
        pytest.param(b"ab", ("YWI=",), id="bytes are one value"),
        pytest.param(1, ("1",), id="a number"),
        pytest.param(["a", 1, True], ("a", "1", "true"), id="a list is several"),
        pytest.param(("a",), ("a",), id="a tuple of one"),
        pytest.param([""], ("",), id="empty text is a value"),
        pytest.param([], None, id="an empty list is no value"),
        pytest.param(None, None, id="known to be absent"),
    ],
)
def test_a_key_has_one_value_or_several_or_none(value: Given, values: Values | None) -> None:
    assert values_of("a:b", value) == values


def test_an_entry_keeps_the_spelling_under_the_folded_key() -> None:
    entries = context_entries({"aws:SourceIp": "192.0.2.1", "aws:TagKeys": ["a", "B"], "x:Y": None})

    assert entries == {
        "aws:sourceip": {"aws:SourceIp": ("192.0.2.1",)},
        "aws:tagkeys": {"aws:TagKeys": ("a", "B")},
        "x:y": {"x:Y": None},
    }


def test_an_empty_context_has_no_entries() -> None:
    assert context_entries({}) == {}


def test_a_key_in_two_spellings_is_refused() -> None:
    diagnostic = refusal({"aws:SourceIp": "a", "aws:sourceIP": "b"})

    assert (diagnostic.code, diagnostic.severity) == ("duplicate-key-case", Severity.ERROR)
    assert diagnostic.message == "`aws:sourceIP` and `aws:SourceIp` are one condition key"
    assert diagnostic.rules == ("R-COND-03",)


@pytest.mark.parametrize("name", ["", " ", " aws:SourceIp", "aws:SourceIp\n"])
def test_a_blank_around_a_key_is_refused(name: str) -> None:
    diagnostic = refusal({name: "a"})

    assert diagnostic.code == "context-key"
    assert diagnostic.remedy == "write `prefix:Name`"


def test_tags_are_entries_under_each_prefix() -> None:
    entries = tag_entries(("aws:ResourceTag/", "ec2:ResourceTag/"), {"Team": "a"})

    assert entries == {
        "aws:resourcetag/team": {"aws:ResourceTag/Team": ("a",)},
        "ec2:resourcetag/team": {"ec2:ResourceTag/Team": ("a",)},
    }


def test_tags_that_differ_by_case_stay_apart_under_one_key() -> None:
    entries = tag_entries(("aws:RequestTag/",), {"team": "a", "Team": "b"})

    assert entries == {
        "aws:requesttag/team": {"aws:RequestTag/team": ("a",), "aws:RequestTag/Team": ("b",)}
    }
