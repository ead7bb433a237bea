"""`python -m tests.engine.residual FIRST LAST`: the laws on the worlds of these seeds.

Prints what breaks a law, with its seed, and exits 1 if anything does.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from multiprocessing import Pool

from tests.engine.residual.laws import LAWS, Seen
from tests.engine.residual.worlds import world

_CHUNK = 50
_SHOWN = 2000


def run(seeds: Sequence[int]) -> tuple[Counter[str], list[str]]:
    """Return how the calls of some worlds are decided, and what breaks a law."""
    words: Counter[str] = Counter()
    wrong = []
    for seed in seeds:
        given = world(seed)
        if given is None:
            words["refused"] += 1
            continue
        seen = Seen(given, seed)
        words[seen.residual.word.value] += 1
        for law in LAWS:
            wrong += [f"seed {seed}, {law.__name__}: {what[:_SHOWN]}" for what in law(seen)]
    return words, wrong


def main(arguments: list[str]) -> int:
    """Run the laws; return the exit code."""
    first, last = map(int, arguments)
    chunks = [range(at, min(at + _CHUNK, last)) for at in range(first, last, _CHUNK)]
    words: Counter[str] = Counter()
    broken = 0
    with Pool() as pool:
        for found, wrong in pool.imap_unordered(run, chunks):
            words += found
            broken += len(wrong)
            for text in wrong:
                print(text, end="\n\n", flush=True)
    print(f"worlds {first} to {last - 1}: {dict(words.most_common())}; {broken} times a law broke")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
