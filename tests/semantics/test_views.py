"""How texts are read: numbers, dates, addresses, ARNs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from policy_eval.semantics.sets import Address
from policy_eval.semantics.views import (
    READERS,
    View,
    read_address,
    read_arn,
    read_arn_or_not,
    read_boolean,
    read_bytes,
    read_epoch,
    read_instant,
    read_number,
    read_presence,
)


def test_every_view_has_a_reader() -> None:
    assert set(READERS) == set(View)


@pytest.mark.parametrize(
    ("text", "number"),
    [("1", "1"), ("1.50", "1.5"), ("-1", "-1"), ("+2", "2"), (".5", "0.5"), ("5.", "5"),
     ("1e1", "10"), ("1E-2", "0.01"), ("007", "7")],
)  # fmt: skip
def test_numbers_are_decimals(text: str, number: str) -> None:
    assert read_number(text) == Decimal(number)


@pytest.mark.parametrize(
    "text",
    ["", "x", "5abc", " 5", "5 ", "1_000", "NaN", "Infinity", "-inf", "1e", "--1", ".", "１",
     "1e99999999999999999999", "2026-01-01", "e1", "\n5"],
)  # fmt: skip
def test_what_is_no_number_is_unreadable(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", "0"),
        ("2026-01-01T00:00:00Z", "1767225600"),
        ("2026-01-01", "1767225600"),
        ("2026-01", "1767225600"),
        ("2026-01-01T00:00Z", "1767225600"),
        ("2026-01-01T00:00:00", "1767225600"),
        ("2026-01-01T00:00", "1767225600"),
        ("2026-01-01T01:00:00+01:00", "1767225600"),
        ("2025-12-31T23:30:00-00:30", "1767225600"),
        ("2026-01-01T00:00:00.25Z", "1767225600.25"),
        ("2026-01-01T00:00:00.250000000001Z", "1767225600.250000000001"),
        ("1767225600", "1767225600"),
        ("2024", "2024"),
        ("-5", "-5"),
        ("+1.5", "1.5"),
        ("0001-01-01", "-62135596800"),
        ("9999-12-31T23:59:59Z", "253402300799"),
    ],
)
def test_dates_are_epoch_seconds(text: str, seconds: str) -> None:
    assert read_instant(text) == Decimal(seconds)


@pytest.mark.parametrize(
    "text",
    ["", "soon", "20260101T000000Z", "2026-13-01", "2026-02-30", "2026-1-1", "26-01-01",
     "2026-01-01T24:00Z", "2026-01-01T00:60Z", "2026-01-01T00:99Z", "2026-01-01T99:00Z",
     "2026-01-01T00:00:60Z", "2026-01-01 00:00Z",
     "2026-01-01t00:00Z", "2026-01-01T00:00z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00.5Z",
     "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60",
     "2026-01-01T", "2026-01T00:00Z", "2026-01-01T00Z", "0000-01-01", "1.", ".5", "1e5",
     "2026-01-01T00:00:0xZ", "2026-01-01T00:00:00.5xZ", "2026-01-01T00-00Z", "2026-01-01T0a:00Z",
     "2026-01-01T00:00;00Z", "2026-01-01-01", "２０２６-01-01"],
)  # fmt: skip
def test_what_is_no_date_is_unreadable(text: str) -> None:
    assert read_instant(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"), [("5.", "5"), ("1e1", "10"), ("2026-01-01", "1767225600")]
)
def test_epoch_time_is_a_number_or_a_date(text: str, seconds: str) -> None:
    assert read_epoch(text) == Decimal(seconds)


def test_epoch_time_is_nothing_else() -> None:
    assert read_epoch("soon") is None


@pytest.mark.parametrize(
    ("text", "truth"),
    [("true", True), ("TRUE", True), ("False", False), ("yes", None), ("1", None), ("", None)],
)
def test_truth_ignores_case(text: str, truth: bool | None) -> None:
    assert read_boolean(text) is truth


@pytest.mark.parametrize(
    ("text", "data"),
    [("YWI=", b"ab"), ("", b""), ("YWI", None), ("Y WI=", None), ("??", None), ("YWI=\n", None)],
)
def test_binary_is_strict_base64(text: str, data: bytes | None) -> None:
    assert read_bytes(text) == data


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.1", Address(4, 0xC0000201)),
        ("192.0.2.1/32", Address(4, 0xC0000201)),
        ("::1", Address(6, 1)),
        ("0:0:0:0:0:0:0:1/128", Address(6, 1)),
        ("::ffff:0.0.0.1", Address(6, 0xFFFF00000001)),
    ],
)
def test_addresses_compare_by_value(text: str, address: Address) -> None:
    assert read_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "192.0.2", "192.0.2.01", "192.0.2.1/24", "192.0.2.1/032", "192.0.2.1/", "::1/64",
     "fe80::1%eth0", "host"],
)  # fmt: skip
def test_what_is_no_address_is_unreadable(text: str) -> None:
    assert read_address(text) is None


def test_an_arn_is_cut_at_its_first_five_colons() -> None:
    assert read_arn("arn:aws:s3:::a:b") == ("arn", "aws", "s3", "", "", "a:b")


@pytest.mark.parametrize("text", ["*", "arn:aws:s3", "role/a", ""])
def test_fewer_fields_are_no_arn(text: str) -> None:
    assert read_arn(text) is None
    assert read_arn_or_not(text) is False


def test_the_other_reading_of_an_arn_is_the_same_where_it_is_one() -> None:
    assert read_arn_or_not("a:b:c:d:e:f") == read_arn("a:b:c:d:e:f")


@pytest.mark.parametrize(("text", "present"), [("", False), ("x", True)])
def test_an_empty_text_is_null(text: str, present: bool) -> None:
    assert read_presence(text) is present
