"""Who becomes whom: the shortest chains, and what they hang on."""

from __future__ import annotations

import policy_eval as pe
from policy_eval.queries.asking import Question
from policy_eval.queries.can_assume import CanAssume, as_dot, as_mermaid, can_assume
from tests.sources.exports import (
    EXAMPLE,
    NOW,
    accounts,
    allowing,
    example,
    iam,
    inline,
    plain,
    role,
    trusting,
    user,
)

_ASK = Question("", now=NOW)
_KEY = "aws:SourceVpc"
_IF_VPC = {"Condition": {"StringEquals": {_KEY: "vpc-1"}}}


def _trusts(*names: str, sure: bool = True) -> dict[str, object]:
    """Return a trust policy for roles of this account."""
    return trusting({"AWS": [iam(f"role/{name}") for name in names]}, **({} if sure else _IF_VPC))


def _from_a(*roles: dict[str, object]) -> CanAssume:
    within = accounts(roles=(role("A", AssumeRolePolicyDocument=None), *roles))
    return can_assume(within, within.caller("A"), _ASK._replace(unknown=(_KEY,)))


def _to(name: str, *by: str, sure: bool = True) -> dict[str, object]:
    return role(name, AssumeRolePolicyDocument=_trusts(*by, sure=sure))


def _paths(found: CanAssume) -> list[str]:
    return [
        ("" if chain.is_sure else "? ")
        + ">".join(step.role.rpartition("/")[2] for step in chain.steps)
        for chain in found.chains
    ]


def test_a_chain_goes_on_from_role_to_role_and_never_back() -> None:
    found = _from_a(_to("B", "A"), _to("C", "B"), _to("D", "C", "D"), _to("E", "X"))

    assert _paths(found) == ["B", "B>C", "B>C>D"]
    assert found.chains[-1].role == iam("role/D")
    assert [step.caller for step in found.chains[-1].steps] == [
        iam("role/A"), iam("role/B"), iam("role/C"),
    ]  # fmt: skip


def test_the_shortest_chain_to_a_role_is_told() -> None:
    found = _from_a(_to("D", "C", "B"), _to("C", "B"), _to("B", "A"))

    assert _paths(found) == ["B", "B>D", "B>C"]


def test_a_sure_chain_is_told_before_a_shorter_one_that_hangs_on_something() -> None:
    trusts = (_trusts("B"), _trusts("A", sure=False))
    both = [statement for each in trusts for statement in plain(each)["Statement"]]
    found = _from_a(
        role("C", AssumeRolePolicyDocument={**_trusts("B"), "Statement": both}),
        _to("B", "A"),
        _to("E", "A", sure=False),
    )

    assert _paths(found) == ["B", "B>C", "? E"]
    assert str(found.chains[-1].steps[0].decision.allow_if) == 'aws:SourceVpc is "vpc-1"'


def test_a_short_chain_that_is_not_sure_is_told_before_a_long_one() -> None:
    """R is two steps away by X, which is not sure, and four by roles that are."""
    found = _from_a(
        _to("S1", "A"), _to("S2", "S1"), _to("S3", "S2"), _to("X", "A", sure=False),
        _to("R", "X", "S3", sure=False),
    )  # fmt: skip

    assert _paths(found)[-2:] == ["? X", "? X>R"]


def test_a_role_whose_trust_policy_nobody_knows_may_be_assumed() -> None:
    within = accounts(
        users=(user("ana", UserPolicyList=inline(allowing("sts:AssumeRole"))),),
        roles=(role("A", AssumeRolePolicyDocument=None),),
    )

    (chain,) = can_assume(within, within.caller("ana"), _ASK).chains

    assert not chain.is_sure
    assert "layer resource" in str(chain.steps[0].decision.allow_if)


def test_a_role_that_cannot_be_asked_about_is_said() -> None:
    broken = role("X", AssumeRolePolicyDocument="nonsense")

    found = _from_a(_to("B", "A"), broken)

    assert _paths(found) == ["B"]
    assert [each.of for each in found.refused] == [iam("role/X")]
    data = plain(found.to_dict())
    assert data["caller"] == iam("role/A")
    (chain,), (refused,) = data["chains"], data["refused"]
    assert (chain["role"], chain["is_sure"]) == (iam("role/B"), True)
    assert chain["steps"][0]["decision"] == "allowed"
    assert refused["error"][0]["code"] == "policy-in-source"


def test_a_chain_of_the_example_has_two_steps() -> None:
    found = pe.can_assume(pe.load_accounts(EXAMPLE), "olga", now=NOW)

    assert _paths(found) == ["Ci", "Ci>Deploy"]
    same = can_assume(example(), example().caller("olga"), _ASK)
    assert found.to_dict() == same.to_dict()


# Graphs


def test_a_graph_has_each_step_once() -> None:
    found = _from_a(_to("B", "A"), _to("C", "B"), _to("D", "A", sure=False))

    assert as_dot(found) == (
        "digraph roles {\n  rankdir=LR;\n"
        '  "role/A" -> "role/B";\n'
        '  "role/B" -> "role/C";\n'
        '  "role/A" -> "role/D" [style=dashed];\n}'
    )
    assert as_mermaid(found) == (
        "flowchart LR\n"
        '  n0["role/A"] --> n1["role/B"]\n'
        '  n1 --> n2["role/C"]\n'
        '  n0 -.-> n3["role/D"]'
    )


def test_a_graph_without_steps_has_its_start() -> None:
    found = CanAssume(iam('role/"A\\'), ())

    assert as_dot(found) == 'digraph roles {\n  rankdir=LR;\n  "role/\\"A\\\\";\n}'
    assert as_mermaid(found) == 'flowchart LR\n  n0["role/#quot;A\\"]'
