"""The line a problem stands on, as a report shows it; loaded only when there is a problem."""

from typing import NamedTuple


class Excerpt(NamedTuple):
    """The line a problem stands on, as the user wrote it, and which part of it is meant.

    `start` and `end` count characters of `line`, which is cut (with `…`) where it is long.
    `end_line` and `end_column` (from 1) are the place just after the part that is meant.
    """

    line: str
    start: int
    end: int
    end_line: int
    end_column: int
