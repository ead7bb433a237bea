"""What is known of a request's condition keys: given, derived, absent, unknown.

A store without rules of its own: `derivation` fills it, `RequestContext` looks into it.
Rules: R-KEY-06 (absent is not unknown; a contradiction is an error), R-COND-04.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from policy_eval.errors import RequestError, refuse_request
from policy_eval.request.context import Entries, Values, tag_entries
from policy_eval.text.folding import fold_name

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_values

_NO_SPELLINGS: Mapping[str, Values | None] = {}


class _Watched(dict[str, Values | None]):
    """The spellings of a given key with their values; notes whose values are looked at.

    Whether a key was given, and its spelling, may be asked without a note.
    """

    __slots__ = ("_seen", "folded")

    def __init__(self, given: Mapping[str, Values | None], folded: str, seen: set[str]) -> None:
        super().__init__(given)
        self.folded = folded
        self._seen = seen

    def values(self) -> "dict_values[str, Values | None]":
        self._seen.add(self.folded)
        return super().values()

    def items(self) -> "dict_items[str, Values | None]":
        self._seen.add(self.folded)
        return super().items()

    def unwatched(self) -> Values | None:
        """Return the values of the one spelling, without a note."""
        (values,) = super().values()
        return values

    def under(self, name: str) -> _Watched:
        """Return the same values under another name, looked at as these."""
        return _Watched({name: self.unwatched()}, self.folded, self._seen)


class KnownKeys:
    """Folded key → spelling → values (None: known to be absent), and which keys are unknown.

    `given` are the folded keys that somebody listed, `derived` those that follow, with the name
    and values they got; `unknown` are keys, `families` prefixes whose value nobody knows. `seen`
    are the given keys whose values were looked at, not only whether they are there: what follows
    hangs on these values, and on no others.
    """

    __slots__ = ("derived", "entries", "families", "given", "seen", "unknown")

    def __init__(self, given: Entries, unknown: Iterable[str]) -> None:
        self.seen: set[str] = set()
        named = tuple(map(fold_name, unknown))
        self.unknown = {name for name in named if not name.endswith("*")}
        self.families = tuple(name[:-1] for name in named if name.endswith("*"))
        self.entries: dict[str, dict[str, Values | None]] = {}
        self.given: set[str] = set()
        self.derived: dict[str, tuple[str, Values | None]] = {}
        for folded, spellings in given.items():
            if folded in self.unknown:
                raise given_and_unknown(next(iter(spellings)))
            self.entries[folded] = _Watched(spellings, folded, self.seen)
            self.given.add(folded)

    def is_said_unknown(self, folded: str) -> bool:
        """Return whether a key is unknown by its name or its family."""
        return folded in self.unknown or folded.startswith(self.families)

    def first(self, folded: str) -> Values | None:
        """Return the values of a key; None where it is absent or not known."""
        return next(iter(self._values(folded)), None)

    def one_given(self, folded: str) -> str | None:
        """Return the value of a key that was given, and holds one; else None."""
        values = self.first(folded) if folded in self.given else None
        return values[0] if values and len(values) == 1 else None

    def single(self, folded: str) -> str | None:
        """Return the value of a key that holds one; of several spellings the last that does."""
        found = [values[0] for values in self._values(folded) if values and len(values) == 1]
        return found[-1] if found else None

    def _values(self, folded: str) -> Iterable[Values | None]:
        return self.entries.get(folded, _NO_SPELLINGS).values()

    def derive(self, name: str, value: str | Values | None) -> None:
        """Enter a value that follows, unless the key was given or is said to be unknown."""
        folded = fold_name(name)
        if folded in self.entries or folded in self.unknown:
            return
        values = (value,) if isinstance(value, str) else value
        self.entries[folded] = {name: values}
        self.derived[folded] = (name, values)

    def link(self, folded: str, twin: str) -> None:
        """Enter what a given key holds under a further name, unless that is known or unknown."""
        other = fold_name(twin)
        if other in self.entries or other in self.unknown:
            return
        spellings = self.entries[folded]
        assert isinstance(spellings, _Watched)  # it was given
        self.entries[other] = spellings.under(twin)
        self.derived[other] = (twin, spellings.unwatched())

    def note(self, folded: str) -> None:
        """Note that the values of a key are looked at, if they were given."""
        source = self.source_of(folded)
        if source is not None:
            self.seen.add(source)

    def source_of(self, folded: str) -> str | None:
        """Return the given key whose values a key holds: itself, or the one it is linked to."""
        spellings = self.entries.get(folded)
        return spellings.folded if isinstance(spellings, _Watched) else None

    def guess(self, name: str, value: str) -> None:
        """Enter what is usual, unless the key was given or is unknown by name or family."""
        if not self.is_said_unknown(fold_name(name)):
            self.derive(name, value)

    def settle(self, name: str, value: str | Values | None, because: str) -> None:
        """Enter a value that nothing but itself could be; another given value contradicts."""
        folded = fold_name(name)
        given = self.entries.get(folded)
        wanted = (value,) if isinstance(value, str) else value
        if given is not None and folded in self.given and wanted not in given.values():
            raise contradiction(name, next(iter(given.values())), wanted, because)
        self.derive(name, value)

    def enter_tags(self, prefixes: Iterable[str], tags: Mapping[str, str]) -> None:
        """Enter tags under each prefix; tag keys keep their case, so spellings may compete."""
        for folded, spellings in tag_entries(prefixes, tags).items():
            name, values = next(iter(spellings.items()))
            if folded in self.unknown:
                raise given_and_unknown(name)
            if folded not in self.given:
                self.entries.setdefault(folded, {}).update(spellings)
                self.derived[folded] = (name, values)
            elif values not in self.entries[folded].values():
                raise contradiction(name, self.first(folded), values, "a tag says so")


def given_and_unknown(name: str) -> RequestError:
    """Return the error for a key that is given and said to be unknown."""
    return refuse_request(
        "key-given-and-unknown",
        f"`{name}` is given and said to be unknown",
        "say one of the two",
        ("R-KEY-06",),
    )


def contradiction(
    name: str, given: Values | None, wanted: Values | None, because: str
) -> RequestError:
    """Return the error for a given value that something else rules out."""

    def shown(values: Values | None) -> str:
        return "absent" if values is None else ", ".join(f"`{value}`" for value in values)

    return refuse_request(
        "contradiction",
        f"`{name}` is given as {shown(given)}, but {because}, so it is {shown(wanted)}",
        "leave the key out, or mend the other side",
        ("R-KEY-06",),
    )
