"""Coverage as people read it: what is left, and the lines of the policies."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.coverage import Coverage
from policy_eval.reports.coverage_text import spell_coverage, write_listing
from tests.reports.policies import POLICY, covered

DENY_ALL = (
    '{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}'
)


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_what_no_test_has_seen_is_told() -> None:
    assert spell_coverage(covered(Path("in"))) == (
        """\
coverage: 13 of 22 outcomes (59.1 %)

  in/p.json   13 of 22
    ✓ Read   tested both ways, decisive   in/p.json:4:5
        ✗ Action "s3:List*"   never reached
        ? Resource "arn:aws:s3:::logs/*"   matched, never rejects, decisive
        ? StringEquals aws:Referer "y"   never accepts
    ✗ statement 3   never reached   in/p.json:12:5
        ✗ Action "sqs:*"   never reached
        ✗ Resource "*"   never reached"""
    )


def test_all_clauses_are_told_where_that_is_asked() -> None:
    text = spell_coverage(covered(Path()), verbose=True)

    assert text.split("\n")[3:] == [
        "    ✓ Read   tested both ways, decisive   p.json:4:5",
        '        ✓ Action "s3:GetObject"   tested both ways, decisive',
        '        ✗ Action "s3:List*"   never reached',
        '        ? Resource "arn:aws:s3:::logs/*"   matched, never rejects, decisive',
        '        ✓ StringEquals aws:Referer "x"   tested both ways, decisive',
        '        ? StringEquals aws:Referer "y"   never accepts',
        "    ✓ statement 2   tested both ways, decisive   p.json:11:5",
        '        ✓ Action "s3:Put*"   tested both ways, decisive',
        '        ✓ Resource "*"   matched, decisive',
        "    ✗ statement 3   never reached   p.json:12:5",
        '        ✗ Action "sqs:*"   never reached',
        '        ✗ Resource "*"   never reached',
    ]


def test_a_policy_that_is_covered_whole_is_its_counts() -> None:
    suite = "policies: {identity: [p.json]}\ntests: [{action: 'a:b', expect: explicitDeny}]\n"

    text = spell_coverage(covered(Path(), DENY_ALL, suite))

    assert text == "coverage: 3 of 3 outcomes (100.0 %)\n\n  p.json   3 of 3"


# The listing


def test_a_listing_is_the_policy_with_marks_and_what_is_left() -> None:
    assert write_listing(covered(Path("in"))) == (
        """\
in/p.json   13 of 22
 1   | {
 2   |   "Version": "2012-10-17",
 3   |   "Statement": [
 4 ✓ |     {
 5   |       "Sid": "Read",
 6   |       "Effect": "Allow",
 7 ? |       "Action": ["s3:GetObject", "s3:List*"],
     |                                  ^ Action "s3:List*": never reached
 8 ? |       "Resource": "arn:aws:s3:::logs/*",
     |                   ^ Resource "arn:aws:s3:::logs/*": matched, never rejects, decisive
 9 ? |       "Condition": {"StringEquals": {"aws:Referer": ["x", "y"]}}
     |                                                           ^ StringEquals aws:Referer "y": \
never accepts
10   |     },
11 ✓ |     {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
12 ✗ |     {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
     |     ^ this statement: never reached
     |                                   ^ Action "sqs:*": never reached
     |                                                        ^ Resource "*": never reached
13   |   ]
14   | }
15   |
"""
    )


@pytest.mark.parametrize("line_break", ["\r\n", "\r\r\n"])
def test_the_lines_of_a_listing_are_those_of_the_places(line_break: str) -> None:
    coverage = covered(Path("in"), POLICY.replace("\n", line_break))

    lines = write_listing(coverage).replace(" \n", "\n").split("\n")

    assert lines == write_listing(covered(Path("in"))).split("\n")


def test_a_mark_stands_under_its_clause_where_tabs_indent() -> None:
    lines = write_listing(covered(Path(), POLICY.replace("      ", "\t"))).split("\n")

    assert lines[7:9] == [
        ' 7 ? |     "Action": ["s3:GetObject", "s3:List*"],',
        '     |                                ^ Action "s3:List*": never reached',
    ]


def test_a_listing_changes_nothing_on_a_terminal() -> None:
    suite = (
        "# a\u202eb\n"
        f"policies: {{identity: [{DENY_ALL}]}}\n"
        "tests: [{action: 'a:b', expect: explicitDeny}]\n"
    )

    listing = write_listing(covered(Path(), suite=suite))

    assert listing.startswith("s.iamtest.yaml   3 of 3\n1   | # a\\u{202e}b\n")


def test_of_a_policy_that_is_in_no_file_the_clauses_are_listed() -> None:
    suite = (
        f"tests: [{{simulate: {{PolicyInputList: ['{DENY_ALL}'], ActionNames: ['a:b']}}, "
        "expect: explicitDeny}]\n"
    )

    assert write_listing(covered(Path(), suite=suite)) == (
        """\
s.iamtest.yaml:1   3 of 3
✓ statement 1   matched, decisive   s.iamtest.yaml:1:1:40
    ✓ Action "*"   matched, decisive
    ✓ Resource "*"   matched, decisive
"""
    )


def test_the_policies_of_a_listing_stand_apart() -> None:
    coverage = Coverage((*covered(Path("in")).statements, *covered(Path("on")).statements))

    assert write_listing(coverage).count("\n\non/p.json   13 of 22\n") == 1


def test_nothing_is_listed_of_nothing() -> None:
    assert write_listing(Coverage()) == ""
    assert spell_coverage(Coverage()) == "coverage: 0 of 0 outcomes (100.0 %)"
