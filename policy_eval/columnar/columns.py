"""A table of requests as columns of codes: each different value once, and which row holds which.

Code 0 is "not given". What a value may be is what `Request` takes: text, true or false, whole and
decimal numbers, bytes, times with a zone, and lists of these; an empty list is a key that is known
to be absent (R-COND-36).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from policy_eval.columnar.codes import Codes, combined
from policy_eval.errors import RequestError, refuse_request
from policy_eval.request.context import Given, Scalar, Values, text_of
from policy_eval.request.principal import Principal
from policy_eval.request.request import Request
from policy_eval.text.folding import fold

Numbers: TypeAlias = NDArray[np.signedinteger[Any]]

ACTION, RESOURCE, PRINCIPAL, ACCOUNT = "action", "resource", "principal", "resource_account"
POLICIES = "policies"
CONTEXT = "context"
_SAMPLE = 4_096
_MOSTLY_DIFFERENT = 0.75


class Dictionary:
    """The different values of a column: number 1 and on; number 0 is no value.

    `texts` are the values where each is one text, else None. They stay in Arrow's hands, and become
    Python's when they are asked for.
    """

    __slots__ = ("_lists", "texts")

    def __init__(self, texts: pa.StringArray | None, lists: list[Values | None] | None) -> None:
        self.texts: Any = texts  # of an untyped package
        self._lists = lists

    def __len__(self) -> int:
        return 1 + (len(self.texts) if self._lists is None else len(self._lists))

    def held(self, number: int) -> Values | None:
        """Return the values of a number but 0; None is known to be absent."""
        if self._lists is not None:
            return self._lists[number - 1]
        return (self.texts[number - 1].as_py(),)

    def text(self, number: int) -> str | None:
        """Return the one text of a number; None for number 0."""
        if number == 0:
            return None
        held = self.held(number)
        return held[0] if held else None

    def presence(self) -> Codes:
        """Return of each number whether it is no value, values, or known to be absent."""
        kinds = np.ones(len(self), np.intp)
        kinds[0] = 0
        for number, held in enumerate(self._lists or (), 1):
            if held is None:
                kinds[number] = 2
        return Codes(kinds, 3)

    def number(self, text: str) -> int | None:
        """Return the number of a text; None where no row holds it. All values are texts."""
        found: int = pc.index(self.texts, text).as_py()
        return None if found < 0 else found + 1

    def all_held(self) -> list[Values | None]:
        """Return the values of every number but 0."""
        if self._lists is not None:
            return self._lists
        return [(text,) for text in self.texts.to_pylist()]


class Column:
    """A column: what its rows hold, as numbers of its dictionary."""

    __slots__ = ("codes", "dictionary", "folded", "name")

    def __init__(self, name: str, codes: Numbers, dictionary: Dictionary) -> None:
        self.name = name
        self.folded = fold(name)
        self.codes = codes
        self.dictionary = dictionary

    def text(self, row: int) -> str | None:
        """Return the one text that a row holds; None where it holds nothing."""
        return self.dictionary.text(int(self.codes[row]))

    @property
    def coded(self) -> Codes:
        """The numbers of the rows, and how many different ones there are."""
        return Codes(self.codes, len(self.dictionary))


class Columns:
    """The columns of a table of requests.

    `broken` are rows in which a value is none that a request could hold, with what is wrong.
    `policies` names the set of policies of each row, where there are several.
    """

    def __init__(self, table: pa.Table, *, has_sets: bool = False) -> None:
        self.rows: int = table.num_rows
        self.broken: dict[int, RequestError] = {}
        names = table.column_names
        if ACTION not in names:
            raise without_column(ACTION, names)
        self.action = self._texts(table, ACTION)
        self.resource = self._optional(table, RESOURCE)
        self.principal = self._optional(table, PRINCIPAL)
        self.account = self._optional(table, ACCOUNT)
        if has_sets and POLICIES not in names:
            raise without_column(POLICIES, names, "name in it the set of policies of each row")
        self.policies = self._texts(table, POLICIES) if has_sets else None
        self.keys: list[Column] = []
        for name in dict.fromkeys(name for name in names if ":" in name):
            self._add(self._read(name, _one(table, name)))
        if CONTEXT in names:
            for column in self._of_context(_one(table, CONTEXT)):
                self._add(column)

    def request(
        self,
        row: int,
        principal: str | Principal | None,
        keys: Iterable[Column],
        unknown: tuple[str, ...],
        owner: str | None = None,
        tags: Mapping[str, str] = {},
    ) -> Request:
        """Return the request of a row, with the values of some keys, as somebody makes it.

        `unknown` are keys that nobody knows where the row does not give them; `owner` is whose the
        resource is where the row does not say it, `tags` are its tags. Raises RequestError.
        """
        context: dict[str, Given] = {}
        for key in keys:
            code = int(key.codes[row])
            if code:
                held = key.dictionary.held(code)
                context[key.name] = held[0] if held is not None and len(held) == 1 else held
        if unknown:
            given = set(map(fold, context))
            unknown = tuple(name for name in unknown if fold(name) not in given)
        action = self.action.text(row)
        if action is None:
            raise refuse_request(
                "unknown-action", "no action is given", "write `service:Name`", ("R-ACT-01",)
            )
        return Request(
            action,
            self.resource.text(row),
            principal=principal,
            context=context,
            unknown=unknown,
            resource_tags=tags,
            resource_account=self.account.text(row) or owner,
        )

    def _add(self, column: Column) -> None:
        if column.name != column.name.strip():
            raise refuse_request(
                "context-key", f"`{column.name}` is no condition key", "write `prefix:Name`",
                key=column.name,
            )  # fmt: skip
        for other in self.keys:
            if other.folded == column.folded:
                both = np.flatnonzero((other.codes != 0) & (column.codes != 0))
                self.broken |= dict.fromkeys(both.tolist(), _twice(column.name, other.name))
        self.keys.append(column)

    def _optional(self, table: pa.Table, name: str) -> Column:
        if name in table.column_names:
            return self._texts(table, name)
        return self._read(name, pa.nulls(self.rows))

    def _texts(self, table: pa.Table, name: str) -> Column:
        array = _one(table, name)
        if not (_is_text(_value_type(array)) or pa.types.is_null(array.type)):
            raise _wrong_type(name, array.type, "text")
        return self._read(name, array)

    def _read(self, name: str, array: pa.Array) -> Column:
        kind = array.type
        if pa.types.is_null(kind):
            return Column(name, np.zeros(len(array), np.int32), Dictionary(_no_texts(), None))
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return self._lists(name, array)
        codes, texts = _encoded(name, array)
        return Column(name, codes, Dictionary(texts, None))

    def _lists(self, name: str, array: pa.Array) -> Column:
        if pa.types.is_large_list(array.type):
            array = array.cast(pa.list_(array.type.value_type))
        items = array.flatten()  # without those of nulls
        if pa.types.is_null(items.type):
            items = items.cast(pa.string())
        item_codes, texts = _encoded(name, items)
        given = np.flatnonzero(array.is_valid().to_numpy(zero_copy_only=False))
        lengths = pc.drop_null(pc.list_value_length(array)).to_numpy().astype(np.intp)
        starts = np.cumsum(lengths) - lengths
        parts = [Codes(np.zeros(len(given), np.intp), 1)]
        for place in range(int(lengths.max(initial=0))):
            here = lengths > place
            codes = np.zeros(len(given), np.intp)
            codes[here] = item_codes[starts[here] + place] + 1  # 0 is none, 1 a null
            parts.append(Codes(codes, len(texts) + 2))
        dense = combined(parts)
        held: list[Values | None] = []
        numbers = np.zeros(len(dense.rows), np.int32)
        words = texts.to_pylist()
        for number, at in enumerate(dense.rows.tolist()):
            start = int(starts[at])
            chosen = item_codes[start : start + int(lengths[at])].tolist()
            if 0 in chosen:
                self._break(name, given[dense.codes == number])
                continue
            held.append(tuple(words[code - 1] for code in chosen) or None)
            numbers[number] = len(held)
        found = np.zeros(len(array), np.int32)
        found[given] = numbers[dense.codes]
        return Column(name, found, Dictionary(None, held))

    def _break(self, name: str, rows: Iterable[int]) -> None:
        problem = refuse_request(
            "context-value",
            f"a value of `{name}` is null",
            "leave it out, or give text",
            key=name,
        )
        self.broken |= dict.fromkeys(map(int, rows), problem)

    def _of_context(self, array: pa.Array) -> Iterator[Column]:
        kind = array.type
        if pa.types.is_struct(kind):
            for field in kind:
                yield self._read(field.name, pc.struct_field(array, field.name))
        elif pa.types.is_map(kind) and _is_text(kind.key_type):
            yield from self._of_map(array)
        else:
            raise _wrong_type(CONTEXT, kind, "a struct, or a map of text")

    def _of_map(self, array: pa.MapArray) -> Iterator[Column]:
        lengths = np.diff(array.offsets.to_numpy())
        lengths[~array.is_valid().to_numpy(zero_copy_only=False)] = 0
        rows = np.repeat(np.arange(len(array)), lengths)
        pairs = array.cast(pa.list_(pa.struct(list(_pair(array.type))))).flatten()
        key_codes, names = _encoded(CONTEXT, pc.struct_field(pairs, 0))
        held = self._read(CONTEXT, pc.struct_field(pairs, 1))
        lists = held.dictionary.all_held()
        absent = len(lists) + 1  # a key without a value is known to be absent
        dictionary = Dictionary(None, [*lists, None])
        for number, name in enumerate(names.to_pylist(), 1):
            chosen = np.flatnonzero(key_codes == number)
            at, given = rows[chosen], held.codes[chosen]
            codes = np.zeros(len(array), np.int32)
            codes[at] = np.where(given == 0, absent, given)
            twice = np.flatnonzero(np.bincount(at, minlength=len(array)) > 1)
            self.broken |= dict.fromkeys(twice.tolist(), _twice(name, name))
            yield Column(name, codes, dictionary)


def without_column(
    wanted: str, names: Iterable[str], remedy: str = "name the column of actions `action`"
) -> RequestError:
    """Return the error for a table whose columns lack one."""
    found = ", ".join(f"`{name}`" for name in names) or "none"
    message = f"the requests have no column `{wanted}`; the columns are {found}"
    return refuse_request("table-column", message, remedy)


def _twice(name: str, other: str) -> RequestError:
    return refuse_request(
        "duplicate-key-case",
        f"`{name}` and `{other}` are one condition key",
        "condition keys ignore case; give the key once, with several values if need be",
        ("R-COND-03",),
        name,
    )


def _pair(kind: pa.MapType) -> tuple[pa.Field, pa.Field]:
    return pa.field("key", kind.key_type), pa.field("value", kind.item_type)


def _one(table: pa.Table, name: str) -> pa.Array:
    """Return a column in one piece."""
    if table.column_names.count(name) > 1:
        raise refuse_request(
            "table-column", f"the requests have two columns `{name}`", "give it once", key=name
        )
    chunked = table.column(name)
    if pa.types.is_dictionary(chunked.type):
        chunked = chunked.unify_dictionaries()
    if chunked.num_chunks == 1:
        return chunked.chunk(0)
    return pa.concat_arrays(chunked.chunks) if chunked.num_chunks else pa.array([], chunked.type)


def _value_type(array: pa.Array) -> pa.DataType:
    return array.type.value_type if pa.types.is_dictionary(array.type) else array.type


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _no_texts() -> pa.StringArray:
    return pa.array([], pa.string())


def _encoded(name: str, array: pa.Array) -> tuple[Numbers, pa.StringArray]:
    """Return the numbers of the rows' values (0: null), and the values as texts."""
    if pa.types.is_dictionary(array.type):
        if array.dictionary.null_count:
            return _encoded(name, array.dictionary_decode())
        return _codes_of(array.indices), _as_texts(name, array.dictionary)
    if _is_text(array.type):
        array = array.cast(pa.string())
        if _is_mostly_different(array):
            codes = np.arange(1, len(array) + 1, dtype=np.int32)
            if array.null_count:
                codes[array.is_null().to_numpy(zero_copy_only=False)] = 0
                array = array.fill_null("")
            return codes, array
    _check(name, array.type)
    encoded = array.dictionary_encode()
    return _codes_of(encoded.indices), _as_texts(name, encoded.dictionary)


