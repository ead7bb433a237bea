"""Where resources are (`request.place`), for all texts of a column at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from policy_eval.columnar.codes import Codes
from policy_eval.columnar.columns import Dictionary
from policy_eval.errors import RequestError
from policy_eval.request.place import Place, place_of
from policy_eval.semantics.layers import ResourcePolicy
from policy_eval.semantics.resources import Resources, holder_of


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
        for code in range(1, size):
            text = dictionary.text(code)
            try:
                place = place_of(text)
            except RequestError:
                self.broken[code] = True
                continue
            holder = holder_of(Resources((text or "",))) if named else None
            holder = holder if holder in named else None
            codes[code] = numbers.setdefault((place, holder), len(numbers) + 1)
        self.classes = Codes(codes, len(numbers) + 1)
        regardless: dict[object, int] = {}
        of_class = np.zeros(len(numbers) + 1, np.intp)
        for (place, holder), number in numbers.items():
            key = (place.whose, holder)
            of_class[number] = regardless.setdefault(key, len(regardless) + 1)
        self.owners = Codes(of_class[codes], len(regardless) + 1)
        """The same, whatever the service and the Region."""
