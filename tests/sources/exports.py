"""Account exports in small, and the example that the documentation shows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from policy_eval.errors import InputError
from policy_eval.sources.account_export import read_export
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.json_stream import JsonStream
from policy_eval.sources.loading import load
from policy_eval.sources.model import Found
from tests.cli.running import ROOT

ACCOUNT = "111122223333"
OTHER = "444455556666"
EXAMPLE = str(ROOT / "fixtures" / "accounts" / "account.json")
ORGANIZATION = str(ROOT / "fixtures" / "accounts" / "organization.json")
NOW = "2026-01-05T09:00:00Z"


def iam(resource: str, account: str = ACCOUNT, partition: str = "aws") -> str:
    """Return an ARN of IAM."""
    return f"arn:{partition}:iam::{account}:{resource}"


def document(*statements: Mapping[str, object]) -> dict[str, object]:
    """Return a policy of statements, each an Allow of everything by default."""
    whole = [{"Effect": "Allow", "Action": "*", "Resource": "*", **each} for each in statements]
    return {"Version": "2012-10-17", "Statement": whole}


def allowing(action: str, resource: str = "*") -> dict[str, object]:
    """Return a policy that allows one action."""
    return document({"Action": action, "Resource": resource})


def trusting(principal: object, **more: object) -> dict[str, object]:
    """Return a trust policy."""
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    return {"Version": "2012-10-17", "Statement": [statement]}


def attached(*arns: str) -> list[dict[str, str]]:
    """Return the attachments of managed policies."""
    return [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in arns]


def inline(content: object, name: str = "Own") -> list[dict[str, object]]:
    """Return one inline policy in a list."""
    return [{"PolicyName": name, "PolicyDocument": content}]


def user(name: str, **more: object) -> dict[str, object]:
    """Return a user of an export."""
    return {"UserName": name, "Arn": iam(f"user/{name}"), "GroupList": [], **more}


def role(name: str, **more: object) -> dict[str, object]:
    """Return a role of an export, which its account trusts."""
    trust = trusting({"AWS": iam("root")})
    return {"RoleName": name, "Arn": iam(f"role/{name}"), "AssumeRolePolicyDocument": trust, **more}


def group(name: str, **more: object) -> dict[str, object]:
    """Return a group of an export."""
    return {"GroupName": name, "Arn": iam(f"group/{name}"), **more}


def managed(arn: str, *contents: object, default: str = "v1") -> dict[str, object]:
    """Return a managed policy with its versions."""
    versions = [
        {"VersionId": f"v{number}", "Document": content}
        for number, content in enumerate(contents, 1)
    ]
    return {"Arn": arn, "DefaultVersionId": default, "PolicyVersionList": versions}


def export(
    *,
    users: tuple[object, ...] = (),
    groups: tuple[object, ...] = (),
    roles: tuple[object, ...] = (),
    policies: tuple[object, ...] = (),
    **more: object,
) -> dict[str, object]:
    """Return an export."""
    return {
        "UserDetailList": list(users),
        "GroupDetailList": list(groups),
        "RoleDetailList": list(roles),
        "Policies": list(policies),
        **more,
    }


def stream(value: object, file: str = "account.json") -> JsonStream:
    """Return the text of a value, to be read item by item."""
    return JsonStream(BytesIO(json.dumps(value).encode()), file)


def found(**lists: tuple[object, ...]) -> Found:
    """Return what an export holds."""
    return read_export(stream(export(**lists)))


def accounts(**lists: tuple[object, ...]) -> Accounts:
    """Return the accounts of an export."""
    return Accounts(found(**lists))


def example(*more: str) -> Accounts:
    """Return the accounts of the documentation's example."""
    return Accounts(load([EXAMPLE, *more]))


def written(folder: Path, value: object, name: str = "source.json") -> str:
    """Return the path of a new file with a JSON value."""
    path = folder / name
    path.write_text(json.dumps(value), "utf-8")
    return str(path)


def said(error: InputError) -> tuple[str, str]:
    """Return the code and the message of an error's first problem."""
    first = error.diagnostics[0]
    return first.code, first.message


def plain(data: Mapping[str, object]) -> Any:  # noqa: ANN401 - as JSON has it
    """Return data as somebody reads it who has it as JSON."""
    return json.loads(json.dumps(data))
