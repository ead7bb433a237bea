"""Rows in blocks that stay in a processor's cache, and what parts of them hold, as numbers.

A part gives each row a number, and says what a number stands for. `Told` looks numbers up; `Memo`
finds one for each combination of what other parts hold, once, by the first row that has it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from policy_eval.columnar.codes import Codes, Dense

Numbers: TypeAlias = NDArray[np.signedinteger[Any]]
Rows: TypeAlias = slice | NDArray[np.intp]
T = TypeVar("T")

_ROWS = 1 << 16
_MOST_PLACES = 1 << 24
_MOST_MARKED = 1 << 18
_MOST_REMEMBERED = 1 << 18
_UNMET: Final = -1


class Reads(Protocol):
    """What gives each row of a block a number."""

    def read(self, block: Block) -> Numbers:
        """Return the numbers of a block; a block asks once (`Block.numbers`)."""
        ...


class Part(Reads, Protocol):
    """What rows hold of something: a number each, from 0 to less than `size`."""

    @property
    def size(self) -> int:
        """How many numbers there are, of the rows that were read."""
        ...

    def said(self, number: int) -> Hashable:
        """Return what a number stands for, the same in any table."""
        ...


class Own(Generic[T]):
    """A value that is equal to itself alone."""

    __slots__ = ("value",)

    def __init__(self, value: T) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Own) and other.value is self.value

    def __hash__(self) -> int:
        return id(self.value)


class Block:
    """Some rows of a table. What parts hold of them is read once."""

    __slots__ = ("_codes", "_read", "rows", "size")

    def __init__(self, rows: Rows, size: int) -> None:
        self.rows = rows
        self.size = size
        self._read: dict[int, Numbers] = {}
        self._codes: dict[int, Numbers] = {}

    def codes(self, column: Numbers) -> Numbers:
        """Return the codes of a column, of the type by which numpy looks up."""
        found = self._codes.get(id(column))
        if found is None:
            found = self._codes[id(column)] = column[self.rows].astype(np.intp)
        return found

    def numbers(self, part: Reads) -> Numbers:
        """Return what a part holds of the rows."""
        found = self._read.get(id(part))
        if found is None:
            found = self._read[id(part)] = part.read(self)
        return found

    def row(self, at: int) -> int:
        """Return the number in the table of the row at a place."""
        return self.rows.start + at if isinstance(self.rows, slice) else int(self.rows[at])

    def rows_at(self, places: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return the numbers of the rows at some places."""
        rows = self.rows
        return places + rows.start if isinstance(rows, slice) else rows[places]

    def within(self, places: NDArray[np.intp]) -> Block:
        """Return the rows at some places; all of them are the block itself."""
        if len(places) == self.size:
            return self
        return Block(self.rows_at(places), len(places))


def read_all(part: Reads, rows: Rows, size: int) -> Numbers:
    """Return what a part holds of some rows, block by block."""
    found = np.empty(size, np.int32)
    for start in range(0, size, _ROWS):
        place = slice(start, min(start + _ROWS, size))
        chosen = place if isinstance(rows, slice) else rows[place]
        found[place] = Block(chosen, place.stop - start).numbers(part)
    return found


class Told:
    """Numbers of a column, or what a table makes of them."""

    __slots__ = ("_codes", "_says", "_table", "size")

    def __init__(
        self,
        codes: NDArray[Any],
        size: int,
        table: NDArray[Any] | None = None,
        says: Callable[[int], Hashable] | None = None,
    ) -> None:
        self._codes = codes
        self._table = table
        self._says = says
        self.size = size

    def read(self, block: Block) -> Numbers:
        """Return the numbers of a block."""
        if self._table is None:
            return block.codes(self._codes)
        return looked_up(self._table, block.codes(self._codes))

    def said(self, number: int) -> Hashable:
        """Return what a number stands for."""
        assert self._says is not None
        return self._says(number)


class _OfChosen:
    """A part, and another one (of 0 and 1) that chooses rows; numbers are those of the part."""

    __slots__ = ("_chosen", "_part")

    def __init__(self, part: Part, chosen: Part) -> None:
        self._part = part
        self._chosen = chosen

    @property
    def size(self) -> int:
        """How many numbers there are, of the rows that were read."""
        return self._part.size

    def said(self, number: int) -> Hashable:
        """Return what a number stands for."""
        return self._part.said(number)


