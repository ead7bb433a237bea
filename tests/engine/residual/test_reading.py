"""What is no condition is refused, with the place and what is expected."""

from __future__ import annotations

import pytest

import policy_eval as pe
from policy_eval.engine.residual.condition import parse_condition


@pytest.mark.parametrize(
    ("text", "message", "expected"),
    [
        ("", "line 1, column 1 of the condition: its end is not expected", "a condition key"),
        ("my:A", "line 1, column 5 of the condition: its end is not expected", "`like`"),
        ("my:A\nis", "line 2, column 3 of the condition: its end is not expected", "`boolean`"),
        ('my:A is "b" and', "line 1, column 16", "`(`"),
        ('my:A is "b" nor my:C', "line 1, column 13 of the condition: `nor`", "`and`"),
        ("my:A is b", "line 1, column 9 of the condition: `b`", ""),
        ('(my:A is "b"', "its end is not expected", "`)`"),
        ("layer 7 denies", "`7`", ""),
        ("layer nowhere denies", "`nowhere` is no layer", "scp"),
        ("layer resource allows somehow", "`somehow` is no way in which a policy allows", "direct"),
        ('my:A < "b"', "`b` is not a number", "a number"),
        ('my:A within "b"', "`b` is not an IP address or CIDR range", "an IP address"),
        ('my:A at "b"', "`b` is not a date", "a date"),
        ('my:A matching "b"', "`b` is not an ARN", "an ARN"),
        ('my:A is boolean "b"', "`b` is not true or false", "true or false"),
        ('my:A is base64 "b"', "`b` is not base64", "base64"),
        ('resource matches "bucket"', "`bucket` is no resource", "an ARN of six fields"),
        ('my:A is "b\nc"', "line 1, column 9", ""),
        ('"\n', "line 1, column 1", ""),
    ],
)
def test_what_is_no_condition_is_refused(text: str, message: str, expected: str) -> None:
    with pytest.raises(pe.RequestError) as caught:
        parse_condition(text)

    (problem,) = caught.value.diagnostics
    assert problem.code == "condition"
    assert message in problem.message
    assert expected in (problem.expected or "")


@pytest.mark.parametrize(
    ("text", "number"), [('statement "p#2" applies', 2), ('statement "p" applies', 0)]
)
def test_a_statement_has_a_number(text: str, number: int) -> None:
    data = parse_condition(text).to_dict()["condition"]

    assert isinstance(data, dict)
    assert data["statement"] == number


def test_a_malformed_value_with_a_variable_may_be_one_in_a_request() -> None:
    """R-COND-41."""
    assert str(parse_condition('my:A is boolean "${my:B}"')) == 'my:A is boolean "${my:B}"'


def test_of_names_without_a_kind_all_are_of_aws() -> None:
    text = 'principal is ["111122223333", "Nobody at all", "Service s3.amazonaws.com"]'

    data = parse_condition(text).to_dict()["condition"]

    assert isinstance(data, dict)
    assert data["principal"] == ["111122223333", "Nobody at all", "s3.amazonaws.com"]
