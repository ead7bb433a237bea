"""Actions of which the same facts hold are alike to the rules."""

from __future__ import annotations

from random import Random

import pytest

from policy_eval.errors import RequestError
from policy_eval.request.request import Request
from policy_eval.semantics.action_facts import ActionFacts, facts_of
from policy_eval.semantics.layers import Attached, Layer
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_reference import service_actions
from policy_eval.semantics.situations import case_of, levels_with_a_say

_SERVICES = ("iam", "kms", "s3", "sts", "secretsmanager", "sqs", "ec2", "appflow", "support")
_ACCOUNT = "111122223333"
_CALLERS = (
    f"arn:aws:iam::{_ACCOUNT}:user/ann", f"arn:aws:iam::{_ACCOUNT}:root",
    "arn:aws:iam::444455556666:role/Dev", "appflow.amazonaws.com",
)  # fmt: skip
_RESOURCES = (
    None, "*", f"arn:aws:sqs:us-east-1:{_ACCOUNT}:x", f"arn:aws:kms:us-east-1:{_ACCOUNT}:alias/x",
)  # fmt: skip
_CONTEXTS: tuple[dict[str, str | list[str]], ...] = (
    {}, {"aws:RequestTag/team": "red"}, {"aws:ResourceTag/team": "red", "aws:TagKeys": ["x"]},
)  # fmt: skip
_ATTACHED = Attached(frozenset({Layer.IDENTITY, Layer.SCP, Layer.RCP}), scp_levels=1, rcp_levels=1)


def _alike() -> list[tuple[str, str]]:
    """Return pairs of actions of which the same holds."""
    random = Random(7)
    by_facts: dict[ActionFacts, list[str]] = {}
    for service in _SERVICES:
        for name in service_actions(service):
            by_facts.setdefault(facts_of(f"{service}:{name}".lower()), []).append(
                f"{service}:{name}"
            )
    pairs = [random.sample(names, 2) for names in by_facts.values() if len(names) > 1]
    return [(first, second) for first, second in pairs]


def _seen(action: str, caller: str, resource: str | None, context: object) -> object:
    request = Request(action, resource, principal=caller, context=context)  # type: ignore[arg-type]
    try:
        seen = RequestContext(request, OUR_READING, _ATTACHED)
        case = case_of(seen)
    except RequestError as error:
        return error.diagnostics[0].code
    states = [(layer, each.presence, each.denies) for layer, each in case.layers.items()]
    entries = {name: [*held.values()] for name, held in seen.entries().items()}
    names = seen.resources.names
    return case.side, states, levels_with_a_say(seen, case), entries, names


@pytest.mark.parametrize(("first", "second"), _alike())
def test_rules_see_the_same_of_actions_of_the_same_facts(first: str, second: str) -> None:
    for caller in _CALLERS:
        for resource in _RESOURCES:
            for context in _CONTEXTS:
                found = _seen(first, caller, resource, context)

                assert found == _seen(second, caller, resource, context)


def test_what_matters_for_the_case_leaves_tags_out() -> None:
    create, read = facts_of("sqs:createqueue"), facts_of("ec2:describeinstances")

    found = create.of_case(narrow=False)
    assert found == create._replace(creates=False, tags=False, carried=())
    assert create.of_case(narrow=True) == found._replace(service="")
    assert read.of_case(narrow=False).service == ""