class Product(_OfChosen):
    """What a part holds of the rows that another one chooses; 0 of the others."""

    __slots__ = ()

    def read(self, block: Block) -> Numbers:
        """Return the numbers of a block."""
        found: Numbers = block.numbers(self._part) * block.numbers(self._chosen)
        return found


class Among(_OfChosen):
    """What a part holds of the rows that another one chooses, which alone are read; 1 of others."""

    __slots__ = ()

    def read(self, block: Block) -> Numbers:
        """Return the numbers of a block."""
        where = np.flatnonzero(block.numbers(self._chosen))
        if len(where) == block.size:
            return block.numbers(self._part)
        found = np.ones(block.size, np.int32)
        if len(where):
            found[where] = block.within(where).numbers(self._part)
        return found


class Either:
    """What one part holds of rows, and where that is 0 what another does, counted on from it."""

    __slots__ = ("_first", "_other")

    def __init__(self, first: Part, other: Part) -> None:
        self._first = first
        self._other = other

    @property
    def size(self) -> int:
        """How many numbers there are, of the rows that were read."""
        return self._first.size + self._other.size

    def read(self, block: Block) -> Numbers:
        """Return the numbers of a block."""
        found = block.numbers(self._first)
        where = np.flatnonzero(found == 0)
        if len(where):
            found = found.copy()
            found[where] = self._first.size + block.within(where).numbers(self._other)
        return found

    def said(self, number: int) -> Hashable:
        """Return what a number stands for."""
        first = self._first
        return first.said(number) if number < first.size else self._other.said(number - first.size)


class Pairs:
    """Numbers of pairs of numbers, counted as they are met."""

    def __init__(self) -> None:
        self.size = 0
        self._table = np.full((16, 16), _UNMET, np.int32)
        self._known: dict[int, int] = {}  # where the table would be too large

    def read(self, first: Numbers, second: Numbers, sizes: tuple[int, int]) -> Numbers:
        """Return the numbers of pairs; `sizes` are how many numbers there are of each."""
        if not self._known and self._grown(sizes):
            width = self._table.shape[1]
            return met(self._table.reshape(-1), first * np.int32(width) + second, self._next)
        return self._looked_up(first, second)

    def _grown(self, sizes: tuple[int, int]) -> bool:
        """Make room for so many numbers; return whether that is not too much."""
        shape = self._table.shape
        if sizes[0] > shape[0] or sizes[1] > shape[1]:
            wanted = [
                have if have >= size else 1 << (2 * size - 1).bit_length()
                for have, size in zip(shape, sizes, strict=True)
            ]
            if wanted[0] * wanted[1] > _MOST_PLACES:
                first, second = np.nonzero(self._table != _UNMET)
                numbers = self._table[first, second]
                places = (first.astype(np.int64) << 32) | second
                self._known = dict(zip(places.tolist(), numbers.tolist(), strict=True))
                return False
            table = np.full(wanted, _UNMET, np.int32)
            table[: shape[0], : shape[1]] = self._table
            self._table = table
        return True

    def _next(self, where: NDArray[np.intp]) -> NDArray[np.intp]:
        self.size += len(where)
        return np.arange(self.size - len(where), self.size)

    def _looked_up(self, first: Numbers, second: Numbers) -> Numbers:
        places = (first.astype(np.int64) << 32) | second
        different, inverse = np.unique(places, return_inverse=True)
        known = self._known
        numbers = [known.setdefault(place, len(known)) for place in different.tolist()]
        self.size = len(known)
        return np.array(numbers, np.int32)[inverse]


class Numbering:
    """Numbers of combinations of what parts hold, counted as they are met; `rows`: one of each."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._first, *self._rest = parts
        self._pairs = [Pairs() for _ in self._rest]
        self._table = np.full(64, _UNMET, np.int32)
        self._rows: list[NDArray[np.intp]] = []
        self.size = 0

    @property
    def rows(self) -> NDArray[np.intp]:
        """A row of each number."""
        return np.concatenate(self._rows) if self._rows else np.empty(0, np.intp)

    def read(self, block: Block) -> Numbers:
        """Return the numbers of a block's rows."""
        places, size = folded(block, self._first, self._rest, self._pairs)

        def find(where: NDArray[np.intp]) -> NDArray[np.intp]:
            self._rows.append(block.rows_at(where))
            self.size += len(where)
            return np.arange(self.size - len(where), self.size)

        self._table = grown(self._table, size)
        return met(self._table, places, find)


