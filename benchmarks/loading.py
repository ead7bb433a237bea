"""Loading every AWS managed policy, against a bare `json.loads` of the same texts."""

from __future__ import annotations

import gzip
import json

from benchmarks.timing import data_folder, in_turn
from policy_eval import parse_policy


def run() -> None:
    """Print the ratio."""
    folder = data_folder()
    if folder is None:
        print("loading: skipped, there is no data folder (set POLICY_EVAL_DATA)")
        return
    path = folder / "aws_managed_policies" / "latest.jsonl.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        texts = [json.dumps(json.loads(line)["document"]) for line in file]
    found = in_turn(
        lambda: [parse_policy(text) for text in texts],
        lambda: [json.loads(text) for text in texts],
        rounds=9,
    )
    print(
        f"loading {len(texts)} managed policies: {found.first * 1e3:.0f} ms, "
        f"json.loads {found.second * 1e3:.0f} ms, ratio {found.ratio:.1f} (goal: at most 15)"
    )
