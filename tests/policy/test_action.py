"""An action of a request is a service and a name, without wildcards."""

from __future__ import annotations

import pytest

from policy_eval.policy.action import Action, parse_action


@pytest.mark.parametrize(
    ("text", "action"),
    [
        ("s3:GetObject", Action("s3", "GetObject")),
        ("S3:getobject", Action("S3", "getobject")),
        ("execute-api:Invoke", Action("execute-api", "Invoke")),
        ("a-:b", Action("a-", "b")),
        ("3:4", Action("3", "4")),
        ("kafka-cluster:Write_Data-2", Action("kafka-cluster", "Write_Data-2")),
        ("a:-", Action("a", "-")),
    ],
)
def test_a_service_and_a_name_are_an_action(text: str, action: Action) -> None:
    parsed = parse_action(text)

    assert parsed == action
    assert str(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("*", id="every action"),
        pytest.param("GetObject", id="no service"),
        pytest.param(":GetObject", id="an empty service"),
        pytest.param("s3:", id="an empty name"),
        pytest.param("s3:Get*", id="a star"),
        pytest.param("s3:Get?bject", id="a question mark"),
        pytest.param("s3:Get:Object", id="a second colon"),
        pytest.param("s3: GetObject", id="a blank"),
        pytest.param("s3:GetObject\n", id="a line break"),
        pytest.param("-s3:GetObject", id="a service that begins with a hyphen"),
        pytest.param("-:GetObject", id="a service of a hyphen"),
        pytest.param("a_b:Get", id="a service with an underscore"),
        pytest.param("s3:Gét", id="a letter beyond ASCII"),
        pytest.param("s³:Get", id="a digit beyond ASCII"),
    ],
)
def test_anything_else_is_no_action(text: str) -> None:
    assert parse_action(text) is None