def _is_mostly_different(array: pa.Array) -> bool:
    """Return whether looking for equal texts would hardly find any."""
    if len(array) <= 2 * _SAMPLE:
        return False
    step = len(array) // _SAMPLE
    sample = array.take(pa.array(np.arange(0, step * _SAMPLE, step)))
    return len(sample.unique()) > _MOSTLY_DIFFERENT * _SAMPLE


def _codes_of(indices: pa.Array) -> Numbers:
    numbers = indices.cast(pa.int32())
    if numbers.null_count:
        numbers = numbers.fill_null(-1)
    codes: Numbers = numbers.to_numpy() + np.int32(1)
    return codes


_SCALARS: tuple[Callable[[pa.DataType], bool], ...] = (
    pa.types.is_boolean,
    pa.types.is_integer,
    pa.types.is_decimal,
    pa.types.is_binary,
    pa.types.is_large_binary,
)
_WANTED = "text, true or false, a whole or decimal number, bytes, a time with a zone, or a list"


def _check(name: str, kind: pa.DataType) -> None:
    """Refuse a column of values of a type that no request could hold."""
    with_zone = pa.types.is_timestamp(kind) and kind.tz is not None
    if not (_is_text(kind) or with_zone or any(is_one(kind) for is_one in _SCALARS)):
        raise _wrong_type(name, kind, _WANTED)


def _as_texts(name: str, values: pa.Array) -> pa.StringArray:
    _check(name, values.type)
    if _is_text(values.type):
        return values.cast(pa.string())
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", "UTC"))
    given: list[Scalar] = values.to_pylist()
    return pa.array([text_of(name, value) for value in given], pa.string())


def _wrong_type(name: str, kind: pa.DataType, expected: str) -> RequestError:
    return refuse_request(
        "table-column",
        f"the column `{name}` holds {kind}, and {expected} is expected",
        "convert the column, or leave it out",
        key=name,
    )
