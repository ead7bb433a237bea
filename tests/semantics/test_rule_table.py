"""The rules as data: every row of the page, found by its ID however it is spelled."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.semantics.readings import OpenPoint
from policy_eval.semantics.rule_table import Page, Rule, find_rules, rules
from policy_eval.semantics.rule_wording import rule_data, spell_list, spell_rule

_PAGE = (Path(__file__).resolve().parents[2] / "docs" / "semantics.md").read_text("utf-8")


def test_every_row_of_the_tables_is_a_rule() -> None:
    rows = [
        line.split("|")
        for line in _PAGE.splitlines()
        if line.startswith(("| R-", "| E.")) and line.count("|") == 5
    ]

    assert [row[1].strip() for row in rows] == [*rules()]
    assert [row[3].strip() for row in rows] == [rule.status for rule in rules().values()]


def test_the_open_points_have_both_readings_and_no_other_rule_has() -> None:
    open_points = {rule.point for rule in rules().values() if rule.readings}

    assert open_points == {*OpenPoint}


@pytest.mark.parametrize("rule", rules().values(), ids=rules())
def test_the_titles_of_a_rule_stand_in_the_list_of_pages(rule: Rule) -> None:
    unlisted = [page for page in rule.pages if f'\n- "{page.title}"' not in _PAGE]

    assert unlisted == []


def test_a_rule_has_what_its_row_says() -> None:
    rule = rules()["R-TYPE-01"]

    assert rule.section == "Policy types"
    assert rule.says.startswith("An SCP has no `Principal`")
    assert rule.aws == '"SCP syntax"; against it, its section on `Resource`'
    (page,) = rule.pages
    assert page.url.endswith("/orgs_manage_policies_scps_syntax.html")
    assert rule.readings is not None
    assert rule.readings.ours == "An SCP's `Allow` counts also with ARNs and conditions."
    assert rule.readings.other.startswith("It counts only with `Resource` `*`")


def test_a_page_without_an_address_has_none() -> None:
    assert rules()["R-EVAL-13"].pages == (Page("Session policies", ""),)
    assert "Session policies:" not in spell_rule(rules()["R-EVAL-13"])


def test_a_rule_that_no_page_says_has_no_page() -> None:
    rule = rules()["R-EXT-05"]

    assert (rule.aws, rule.pages, rule.point) == ("", (), None)
    assert "\n\nAWS: no page says it" in spell_rule(rule)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("R-COND-34", ["R-COND-34"]),
        (" r-cond-34 ", ["R-COND-34"]),
        ("e.2", ["E.2"]),
        ("R-VPCE-G2", ["R-VPCE-G2"]),
        ("R-RES-03/04", ["R-RES-03", "R-RES-04"]),
        ("r-sm-04/r-af-05", ["R-SM-04", "R-AF-05"]),
        ("R-RES-03/99", []),
        ("R-RES", []),
        ("", []),
        ("/", []),
    ],
)
def test_rules_are_found_by_their_ids(text: str, names: list[str]) -> None:
    assert [rule.name for rule in find_rules(text)] == names


def test_a_rule_names_the_rules_it_refers_to() -> None:
    assert rules()["R-RES-03"].see == ("R-RES-04",)
    assert rules()["R-EVAL-11"].says.endswith("is inferred (E.2).")
    assert "\nsee also: R-RES-04" in spell_rule(rules()["R-RES-03"])


@pytest.mark.parametrize("point", OpenPoint, ids=lambda point: point.value)
def test_an_open_point_is_printed_with_both_readings_and_its_experiment(point: OpenPoint) -> None:
    text = spell_rule(rules()[point.value])

    assert text.startswith(f"{point.value}: ")
    headings = ("- our reading: ", "- the other reading: ", "prepare:", "ask:", "clean up:")
    assert [heading for heading in headings if f"\n{heading}" not in text] == []
    assert "policy.json:\n    {" in text or "boundary.json:\n    {" in text


def test_an_open_point_as_data_has_its_request() -> None:
    data = rule_data(rules()["R-COND-34"])["open_point"]

    assert isinstance(data, dict)
    assert data["experiment"]["request"] == {
        "action": "ec2:CreateTags",
        "resource": "arn:aws:ec2:us-east-1:111122223333:vpc/vpc-0abc",
        "principal": "arn:aws:sts::111122223333:assumed-role/policy-eval-probe/probe",
        "user": None,
        "context": {"aws:RequestedRegion": "us-east-1"},
        "request_tags": {"probe": "1", "other": "2"},
    }
    assert data["experiment"]["ours"] == {
        "decision": "implicitDeny", "seen": "UnauthorizedOperation",
    }  # fmt: skip


def test_several_values_of_a_key_are_a_list_as_data() -> None:
    data = rule_data(rules()["R-AF-05"])["open_point"]

    assert isinstance(data, dict)
    context = data["experiment"]["request"]["context"]
    assert context["aws:CalledVia"] == ["appflow.amazonaws.com"]


def test_a_settled_rule_has_no_open_point_as_data() -> None:
    data = rule_data(rules()["R-EVAL-13"])

    assert data["open_point"] is None
    assert data["pages"] == [{"title": "Session policies", "url": None}]


def test_rules_are_listed_a_line_each() -> None:
    lines = spell_list(rules().values()).splitlines()

    assert [line.split()[0] for line in lines] == [*rules()]
    assert max(map(len, lines)) <= 110
    assert [line for line in lines if "; open point " in line] == [
        line for line in lines if rules()[line.split()[0]].readings
    ]
