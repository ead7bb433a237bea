"""The microseconds of a request as a picture: bars on a logarithmic scale, one a way to decide."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from math import ceil, floor, log10

_WIDTH, _LEFT, _RIGHT, _BAR, _GAP = 860, 300, 90, 18, 8
_OURS, _THEIRS, _INK, _GRID = "#0b6e4f", "#8a8f98", "#1f2328", "#d8dee4"


def svg(title: str, taken: Mapping[str, Mapping[str, float]]) -> str:
    """Return a picture of microseconds: group → way → how long; ours are the ways named so."""
    values = [value for group in taken.values() for value in group.values()]
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    width = _WIDTH - _LEFT - _RIGHT

    def at(value: float) -> float:
        return _LEFT + width * (log10(value) - low) / (high - low)

    parts: list[str] = []
    top = 56
    for group, ways in taken.items():
        top += 10
        parts.append(_text(12, top + 4, group, weight="bold"))
        top += 16
        for way, value in ways.items():
            colour = _OURS if way.startswith("policy_eval") else _THEIRS
            length = max(at(value) - _LEFT, 1)
            parts += (
                _text(_LEFT - 8, top + 13, way, anchor="end"),
                (
                    f'<rect x="{_LEFT}" y="{top}" width="{length:.1f}" height="{_BAR}" '
                    f'fill="{colour}"/>'
                ),
                _text(_LEFT + length + 6, top + 13, _short(value)),
            )
            top += _BAR + _GAP
    grid = [
        f'<line x1="{at(10**power):.1f}" y1="46" x2="{at(10**power):.1f}" y2="{top}" '
        f'stroke="{_GRID}"/>' + _text(at(10**power), 40, _short(10**power), anchor="middle")
        for power in range(low, high + 1)
    ]
    return "\n".join(
        (
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{top + 12}" '
                f'viewBox="0 0 {_WIDTH} {top + 12}" font-family="sans-serif" font-size="13">'
            ),
            f'<rect width="{_WIDTH}" height="{top + 12}" fill="#ffffff"/>',
            _text(12, 20, title, weight="bold"),
            *grid,
            *parts,
            "</svg>\n",
        )
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{_INK}" text-anchor="{anchor}" '
        f'font-weight="{weight}">{escape(text)}</text>'
    )


def _short(microseconds: float) -> str:
    if microseconds >= 1_000_000:
        return f"{microseconds / 1_000_000:,.3g} s"
    if microseconds >= 1_000:
        return f"{microseconds / 1_000:,.3g} ms"
    return f"{microseconds:.3g} µs"
