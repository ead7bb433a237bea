"""Hostile patterns: how matching time grows when pattern or text doubles."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from benchmarks.timing import seconds
from policy_eval.engine.matching import compile_glob, contains
from policy_eval.policy.pattern import split_wildcards
from policy_eval.semantics.readings import OUR_READING
from policy_eval.semantics.resource_patterns import resource_patterns, resource_set

_TEXTS = (2000, 4000, 8000, 16000)
_STARS = (25, 50, 100, 200)
_TEXT = 2000


def _glob(pattern: str, text: str) -> Callable[[], bool]:
    matches = compile_glob(split_wildcards(pattern))
    return lambda: matches(text)


def _resource(pattern: str, text: str) -> Callable[[], bool]:
    (parsed,) = resource_patterns(pattern, variables=False, completed=True, reading=OUR_READING)
    accepts = resource_set(tuple(piece for piece in parsed if not isinstance(piece, tuple)))
    return lambda: contains(accepts, text)


def _microseconds(match: Callable[[], bool]) -> float:
    match()
    return median(seconds(match) for _ in range(15)) * 1e6


def _row(name: str, sizes: tuple[int, ...], make: Callable[[int], Callable[[], bool]]) -> None:
    times = [_microseconds(make(size)) for size in sizes]
    growth = (times[-1] / times[0]) ** (1 / (len(sizes) - 1))
    shown = "  ".join(f"{size}: {time:.1f}" for size, time in zip(sizes, times, strict=True))
    print(f"  {name:<44} {shown}  µs; a doubling costs {growth:.1f} times")


def run() -> None:
    """Print the growth for each hostile pattern."""
    print("hostile patterns, microseconds by length of the text:")
    _row("*a*a*a*a*a*b against a…a", _TEXTS, lambda n: _glob("*a*a*a*a*a*b", "a" * n))
    _row("*a?a*a?a*a?b against a…a", _TEXTS, lambda n: _glob("*a?a*a?a*a?b", "a" * n))
    _row("*(a…a)b against a…a, half the text", _TEXTS,
         lambda n: _glob("*" + "a" * (n // 2) + "b*c", "a" * n + "c"))  # fmt: skip
    _row("arn:a*a*a*b:…  stars that stop at colons", _TEXTS,
         lambda n: _resource("arn:a*a*a*b:*:*:*:*", "arn:" + "a" * n + ":x:y:z:w"))  # fmt: skip
    _row("arn:*:us-*-1:…  both kinds of star", _TEXTS,
         lambda n: _resource("arn:*:us-*-1:1:x:y", "arn:" + "a:us-b-1:" * (n // 9)))  # fmt: skip
    print(f"hostile patterns, microseconds by number of stars ({_TEXT} characters of text):")
    _row("*a repeated, then b", _STARS, lambda n: _glob("*a" * n + "*b", "a" * _TEXT))
    _row("*a? repeated, then b", _STARS, lambda n: _glob("*a?" * n + "*b", "a" * _TEXT))
    field = "arn:" + "a" * _TEXT + ":x:y:z:w"
    _row("arn:*a repeated inside a field", _STARS,
         lambda n: _resource("arn:" + "*a" * n + "b:*:*:*:*", field))  # fmt: skip
