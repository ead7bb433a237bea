"""What tests pin down of policies: known answers, and the plain definition over the fixtures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import reduce
from operator import or_
from os.path import normpath
from pathlib import Path

import pytest

from policy_eval.cases.coverage import Coverage, CoveredStatement, Outcomes, joined
from policy_eval.cases.discovery import find_suites
from policy_eval.cases.runner import Plan, load_tests, run, run_suite
from policy_eval.cases.suite import Case
from policy_eval.engine.call import steps_of
from policy_eval.engine.decide import Seen, decide_call
from policy_eval.engine.decision import Attachment
from policy_eval.engine.reference import StatementTrace, trace
from policy_eval.errors import InputError, RequestError
from policy_eval.policy.ast import WHAT_IT_IS_ATTACHED_TO, Statement
from policy_eval.policy.clauses import Clause, Part, clauses_of
from policy_eval.semantics.authorization import Case as Situation
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.situations import case_of
from tests.cases.suites import write_suite

BOTH, MATCHED, NEVER = "tested both ways", "matched, never rejects", "never reached"
IDLE, NONE = "accepts, and never in a statement that matches", "never accepts"
CANNOT_REJECT = "matched"

READING = """\
principal: arn:aws:iam::111122223333:role/Dev
policies:
  identity:
    - Statement:
        Sid: Read
        Effect: Allow
        Action: [s3:GetObject, "s3:List*"]
        Resource: ["arn:aws:s3:::logs/*", "arn:aws:s3:::open/*"]
        Condition: {StringEquals: {aws:Referer: [x, y]}}
