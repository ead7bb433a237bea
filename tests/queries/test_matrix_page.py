"""The page of a matrix: the same decisions, and nothing of a source that a browser would run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from html.parser import HTMLParser
from typing import Any

import pytest

from policy_eval.queries.asking import Question
from policy_eval.queries.matrix import BY_SERVICE, REFUSED, Row, matrix
from policy_eval.queries.matrix_page import page
from policy_eval.semantics.authorization import Word
from policy_eval.semantics.layers import Layer
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import load
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    NOW,
    OTHER,
    accounts,
    allowing,
    attached,
    document,
    example,
    iam,
    inline,
    managed,
    role,
    user,
)

_ACTIONS = ("secretsmanager:CreateSecret", "appflow:StartFlow", "sts:AssumeRole")
_CONTEXT = {
    "secretsmanager:Name": "appflow!sales", "aws:CalledVia": ["appflow.amazonaws.com"],
}  # fmt: skip
_EVIL = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "</SCRIPT ",
    "\u2028\u2029",
    "'\"&lt;\\",
    "{{DATA}}",
)


class _Scripts(HTMLParser):
    """The texts of a page's scripts, and the names of all its elements, as a browser has them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            self.scripts[-1] += data


def _data(text: str) -> Any:  # noqa: ANN401 - as JSON has it
    return json.loads(_Scripts(text).scripts[0])


def _page(within: Accounts, actions: Sequence[str], question: Question) -> tuple[str, list[Row]]:
    rows = [*matrix(within, actions, question)]
    return page(within, actions, question, rows), rows


def _shown(data: Any) -> list[tuple[str, list[tuple[str, list[str]]]]]:  # noqa: ANN401 - likewise
    """Return what the page's script makes of its data."""
    return [
        (
            row["caller"],
            [
                (data["words"][word], [data["titles"][at] for at in by])
                for word, by in map(data["kinds"].__getitem__, row["cells"])
            ],
        )
        for row in data["rows"]
    ]


def test_a_page_holds_the_decisions_of_the_matrix() -> None:
    text, rows = _page(example(), _ACTIONS, Question(_ACTIONS[0], context=_CONTEXT, now=NOW))

    data = _data(text)
    assert _shown(data) == [
        (
            row.caller,
            [
                (cell.word, [*dict.fromkeys(each.title for each in cell.statements)])
                for cell in row.cells
            ],
        )
        for row in rows
    ]
    assert data["actions"] == [*_ACTIONS]
    assert data["words"] == [*(each.value for each in Word), BY_SERVICE, REFUSED]
    assert data["about"] == f"8 principals, 3 actions; from {EXAMPLE}"
    assert shlex.split(data["options"]) == [
        "-c", "secretsmanager:Name=appflow!sales", "-c", "aws:CalledVia=appflow.amazonaws.com",
        "--now", NOW, "--source", EXAMPLE,
    ]  # fmt: skip


def test_a_page_holds_the_statements_that_decided_and_no_others() -> None:
    text, rows = _page(example(), _ACTIONS, Question(_ACTIONS[0], context=_CONTEXT, now=NOW))

    data = _data(text)
    wanted = {each.title for row in rows for cell in row.cells for each in cell.statements}
    assert {*data["titles"]} == wanted
    assert len(data["titles"]) == len(data["texts"]) == len(wanted)
    shown = data["texts"][data["titles"].index("policy/FlowSecrets#1 (CreateThroughAppFlow)")]
    assert json.loads(shown)["Action"] == "secretsmanager:CreateSecret"
    assert "user/ops/olga/Assume#1" not in data["titles"]


def test_statements_of_one_policy_stand_by_their_numbers() -> None:
    shared = iam("policy/Own")
    own = document({"Action": "s3:*"}, {"Effect": "Deny", "Action": "s3:Delete*"})
    roles = tuple(role(name, AttachedManagedPolicies=attached(shared)) for name in "AB")
    within = accounts(roles=roles, policies=(managed(shared, own),))
    actions = ["s3:GetObject", "s3:DeleteObject"]

    data = _data(_page(within, actions, Question(actions[0], now=NOW))[0])

    assert data["titles"] == ["policy/Own#1", "policy/Own#2"]
    assert [json.loads(text)["Effect"] for text in data["texts"]] == ["Allow", "Deny"]


def test_policies_of_two_accounts_may_have_the_same_name() -> None:
    def of(account: str, action: str) -> dict[str, object]:
        return role("A", Arn=iam("role/A", account), RolePolicyList=inline(allowing(action)))

    within = accounts(roles=(of(ACCOUNT, "s3:*"), of(OTHER, "s3:Get*")))

    data = _data(_page(within, ["s3:GetObject"], Question("s3:GetObject", now=NOW))[0])

    assert data["titles"] == [f"{ACCOUNT}:role/A/Own#1", f"{OTHER}:role/A/Own#1"]
    assert data["short"] == [f"{ACCOUNT}:role/A", f"{OTHER}:role/A"]
    assert [json.loads(text)["Action"] for text in data["texts"]] == ["s3:*", "s3:Get*"]


