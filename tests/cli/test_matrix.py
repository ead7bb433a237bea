"""`policy-eval matrix`: the same matrix in every format, on stdout or in a file."""

from __future__ import annotations

import csv
import io
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from policy_eval.cli import matrix as module
from policy_eval.cli.output import Exit
from policy_eval.queries.asking import Question
from policy_eval.queries.matrix import Row, matrix
from policy_eval.sources.model import Entity, EntityKind, Where, nothing
from policy_eval.sources.workspace import write_workspace
from tests.cli.running import policy_eval, told
from tests.sources.exports import (
    EXAMPLE,
    NOW,
    document,
    example,
    export,
    iam,
    inline,
    role,
    user,
    written,
)

_ACTIONS = ("appflow:CreateFlow", "appflow:StartFlow", "secretsmanager:CreateSecret")
_THROUGH = (
    "-c", "secretsmanager:Name=appflow!sales", "-c", "aws:CalledVia=appflow.amazonaws.com",
)  # fmt: skip
_HERE = ("--source", EXAMPLE, "--now", NOW)
_ASKED = ("matrix", *_ACTIONS, *_HERE, *_THROUGH)
_LEGEND = [
    "✓ allowed   ✗ explicit deny   · implicit deny   ? undetermined",
    "! not denied by policies, and the service refuses it all the same",
    "- no such caller makes this call, or AWS would not store a policy",
]


def _rows() -> list[Row]:
    context = {"secretsmanager:Name": "appflow!sales", "aws:CalledVia": ["appflow.amazonaws.com"]}
    return [*matrix(example(), _ACTIONS, Question(_ACTIONS[0], context=context, now=NOW))]


def test_a_matrix_is_a_table() -> None:
    result = policy_eval(*_ASKED)

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines() == [
        "  1  appflow:CreateFlow",
        "  2  appflow:StartFlow",
        "  3  secretsmanager:CreateSecret",
        "",
        "                      1   2   3",
        "user/ana              ✓   ✓   ✓",
        "user/ops/olga         ·   ·   ·",
        "role/Admin            ✓   ✓   ✓",
        "role/Ci               ·   ·   ·",
        "role/Deploy           ·   ·   ·",
        "role/Flow             ✓   ✓   ✓",
        "role/Support          ?   ?   ?",
        "role/sales/Limited    ?   ?   ?",
        "",
        *_LEGEND,
    ]


def test_a_table_has_a_mark_for_every_word(tmp_path: Path) -> None:
    deny = {"Effect": "Deny", "Action": "s3:PutObject"}
    long = "L" * 60
    source = written(
        tmp_path,
        export(
            users=(user("bad", UserPolicyList=inline("nonsense")),
                   user(long, UserPolicyList=inline(document({}, deny)))),
        ),
    )  # fmt: skip

    result = policy_eval("matrix", "s3:GetObject", "s3:PutObject", "--source", source)

    assert result.stdout.splitlines()[3:] == [
        f"{'':<48}    1   2",
        f"user/{long}    ✓   ✗",
        f"{'user/bad':<48}    -   -",
        "",
        *_LEGEND,
    ]


def test_a_table_of_nobody(tmp_path: Path) -> None:
    result = policy_eval("matrix", "s3:GetObject", "--source", written(tmp_path, export()))

    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["  1  s3:GetObject", "", "    1", "", *_LEGEND]


def test_a_table_moves_no_terminal(tmp_path: Path) -> None:
    arn = iam("role/\x1b[2Jx\x9b")
    evil = Entity(arn, EntityKind.ROLE, Where("x.json"))
    source = str(tmp_path / "w")
    write_workspace(nothing("x.json")._replace(entities={arn: evil}), Path(source))

    for form in ("text", "json"):
        result = policy_eval("matrix", "s3:GetObject", "--source", source, "-o", form)

        assert result.exit_code == 0
        assert "2Jx" in result.stdout
        assert "\x1b" not in result.stdout
        assert "\x9b" not in result.stdout


def test_a_matrix_is_csv() -> None:
    result = policy_eval(*_ASKED, "-o", "csv")

    assert (result.exit_code, result.stderr) == (0, "")
    assert [*csv.reader(io.StringIO(result.stdout))] == [
        ["principal", *_ACTIONS],
        *([row.caller, *(cell.word for cell in row.cells)] for row in _rows()),
    ]


def test_a_matrix_is_lines_of_json() -> None:
    result = policy_eval(*_ASKED, "-o", "json")

    assert (result.exit_code, result.stderr) == (0, "")
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "principal": row.caller,
            "actions": {
                action: {
                    "decision": cell.word,
                    "matched": [*cell.matched],
                    "statements": [
                        {"policy": each.policy, "statement": each.number}
                        for each in cell.statements
                    ],
                }
                for action, cell in zip(_ACTIONS, row.cells, strict=True)
            },
        }
        for row in _rows()
    ]


