"""Cases → a suite that holds today's decisions: the baseline of a refactoring."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.cases.accounts import NamedSources
from policy_eval.cases.expectation import Expectation
from policy_eval.cases.run import run_case
from policy_eval.cases.suite import Case
from policy_eval.cases.writing import Fields, decision_fields, request_fields
from policy_eval.engine.decision import Attachment, Decision
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import Diagnostic, InputError, Severity, SuiteError
from policy_eval.policy.ast import Policy
from policy_eval.policy.rendering import policy_document
from policy_eval.request.request import Request
from policy_eval.semantics.layers import Layer

if TYPE_CHECKING:
    from policy_eval.sources.accounts import Accounts

_SHARED = ("principal", "now", "resource_account")
"""Fields of tests that are written once where all tests have the same."""


class OfSources(NamedTuple):
    """The sources of cases, and what they hold."""

    sources: NamedSources
    accounts: Accounts


def recorded(cases: Sequence[Case], name: str, folder: Path, of: OfSources | None = None) -> Fields:
    """Return a suite of what is decided for some cases. Its files are relative to `folder`.

    With sources, the suite names them, and says only what they do not. Raises the InputError of a
    case whose input is refused: it holds no decision.
    """
    written: dict[tuple[int, int], _Written] = {}
    for case in cases:
        if _key(case) not in written:
            written[_key(case)] = _policies_of(case, folder, of)
    used = [written[_key(case)] for case in cases]
    common, _ = Counter(repr(each.fields) for each in used).most_common(1)[0]
    shared = next(each.fields for each in used if repr(each.fields) == common)
    tests = []
    for case, (policies, own) in zip(cases, used, strict=True):
        requests, decision = answered(case._replace(policies=policies))
        test: Fields = {"name": case.name}
        if own != shared:
            test |= _replacing(own, shared)
        test |= request_fields(requests, None if of is None else of.accounts)
        test["expect"] = decision_fields(decision)
        if case.rules:
            test["rule"] = list(case.rules)
        tests.append(test)
    suite: Fields = {"version": "1", "name": name, **_sources(of, folder), **shared}
    for field in _SHARED:
        values = {repr(test.get(field)) for test in tests}
        if len(values) == 1 and field in tests[0]:
            suite[field] = tests[0][field]
            for test in tests:
                del test[field]
    return {**suite, "tests": tests}


def answered(case: Case) -> tuple[tuple[Request, ...], Decision]:
    """Return the requests of a case, and what is decided. Raises InputError, with its place."""
    found = run_case(case._replace(expect=Expectation())).found
    if isinstance(found, InputError):
        raise found
    assert not isinstance(case.requests, InputError)  # it was decided
    return case.requests, found


class _Written(NamedTuple):
    """The policies of a case with the names that they have in a suite, and their fields."""

    policies: PolicySet
    fields: Fields


def _key(case: Case) -> tuple[int, int]:
    return id(case.policies), id(case.given)


def _sources(of: OfSources | None, folder: Path) -> Fields:
    """Return the fields that name sources."""
    if of is None:
        return {}
    said: Fields = {
        "sources": [Path(os.path.relpath(path, folder)).as_posix() for path in of.sources.paths],
        "account": of.sources.account,
        "region": of.sources.region,
        "parameters": dict(of.sources.parameters),
    }
    return {name: value for name, value in said.items() if value}


def _policies_of(case: Case, folder: Path, of: OfSources | None) -> _Written:
    policies = case.policies
    if isinstance(policies, InputError):
        raise policies
    if of is None:
        assert case.given is None  # what nobody knows is in no file
        return _written(policies, case, folder)
    if case.given is None:
        problem = Diagnostic(
            "field-combination", Severity.ERROR,
            f"`{case.name}` has all its policies by itself, and the suite has sources",
            "record it without sources", case.place if case.place.line else None,
        )  # fmt: skip
        raise SuiteError(problem)
    given = case.given.policies()
    written = _written(given, case, folder)
    named = dict(zip(map(id, given.policies), written.policies.policies, strict=True))
    own = [named.get(id(policy), policy) for policy in policies.policies]
    return _Written(policies.with_policies(own), written.fields)


def _written(policies: PolicySet, case: Case, folder: Path) -> _Written:
    files = [_file_of(policy, case.place.file) for policy in policies.policies]
    named = policies.with_policies(
        [
            policy if file is None or policy.name != file
            else policy._replace(name=Path(file).name)
            for policy, file in zip(policies.policies, files, strict=True)
        ]
    )  # fmt: skip
    entries = [
        _entry(policy, file, folder) for policy, file in zip(named.policies, files, strict=True)
    ]
    return _Written(named, policies_field(named, entries))


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


def policies_field(policies: PolicySet, entries: Sequence[object]) -> Fields:
    """Return the fields that give a set of policies, by an entry for each."""
    attached = policies.attached
    layers: Fields = {}
    for layer in (Layer.SCP, Layer.RCP):
        if attached.exists(layer):
            layers[f"{layer.value}s"] = _levels(policies, layer)
    for attachment, entry in zip(policies.attachments, entries, strict=True):
        _put(layers, attachment, policies, entry)
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


_READ_OVER = frozenset({"comment", "trailing-comma"})
"""What `--lenient` reads over, and a suite does not."""


def _file_of(policy: Policy, suite: str) -> str | None:
    """Return the file that a suite can read a policy from: one beside `suite`, not itself."""
    name = policy.source.name
    is_read_over = any(finding.code in _READ_OVER for finding in policy.findings)
    return None if name == suite or is_read_over or not os.path.isfile(name) else name  # noqa: PTH113 - a name


def _entry(policy: Policy, file: str | None, folder: Path) -> object:
    """Return a policy's file, with its name where it has one of its own; else the policy itself."""
    if file is None:
        return {"name": policy.name, "policy": policy_document(policy)}
    path = Path(os.path.relpath(file, folder)).as_posix()
    return path if policy.name == Path(file).name else {"name": policy.name, "file": path}
