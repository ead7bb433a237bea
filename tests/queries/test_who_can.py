"""Who can do something: every user and role, by the answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import policy_eval as pe
from policy_eval.errors import RequestError
from policy_eval.queries.asking import Question, answer
from policy_eval.queries.who_can import who_can
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.model import Document, Resource, Where
from tests.sources.exports import (
    ACCOUNT,
    NOW,
    ORGANIZATION,
    OTHER,
    accounts,
    allowing,
    document,
    example,
    found,
    iam,
    inline,
    plain,
    role,
    user,
)

_CREATE = "secretsmanager:CreateSecret"
_NAME = {"secretsmanager:Name": "appflow!sales"}
_THROUGH = {**_NAME, "aws:CalledVia": ["appflow.amazonaws.com"]}


def _short(found: tuple[object, ...]) -> list[str]:
    return [str(getattr(each, "caller", "")).split(":", 5)[-1] for each in found]


def test_callers_stand_by_their_answer() -> None:
    found = who_can(example(), Question(_CREATE, context=_THROUGH, now=NOW))

    assert _short(found.allowed) == ["user/ana", "role/Admin", "role/Flow"]
    assert _short(found.undetermined) == ["role/Support", "role/sales/Limited"]
    assert _short(found.denied) == ["user/ops/olga", "role/Ci", "role/Deploy"]
    assert found.refused == ()
    assert len(found.answers) == 8


def test_what_the_service_refuses_can_nobody() -> None:
    """Secrets Manager reserves names that begin with `appflow!` (R-AF-02)."""
    found = who_can(example(), Question(_CREATE, context=_NAME, now=NOW))

    assert len(found.denied) == 8
    admin = next(each for each in found.denied if each.caller == iam("role/Admin"))
    assert (admin.decision.allowed, admin.can) == (True, False)


def test_an_answer_is_data() -> None:
    found = who_can(example(), Question(_CREATE, context=_THROUGH, now=NOW))

    data = plain(found.to_dict())
    assert (data["action"], data["resource"], data["refused"]) == (_CREATE, None, [])
    (first, *_), (_, limited) = data["allowed"], data["undetermined"]
    assert (first["caller"], first["decision"]) == (iam("user/ana"), "allowed")
    assert limited["residual"]["allow_if"]["text"].startswith('statement "policy/Limits#1"')


def test_a_caller_whose_policies_cannot_be_read_is_kept_apart() -> None:
    within = accounts(
        users=(user("good", UserPolicyList=inline(document({}))),
               user("bad", UserPolicyList=inline("nonsense")))
    )  # fmt: skip

    found = who_can(within, Question("s3:ListAllMyBuckets", now=NOW))

    assert _short(found.allowed) == ["user/good"]
    assert [each.of for each in found.refused] == [iam("user/bad")]
    (refused,) = plain(found.to_dict())["refused"]
    assert refused["error"][0]["code"] == "policy-in-source"


@pytest.mark.parametrize(
    ("question", "code"),
    [
        (Question("nonsense"), "unknown-action"),
        (Question("s3:GetObject", "nonsense"), "not-an-arn"),
        (Question("s3:GetObject", now="soon"), "unreadable-time"),
        (Question("s3:GetObject", context={"aws:CurrentTime": "soon"}), "unreadable-value"),
    ],
)
def test_a_question_that_can_be_asked_of_nobody_is_refused(question: Question, code: str) -> None:
    condition = {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}
    own = inline(document({"Condition": condition}))
    within = accounts(roles=(role("A", RolePolicyList=own), role("B", RolePolicyList=own)))

    with pytest.raises(RequestError) as refusal:
        who_can(within, question)

    assert refusal.value.diagnostics[0].code == code


def test_a_resource_of_another_partition_is_refused_caller_by_caller() -> None:
    within = accounts(roles=(role("A"), role("B", Arn=iam("role/B", partition="aws-cn"))))

    found = who_can(within, Question("s3:GetObject", "arn:aws-cn:s3:::a/b", now=NOW))

    assert ([each.of for each in found.refused], len(found.denied)) == ([iam("role/A")], 1)


_ACTIONS = ("s3:GetObject", "s3:PutObject", "sts:AssumeRole", "iam:GetRole", "kms:Decrypt")
_RESOURCES = (None, "arn:aws:s3:::a/b", iam("role/B"), iam("role/A"))
_policies = st.lists(st.sampled_from(_ACTIONS), max_size=3).map(
    lambda actions: [inline(allowing(each), f"P{number}")[0] for number, each in enumerate(actions)]
)


@settings(max_examples=30)
@given(_policies, _policies, st.sampled_from(_ACTIONS), st.sampled_from(_RESOURCES))
def test_who_can_says_of_every_caller_what_a_question_alone_says(
    first: list[object], second: list[object], action: str, resource: str | None
) -> None:
    within = accounts(roles=(role("A", RolePolicyList=first), role("B", RolePolicyList=second)))
    question = Question(action, resource, now=NOW)

    found = who_can(within, question)

    for each in found.answers:
        entity = within.caller(each.caller)
        policies = within.policies(entity, action, resource)
        request = pe.Request(action, resource, principal=each.caller, now=NOW)
        assert pe.decide(policies, request).decision == each.decision.decision
        assert answer(within, entity, question).to_dict() == each.to_dict()


def test_the_public_face_asks_the_same() -> None:
    within = pe.load_accounts(ORGANIZATION, unknown_layers=["scp", pe.Layer.RCP])

    assert within.unknown_layers == (pe.Layer.SCP, pe.Layer.RCP)
    assert pe.who_can(within, "s3:GetObject").answers == ()
    found = pe.who_can(example(), _CREATE, context=_THROUGH, now=NOW)
    assert found.question == Question(_CREATE, context=_THROUGH, now=NOW)
    assert len(found.allowed) == 3
    with pytest.raises(RequestError, match="`nonsense` is no layer"):
        pe.load_accounts(ORGANIZATION, unknown_layers=["nonsense"])


# Several actions of one call


def _of_buckets() -> Accounts:
    """Return accounts in which a role may read what is tagged, and a bucket of another's is."""
    tagged = {"StringEquals": {"aws:ResourceTag/team": "red"}}
    own = document(
        {"Action": "s3:ListBucket", "Condition": tagged}, {"Action": "s3:ListAllMyBuckets"}
    )
    everything = found(roles=(role("A", RolePolicyList=inline(own)), role("B")))
    where = Where("r")
    everything.resources["arn:aws:s3:::red"] = Resource(
        "arn:aws:s3:::red", None, where, ACCOUNT, (("team", "red"),)
    )
    everything.resources["arn:aws:s3:::plain"] = Resource(
        "arn:aws:s3:::plain", None, where, ACCOUNT
    )
    opened = Document("open", _OPEN, where)
    everything.resources["arn:aws:s3:::theirs"] = Resource(
        "arn:aws:s3:::theirs", opened, where, OTHER, (("team", "red"),)
    )
    return Accounts(everything)


