"""Policies in files, each read as the type of its layer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policy_eval.engine.loading import LayerFiles, load_set
from policy_eval.engine.policies import PolicySet
from policy_eval.errors import PolicyError
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.semantics.layers import EndpointType, Layer

_ALLOW: dict[str, object] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_DOCUMENTS: dict[str, dict[str, object]] = {
    "plain.json": _ALLOW,
    "of-anybody.json": {**_ALLOW, "Principal": "*"},
    "of-bucket.json": {**_ALLOW, "Action": "s3:*", "Principal": "*"},
    "deny.json": {**_ALLOW, "Effect": "Deny", "Action": "s3:*", "Principal": "*"},
    "of-role.json": {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": "*"},
    "of-key.json": {**_ALLOW, "Action": "kms:*", "Principal": "*"},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of policies."""
    for name, statement in _DOCUMENTS.items():
        document = {"Version": "2012-10-17", "Statement": [statement]}
        (tmp_path / name).write_text(json.dumps(document), "utf-8")
    return tmp_path


def _attached(policies: PolicySet) -> list[tuple[Layer, int, str, PolicyType]]:
    return [
        (layer, level, Path(policy.name).name, policy.type)
        for layer, level, policy in policies.attachments
    ]


def test_each_file_is_read_as_the_type_of_its_layer(folder: Path) -> None:
    policies = load_set(
        ["plain.json", "plain.json"],
        {
            "boundary": "plain.json",
            "session": ["plain.json"],
            "scps": [["plain.json"], [], ["plain.json"]],
            "rcps": [["deny.json"]],
            "endpoint": "of-anybody.json",
            "endpoint_type": "interface",
        },
        folder,
    )

    assert _attached(policies) == [
        (Layer.IDENTITY, 0, "plain.json", PolicyType.IDENTITY),
        (Layer.IDENTITY, 0, "plain.json", PolicyType.IDENTITY),
        (Layer.BOUNDARY, 0, "plain.json", PolicyType.BOUNDARY),
        (Layer.SESSION, 0, "plain.json", PolicyType.SESSION),
        (Layer.ENDPOINT, 0, "of-anybody.json", PolicyType.ENDPOINT),
        (Layer.SCP, 1, "plain.json", PolicyType.SCP),
        (Layer.SCP, 3, "plain.json", PolicyType.SCP),
        (Layer.RCP, 1, "deny.json", PolicyType.RCP),
    ]
    assert policies.attached.scp_levels == 3
    assert policies.attached.endpoint_type is EndpointType.INTERFACE


@pytest.mark.parametrize(
    ("name", "policy_type"),
    [
        ("of-bucket.json", PolicyType.RESOURCE),
        ("of-role.json", PolicyType.TRUST),
        ("of-key.json", PolicyType.KMS_KEY),
    ],
)
def test_a_policy_of_a_resource_is_of_the_type_that_its_statements_tell(
    folder: Path, name: str, policy_type: PolicyType
) -> None:
    policies = load_set([], {"resource": name}, folder)

    assert _attached(policies) == [(Layer.RESOURCE, 0, name, policy_type)]


def test_policies_of_further_resources_are_of_the_types_that_their_arns_tell(folder: Path) -> None:
    key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"

    policies = load_set(
        [],
        {
            "resource": "of-bucket.json",
            "resources": {key: "of-anybody.json", "arn:aws:s3:::logs": "of-bucket.json"},
        },
        folder,
    )

    assert [(level, policy.type) for _, level, policy in policies.attachments] == [
        (0, PolicyType.RESOURCE),
        (1, PolicyType.KMS_KEY),
        (2, PolicyType.RESOURCE),
    ]
    assert [arn for arn, _ in policies.attached.resource_policies] == ["", key, "arn:aws:s3:::logs"]


def test_layers_that_nobody_knows_are_unknown(folder: Path) -> None:
    policies = load_set(["plain.json"], {"unknown_layers": ["scp", Layer.RCP]}, folder)

    assert policies.attached.unknown == {Layer.SCP, Layer.RCP}


def test_a_whole_path_stands_for_itself(folder: Path) -> None:
    policies = load_set([folder / "plain.json"], {"boundary": None, "resource": None}, "elsewhere")

    assert [policy.name for policy in policies.policies] == [str(folder / "plain.json")]


@pytest.mark.parametrize(
    "layers",
    [
        {"boundary": "absent-altogether.json"},
        {"resource": "absent-altogether.json"},
        {"resources": {"arn:aws:s3:::logs": "absent-altogether.json"}},
        {"scps": [["plain.json"], ["absent-altogether.json"]]},
    ],
)
def test_a_file_that_is_not_there_is_refused(folder: Path, layers: LayerFiles) -> None:
    with pytest.raises(PolicyError) as caught:
        load_set(["plain.json"], layers, folder)

    assert (
        str(caught.value)
        == f"error[missing-file]: {folder}/absent-altogether.json: there is no such file"
    )


@pytest.mark.parametrize(
    "layers",
    [{}, {"session": ["torn.json"]}, {"resource": "torn.json"}],
)
def test_files_are_read_as_strictly_as_is_asked(folder: Path, layers: LayerFiles) -> None:
    text = (folder / "of-bucket.json").read_text("utf-8").replace("]}", "],}")
    plain = (folder / "plain.json").read_text("utf-8").replace("]}", "],}")
    (folder / "torn.json").write_text(text if "resource" in layers else plain, "utf-8")
    identity = [] if layers else ["torn.json"]

    with pytest.raises(PolicyError, match="trailing-comma"):
        load_set(identity, layers, folder)
    policies = load_set(identity, layers, folder, Strictness(lenient=True))

    assert [warning.code for warning in policies.warnings] == ["trailing-comma"]
