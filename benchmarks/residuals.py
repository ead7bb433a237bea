"""What is left open of managed policies under published SCPs, with every key unknown.

Each policy is asked about actions that its statements name, once by itself and once beneath one of
the SCPs; with the time of an answer it is printed how many are certain, how many hang on a
condition, and of how many the search for a shorter condition was given up.
"""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from statistics import quantiles
from time import perf_counter

import policy_eval as pe
from benchmarks.timing import data_folder

_ACTIONS_OF_EACH = 3
_SEED = 20_261_101


def run() -> None:
    """Print the figures."""
    folder = data_folder()
    if folder is None:
        print("residuals: skipped, there is no data folder (set POLICY_EVAL_DATA)")
        return
    policies = [*_managed(folder)]
    scps = [*_scps(folder)]
    random = Random(_SEED)
    for name, levels in (("by itself", [()]), ("under a published SCP", [(scp,) for scp in scps])):
        seconds: list[float] = []
        words: Counter[str] = Counter()
        given_up = 0
        longest = ""
        for policy in policies:
            for action in _sampled(policy, random):
                level = random.choice(levels)
                found = pe.PolicySet([policy], scps=[[_FULL, *level]] if level else ())
                request = pe.Request(action, unknown=["*"])
                began = perf_counter()
                residual = pe.residual(found, request)
                seconds.append(perf_counter() - began)
                words[residual.word.value] += 1
                given_up += not residual.is_minimal
                longest = max(longest, str(residual.allow_if), key=len)
        cuts = quantiles(seconds, n=100)
        shown = ", ".join(f"{count} {word}" for word, count in words.most_common())
        print(
            f"residuals of {len(policies)} managed policies {name}, all keys unknown: "
            f"{len(seconds)} answers, median {cuts[49] * 1e3:.2f} ms, p99 {cuts[98] * 1e3:.1f} ms, "
            f"longest {max(seconds) * 1e3:.0f} ms; {shown}; {given_up} not shortest; "
            f"the longest condition has {len(longest)} characters"
        )


_FULL = pe.parse_policy(
    '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}',
    "FullAWSAccess",
    pe.PolicyType.SCP,
)


def _managed(folder: Path) -> Iterator[pe.Policy]:
    path = folder / "aws_managed_policies" / "latest.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield pe.parse_policy(json.dumps(row["document"]), row["name"])


def _scps(folder: Path) -> Iterator[pe.Policy]:
    """Yield the published SCPs that AWS would store."""
    for path in sorted((folder / "policies").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                if row["kind"] != "scp" or not row["strict_json"]:
                    continue
                try:
                    yield pe.parse_policy(row["raw"], row["path"], pe.PolicyType.SCP)
                except pe.PolicyError:
                    continue


def _sampled(policy: pe.Policy, random: Random) -> list[str]:
    """Return some actions that a policy names, in full; of patterns one that they match."""
    from policy_eval.semantics.service_reference import service_actions

    names: list[str] = []
    for statement in policy.statements:
        for text in statement.action.values:
            service, colon, name = text.partition(":")
            if not colon or statement.action.negated:
                continue
            if "*" not in text and "?" not in text:
                names.append(text)
                continue
            listed = [
                each
                for each in service_actions(service.lower())
                if each.lower().startswith(name.partition("*")[0].lower())
            ]
            names += [f"{service}:{random.choice(listed)}"] if listed else []
    return random.sample(names, min(_ACTIONS_OF_EACH, len(names)))


if __name__ == "__main__":
    run()
