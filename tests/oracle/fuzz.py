"""`python -m tests.oracle.fuzz CASES [SEED]`: the engines and the oracle on many cases.

First CASES generated policies and requests, from SEED on; then every combination of what the
layers can say (`small_world`). Prints the first disagreements whole and exits 1 if there are any.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import product
from multiprocessing import Pool
from multiprocessing.pool import Pool as ThePool
from random import Random
from typing import TypeVar

from tests.oracle.compare import answers
from tests.oracle.generate import generate_case
from tests.oracle.small_world import CALLERS, TARGETS, worlds
from tests.oracle.small_world import answers as answer_worlds

_CHUNK = 2000
_SHOWN = 5


def run_chunk(seed: int) -> tuple[Counter[str], list[str]]:
    """Return the oracle's answers of a chunk of cases, and the disagreements."""
    random = Random(seed)
    words: Counter[str] = Counter()
    wrong = []
    for _ in range(_CHUNK):
        case = generate_case(random)
        found = answers(case)
        words[found.oracle] += 1
        if not found.agree:
            text = json.dumps(case.documents, ensure_ascii=False, indent=1)
            wrong.append(f"{found}\n{text}\n{case.request}")
    return words, wrong


def run_worlds(which: tuple[str, str]) -> tuple[Counter[str], list[str]]:
    """Return the oracle's answers to every combination of one action and caller, and the rest."""
    words: Counter[str] = Counter()
    wrong = []
    for world in worlds(*which):
        found = answer_worlds(world)
        words[found.oracle] += 1
        if not found.agree:
            wrong.append(f"{found}\n{world}")
    return words, wrong


_Work = TypeVar("_Work")


def compare(
    pool: ThePool, run: Callable[[_Work], tuple[Counter[str], list[str]]], work: Iterable[_Work]
) -> tuple[Counter[str], list[str]]:
    """Return the answers of all the work, and the disagreements; print the first of these."""
    words: Counter[str] = Counter()
    wrong: list[str] = []
    for found, bad in pool.imap_unordered(run, work):
        words += found
        wrong += bad
    for text in wrong[:_SHOWN]:
        print(text, end="\n\n")
    return words, wrong


def main(arguments: list[str]) -> int:
    """Run the comparison; return the exit code."""
    first = int(arguments[1]) if len(arguments) > 1 else 1
    chunks = -(-int(arguments[0]) // _CHUNK)
    with Pool() as pool:
        words, wrong = compare(pool, run_chunk, range(first, first + chunks))
        print(f"{chunks * _CHUNK} cases from seed {first}: {dict(words.most_common())}")
        words, also_wrong = compare(pool, run_worlds, product(TARGETS, CALLERS))
        print(f"{words.total()} combinations of layers: {dict(words.most_common())}")
    wrong += also_wrong
    print(f"{len(wrong)} disagreements between scalar, reference and oracle")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
