"""Files → a policy set: each policy read as the type of its layer."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, TypeAlias, TypedDict

from policy_eval.engine.policies import PolicySet, load_policy, policy_of
from policy_eval.policy.document import read_document
from policy_eval.policy.guess import type_of_resource_policy
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.text.files import read_source

if TYPE_CHECKING:
    from policy_eval.policy.ast import Policy
    from policy_eval.semantics.layers import EndpointType, Layer

    File: TypeAlias = str | os.PathLike[str]


class LayerFiles(TypedDict, total=False):
    """The files of each layer beside the identity-based policies, as `PolicySet` has them."""

    boundary: File | None
    session: Iterable[File]
    resource: File | None
    resources: Mapping[str, File]
    scps: Iterable[Iterable[File]]
    rcps: Iterable[Iterable[File]]
    endpoint: File | None
    endpoint_type: EndpointType | str | None
    unknown_layers: Iterable[Layer | str]


def load_set(
    identity: Iterable[File],
    layers: LayerFiles,
    folder: File = "",
    strictness: Strictness = STRICT,
) -> PolicySet:
    """Return the policies in some files; a path is relative to `folder`.

    Raises PolicyError, also where a file cannot be read.
    """

    def read(file: File, policy_type: PolicyType) -> Policy:
        return load_policy(os.path.join(folder, file), policy_type, strictness)  # noqa: PTH118

    def one(file: File | None, policy_type: PolicyType) -> Policy | None:
        return None if file is None else read(file, policy_type)

    def levels(files: Iterable[Iterable[File]], policy_type: PolicyType) -> list[list[Policy]]:
        return [[read(file, policy_type) for file in level] for level in files]

    def of_resource(file: File, arn: str = "") -> Policy:
        document = read_document(read_source(os.path.join(folder, file)), strictness)  # noqa: PTH118
        return policy_of(document, type_of_resource_policy(document, arn), strictness)

    resource = layers.get("resource")
    return PolicySet(
        [read(file, PolicyType.IDENTITY) for file in identity],
        boundary=one(layers.get("boundary"), PolicyType.BOUNDARY),
        session=[read(file, PolicyType.SESSION) for file in layers.get("session", ())],
        resource=None if resource is None else of_resource(resource),
        resources={
            arn: of_resource(file, arn) for arn, file in layers.get("resources", {}).items()
        },
        scps=levels(layers.get("scps", ()), PolicyType.SCP),
        rcps=levels(layers.get("rcps", ()), PolicyType.RCP),
        endpoint=one(layers.get("endpoint"), PolicyType.ENDPOINT),
        endpoint_type=layers.get("endpoint_type"),
        unknown_layers=layers.get("unknown_layers", ()),
    )
