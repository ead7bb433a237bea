"""Cases → a suite that holds today's decisions: the baseline of a refactoring."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from policy_eval.cases.suite import Case
from policy_eval.cases.writing import Fields, decision_fields, request_fields
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Attachment
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import InputError
from policy_eval.policy.ast import Policy
from policy_eval.policy.rendering import policy_document
from policy_eval.request.request import Request
from policy_eval.semantics.layers import Layer

_SHARED = ("principal", "now", "resource_account")
"""Fields of tests that are written once where all tests have the same."""


def recorded(cases: Sequence[Case], name: str, folder: Path) -> Fields:
    """Return a suite of what is decided for some cases. Its files are relative to `folder`.

    Raises the InputError of a case whose input is refused: it holds no decision.
    """
    given = [_usable(case) for case in cases]
    fields = [policies_field(policies, folder) for policies, _ in given]
    common, _ = Counter(map(repr, fields)).most_common(1)[0]
    shared = next(each for each in fields if repr(each) == common)
    tests = []
    for case, own, (policies, requests) in zip(cases, fields, given, strict=True):
        test: Fields = {"name": case.name}
        if own != shared:
            test |= _replacing(own, shared)
        test |= request_fields(requests)
        test["expect"] = decision_fields(decide_call(policies, requests))
        if case.rules:
            test["rule"] = list(case.rules)
        tests.append(test)
    suite: Fields = {"version": "1", "name": name, **shared}
    for field in _SHARED:
        values = {repr(test.get(field)) for test in tests}
        if len(values) == 1 and field in tests[0]:
            suite[field] = tests[0][field]
            for test in tests:
                del test[field]
    return {**suite, "tests": tests}


def _usable(case: Case) -> tuple[PolicySet, tuple[Request, ...]]:
    policies, requests = case.policies, case.requests
    if isinstance(policies, InputError):
        raise policies
    if isinstance(requests, InputError):
        raise requests
    return _as_named_in_suites(policies), requests


def _replacing(own: Fields, shared: Fields) -> Fields:
    """Return the fields of a test that has other policies than the suite."""
    mine, others = own.get("policies", {}), shared.get("policies", {})
    assert isinstance(mine, dict)
    assert isinstance(others, dict)
    gone = {name: None for name in others if name not in mine}
    further: Fields = {
        name: own.get(name)
        for name in ("endpoint_type", "unknown_layers")
        if own.get(name) != shared.get(name)
    }
    if own.get("accept_invalid") != shared.get("accept_invalid"):
        further["accept_invalid"] = own.get("accept_invalid", "false")
    return {"policies": {**mine, **gone}, **further}


def policies_field(policies: PolicySet, folder: Path) -> Fields:
    """Return the fields that give a set of policies: files by their path, others as documents."""
    attached = policies.attached
    layers: Fields = {}
    for layer in (Layer.SCP, Layer.RCP):
        if attached.exists(layer):
            layers[f"{layer.value}s"] = _levels(policies, layer)
    for attachment in policies.attachments:
        _put(layers, attachment, policies, _entry(attachment.policy, folder))
    fields: Fields = {"policies": layers} if layers else {}
    if attached.endpoint_type is not None:
        fields["endpoint_type"] = attached.endpoint_type.value
    if attached.unknown:
        fields["unknown_layers"] = sorted(layer.value for layer in attached.unknown)
    if any(policy.accepts_invalid for policy in policies.policies):
        fields["accept_invalid"] = "true"
    return fields


def _put(layers: Fields, attachment: Attachment, policies: PolicySet, entry: object) -> None:
    """Put the entry of a policy into its layer."""
    layer, level, _ = attachment
    match layer:
        case Layer.SCP | Layer.RCP:
            levels = layers[f"{layer.value}s"]
            assert isinstance(levels, list)
            levels[level - 1].append(entry)
        case Layer.RESOURCE:
            arn, _ = policies.attached.resource_policies[level]
            if arn:
                resources = layers.setdefault("resources", {})
                assert isinstance(resources, dict)
                resources[arn] = entry
            else:
                layers["resource"] = entry
        case Layer.BOUNDARY | Layer.ENDPOINT:
            layers[layer.value] = entry
        case _:
            several = layers.setdefault(layer.value, [])
            assert isinstance(several, list)
            several.append(entry)


def _levels(policies: PolicySet, layer: Layer) -> list[list[object]]:
    attached = policies.attached
    count = attached.scp_levels if layer is Layer.SCP else attached.rcp_levels
    return [[] for _ in range(count)]


def _file_of(policy: Policy) -> str | None:
    """Return the file that a policy was read from, if the file gives nothing but the policy."""
    name = policy.source.name
    is_yaml = name.endswith((".yaml", ".yml", ".iamtest.json"))
    return None if is_yaml or not os.path.isfile(name) else name  # noqa: PTH113 - a name


def _as_named_in_suites(policies: PolicySet) -> PolicySet:
    """Return the policies with the names that they have in a suite."""
    return policies.with_policies(
        [
            policy._replace(name=Path(_file_of(policy) or policy.name).name)
            for policy in policies.policies
        ]
    )


def _entry(policy: Policy, folder: Path) -> object:
    """Return a file's path, if the policy is all that it holds; else the policy itself."""
    file = _file_of(policy)
    if file is not None:
        return Path(os.path.relpath(file, folder)).as_posix()
    return {"name": policy.name, "policy": policy_document(policy)}
