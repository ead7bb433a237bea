"""An ARN is six fields, the sixth with colons of its own."""

from __future__ import annotations

import pytest

from policy_eval.policy.arn import Arn, parse_arn


@pytest.mark.parametrize(
    ("text", "arn"),
    [
        (
            "arn:aws:sns:us-east-1:123456789012:topic",
            Arn("aws", "sns", "us-east-1", "123456789012", "topic"),
        ),
        ("arn:aws:s3:::bucket/key", Arn("aws", "s3", "", "", "bucket/key")),
        ("arn:aws:iam::123456789012:root", Arn("aws", "iam", "", "123456789012", "root")),
        (
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:a:b",
            Arn("aws", "secretsmanager", "us-east-1", "123456789012", "secret:a:b"),
        ),
        ("arn:aws:s3:::a:", Arn("aws", "s3", "", "", "a:")),
        ("arn:a:b:c:d:*", Arn("a", "b", "c", "d", "*")),
    ],
)
def test_six_fields_are_an_arn(text: str, arn: Arn) -> None:
    parsed = parse_arn(text)

    assert parsed == arn
    assert str(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("*", id="a star"),
        pytest.param("arn:aws:s3::bucket", id="five fields"),
        pytest.param("ARN:aws:s3:::bucket", id="another scheme"),
        pytest.param(" arn:aws:s3:::bucket", id="a blank before"),
        pytest.param("arn::s3:::bucket", id="no partition"),
        pytest.param("arn:aws::::bucket", id="no service"),
        pytest.param("arn:aws:s3:::", id="no resource"),
        pytest.param("arn:aws:s3::::", id="a resource of a colon"),
        pytest.param("arn:aws:s3::::key", id="a resource after a colon"),
    ],
)
def test_anything_else_is_no_arn(text: str) -> None:
    assert parse_arn(text) is None
