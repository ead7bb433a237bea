"""The matrix of users and roles by actions: every cell is what a question alone says."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from policy_eval.errors import InputError, RequestError
from policy_eval.queries.asking import Question, answer
from policy_eval.queries.matrix import (
    BY_SERVICE,
    REFUSED,
    Cell,
    Row,
    actions_like,
    matrix,
)
from policy_eval.semantics.layers import Layer
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import load
from policy_eval.sources.model import Entity
from tests.sources.exports import (
    ACCOUNT,
    EXAMPLE,
    NOW,
    ORGANIZATION,
    OTHER,
    accounts,
    attached,
    document,
    example,
    iam,
    inline,
    managed,
    role,
    user,
)

_OBJECT = "arn:aws:s3:::logs/today"
_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:x-AbCdEf"
_ACTIONS = (
    "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "iam:GetRole", "sts:AssumeRole",
    "secretsmanager:CreateSecret", "kms:Decrypt",
)  # fmt: skip
_ID = "AIDAEXAMPLEIDA"
_RED = [{"Key": "team", "Value": "red"}]


def _on(key: str, value: object, operator: str = "StringEquals") -> list[dict[str, object]]:
    """Return an inline policy that allows everything under one condition."""
    return inline(document({"Condition": {operator: {key: value}}}))


def _account() -> Accounts:
    """Return an account whose callers differ in every way that a matrix has to tell."""
    deny = {"Effect": "Deny", "Action": "s3:Delete*", "Sid": "KeepObjects"}
    limits, gone = iam("policy/Limits"), iam("policy/Gone")
    bounded = {"PermissionsBoundaryArn": limits, "PermissionsBoundaryType": "Policy"}
    return accounts(
        users=(
            user("ana", UserPolicyList=inline(document({"Action": "s3:*"}, deny))),
            user("bad", UserPolicyList=inline("nonsense")),
            user("ida", UserId=_ID, UserPolicyList=_on("aws:userid", _ID)),
            user("none"),
        ),
        roles=(
            role("All", RolePolicyList=inline(document({"Action": "*"}, deny))),
            role("Bounded", RolePolicyList=inline(document({})), PermissionsBoundary=bounded),
            role("Gone", AttachedManagedPolicies=attached(gone)),
            role("Here", RolePolicyList=_on("aws:SourceIp", "203.0.113.0/24", "IpAddress")),
            role("Not", RolePolicyList=[_not_action("s3:*", "kms:De?rypt")]),
            role("Nothing", RolePolicyList=[_not_action("*")]),
            role("Owner", RolePolicyList=_on("aws:ResourceAccount", ACCOUNT)),
            role("Red", Tags=_RED, RolePolicyList=_on("aws:PrincipalTag/team", "red")),
            role("Soon", RolePolicyList=_on("aws:CurrentTime", "2026-02-01T00:00:00Z",
                                            "DateLessThan")),
            role("Tagged", RolePolicyList=_on("aws:ResourceTag/team", "red")),
            role("Tagging", RolePolicyList=_on("aws:RequestTag/team", "red")),
            role("Through", RolePolicyList=_on("aws:CalledVia", "appflow.amazonaws.com",
                                               "ForAnyValue:StringEquals")),
        ),
        policies=(managed(limits, document({"Action": ["s3:Get*", "kms:*"]})),),
    )  # fmt: skip


def _not_action(*actions: str) -> dict[str, object]:
    statement = {"Effect": "Allow", "NotAction": actions, "Resource": "*"}
    (own,) = inline({"Version": "2012-10-17", "Statement": [statement]})
    return own


_QUESTIONS = {
    "nothing": Question("s3:GetObject", now=NOW),
    "no time": Question("s3:GetObject"),
    "an object": Question("s3:GetObject", _OBJECT, now=NOW),
    "an object of somebody": Question("s3:GetObject", _OBJECT, now=NOW, resource_account=ACCOUNT),
    "a role": Question("s3:GetObject", iam("role/Red"), now=NOW),
    "context": Question(
        "s3:GetObject", now=NOW,
        context={"aws:SourceIp": "203.0.113.7", "aws:CalledVia": ["a.example.com",
                                                                "appflow.amazonaws.com"]},
    ),
    "another context": Question(
        "s3:GetObject", now=NOW, context={"aws:SourceIp": "192.0.2.1", "aws:CalledVia": None}
    ),
    "tags": Question(
        "s3:GetObject", now=NOW, request_tags={"team": "red"}, resource_tags={"team": "red"}
    ),
    "tags as context": Question(
        "s3:GetObject", now=NOW,
        context={"aws:RequestTag/team": "red", "aws:ResourceTag/team": "red",
                 "aws:PrincipalTag/team": "blue"},
    ),
    "tags of the resource": Question("s3:GetObject", now=NOW, resource_tags={"team": "red"}),
    "tags of no resource": Question("s3:GetObject", now=NOW, resource_tags={"team": "blue"}),
    "other tags": Question(
        "s3:GetObject", now=NOW, request_tags={"team": "blue"}, resource_tags={"team": "blue"}
    ),
    "unknown": Question(
        "s3:GetObject", now=NOW, unknown=("aws:SourceIp", "aws:CalledVia")
    ),
    "unknown tags": Question(
        "s3:GetObject", now=NOW, unknown=("aws:RequestTag/team", "aws:PrincipalTag/team")
    ),
    "unknown ID": Question("s3:GetObject", now=NOW, unknown=("aws:userid",)),
    "an ID": Question("s3:GetObject", now=NOW, context={"aws:userid": "AIDAEXAMPLEANA"}),
    "later": Question("s3:GetObject", now="2026-03-05T09:00:00Z"),
    "another partition": Question("s3:GetObject", "arn:aws-cn:s3:::logs/today", now=NOW),
    "a time that is none": Question("s3:GetObject", context={"aws:CurrentTime": "soon"}),
}  # fmt: skip


def _asked_alone(
    within: Accounts,
    actions: Sequence[str],
    question: Question,
    callers: Sequence[Entity] | None = None,
) -> list[Row]:
    """Return the matrix as single questions give it."""

    def cell(caller: str, action: str) -> Cell:
        try:
            asked = question._replace(action=action)
            found = answer(within, within.caller(caller), asked)
        except InputError:
            return Cell(REFUSED)
        is_refused = found.can is False and found.decision.allowed is not False
        word = BY_SERVICE if is_refused else found.decision.decision
        return Cell(word, found.decision.statements)

    return [
        Row(each.arn, tuple(cell(each.arn, action) for action in actions))
        for each in callers or within.callers
    ]


@pytest.mark.parametrize("question", _QUESTIONS.values(), ids=_QUESTIONS)
def test_a_cell_is_what_a_question_alone_says(question: Question) -> None:
    found = [*matrix(_account(), _ACTIONS, question)]

    assert found == _asked_alone(_account(), _ACTIONS, question)


def test_what_the_service_refuses_is_not_allowed() -> None:
    name = {"secretsmanager:Name": "appflow!sales"}
    actions = ("secretsmanager:CreateSecret", "secretsmanager:ListSecrets")
    accounts = Accounts(load([EXAMPLE]))

    directly = matrix(accounts, actions, Question(actions[0], context=name, now=NOW))
    words = _words([*directly])

    assert words["Admin"] == f"{BY_SERVICE} allowed"
    assert words["Support"] == f"{BY_SERVICE} undetermined"
    assert words["Ci"] == "implicitDeny implicitDeny"


def _words(rows: Sequence[Row]) -> dict[str, str]:
    return {row.caller.split("/")[-1]: " ".join(cell.word for cell in row.cells) for row in rows}


@pytest.mark.parametrize("layer", [Layer.SCP, Layer.RESOURCE, Layer.BOUNDARY])
def test_a_layer_may_be_unknown(layer: Layer) -> None:
    within = Accounts(_account().found, unknown_layers=[layer])
    question = _QUESTIONS["an object"]

    found = [*matrix(within, _ACTIONS, question)]

    assert found == _asked_alone(within, _ACTIONS, question)
    assert _words(found)["ana"].split()[:3] == ["undetermined", "undetermined", "explicitDeny"]


@pytest.mark.parametrize("layer", [Layer.RCP, Layer.ENDPOINT])
def test_an_unknown_layer_has_a_say_in_calls_of_some_services(layer: Layer) -> None:
    """Resource control policies are for some services only (R-RCP-03)."""
    within = Accounts(_account().found, unknown_layers=[layer])
    question = Question("s3:GetObject", now=NOW)
    actions = (*_ACTIONS, "s3:ListAllMyBuckets", "transfer:StartServer", "sqs:SendMessage")

    found = [*matrix(within, actions, question)]

    assert found == _asked_alone(within, actions, question)
    words = {*_words(found)["All"].split()}
    assert ("allowed" in words) is (layer is Layer.RCP)
    assert "undetermined" in words


def test_rows_stand_in_order_with_the_statements_that_decided() -> None:
    actions = ("s3:GetObject", "s3:DeleteObject")

    found = [*matrix(_account(), actions, _QUESTIONS["unknown"])]

    assert _words(found) == {
        "ana": "allowed explicitDeny", "bad": "refused refused",
        "ida": "allowed allowed", "none": "implicitDeny implicitDeny",
        "All": "allowed explicitDeny", "Bounded": "allowed implicitDeny",
        "Gone": "undetermined undetermined", "Here": "undetermined undetermined",
        "Not": "implicitDeny implicitDeny", "Nothing": "implicitDeny implicitDeny",
        "Owner": "undetermined undetermined",
        "Red": "allowed allowed", "Soon": "allowed allowed",
        "Tagged": "implicitDeny implicitDeny", "Tagging": "implicitDeny implicitDeny",
        "Through": "undetermined undetermined",
    }  # fmt: skip
    assert found[0].caller == iam("user/ana")
    assert [(cell.word, cell.matched) for cell in found[0].cells] == [
        ("allowed", ("user/ana/Own#1",)), ("explicitDeny", ("KeepObjects",)),
    ]  # fmt: skip


def test_a_matrix_may_be_of_some_callers() -> None:
    within = _account()
    chosen = [within.caller("Red"), within.caller("ana"), within.caller("bad")]

    found = [*matrix(within, ["s3:GetObject"], _QUESTIONS["nothing"], chosen)]

    assert _words(found) == {"Red": "allowed", "ana": "allowed", "bad": REFUSED}
    assert [*matrix(within, _ACTIONS, _QUESTIONS["nothing"], [])] == []


def test_a_matrix_of_nobody_who_can_be_asked() -> None:
    within = accounts(users=(user("bad", UserPolicyList=inline("nonsense")),))

    found = [*matrix(within, ["s3:GetObject", "kms:Decrypt"], _QUESTIONS["nothing"])]

    assert found == [Row(iam("user/bad"), (Cell(REFUSED), Cell(REFUSED)))]


def test_an_action_that_nobody_can_ask_about_is_refused_alone() -> None:
    within = accounts(users=(user("ana", UserPolicyList=inline(document({}))),))

    (found,) = matrix(within, ["s3:GetObject", "nonsense"], _QUESTIONS["nothing"])

    assert [cell.word for cell in found.cells] == ["allowed", REFUSED]


@pytest.mark.parametrize("actions", [("sts:AssumeRole", "iam:GetRole"),
                                     ("iam:GetRole", "sts:AssumeRole")])  # fmt: skip
@pytest.mark.parametrize("name", ["Ci", "Deploy", "Admin"])
def test_the_trust_policy_has_a_say_in_its_own_actions_alone(
    actions: tuple[str, ...], name: str
) -> None:
    question = Question(actions[0], iam(f"role/{name}"), now=NOW)

    found = [*matrix(example(), actions, question)]

    assert found == _asked_alone(example(), actions, question)


def test_a_trust_policy_that_is_none_leaves_the_other_actions() -> None:
    within = accounts(
        users=(user("ana", UserPolicyList=inline(document({}))),),
        roles=(role("X", AssumeRolePolicyDocument="nonsense"),),
    )
    question = Question("sts:AssumeRole", iam("role/X"), now=NOW)

    ana, _ = matrix(within, ["sts:AssumeRole", "iam:GetRole"], question)

    assert [cell.word for cell in ana.cells] == [REFUSED, "allowed"]


def test_callers_are_in_their_organization() -> None:
    """One of its policies denies who is not in it, another a call whoever makes it."""
    actions = ("secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue")
    question = Question(actions[0], _SECRET, now=NOW)

    found = [*matrix(example(ORGANIZATION), actions, question)]

    assert found == _asked_alone(example(ORGANIZATION), actions, question)
    assert _words(found)["Admin"] == "explicitDeny allowed"


_MANY_ACTIONS = actions_like(
    f"{service}:*" for service in ("appflow", "iam", "kms", "s3", "secretsmanager", "sqs", "sts")
)
_KEYS = {
    "aws:SourceIp": "203.0.113.7", "aws:CalledVia": ["appflow.amazonaws.com"],
    "aws:RequestedRegion": "eu-west-1", "aws:PrincipalOrgID": "o-1", "aws:TagKeys": ["team"],
    "aws:RequestTag/team": "red", "aws:ViaAWSService": "true", "aws:userid": _ID,
    "secretsmanager:Name": "appflow!sales", "kms:ResourceAliases": "alias/aws/x",
    "iam:PassedToService": "ec2.amazonaws.com",
}  # fmt: skip
_UNKNOWN = ("aws:SourceIp", "aws:ResourceTag/*", "aws:ResourceAccount", "aws:TagKeys", "*")
_ON = (
    None, None, "*", _OBJECT, _SECRET, iam("role/Red"), iam("role/Admin"),
    f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1", f"arn:aws:sqs:us-east-1:{OTHER}:q",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(20))
def test_of_many_actions_a_cell_is_what_a_question_alone_says(seed: int) -> None:
    """Of each answer of one caller some cells, and some at random."""
    random = Random(seed)
    within = random.choice((_account, example, lambda: example(ORGANIZATION)))()
    unsure = random.choice(([], [], [random.choice([*Layer])]))
    within = Accounts(within.found, unknown_layers=unsure)
    context = {key: value for key, value in _KEYS.items() if random.random() < 0.15}
    question = Question(
        "s3:GetObject",
        random.choice(_ON),
        context=context,
        unknown=tuple(key for key in _UNKNOWN if random.random() < 0.1 and key not in context),
        request_tags=random.choice(({}, {}, {"team": "red"}, {"aws:x": "y"})),
        resource_tags=random.choice(({}, {}, {"team": "red"})),
        now=NOW,
        resource_account=random.choice((None, None, ACCOUNT, OTHER)),
    )
    caller = random.choice(within.callers)

    (row,) = matrix(within, _MANY_ACTIONS, question, [caller])

    places: dict[Cell, list[int]] = {}
    for place, cell in enumerate(row.cells):
        places.setdefault(cell, []).append(place)
    chosen = {place for each in places.values() for place in random.sample(each, min(len(each), 4))}
    chosen |= {*random.sample(range(len(row.cells)), 10)}
    actions = [_MANY_ACTIONS[place] for place in sorted(chosen)]
    (alone,) = _asked_alone(within, actions, question, [caller])
    assert [row.cells[place] for place in sorted(chosen)] == [*alone.cells]


def test_rows_are_given_as_they_are_found() -> None:
    within = accounts(users=tuple(user(f"u{number}") for number in range(5)))

    rows = matrix(within, ["s3:GetObject", "s3:PutObject"], _QUESTIONS["nothing"])

    assert next(rows).caller == iam("user/u0")
    assert within.read_policies == ()
    assert len([*rows]) == 4


def test_the_policies_that_were_read_are_those_that_were_wanted() -> None:
    within = example()

    def names() -> list[str]:
        return [each.name for each in within.read_policies]

    assert names() == []
    flow = [within.caller("Flow")]
    assert len([*matrix(within, ["appflow:StartFlow"], _QUESTIONS["nothing"], flow)]) == 1
    assert names() == ["policy/FlowSecrets"]
    assert len([*matrix(within, ["appflow:StartFlow"], _QUESTIONS["nothing"])]) == 8
    assert len(names()) == len({*names()}) == 8
    assert {"policy/Limits", "group/teams/Flow/Flows", "role/Deploy/Flows"} < {*names()}


# Actions


@pytest.mark.parametrize(
    ("patterns", "actions"),
    [
        (("s3:getobject",), ("s3:GetObject",)),
        (("s3:NotListed",), ("s3:NotListed",)),
        (("s3:GetObject", "S3:GETOBJECT"), ("s3:GetObject",)),
        (("secretsmanager:?etSecretValue",), ("secretsmanager:GetSecretValue",)),
        (
            ("appflow:De*Flow", "appflow:StartFlow", "APPFLOW:*eleteFlow"),
            ("appflow:DeleteFlow", "appflow:DescribeFlow", "appflow:StartFlow"),
        ),
    ],
)
def test_patterns_name_actions_once_each(
    patterns: tuple[str, ...], actions: tuple[str, ...]
) -> None:
    assert actions_like(patterns) == actions


def test_a_pattern_may_be_of_whole_services() -> None:
    every = actions_like(["*"])

    assert every == actions_like(["*:*"])
    assert {each.partition(":")[0] for each in every} > {"s3", "iam", "sqs"}
    assert actions_like(["sqs*"]) == actions_like(["sqs:*"])
    assert actions_like(["sqs:*"]) == tuple(each for each in every if each.startswith("sqs:"))


@pytest.mark.parametrize("pattern", ["s3:Nope*", "nope:*", "nope*"])
def test_a_pattern_that_names_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(RequestError, match="names no action of the service reference") as refusal:
        actions_like(["s3:GetObject", pattern])

    assert refusal.value.diagnostics[0].code == "unknown-action"
