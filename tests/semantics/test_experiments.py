"""Every open point has an experiment, and the engine says of it what the experiment says."""

from __future__ import annotations

import json
import re
import shlex

import pytest

from policy_eval.engine.explain import explain_call, rests_on
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.engine.resting import REFUSED
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Policy
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.principal import parse_principal
from policy_eval.request.request import Request
from policy_eval.semantics.experiments import BEFOREHAND, EXPERIMENTS, Asked, Experiment, Kind
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading

_TYPES = {
    Kind.IDENTITY: PolicyType.IDENTITY,
    Kind.BOUNDARY: PolicyType.BOUNDARY,
    Kind.RESOURCE: PolicyType.RESOURCE,
    Kind.SCP: PolicyType.SCP,
    Kind.TRUST: PolicyType.TRUST,
}
_EACH = pytest.mark.parametrize("point", OpenPoint, ids=lambda point: point.value)
_DENIALS = {"implicitDeny", "explicitDeny"}


def _read(experiment: Experiment) -> list[tuple[Kind, Policy]]:
    return [
        (file.kind, parse_policy(file.text, file.name, _TYPES[file.kind]))
        for file in experiment.files
    ]


def _policies(experiment: Experiment) -> PolicySet:
    read = _read(experiment)

    def of(kind: Kind) -> list[Policy]:
        return [policy for each, policy in read if each is kind]

    boundary, resource = ([*of(kind), None][0] for kind in (Kind.BOUNDARY, Kind.RESOURCE))
    scps = [[policy] for policy in of(Kind.SCP)]
    return PolicySet(of(Kind.IDENTITY), boundary=boundary, resource=resource, scps=scps)


def _request(asked: Asked) -> Request:
    principal = parse_principal(asked.principal)
    if asked.user:
        principal = principal._replace(user=asked.user)
    return Request(
        asked.action,
        asked.resource,
        principal=principal,
        context=asked.context,
        request_tags=asked.request_tags,
    )


def _decided(experiment: Experiment, reading: Reading) -> str:
    try:
        explained = explain_call(_policies(experiment), [_request(experiment.asked)], reading)
    except RequestError:
        return REFUSED
    return explained.decision.decision


def test_every_open_point_has_an_experiment() -> None:
    assert [*EXPERIMENTS] == [point for point in OpenPoint if point in EXPERIMENTS]
    assert EXPERIMENTS.keys() == {*OpenPoint}


@_EACH
def test_the_engine_gives_the_outcomes_of_both_readings(point: OpenPoint) -> None:
    experiment = EXPERIMENTS[point]

    assert _decided(experiment, OUR_READING) == experiment.ours.decision
    assert _decided(experiment, frozenset({point})) == experiment.other.decision


@_EACH
def test_an_experiment_tells_its_point_alone(point: OpenPoint) -> None:
    """Whatever AWS answers is about this point: no other one turns the answer."""
    experiment = EXPERIMENTS[point]

    rests = rests_on(_policies(experiment), [_request(experiment.asked)])

    assert [each.rule for each in rests] == [point.value]
    assert {experiment.ours.decision, experiment.other.decision} - _DENIALS
    assert experiment.ours.decision != experiment.other.decision


@_EACH
def test_the_policies_of_an_experiment_are_read_without_a_fault(point: OpenPoint) -> None:
    """Only an empty list of values is warned about, where that is what is tested."""
    said = [each.code for _, policy in _read(EXPERIMENTS[point]) for each in warnings_of(policy)]

    assert said == (["empty-values"] if point is OpenPoint.EMPTY_POLICY_LIST else [])


@_EACH
def test_the_commands_name_the_files_that_are_given(point: OpenPoint) -> None:
    experiment = EXPERIMENTS[point]
    commands = " ".join((*experiment.prepare, experiment.call, *experiment.clean_up))

    assert set(re.findall(r"file://(\S+)", commands)) == {file.name for file in experiment.files}


@_EACH
def test_the_call_is_the_action_that_is_asked(point: OpenPoint) -> None:
    """AppFlow makes the secret that its row is about; two commands of S3 have other names."""
    experiment = EXPERIMENTS[point]
    _, service, command = shlex.split(experiment.call)[:3]
    others = {"s3api list-buckets": "s3:ListAllMyBuckets", "appflow": "secretsmanager:CreateSecret"}
    spelled = f"{service}:{''.join(part.title() for part in command.split('-'))}"

    action = others.get(f"{service} {command}") or others.get(service) or spelled
    assert action == experiment.asked.action


@_EACH
def test_what_an_experiment_makes_is_deleted_by_it(point: OpenPoint) -> None:
    experiment = EXPERIMENTS[point]
    made = [
        shlex.split(command)[1:3]
        for command in (*experiment.prepare, experiment.call)
        if re.match(r"aws \S+ create-", command) and "--dry-run" not in command
    ]
    deleted = [shlex.split(command)[1:3] for command in experiment.clean_up]

    assert made
    for service, command in made:
        assert [service, command.replace("create-", "delete-")] in deleted


@_EACH
def test_an_experiment_is_filled_in(point: OpenPoint) -> None:
    experiment = EXPERIMENTS[point]

    assert not experiment.title.endswith(".")
    assert "\n" not in experiment.title
    assert experiment.ours.seen != experiment.other.seen
    assert all(json.loads(file.text) for file in experiment.files)
    assert BEFOREHAND
