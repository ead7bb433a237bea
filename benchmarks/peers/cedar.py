"""Times cedarpy on a workload translated to Cedar; runs in an environment of its own.

An easier problem than IAM's: every policy stands in one flat set, so there are no layers; names
and keys are compared with their case; a missing key fails. Usage: python cedar.py WORKLOAD.json
COUNT, which prints whether each of the first COUNT requests is allowed; then a line `N` on standard
input for each round of N requests, answered with the seconds.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import cedarpy


def text(value: str) -> str:
    """Return a Cedar string."""
    return json.dumps(value, ensure_ascii=False).replace("*", "*")


def like(subject: str, pattern: str) -> str:
    """Return an expression that is true where a pattern matches."""
    if "*" not in pattern:
        return f"{subject} == {text(pattern)}"
    return f"{subject} like {text(pattern)}"


def several(found: list[str]) -> str:
    """Return a disjunction."""
    return "(" + " || ".join(found) + ")" if found else "false"


def as_list(value: object) -> list[str]:
    """Return what JSON gives as one value or several."""
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def condition(operator: str, key: str, values: list[str]) -> str:
    """Return the test of one condition key."""
    name = key.replace('"', "")
    held = f"context.keys.{_field(name)}"
    has = f"context.keys has {_field(name)}"
    bare = operator.removesuffix("IfExists").rpartition(":")[2]
    if bare == "Null":
        return f"!({has})" if values == ["true"] else has
    if operator.startswith("For"):
        found = several([f"{held}.contains({text(value)})" for value in values])
    else:
        found = several(
            [like(held, value.lower() if bare == "Bool" else value) for value in values]
        )
    if "Not" in bare:
        return f"(!({has}) || !{found})"
    if operator.endswith("IfExists"):
        return f"(!({has}) || {found})"
    return f"({has} && {found})"


def _field(name: str) -> str:
    return "k_" + "".join(letter if letter.isalnum() else "_" for letter in name)


def statement(given: dict[str, object]) -> str:
    """Return a statement as a Cedar policy."""
    tests = []
    for element, subject in (("Action", "context.action"), ("Resource", "context.resource")):
        for name, negated in ((element, ""), (f"Not{element}", "!")):
            if name in given:
                patterns = as_list(given[name])
                if patterns != ["*"]:
                    tests.append(negated + several([like(subject, each) for each in patterns]))
    for operator, keys in (given.get("Condition") or {}).items():  # type: ignore[attr-defined]
        tests += [condition(operator, key, as_list(values)) for key, values in keys.items()]
    effect = "permit" if given["Effect"] == "Allow" else "forbid"
    when = f" when {{ {' && '.join(tests)} }}" if tests else ""
    return f"{effect}(principal, action, resource){when};"


def request(caller: str, call: dict[str, object]) -> dict[str, object]:
    """Return a request of Cedar."""
    context = call["context"]
    assert isinstance(context, dict)
    return {
        "principal": {"type": "Caller", "id": caller},
        "action": {"type": "Action", "id": "call"},
        "resource": {"type": "Resource", "id": call["resource"]},
        "context": {
            "action": call["action"],
            "resource": call["resource"],
            "keys": {_field(key): value for key, value in context.items()},
        },
    }


def main() -> None:
    """Answer each line with the seconds of a round."""
    workload = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    documents = [*workload["identity"], *(policy for level in workload["scps"] for policy in level)]
    if workload["boundary"] is not None:
        documents.append(workload["boundary"])
    statements = []
    for document in documents:
        found = document["Statement"]
        statements += found if isinstance(found, list) else [found]
    policies = cedarpy.PolicySet.from_str("\n".join(map(statement, statements)))
    entities = cedarpy.Entities.from_json_str("[]")
    caller = workload["caller"]
    requests = [request(caller, call) for call in workload["calls"]]
    first = requests[: int(sys.argv[2])]
    decided = (cedarpy.is_authorized(each, policies, entities) for each in first)
    print(json.dumps([each.allowed for each in decided]), flush=True)
    for line in sys.stdin:
        count, size = int(line), len(requests)
        start = time.perf_counter()
        for index in range(count):
            cedarpy.is_authorized(requests[index % size], policies, entities)
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
