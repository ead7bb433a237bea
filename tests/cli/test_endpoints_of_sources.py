"""Every command asks the policy of the VPC endpoint that a request passes (R-VPCE-01)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.running import policy_eval

_ALLOW = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_POLICY = {"Statement": [
    {**_ALLOW, "Principal": "*"},
    {"Sid": "KeepObjects", "Effect": "Deny", "Principal": "*", "Action": "s3:Delete*",
     "Resource": "*"},
]}  # fmt: skip
_ROLE = {
    "AssumeRolePolicyDocument": {"Statement": {
        "Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }},
    "Policies": [{"PolicyName": "All", "PolicyDocument": {"Statement": _ALLOW}}],
    "RoleName": "Dev",
}  # fmt: skip
_TEMPLATE = {"Resources": {
    "Dev": {"Type": "AWS::IAM::Role", "Properties": _ROLE},
    "Gate": {"Type": "AWS::EC2::VPCEndpoint", "Properties": {"PolicyDocument": _POLICY}},
}}  # fmt: skip
_OBJECT = "arn:aws:s3:::logs/x"
_THROUGH = ("-c", "aws:SourceVpce=Gate")


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a template with a role and an endpoint, in the current folder."""
    monkeypatch.chdir(tmp_path)
    Path("t.json").write_text(json.dumps(_TEMPLATE))
    return "t.json"


def _asked(source: str, *more: str) -> tuple[str, ...]:
    return ("--as", "Dev", "--source", source, "--account", "111122223333", *more)


@pytest.mark.parametrize(("through", "code"), [((), 0), (_THROUGH, 1)])
def test_can_i_asks_it(source: str, through: tuple[str, ...], code: int) -> None:
    result = policy_eval("can-i", "s3:DeleteObject", _OBJECT, *_asked(source, *through))

    assert result.exit_code == code, result.output
    assert ("KeepObjects" in result.stdout) is bool(code)


def test_an_endpoint_policy_that_is_given_stands_in_its_place(source: str) -> None:
    own = Path("endpoint.json")
    own.write_text(json.dumps({"Statement": {**_ALLOW, "Principal": "*"}}))

    result = policy_eval(
        "can-i",
        "s3:DeleteObject",
        _OBJECT,
        *_asked(source, *_THROUGH),
        "--endpoint-policy",
        str(own),
    )

    assert result.exit_code == 0, result.output


def test_context_keys_reads_it(source: str) -> None:
    template = json.loads(json.dumps(_TEMPLATE))
    policy = template["Resources"]["Gate"]["Properties"]["PolicyDocument"]
    policy["Statement"][1]["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    Path(source).write_text(json.dumps(template))

    keys = policy_eval("context-keys", "s3:DeleteObject", *_asked(source, *_THROUGH))

    assert keys.exit_code == 0, keys.output
    assert "aws:SecureTransport" in keys.stdout


def test_suites_and_what_is_recorded_ask_it(source: str) -> None:
    suite = Path("s.iamtest.yaml")
    suite.write_text(f"""
sources: {source}
account: "111122223333"
principal: Dev
action: s3:DeleteObject
resource: {_OBJECT}
tests:
  - name: directly
    expect: allowed
  - name: through the endpoint
    context: {{aws:SourceVpce: Gate}}
    expect: explicitDeny
""")
    recorded = policy_eval(
        "record", "-a", "s3:DeleteObject", "-r", _OBJECT, *_asked(source, *_THROUGH),
        "-o", "recorded.iamtest.yaml",
    )  # fmt: skip

    assert recorded.exit_code == 0, recorded.output
    assert "decided_by: endpoint" in Path("recorded.iamtest.yaml").read_text()
    result = policy_eval("test", ".")
    assert result.exit_code == 0, result.output


def test_rows_of_files_ask_it(source: str) -> None:
    row = {"action": "s3:DeleteObject", "resource": _OBJECT, "principal": "Dev"}
    rows = [row, {**row, "context": {"aws:SourceVpce": "Gate"}}]
    Path("rows.jsonl").write_text("".join(f"{json.dumps(each)}\n" for each in rows))

    result = policy_eval(
        "batch", "rows.jsonl", "--source", source, "--account", "111122223333",
        "--out", "decided.jsonl",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    decided = [json.loads(line) for line in Path("decided.jsonl").read_text().splitlines()]
    assert [each["decision"] for each in decided] == ["allowed", "explicitDeny"]


def test_scenarios_and_questions_of_all_ask_it(source: str) -> None:
    result = policy_eval(
        "who-can", "s3:DeleteObject", _OBJECT, "--source", source, "--account", "111122223333",
        *_THROUGH, "--also", "s3:GetObject", "--all",
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    assert "denied by endpoint policy of Gate#2 (KeepObjects)" in result.stdout
