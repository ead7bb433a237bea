"""Times principalmapper's local evaluation on a workload; runs in an environment of its own.

`local_check_authorization_full` takes the identity-based policies and the boundary of a node, and
the service control policies in their levels; it tells allowed from not, not the two kinds of Deny.
The package (1.1.5) takes abstract classes from where Python 3.10 no longer has them; they are put
back before it is imported. Usage: python principalmapper_local.py WORKLOAD.json COUNT, which prints
whether each of the first COUNT requests is allowed; then a line `N` on standard input for each
round of N requests, answered with the seconds.
"""

from __future__ import annotations

import collections
import collections.abc
import json
import sys
import time
from pathlib import Path

collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]
collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]

# Neither is in the environment of development.
from principalmapper.common import Node, Policy  # type: ignore[import-not-found]  # noqa: E402
from principalmapper.querying.query_interface import (  # type: ignore[import-not-found]  # noqa: E402
    local_check_authorization_full,
)

_TRUST = {"Version": "2012-10-17", "Statement": []}


def policies(account: str, kind: str, documents: list[dict[str, object]]) -> list[Policy]:
    """Return managed policies."""
    names = [f"{kind}{number}" for number in range(len(documents))]
    return [
        Policy(f"arn:aws:iam::{account}:policy/{name}", name, document)
        for name, document in zip(names, documents, strict=True)
    ]


def main() -> None:
    """Answer each line with the seconds of a round."""
    workload = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    account, boundary = workload["account"], workload["boundary"]
    node = Node(
        arn=workload["caller"],
        id_value="AROAEXAMPLE",
        attached_policies=policies(account, "identity", workload["identity"]),
        group_memberships=None,
        trust_policy=_TRUST,
        instance_profile=None,
        num_access_keys=0,
        active_password=False,
        is_admin=False,
        permissions_boundary=policies(account, "boundary", [boundary])[0] if boundary else None,
        has_mfa=False,
        tags=None,
    )
    levels = [policies(account, f"scp{n}-", level) for n, level in enumerate(workload["scps"])]
    calls = [(call["action"], call["resource"], call["context"]) for call in workload["calls"]]

    def decide(call: tuple[str, str, dict[str, object]]) -> bool:
        allowed: bool = local_check_authorization_full(
            node, *call, service_control_policy_groups=levels or None
        )
        return allowed

    print(json.dumps([decide(call) for call in calls[: int(sys.argv[2])]]), flush=True)
    for line in sys.stdin:
        count, size = int(line), len(calls)
        start = time.perf_counter()
        for index in range(count):
            decide(calls[index % size])
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
