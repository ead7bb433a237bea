"""`python -m tests.fuzz SECONDS [CORPUS]`: look for bytes that break a reader (needs atheris).

Starts from the kept seeds and the broken documents of fixtures/. What breaks is written to the
current folder as `crash-…`; put it into tests/fuzz/seeds/ with its fix.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from tempfile import mkdtemp

import atheris

with atheris.instrument_imports(include=["policy_eval"]):  # the lazily imported ones too
    import policy_eval

    for module in walk_packages(policy_eval.__path__, "policy_eval."):
        if "cli" not in module.name and "__main__" not in module.name:
            import_module(module.name)
    from tests.fuzz.target import check

_ROOT = Path(__file__).resolve().parents[2]
_SEEDS = Path(__file__).parent / "seeds"


def main() -> None:
    """Fuzz for so many seconds."""
    seconds = sys.argv[1] if len(sys.argv) > 1 else "60"
    corpus = Path(sys.argv[2] if len(sys.argv) > 2 else mkdtemp())
    corpus.mkdir(parents=True, exist_ok=True)
    for path in sorted((_ROOT / "fixtures").rglob("*.json")):
        for way in (0, 1, 2, 4, 10, 13, 22, 25):
            (corpus / f"{path.stem}-{way}").write_bytes(bytes([way]) + path.read_bytes())
    options = [f"-max_total_time={seconds}", "-timeout=20", "-rss_limit_mb=4000", "-max_len=20000"]
    words = f"-dict={Path(__file__).parent / 'words.dict'}"
    atheris.Setup([sys.argv[0], *options, words, str(corpus), str(_SEEDS)], check)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