tests:
"""
CLAUSES = [
    "",
    'Action "s3:GetObject"',
    'Action "s3:List*"',
    'Resource "arn:aws:s3:::logs/*"',
    'Resource "arn:aws:s3:::open/*"',
    'StringEquals aws:Referer "x"',
    'StringEquals aws:Referer "y"',
]
OTHER_ACTION = "{action: sqs:SendMessage, resource: '*', expect: implicitDeny}"
GET_BY_X = "{action: s3:GetObject, resource: 'arn:aws:s3:::logs/a', context: {aws:Referer: x}, expect: allowed}"  # noqa: E501
GET_ELSEWHERE = "{action: s3:GetObject, resource: 'arn:aws:s3:::else/a', context: {aws:Referer: x}, expect: implicitDeny}"  # noqa: E501
GET_BY_NOBODY = "{action: s3:GetObject, resource: 'arn:aws:s3:::logs/a', expect: implicitDeny}"
GET_UNKNOWN = "{action: s3:GetObject, resource: 'arn:aws:s3:::logs/a', unknown: [aws:Referer], expect: undetermined}"  # noqa: E501
LIST_BY_Y = "{action: s3:ListX, resource: 'arn:aws:s3:::open/a', context: {aws:Referer: y}, expect: allowed}"  # noqa: E501


def _coverage(text: str, name: str = "s.iamtest.yaml") -> Coverage:
    """Return what a suite covers that passes."""
    part = run_suite(write_suite(Path(), text, name), Plan(cover=True))
    assert part.is_good, part
    assert part.coverage is not None
    return part.coverage


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _statuses(statement: CoveredStatement) -> list[str]:
    return [each.status for each in statement.parts]


# Known answers


@pytest.mark.parametrize(
    ("tests", "statuses", "met"),
    [
        ([OTHER_ACTION], [NEVER] * 7, 0),
        ([GET_BY_X], [MATCHED, MATCHED, NEVER, MATCHED, NONE, MATCHED, NONE], 6),
        ([GET_ELSEWHERE], [NONE, IDLE, NEVER, NONE, NONE, NEVER, NEVER], 3),
        ([GET_BY_NOBODY], [NONE, IDLE, NEVER, IDLE, NONE, NONE, NONE], 4),
        ([GET_UNKNOWN], [NONE, IDLE, NEVER, IDLE, NONE, NONE, NONE], 1),
        ([OTHER_ACTION, GET_BY_X], [BOTH, BOTH, NEVER, MATCHED, NONE, MATCHED, NONE], 8),
        ([GET_BY_X, GET_BY_NOBODY], [BOTH, MATCHED, NEVER, MATCHED, NONE, BOTH, NONE], 8),
        ([GET_BY_X, LIST_BY_Y], [MATCHED, *[BOTH] * 6], 13),
        ([GET_BY_X, LIST_BY_Y, OTHER_ACTION], [BOTH] * 7, 14),
    ],
)
def test_each_clause_has_its_status(tests: list[str], statuses: list[str], met: int) -> None:
    coverage = _coverage(READING + "".join(f"  - {each}\n" for each in tests))

    (statement,) = coverage.statements
    assert [each.text for each in statement.parts] == CLAUSES
    assert _statuses(statement) == statuses
    assert (coverage.met, coverage.goals) == (met, 14)
    assert coverage.percent == pytest.approx(100 * met / 14)


def test_what_takes_everything_has_one_outcome() -> None:
    coverage = _coverage(
        """\
        policies:
          identity: [{Statement: {Effect: Allow, Action: "*", Resource: "*"}}]
        tests: [{action: s3:GetObject, resource: "*", expect: allowed}]
        """
    )

    assert _statuses(coverage.statements[0]) == [CANNOT_REJECT] * 3
    assert (coverage.met, coverage.goals, coverage.percent) == (3, 3, 100.0)


def test_a_statement_that_matched_need_not_have_decided() -> None:
    coverage = _coverage(
        """\
        policies:
          identity:
            - Statement:
                - {Effect: Allow, Action: "s3:*", Resource: "*"}
                - {Sid: No, Effect: Deny, Action: "s3:Put*", Resource: "*"}
        resource: arn:aws:s3:::logs/a
        tests: [{action: s3:PutObject, expect: explicitDeny}]
        """
    )

    assert [
        (each.label, _statuses(each), [part.seen.decisive for part in each.parts])
        for each in coverage.statements
    ] == [
        ("statement 1", [MATCHED, MATCHED, CANNOT_REJECT], [False] * 3),
        ("No", [MATCHED, MATCHED, CANNOT_REJECT], [True] * 3),
    ]


def test_a_principal_is_reached_where_action_and_resource_match() -> None:
    coverage = _coverage(
        """\
        policies:
          resource:
            Version: "2012-10-17"
            Statement:
              Effect: Allow
              Principal:
                AWS: [arn:aws:iam::111122223333:role/Dev, arn:aws:iam::111122223333:role/Ops]
                Service: appflow.amazonaws.com
              Action: s3:GetObject
              Resource: arn:aws:s3:::logs/*
              Condition: {Bool: {aws:SecureTransport: "true"}}
        action: s3:GetObject
        tests:
          - principal: arn:aws:iam::111122223333:role/Dev
            resource: arn:aws:s3:::logs/a
            context: {aws:SecureTransport: "true"}
            expect: allowed
          - principal: arn:aws:iam::111122223333:role/Ops
            resource: arn:aws:s3:::open/a
            expect: implicitDeny
          - principal: appflow.amazonaws.com
            resource: arn:aws:s3:::logs/a
            context: {aws:SecureTransport: "false"}
            expect: implicitDeny
        """
    )

    (statement,) = coverage.statements
    assert (statement.layer, statement.policy) == (Layer.RESOURCE, "s.iamtest.yaml:3")
    assert [(each.text, each.status) for each in statement.clauses] == [
        ('Action "s3:GetObject"', MATCHED),
        ('Resource "arn:aws:s3:::logs/*"', BOTH),
        ('Principal AWS "arn:aws:iam::111122223333:role/Dev"', BOTH),
        ('Principal AWS "arn:aws:iam::111122223333:role/Ops"', NONE),
        ('Principal Service "appflow.amazonaws.com"', IDLE),
        ('Bool aws:SecureTransport "true"', BOTH),
    ]


def test_a_layer_without_a_say_is_never_reached() -> None:
    coverage = _coverage(
        """\
        policies:
          identity: [{Statement: {Effect: Allow, Action: "*", Resource: "*"}}]
          scps: [[{Version: "2012-10-17", Statement: {Effect: Deny, Action: "*", Resource: "*"}}]]
        tests:
          - principal: {arn: "arn:aws:iam::111122223333:role/Dev", management_account: true}
            action: s3:GetObject
            resource: "*"
            expect: allowed
        """
    )

    assert {each.layer: set(_statuses(each)) for each in coverage.statements} == {
        Layer.IDENTITY: {CANNOT_REJECT},
        Layer.SCP: {NEVER},
    }


def test_a_statement_that_is_not_understood_is_not_counted() -> None:
    coverage = _coverage(
        """\
        accept_invalid: true
        policies:
          identity:
            - {Version: "2012-10-17", Statement: [
                {Effect: Allow, Action: "*", Resource: "*"},
                {Effect: Allow, Action: "*", Resource: "*", Condition: {NoSuch: {aws:Referer: x}}}]}
        tests: [{action: s3:GetObject, resource: "*", expect: allowed}]
        """
    )

    assert [each.label for each in coverage.statements] == ["statement 1"]


def test_a_request_that_is_refused_shows_nothing() -> None:
    coverage = _coverage(
        """\
        policies:
          identity:
            - Statement: {Effect: Allow, Action: "*", Resource: "*",
                          Condition: {NumericLessThan: {x:n: "5"}}}
        tests: [{action: s3:GetObject, resource: "*", context: {x:n: many}, expect: invalid}]
        """
    )

    assert _statuses(coverage.statements[0]) == [NEVER] * 4


# Several tests, policies and suites


SHARED = """\
policies: {%s}
resource: "*"
tests: [{action: %s, expect: %s}]
"""


def _document(action: object) -> dict[str, object]:
    statement = {"Effect": "Allow", "Action": action, "Resource": "*"}
    return {"Version": "2012-10-17", "Statement": statement}


def _policy(name: str, action: str = "s3:*") -> None:
    Path(name).write_text(json.dumps(_document(action)), "utf-8")


def test_what_several_suites_show_of_a_policy_adds_up() -> None:
    _policy("p.json")
    Path("sub").mkdir()
    one = write_suite(Path(), SHARED % ("identity: [p.json]", "s3:GetObject", "allowed"))
    other = write_suite(
        Path("sub"), SHARED % ("identity: [../p.json]", "sqs:SendMessage", "implicitDeny")
    )

    coverage = run([one, other], Plan(cover=True)).coverage

    assert coverage is not None
    (statement,) = coverage.statements
    assert statement.whole.place.file == "p.json"
    assert _statuses(statement) == [BOTH, BOTH, CANNOT_REJECT]


def test_a_policy_in_two_layers_is_covered_in_each() -> None:
    _policy("p.json")

    coverage = _coverage(
        SHARED % ("identity: [p.json], boundary: p.json", "s3:GetObject", "allowed")
        + "principal: arn:aws:iam::111122223333:role/Dev\n"
    )

    assert [each.layer for each in coverage.statements] == [Layer.IDENTITY, Layer.BOUNDARY]


def test_two_policies_of_one_line_are_two() -> None:
    actions: list[object] = ["s3:*", ["s3:*", "sqs:*"]]
    policies = [json.dumps(_document(action)) for action in actions]
    simulated = {"PolicyInputList": policies, "ActionNames": ["s3:GetObject"]}

    coverage = _coverage(json.dumps({"tests": [{"simulate": simulated, "expect": "allowed"}]}))

    assert sorted(len(each.clauses) for each in coverage.statements) == [2, 3]


def test_policies_stand_in_the_order_of_their_places() -> None:
    _policy("b.json")
    _policy("a.json", "sqs:*")

    coverage = _coverage(SHARED % ("identity: [b.json, a.json]", "s3:GetObject", "allowed"))

    assert list(coverage.by_file()) == ["a.json", "b.json"]
    assert joined([coverage, coverage]) == coverage


# As data


def test_coverage_is_data_in_stable_names() -> None:
    coverage = _coverage(f"{READING}  - {GET_BY_X}\n")

    data = coverage.to_dict()

    assert {name: data[name] for name in ("outcomes", "seen", "percent")} == {
        "outcomes": 14,
        "seen": 6,
        "percent": 42.86,
    }
    assert isinstance(data["files"], dict)
    (statement,) = data["files"]["s.iamtest.yaml"]
    assert {name: value for name, value in statement.items() if name != "clauses"} == {
        "layer": "identity", "policy": "s.iamtest.yaml:4", "statement": "Read",
        "status": MATCHED, "reached": True, "accepted": True, "matched": True, "rejected": False,
        "decisive": True, "outcomes": 2, "seen": 1,
        "line": 5, "column": 9, "end_line": 10, "end_column": 1,
    }  # fmt: skip
    assert statement["clauses"][1] == {
        "text": 'Action "s3:List*"', "status": NEVER, "reached": False, "accepted": False,
        "matched": False, "rejected": True, "decisive": False, "outcomes": 2, "seen": 0,
        "line": 7, "column": 32, "end_line": 7, "end_column": 42,
    }  # fmt: skip


def test_nothing_is_covered_whole() -> None:
    assert Coverage().to_dict() == {"outcomes": 0, "seen": 0, "percent": 100.0, "files": {}}


# The plain definition


FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"


@pytest.mark.parametrize("folder", ["appflow", "layers", "resources", "secretsmanager"])
def test_the_coverage_of_fixtures_is_that_of_the_plain_definition(folder: str) -> None:
    for path in find_suites([FIXTURES / folder]):
        coverage = run_suite(path, Plan(cover=True)).coverage

        assert coverage is not None
        assert _seen(coverage) == _plainly_seen(load_tests(path).cases)


def _seen(coverage: Coverage) -> dict[tuple[object, ...], Outcomes]:
    return {
        (
            part.place.file,
            part.place[1:],
            statement.layer,
            statement.label,
            part.text,
        ): part.seen
        for statement in coverage.statements
        for part in statement.parts
    }


def _plainly_seen(cases: tuple[Case, ...]) -> dict[tuple[object, ...], Outcomes]:
    """Return what each test shows of each clause, one clause after another on the reference."""
    found: dict[tuple[object, ...], Outcomes] = {}
    for case in cases:
        if isinstance(case.policies, InputError):
            continue
        looks = list(_looks(case))
        for attachment in case.policies.attachments:
            for statement in attachment.policy.statements:
                for part in (None, *clauses_of(statement)):
                    key = _key(attachment, statement, part)
                    seen = [_shown(attachment, statement, part, *look) for look in looks]
                    found[key] = reduce(or_, seen, found.get(key, Outcomes()))
    return found


def _looks(case: Case) -> Iterator[tuple[RequestContext, Situation, Seen]]:
    """Yield each request of a case, and what was decided of it; none where it is refused."""
    if case.skip or isinstance(case.policies, InputError) or isinstance(case.requests, InputError):
        return
    seen: list[Seen] = []
    try:
        decide_call(case.policies, case.requests, seen)
    except RequestError:
        return
    contexts = [
        context
        for step in steps_of(case.requests, case.policies.attached, OUR_READING)
        for context in step.context.by_owner()
    ]
    for context, each in zip(contexts, seen, strict=True):
        yield context, case_of(context), each


def _key(attachment: Attachment, statement: Statement, clause: Clause | None) -> tuple[object, ...]:
    policy = attachment.policy
    span = policy.places(statement.number, clause.path if clause else ())
    place = policy.source.place(span.start)
    label = statement.sid or f"statement {statement.number}"
    return normpath(place.file), place[1:], attachment.layer, label, str(clause or "")


def _shown(
    attachment: Attachment,
    statement: Statement,
    clause: Clause | None,
    context: RequestContext,
    situation: Situation,
    seen: Seen,
) -> Outcomes:
    """Return what a request shows of a clause, or of a whole statement."""
    went = _traced(attachment, statement, context, situation)
    if went is None:
        return Outcomes()
    matches = went.applies is True
    decides = any(
        (each.layer, each.place, each.level)
        == (attachment.layer, attachment.policy.place(statement), attachment.level)
        for each in seen.decision.statements
    )
    if clause is None:
        return Outcomes(went.selected, matches, matches, went.applies is False, decides)
    if not _is_reached(went, clause.part):
        return Outcomes()
    alone = _traced(attachment, _with_only(statement, clause), context, situation)
    assert alone is not None
    holds = _held(alone, clause)
    return Outcomes(
        clause.part is not Part.ACTION or holds is True,
        holds is True,
        holds is True and matches,
        holds is False,
        holds is True and decides,
    )


def _traced(
    attachment: Attachment, statement: Statement, context: RequestContext, situation: Situation
) -> StatementTrace | None:
    policy = attachment.policy._replace(statements=(statement,))
    found = trace([attachment._replace(policy=policy)], context, situation).statements
    return found[0] if found else None


def _is_reached(went: StatementTrace, part: Part) -> bool:
    """Return whether all holds that stands before a part."""
    on_resource = went.selected and went.tests[1].holds is True
    match part:
        case Part.ACTION:
            return True
        case Part.RESOURCE:
            return went.selected
        case Part.PRINCIPAL:
            return on_resource
        case Part.CONDITION:
            return on_resource and (went.naming is None or went.naming.holds is True)


def _with_only(statement: Statement, clause: Clause) -> Statement:
    """Return the statement with one value in the element or condition of a clause."""
    match clause.part:
        case Part.ACTION:
            return statement._replace(action=statement.action._replace(values=(clause.text,)))
        case Part.RESOURCE:
            assert statement.resource is not WHAT_IT_IS_ATTACHED_TO
            only = statement.resource._replace(values=(clause.text,))
            return statement._replace(resource=only)
        case Part.PRINCIPAL:
            assert statement.principal is not None
            value = statement.principal.values[clause.number]
            return statement._replace(principal=statement.principal._replace(values=(value,)))
        case Part.CONDITION:
            condition = statement.conditions[clause.condition]._replace(values=(clause.text,))
            return statement._replace(conditions=(condition,), operators=(condition.operator,))


def _held(alone: StatementTrace, clause: Clause) -> bool | None:
    """Return whether a clause held, in a statement that has no other of its kind."""
    match clause.part:
        case Part.ACTION:
            return alone.tests[0].holds
        case Part.RESOURCE:
            return alone.tests[1].holds
        case Part.PRINCIPAL:
            assert alone.naming is not None
            return alone.naming.holds
        case Part.CONDITION:
            return alone.tests[2].holds
