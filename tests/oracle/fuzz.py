"""`python -m tests.oracle.fuzz CASES [SEED]`: the engines and the oracle on many cases.

Prints the first disagreements whole and exits 1 if there are any.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from multiprocessing import Pool
from random import Random

from tests.oracle.compare import answers
from tests.oracle.generate import generate_case

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


def main(arguments: list[str]) -> int:
    """Run the comparison; return the exit code."""
    cases = int(arguments[0])
    first = int(arguments[1]) if len(arguments) > 1 else 1
    chunks = -(-cases // _CHUNK)
    words: Counter[str] = Counter()
    wrong: list[str] = []
    with Pool() as pool:
        for found, bad in pool.imap_unordered(run_chunk, range(first, first + chunks)):
            words += found
            wrong += bad
    for text in wrong[:_SHOWN]:
        print(text, end="\n\n")
    print(f"{chunks * _CHUNK} cases from seed {first}: {dict(words.most_common())}")
    print(f"{len(wrong)} disagreements between scalar, reference and oracle")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
