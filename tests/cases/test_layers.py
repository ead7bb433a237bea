"""The layers of a suite: how they are read, inherited and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.policy.policy_type import PolicyType
from policy_eval.semantics.layers import EndpointType, Layer
from tests.cases.suites import only_case, refusal_of_text

_ALLOW = '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
_NAMED = '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}}'
_TRUST = (
    '{"Statement": {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:*"}}'
)
_KEY = "arn:aws:kms:us-east-1:111122223333:key/k"
_ROLE = "arn:aws:iam::111122223333:role/r"


def _policies(tmp_path: Path, test: str, suite: str = "") -> PolicySet:
    case = only_case(tmp_path, f"{suite}tests:\n  - {{{test}}}\n", "")
    assert isinstance(case.policies, PolicySet), case.policies
    return case.policies


def _types(policies: PolicySet) -> list[tuple[str, int, PolicyType]]:
    return [(each.layer.value, each.level, each.policy.type) for each in policies.attachments]


def test_every_layer_is_read_as_its_type(tmp_path: Path) -> None:
    policies = _policies(
        tmp_path,
        f"action: s3:GetObject, policies: {{identity: [{_ALLOW}], boundary: {_ALLOW}, "
        f"session: [{_ALLOW}, {_ALLOW}], resource: {_NAMED}, scps: [[{_ALLOW}], []], "
        f"endpoint: {_NAMED}}}, endpoint_type: gateway, unknown_layers: [rcp]",
    )

    assert sorted(_types(policies)) == sorted(
        [
            ("identity", 0, PolicyType.IDENTITY),
            ("boundary", 0, PolicyType.BOUNDARY),
            ("session", 0, PolicyType.SESSION),
            ("session", 0, PolicyType.SESSION),
            ("endpoint", 0, PolicyType.ENDPOINT),
            ("scp", 1, PolicyType.SCP),
            ("resource", 0, PolicyType.RESOURCE),
        ]
    )
    assert policies.attached.scp_levels == 2
    assert policies.attached.unknown == {Layer.RCP}
    assert policies.attached.endpoint_type is EndpointType.GATEWAY


@pytest.mark.parametrize("nothing", ["null", "[]"])
def test_a_layer_that_is_null_or_empty_does_not_exist(tmp_path: Path, nothing: str) -> None:
    policies = _policies(
        tmp_path,
        f"action: s3:GetObject, policies: {{boundary: {nothing}, scps: {nothing}, "
        f"session: {nothing}, resource: {nothing}}}, endpoint_type: null",
        f"policies: {{identity: [{_ALLOW}], boundary: {_ALLOW}, scps: [[{_ALLOW}]]}}\n",
    )

    assert [each.layer for each in policies.attachments] == [Layer.IDENTITY]
    assert policies.attached.given == {Layer.IDENTITY}


@pytest.mark.parametrize(
    ("test", "policy_type"),
    [
        (f"action: sts:AssumeRole, policies: {{resource: {_TRUST}}}", PolicyType.TRUST),
        (f"all_of: [sts:TagSession], policies: {{resource: {_TRUST}}}", PolicyType.TRUST),
        (f"all_of: [{{action: kms:Decrypt}}], policies: {{resource: {_NAMED}}}",
         PolicyType.KMS_KEY),
        (f"action: s3:GetObject, policies: {{resource: {_NAMED}}}", PolicyType.RESOURCE),
        (f"action: s3:GetObject, policies: {{resources: {{{_KEY}: {_NAMED}}}}}",
         PolicyType.KMS_KEY),
        (f"action: s3:GetObject, policies: {{resources: {{{_ROLE}: {_TRUST}}}}}",
         PolicyType.TRUST),
        (f"action: s3:GetObject, policies: {{resources: {{'arn:aws:s3:::b': {_NAMED}}}}}",
         PolicyType.RESOURCE),
    ],
)  # fmt: skip
def test_the_type_of_a_resource_s_policy_follows(
    tmp_path: Path, test: str, policy_type: PolicyType
) -> None:
    (attachment,) = _policies(tmp_path, test).attachments

    assert (attachment.layer, attachment.policy.type) == (Layer.RESOURCE, policy_type)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (f"policies: {{boundary: [{_ALLOW}, {_ALLOW}]}}", "several-values"),
        (f"policies: {{resources: {{b: {_NAMED}}}}}", "not-an-arn"),
        ("unknown_layers: [scps]", "unknown-word"),
        ("endpoint_type: door", "unknown-word"),
        ("policies: {boundary: nothing.json}", "missing-file"),
        ("dependent_actions: [{action: s3:a}]", "missing-field"),
        ("dependent_actions: [{action: s3:a, needs: b}]", "unknown-action"),
        ("dependent_actions: [{action: s3:a, needs: s3:b, on: moon}]", "unknown-word"),
        ("dependent_actions: [{action: s3:a, needs: s3:b, on: value-of-key}]", "missing-field"),
        ("dependent_actions: [{action: s3:a, nedds: s3:b}]", "unknown-field"),
        ("principal: {arn: anonymous, credentials: Wallet}", "unknown-word"),
    ],
)
def test_what_is_no_layer_is_refused(tmp_path: Path, fields: str, code: str) -> None:
    diagnostic = refusal_of_text(tmp_path, f"tests:\n  - {{action: s3:a, {fields}}}\n")

    assert diagnostic.code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (f"policies: {{scps: [{', '.join([f'[{_ALLOW}]'] * 8)}]}}", "too-many-levels"),
        (f"policies: {{identity: [{_ALLOW}]}}, unknown_layers: [identity]",
         "layer-given-and-unknown"),
        (f"policies: {{boundary: {_NAMED}}}", "element-not-allowed"),
        (f"policies: {{resource: {_ALLOW}}}", "missing-element"),
    ],
)  # fmt: skip
def test_policies_that_are_refused_are_a_result(tmp_path: Path, fields: str, code: str) -> None:
    case = only_case(tmp_path, f"tests:\n  - {{action: s3:a, {fields}}}\n")

    assert isinstance(case.policies, InputError)
    assert case.policies.diagnostics[0].code == code


def test_a_management_account_may_be_the_caller_s(tmp_path: Path) -> None:
    principal = "{arn: 'arn:aws:iam::111122223333:user/u', management_account: MINE}"
    found = []
    for given in ("true", "false", '"999988887777"'):
        case = only_case(
            tmp_path,
            f"tests:\n  - {{action: s3:a, principal: {principal.replace('MINE', given)}}}\n",
        )
        assert not isinstance(case.requests, InputError)
        caller = case.requests[0].principal
        assert caller is not None
        found.append(caller.management_account)

    assert found == ["111122223333", None, "999988887777"]


def test_a_step_whose_arn_names_an_account_takes_none_from_outside(tmp_path: Path) -> None:
    queue = "arn:aws:sqs:us-east-1:111122223333:q"
    case = only_case(
        tmp_path,
        f"""\
        resource_account: "999988887777"
        tests:
          - all_of:
              - {{action: s3:GetObject, resource: "arn:aws:s3:::b/k"}}
              - {{action: sqs:SendMessage, resource: "{queue}"}}
              - {{action: s3:GetObject, resource: "arn:aws:s3:::b/k", resource_account: null}}
        """,
        "",
    )

    assert not isinstance(case.requests, InputError)
    assert [request.resource_account for request in case.requests] == ["999988887777", None, None]


def test_further_actions_do_not_stand_beside_all_of(tmp_path: Path) -> None:
    text = "tests:\n  - {all_of: [s3:a], dependent_actions: [{action: s3:a, needs: s3:b}]}\n"

    assert refusal_of_text(tmp_path, text).code == "field-combination"


def test_a_key_that_is_none_brings_no_need(tmp_path: Path) -> None:
    rows = "[{action: s3:a, needs: s3:b, when: nonsense}]"

    diagnostic = refusal_of_text(
        tmp_path, f"tests: [{{action: s3:a, dependent_actions: {rows}}}]\n"
    )

    assert diagnostic.code == "context-key"