def test_a_page_tells_the_resource_and_what_is_refused() -> None:
    within = accounts(users=(user("bad", UserPolicyList=inline("nonsense")), user("none")))
    question = Question("iam:GetRole", iam("role/A"), now=NOW)

    data = _data(_page(within, ["iam:GetRole"], question)[0])

    source = within.found.sources[0]
    assert data["about"] == f"2 principals, 1 actions on {iam('role/A')}; from {source}"
    assert data["options"].startswith(f"{iam('role/A')} --now ")
    assert _shown(data) == [
        (iam("user/bad"), [(REFUSED, [])]), (iam("user/none"), [("implicitDeny", [])]),
    ]  # fmt: skip
    assert (data["titles"], data["texts"]) == ([], [])


def test_a_page_tells_how_the_same_is_asked_alone() -> None:
    within = Accounts(load([EXAMPLE]), unknown_layers=[Layer.SCP])
    question = Question(
        "s3:GetObject", "arn:aws:s3:::b/k",
        {"aws:SecureTransport": True, "aws:SourceVpc": None, "aws:CalledVia": ["a", "it's"]},
        ("aws:SourceIp",), {"a": "b c"}, {"team": "red"},
    )  # fmt: skip

    data = _data(_page(within, ["s3:GetObject"], question)[0])

    assert shlex.split(data["options"]) == [
        "arn:aws:s3:::b/k", "-c", "aws:SecureTransport=true", "--absent", "aws:SourceVpc",
        "-c", "aws:CalledVia=a", "-c", "aws:CalledVia=it's", "--unknown", "aws:SourceIp",
        "--request-tag", "a=b c", "--resource-tag", "team=red", "--unknown-layer", "scp",
        "--source", EXAMPLE,
    ]  # fmt: skip


@pytest.mark.parametrize("evil", _EVIL)
def test_no_text_of_a_source_gets_out_of_the_data(evil: str) -> None:
    def whole(text: str) -> str:
        own = inline(document({"Resource": ["*", f"arn:aws:s3:::{text}*"]}), text)
        within = accounts(roles=(role("A", RolePolicyList=own),))
        within = Accounts(within.found._replace(sources=(f"{text}.json",)))
        rows = [
            *matrix(within, ["s3:GetObject"], Question("s3:GetObject", now=NOW)),
            Row(iam(f"role/{text}"), ()),
        ]
        question = Question("s3:GetObject", f"arn:aws:s3:::{text}", now=NOW)
        return page(within, [f"s3:{text}"], question, rows)

    text = whole(evil)
    found, expected = _Scripts(text), _Scripts(whole("harmless"))

    assert found.elements == expected.elements
    assert found.attributes == expected.attributes
    assert found.scripts[1:] == expected.scripts[1:]
    assert "<" not in found.scripts[0]
    assert "\u2028" not in text
    assert "\u2029" not in text
    data = json.loads(found.scripts[0])
    assert [row["caller"] for row in data["rows"]] == [iam("role/A"), iam(f"role/{evil}")]
    assert shlex.split(data["options"]) == [
        f"arn:aws:s3:::{evil}", "--now", NOW, "--source", f"{evil}.json",
    ]  # fmt: skip
    assert data["actions"] == [f"s3:{evil}"]
    assert data["titles"] == [f"role/A/{evil}#1"]
    (statement,) = data["texts"]
    assert json.loads(statement)["Resource"] == ["*", f"arn:aws:s3:::{evil}*"]


def test_a_page_needs_nothing_else_and_makes_no_markup_of_data() -> None:
    text, _ = _page(example(), ["s3:GetObject"], Question("s3:GetObject", now=NOW))

    found = _Scripts(text)
    assert "{{" not in text
    assert [each for each in found.attributes if each[0] in {"src", "href"}] == []
    assert not re.search(r"https?://|@import|url\(", text)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text)


def test_a_page_has_a_mark_and_a_sentence_for_every_word() -> None:
    text, _ = _page(example(), ["s3:GetObject"], Question("s3:GetObject", now=NOW))

    script = _Scripts(text).scripts[1]
    for name in ("MARKS", "SAID"):
        (table,) = re.findall(rf"const {name} = {{(.*?)}};", script, re.DOTALL)
        assert {*re.findall(r'(\w+): "', table)} >= {*_data(text)["words"]}
