"""What calls of the AWS CLI tell, by what it is about; what a call says otherwise is refused."""

from __future__ import annotations

from typing import TypeVar

from policy_eval.errors import SourceError
from policy_eval.sources.model import Where, without_places
from policy_eval.sources.reading import refuse

_Key = TypeVar("_Key")
_Told = TypeVar("_Told")


class NotLeftOutError(SourceError):
    """What cannot be left out (`--keep-going`): what else was told would be answered wrongly."""


def not_left_out(error: SourceError) -> NotLeftOutError:
    """Return an error as one that cannot be left out."""
    return NotLeftOutError(*error.diagnostics)


def differs(what: str, other: object, where: Where) -> NotLeftOutError:
    """Return the error for something that two calls tell and not in the same way."""
    message = f"{what} is also in {other}, with other contents"
    return not_left_out(refuse("listed-twice", message, where))


class Told(dict[_Key, _Told]):
    """What calls told, and where each was told first."""

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[_Key, Where] = {}

    def tell(self, key: _Key, told: _Told, what: str, where: Where) -> None:
        """Take what a call tells. Raises NotLeftOutError where an earlier one told otherwise."""
        if key in self and without_places(self[key]) != without_places(told):
            raise differs(what, self.places[key], where)
        self.setdefault(key, told)
        self.places.setdefault(key, where)