def numbered(parts: Sequence[Codes]) -> Dense:
    """Return a number of each row for what all the parts hold of it, as they are met."""
    size = len(parts[0].codes)
    numbering = Numbering([Told(*part) for part in parts])
    found = read_all(numbering, slice(0, size), size)
    return Dense(found, numbering.rows)


def folded(
    block: Block, first: Part, rest: Sequence[Part], pairs: Sequence[Pairs]
) -> tuple[Numbers, int]:
    """Return one number for what several parts hold of each row, and how many there are."""
    places = block.numbers(first)
    size = first.size
    for pair, part in zip(pairs, rest, strict=True):
        numbers = block.numbers(part)
        places = pair.read(places, numbers, (size, part.size))
        size = pair.size
    return places, size


def grown(table: Numbers, size: int) -> Numbers:
    """Return a table with room for at least so many numbers."""
    if size <= len(table):
        return table
    return np.concatenate((table, np.full(2 * size - len(table), _UNMET, np.int32)))


def met(
    table: Numbers, places: Numbers, find: Callable[[NDArray[np.intp]], NDArray[Any] | list[int]]
) -> Numbers:
    """Return what stands at places of a table; `find` gives what does not, by where that is met."""
    found = looked_up(table, places)
    missing = np.flatnonzero(found == _UNMET)
    if len(missing):
        wanted = places[missing]
        if len(table) > _MOST_MARKED:
            different, firsts = np.unique(wanted, return_index=True)
            where = missing[firsts]
        else:
            marks = np.full(len(table), _UNMET, np.int32)
            marks[wanted] = missing
            different = np.flatnonzero(marks != _UNMET)
            where = marks[different].astype(np.intp)
        table[different] = find(where)
        found = looked_up(table, places)
    return found


def looked_up(table: Numbers, places: Numbers) -> Numbers:
    """Return what stands at places of a table; all of them are in it."""
    found: Numbers = np.take(table, places, mode="clip")  # the quickest of the ways to say it
    return found


_NOBODY_KNOWS: Final = object()


class Memo(Generic[T]):
    """Values for combinations of what parts hold, each found once by a row that has it.

    `values` are those found, by their numbers; values of which `same` is equal have one. `find`
    takes a block and the place of a row in it. What is found is kept in `remembered` for other
    tables, if that is given, as of a `kind`; what its parts say must tell all that it hangs on.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        find: Callable[[Block, int], T],
        *,
        first: Sequence[T] = (),
        same: Callable[[T], Hashable] | None = None,
        remembered: tuple[Hashable, dict[Hashable, Any]] | None = None,
    ) -> None:
        telling = [part for part in parts if not (isinstance(part, Told) and part.size == 1)]
        self._all = parts
        self._parts = telling or [*parts[:1]]
        self._pairs = [Pairs() for _ in self._parts[1:]]
        self._find = find
        self._same = same
        self._remembered = remembered
        self._table = np.full(64, _UNMET, np.int32)
        self._numbers: dict[Hashable, int] = {}
        self.values: list[T] = []
        for value in first:
            self._number(value)

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.values)

    def said(self, number: int) -> Hashable:
        """Return the value of a number."""
        value: Hashable = self.values[number]
        return value

    def read(self, block: Block) -> Numbers:
        """Return the numbers of the values of a block's rows."""
        first, *rest = self._parts
        places, size = folded(block, first, rest, self._pairs)
        self._table = grown(self._table, size)
        return met(
            self._table,
            places,
            lambda where: [self._number(self._found(block, at)) for at in where.tolist()],
        )

    def _found(self, block: Block, at: int) -> T:
        if self._remembered is None:
            return self._find(block, at)
        kind, known = self._remembered
        said = (kind, *(part.said(int(block.numbers(part)[at])) for part in self._all))
        value = known.get(said, _NOBODY_KNOWS)
        if value is _NOBODY_KNOWS:
            if len(known) >= _MOST_REMEMBERED:
                known.clear()
            value = known[said] = self._find(block, at)
        found: T = value
        return found

    def _number(self, value: T) -> int:
        same = value if self._same is None else self._same(value)
        number = self._numbers.setdefault(same, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return number
