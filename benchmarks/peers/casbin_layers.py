"""Times casbin on a workload, by a model written by hand; runs in an environment of its own.

An easier problem than IAM's: names and keys are compared with their case; a statement is a line of
the model's policy, whose patterns and conditions functions of ours match, compiled once; of the
operators there are only those that the workloads have, and no variables. Each layer is an enforcer
of its own, and all of them have to allow; the two kinds of Deny are not told apart. Usage: python
casbin_layers.py WORKLOAD.json COUNT, which prints whether each of the first COUNT requests is
allowed; then a line `N` on standard input for each round of N requests, answered with the seconds.
"""

from __future__ import annotations

import json
import re
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import casbin  # type: ignore[import-not-found]  # not in the environment of development

_MODEL = """
[request_definition]
r = action, resource, keys

[policy_definition]
p = actions, resources, conditions, eft

[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))

[matchers]
m = among(r.action, p.actions) && among(r.resource, p.resources) && hold(r.keys, p.conditions)
"""
_NOT = "NOT "
_Keys = dict[str, list[str]]


class Condition(NamedTuple):
    """The test of one key: whether one of its values, or none, is like one of the patterns."""

    key: str
    patterns: re.Pattern[str]
    is_negated: bool


def as_list(value: object) -> list[str]:
    """Return what JSON gives as one value or several."""
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def patterns(given: list[str]) -> str:
    """Return patterns with `*` and `?` as one regular expression."""
    escaped = (re.escape(each).replace(r"\*", ".*").replace(r"\?", ".") for each in given)
    return "|".join(escaped)


compiled = cache(re.compile)


def among(text: str, wanted: str) -> bool:
    """Return whether a text is like one of the patterns, or like none of them after `NOT `."""
    if wanted.startswith(_NOT):
        return not among(text, wanted.removeprefix(_NOT))
    return wanted == ".*" or compiled(wanted, re.DOTALL).fullmatch(text) is not None


@cache
def conditions(text: str) -> list[Condition]:
    """Return the tests of a condition block, given as JSON."""
    found = []
    for operator, keys in json.loads(text).items():
        bare = operator.rpartition(":")[2]
        flags = re.IGNORECASE if bare in ("StringEqualsIgnoreCase", "Bool") else 0
        for key, values in keys.items():
            pattern = re.compile(patterns(as_list(values)), flags | re.DOTALL)
            found.append(Condition(key, pattern, "Not" in bare))
    return found


def hold(keys: _Keys, text: str) -> bool:
    """Return whether all tests of a condition block hold."""
    return all(
        any(wanted.fullmatch(value) for value in keys.get(key, ())) is not is_negated
        for key, wanted, is_negated in conditions(text)
    )


def line(statement: dict[str, Any]) -> tuple[str, str, str, str]:
    """Return a statement as a line of policy."""
    matched = [
        patterns(as_list(statement[element]))
        if element in statement
        else _NOT + patterns(as_list(statement[f"Not{element}"]))
        for element in ("Action", "Resource")
    ]
    condition = json.dumps(statement.get("Condition", {}))
    effect = "allow" if statement["Effect"] == "Allow" else "deny"
    return matched[0], matched[1], condition, effect


def enforcer(documents: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - an untyped package
    """Return the enforcer of a layer."""
    made = casbin.Enforcer(casbin.Enforcer.new_model(text=_MODEL))
    made.add_function("among", among)
    made.add_function("hold", hold)
    for document in documents:
        found = document["Statement"]
        for statement in found if isinstance(found, list) else [found]:
            made.add_policy(*line(statement))
    return made


def main() -> None:
    """Answer each line with the seconds of a round."""
    workload = json.loads(Path(sys.argv[1]).read_text("utf-8"))
    boundary = [] if workload["boundary"] is None else [[workload["boundary"]]]
    layers = [*map(enforcer, (workload["identity"], *boundary, *workload["scps"]))]
    calls = [
        (
            call["action"],
            call["resource"],
            {key: as_list(value) for key, value in call["context"].items()},
        )
        for call in workload["calls"]
    ]

    def decide(call: tuple[str, str, _Keys]) -> bool:
        return all(layer.enforce(*call) for layer in layers)

    print(json.dumps([decide(call) for call in calls[: int(sys.argv[2])]]), flush=True)
    for said in sys.stdin:
        count, size = int(said), len(calls)
        start = time.perf_counter()
        for index in range(count):
            decide(calls[index % size])
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