def test_a_matrix_is_a_page() -> None:
    result = policy_eval(*_ASKED, "-o", "html")

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.startswith("<!doctype html>")
    (text,) = re.findall(r'<script id="data"[^>]*>(.*?)</script>', result.stdout, re.DOTALL)
    data = json.loads(text)
    assert data["actions"] == [*_ACTIONS]
    assert [
        (row["caller"], [data["words"][data["kinds"][kind][0]] for kind in row["cells"]])
        for row in data["rows"]
    ] == [(row.caller, [cell.word for cell in row.cells]) for row in _rows()]


def test_actions_may_be_patterns() -> None:
    patterns = policy_eval("matrix", "appflow:Start*", "sqs:?endMessage", *_HERE, "-o", "csv")
    nothing = policy_eval("matrix", "appflow:Nope*", *_HERE)

    assert patterns.stdout.startswith("principal,appflow:StartFlow,sqs:SendMessage\n")
    assert (nothing.exit_code, nothing.stdout) == (Exit.UNUSABLE, "")
    assert told(nothing) == [
        "error[unknown-action]: `appflow:Nope*` names no action of the service reference"
    ]


# Who, on what, with what unknown


def test_a_matrix_may_be_of_some_callers() -> None:
    result = policy_eval(*_ASKED, "--as", "Flow", "--as", iam("user/ana"), "-o", "csv")

    assert [line.partition(",")[0] for line in result.stdout.splitlines()] == [
        "principal", iam("role/Flow"), iam("user/ana"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("Nobody", "error[unknown-principal]: no user or role is called `Nobody`"),
        *(
            (other, f"error[unknown-principal]: `{other}` is no user or role of the sources")
            for other in (iam("role/New"), "anonymous", "111122223333")
        ),
    ],
)
def test_a_caller_that_the_sources_do_not_hold_is_refused(
    tmp_path: Path, name: str, problem: str
) -> None:
    out = tmp_path / "matrix.csv"

    result = policy_eval(*_ASKED, "--as", "Flow", "--as", name, "--out", str(out))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == [problem]
    assert not out.exists()


def test_a_matrix_may_be_on_a_resource() -> None:
    asked = ("matrix", "sts:AssumeRole", "iam:GetRole", *_HERE, "--as", "olga", "-o", "csv")

    there = policy_eval(*asked, "--on", iam("role/Ci"))
    elsewhere = policy_eval(*asked, "--on", iam("role/Flow"))
    nowhere = policy_eval(*asked, "--on", "nonsense")

    olga = iam("user/ops/olga")
    assert there.stdout.splitlines()[1] == f"{olga},allowed,implicitDeny"
    assert elsewhere.stdout.splitlines()[1] == f"{olga},implicitDeny,implicitDeny"
    assert nowhere.stdout.splitlines()[1] == f"{olga},refused,refused"


def test_a_key_may_be_unknown_and_a_layer() -> None:
    asked = ("matrix", "secretsmanager:CreateSecret", *_HERE, "--as", "Flow", "-o", "csv",
             *_THROUGH[:2])  # fmt: skip

    def said(*more: str) -> str:
        return policy_eval(*asked, *more).stdout.splitlines()[1].partition(",")[2]

    assert said() == "implicitDeny"
    assert said("--unknown", "aws:CalledVia") == "undetermined"
    assert said(*_THROUGH[2:]) == "allowed"
    assert said(*_THROUGH[2:], "--unknown-layer", "scp") == "undetermined"


def test_what_cannot_be_read_can_be_left_out(tmp_path: Path) -> None:
    source = written(tmp_path, export(users=(user("ana"), user("bad", Arn=7))))

    refused = policy_eval("matrix", "s3:GetObject", "--source", source)
    taken = policy_eval("matrix", "s3:GetObject", "--source", source, "--keep-going", "-o", "csv")

    problem = f"[wrong-type]: {source}: UserDetailList[1].Arn: a number stands where a text is"
    assert (refused.exit_code, refused.stdout) == (Exit.UNUSABLE, "")
    assert told(refused) == [f"error{problem} expected"]
    assert told(taken) == [f"warning{problem} expected"]
    assert taken.stdout == f"principal,s3:GetObject\n{iam('user/ana')},implicitDeny\n"


# Files