_OPEN = {
    "Version": "2012-10-17",
    "Statement": {
        "Effect": "Allow", "Principal": {"AWS": iam("role/A")}, "Action": "s3:ListBucket",
        "Resource": "arn:aws:s3:::theirs",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("also", "decision"),
    [
        (("s3:ListBucket", "arn:aws:s3:::red"), "allowed"),
        (("s3:ListBucket", "arn:aws:s3:::plain"), "undetermined"),
        (("s3:ListBucket", "arn:aws:s3:::theirs"), "allowed"),
        (("s3:CreateBucket", None), "implicitDeny"),
    ],
)
def test_a_call_may_need_further_actions_each_on_its_own_resource(
    also: tuple[str, str | None], decision: str
) -> None:
    question = Question("s3:ListAllMyBuckets", now=NOW, also=(also,))

    told = who_can(_of_buckets(), question)

    assert [each.decision.decision for each in told.answers] == [decision, "implicitDeny"]
    action, resource = also
    assert told.to_dict()["also"] == [{"action": action, "resource": resource}]


def test_the_library_asks_of_further_actions() -> None:
    within = _of_buckets()

    both = pe.who_can(within, "s3:ListAllMyBuckets", also=[("s3:ListBucket", "arn:aws:s3:::red")])
    same = pe.who_can(within, "s3:ListAllMyBuckets", also=["s3:ListBucket"])

    assert [len(both.allowed), len(same.allowed)] == [1, 0]
    with pytest.raises(RequestError) as refusal:
        pe.who_can(within, "s3:ListAllMyBuckets", also=["bad"])
    assert refusal.value.diagnostics[0].code == "unknown-action"
