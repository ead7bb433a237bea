"""Growth of both JSON readers, and of a refusal, with the size of a document: time and memory.

The fast reader reads every policy; the one with positions (Lark) only what a diagnostic points at.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from statistics import median
from time import perf_counter

from benchmarks.timing import seconds
from policy_eval import PolicyError, parse_policy
from policy_eval.text.grammars import parser
from policy_eval.text.json_problems import problems_of
from policy_eval.text.json_tree import parse_json
from policy_eval.text.json_values import read_json
from policy_eval.text.source import Source

_STATEMENTS = (250, 500, 1000, 2000)
_STATEMENT = {
    "Sid": "S",
    "Effect": "Allow",
    "Action": ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
    "Resource": "arn:aws:secretsmanager:*:111122223333:secret:appflow!*",
    "Condition": {"StringLike": {"secretsmanager:Name": ["appflow!a*", "appflow!b*"]}},
}


def _text(statements: int, *, bad: bool = False) -> str:
    """Return a policy; a bad one has an unknown effect in its last statement."""
    listed = [{**_STATEMENT, "Sid": f"S{number}"} for number in range(statements)]
    if bad:
        listed[-1]["Effect"] = "allow"
    return json.dumps({"Version": "2012-10-17", "Statement": listed}, indent=2)


def _refused(text: str) -> None:
    try:
        parse_policy(text)
    except PolicyError:
        return
    raise AssertionError


def _peak(work: Callable[[], object]) -> int:
    """Return the most bytes held at once while something runs."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _row(name: str, read: Callable[[str], object], texts: list[str]) -> None:
    times, peaks = [], []
    for text in texts:
        read(text)
        times.append(median(seconds(lambda text=text: read(text)) for _ in range(5)))  # type: ignore[misc]
        peaks.append(_peak(lambda text=text: read(text)))  # type: ignore[misc]
    doublings = len(texts) - 1
    growth = (times[-1] / times[0]) ** (1 / doublings)
    shown = "  ".join(
        f"{len(text) / 1024:.0f} KiB: {time * 1e3:.1f} ms"
        for text, time in zip(texts, times, strict=True)
    )
    held = (peaks[-1] / peaks[0]) ** (1 / doublings)
    print(
        f"  {name:<38} {shown}; a doubling costs {growth:.1f} times the time, {held:.1f} times the "
        f"memory ({peaks[-1] / len(texts[-1]):.1f} bytes held for each of the text)"
    )


_UNFINISHED = ("<a ", "${", "{{ ", "'\\", '"a\n', "/* ", "<<A\n", '{"a":', "[1,", "a:\n", "%7B")


def _fastest(text: str) -> float:
    return min(seconds(lambda: _refused(text)) for _ in range(3))


def _hostile() -> None:
    """Print the largest growth of texts that begin, over and over, what they never end."""
    times = []
    for unit in _UNFINISHED:
        texts = [f"[{unit * (size // len(unit))}" for size in (50_000, 200_000)]
        times.append([_fastest(text) for text in texts])
    growth = max((large / small) ** 0.5 for small, large in times)
    slowest = max(large for _, large in times)
    print(
        f"  {'hostile texts, refused':<38} {len(_UNFINISHED)} kinds: the slowest takes "
        f"{slowest:.1f} s for 200,000 characters; a doubling costs at most {growth:.1f} times the "
        "time"
    )


def _loading_lark() -> float:
    code = (
        "import time; start = time.perf_counter(); "
        "from policy_eval.text.json_tree import parse_json; parse_json('{}'); "
        "print(time.perf_counter() - start)"
    )
    runs = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout)
        for _ in range(5)
    ]
    return median(runs)


def _share_of_lark() -> None:
    text = _text(_STATEMENTS[0], bad=True)
    parser("json")
    whole = median(seconds(lambda: _refused(text)) for _ in range(9))
    start = perf_counter()
    for _ in range(9):
        parse_json(json.dumps(_STATEMENT, indent=2))
    inner = (perf_counter() - start) / 9
    print(
        f"  of a refusal ({len(text) / 1024:.0f} KiB, {whole * 1e3:.1f} ms) Lark takes "
        f"{inner / whole:.0%}; loading Lark and the grammar once takes "
        f"{_loading_lark() * 1e3:.0f} ms in a fresh process"
    )


def run() -> None:
    """Print the growth of each reader."""
    print("readers, by size of the policy:")
    texts = [_text(count) for count in _STATEMENTS]
    _row("fast (every policy)", lambda text: read_json(Source("p", text)), texts)
    _row("with positions (Lark)", parse_json, texts)
    _row("looking for problems", lambda text: problems_of(Source("p", text)), texts)
    _row("a policy, read and checked", parse_policy, texts)
    _row("a policy, refused", _refused, [_text(count, bad=True) for count in _STATEMENTS])
    _hostile()
    _share_of_lark()
