"""Documents of which something is not known."""

from __future__ import annotations

import pytest

from policy_eval.sources.model import Document, Unsure, Where
from policy_eval.sources.unknown import may_be_absent

_HERE = Where("t.json")
_ONE = {"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}
_WHOLE, _PART = Unsure(1, "open"), Unsure(1, "open", "Action", (0,))


@pytest.mark.parametrize(
    ("document", "is_open"),
    [
        (Document("d", None, _HERE, "nobody knows"), True),
        (Document("d", _ONE, _HERE), False),
        (Document("d", _ONE, _HERE, "", (_WHOLE,)), True),
        (Document("d", _ONE, _HERE, "", (_PART,)), False),
        (Document("d", "no policy", _HERE), False),
    ],
)
def test_a_document_of_which_nothing_is_certain_may_not_be_there(
    document: Document, *, is_open: bool
) -> None:
    assert may_be_absent(document) is is_open