@pytest.mark.parametrize("form", ["text", "csv", "json", "html"])
def test_a_file_holds_what_would_be_printed(tmp_path: Path, form: str) -> None:
    out = tmp_path / "matrix"
    out.write_text("before", "utf-8")

    result = policy_eval(*_ASKED, "-o", form, "--out", str(out))

    assert (result.exit_code, result.output) == (0, "")
    assert out.read_bytes() == policy_eval(*_ASKED, "-o", form).stdout_bytes
    assert [*tmp_path.iterdir()] == [out]


@pytest.mark.parametrize("before", [None, "before"])
def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: str | None
) -> None:
    out = tmp_path / "matrix.csv"
    if before is not None:
        out.write_text(before, "utf-8")

    def failing(*_: object) -> Iterator[Row]:
        yield _rows()[0]
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "matrix", failing)
    result = policy_eval(*_ASKED, "-o", "csv", "--out", str(out))

    assert (result.exit_code, result.stdout) == (Exit.UNUSABLE, "")
    assert told(result) == [f"error[output]: {out}: No space left on device"]
    assert (out.read_text("utf-8") if out.exists() else None) == before
    assert [*tmp_path.iterdir()] == ([out] if before else [])


def test_a_file_that_cannot_be_written_is_unusable(tmp_path: Path) -> None:
    folder = policy_eval(*_ASKED, "--out", str(tmp_path))
    nowhere = policy_eval(*_ASKED, "--out", str(tmp_path / "None" / "matrix.csv"))

    assert (folder.exit_code, nowhere.exit_code) == (Exit.UNUSABLE, Exit.UNUSABLE)
    assert told(folder) == [f"error[output]: {tmp_path}: Is a directory"]
    assert told(nowhere) == [
        f"error[output]: {tmp_path / 'None' / 'matrix.csv'}: No such file or directory"
    ]
    assert [*tmp_path.iterdir()] == []


def test_a_matrix_wants_actions_and_a_source() -> None:
    assert policy_eval("matrix", *_HERE).exit_code == Exit.UNUSABLE
    assert policy_eval("matrix", "s3:GetObject").exit_code == Exit.UNUSABLE
    assert policy_eval(*_ASKED, "-o", "xml").exit_code == Exit.UNUSABLE


def test_a_page_takes_texts_that_no_encoding_has(tmp_path: Path) -> None:
    odd = document({"Condition": {"StringNotEquals": {"aws:SourceVpc": "\ud800"}}}, {})
    source = written(tmp_path, export(roles=(role("A", RolePolicyList=inline(odd)),)))
    page = tmp_path / "m.html"

    result = policy_eval(
        "matrix", "s3:ListAllMyBuckets", "--source", source, "-o", "html", "--out", str(page)
    )

    assert result.exit_code == 0, result.output
    assert r"\ud800" in page.read_text("utf-8")


@pytest.mark.parametrize("name", ["", "s3", ":", "s3:", "s3:a b"])
def test_what_is_no_action_is_refused(name: str) -> None:
    result = policy_eval("matrix", name, "--source", EXAMPLE)

    assert result.exit_code == 2
    assert f"`{name}` is no action" in result.stderr


def test_the_resource_may_be_of_an_account(tmp_path: Path) -> None:
    own = inline(document({}))
    source = written(tmp_path, export(roles=(role("A", RolePolicyList=own),)))
    asked = ("matrix", "s3:GetObject", "--on", "arn:aws:s3:::b/k", "--source", source, "-o", "csv")

    assert "allowed" in policy_eval(*asked).stdout
    other = policy_eval(*asked, "--resource-account", "444455556666")
    assert "undetermined" in other.stdout
    page = policy_eval(*asked[:-1], "html", "--resource-account", "444455556666").stdout
    assert "--resource-account 444455556666" in page


def test_a_page_names_the_sources_as_they_were_given(tmp_path: Path) -> None:
    """A template needs its account, and a workspace is not what it was made of."""
    template = written(tmp_path, {"Parameters": {"P": {"Type": "String"}}, "Resources": {
        "A": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}},
    }})  # fmt: skip
    folder = str(tmp_path / "workspace")
    assert policy_eval("import", EXAMPLE, "--out", folder).exit_code == 0
    given = ("--source", template, "--source", folder, "--keep-going", "--account", "1" * 12,
             "--region", "eu-west-1", "--parameter", "P=a b")  # fmt: skip

    result = policy_eval("matrix", "s3:GetObject", *given, "-o", "html", "--now", NOW)

    assert result.exit_code == 0, result.output
    (text,) = re.findall(r'<script id="data"[^>]*>(.*?)</script>', result.stdout, re.DOTALL)
    assert shlex.split(json.loads(text)["options"]) == ["--now", NOW, *given]
