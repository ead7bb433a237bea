"""Where resources are (`request.place`), for all texts of a column at once."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from policy_eval.columnar.codes import Codes, combined
from policy_eval.columnar.columns import Dictionary
from policy_eval.errors import RequestError
from policy_eval.request.place import MARKS, Place, place_of
from policy_eval.semantics.layers import ResourcePolicy
from policy_eval.semantics.resources import Resources, holder_of

_ARN = r"^(?P<head>(?:[^:]*:){5})[^:]"
"""What of an ARN says where it is: the fields before the resource."""


class Places:
    """The places of the resources of a column: a class of each text, and which are no resources.

    Resources that have a policy of their own are told apart by it.
    """

    def __init__(self, dictionary: Dictionary, policies: tuple[ResourcePolicy, ...]) -> None:
        size = len(dictionary)
        codes = np.zeros(size, np.intp)
        self.broken: NDArray[np.bool_] = np.zeros(size, np.bool_)
        named = {policy.arn for policy in policies if policy.arn}
        self.have_policies = bool(named)
        numbers: dict[tuple[Place, str | None], int] = {}
        alike = combined(_told_apart(dictionary.texts, named))
        of_alike = np.zeros(len(alike.rows), np.intp)
        for number, at in enumerate(alike.rows.tolist()):
            text = dictionary.texts[at].as_py()
            try:
                place = place_of(text)
            except RequestError:
                of_alike[number] = -1
                continue
            holder = holder_of(Resources((text,))) if named else None
            holder = holder if holder in named else None
            of_alike[number] = numbers.setdefault((place, holder), len(numbers) + 1)
        codes[1:] = of_alike[alike.codes]
        self.broken[codes < 0] = True
        codes[self.broken] = 0
        self.classes = Codes(codes, len(numbers) + 1)
        self.classes_said: tuple[Hashable, ...] = (None, *numbers)
        """What each number of `classes` stands for."""
        regardless: dict[tuple[Hashable, str | None], int] = {}
        of_class = np.zeros(len(numbers) + 1, np.intp)
        for (place, holder), number in numbers.items():
            key = (place.whose, holder)
            of_class[number] = regardless.setdefault(key, len(regardless) + 1)
        self.owners = Codes(of_class[codes], len(regardless) + 1)
        """The same, whatever the service and the Region."""
        self.owners_said: tuple[Hashable, ...] = (None, *regardless)
        """What each number of `owners` stands for."""


def _told_apart(texts: pa.StringArray, named: set[str]) -> Iterator[Codes]:
    """Yield what tells texts apart: one of those alike says where they all are, and whose."""
    found = pc.extract_regex(texts, _ARN)
    heads = pc.struct_field(found, "head").dictionary_encode()
    none = len(heads.dictionary)
    yield Codes(heads.indices.fill_null(none).to_numpy(), none + 1)
    other = np.zeros(len(texts), np.intp)  # what is not of that form is told apart by its text
    where = np.flatnonzero(found.is_null().to_numpy(zero_copy_only=False))
    other[where] = np.arange(1, len(where) + 1)
    yield Codes(other, len(where) + 1)
    for mark in MARKS:
        yield _flags(pc.match_substring(texts, mark))
    for arn in named:
        yield _flags(pc.equal(texts, arn))
        yield _flags(pc.starts_with(texts, f"{arn}/"))  # an object in a bucket


def _flags(found: pa.BooleanArray) -> Codes:
    return Codes(found.to_numpy(zero_copy_only=False).astype(np.intp), 2)
