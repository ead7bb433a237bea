"""Policies where the name or path of a user or role is not known: what they say of it is not, too.

A template that gives a name of which a part is unknown is read with a made-up one. A test of
`aws:PrincipalArn` or `aws:username` against it tells nothing, unless it compares with the same
made-up ARN.

AWS: "AWS global condition context keys", "IAM policy elements: Variables and tags" (IAM User
Guide).
"""

from __future__ import annotations

import re
from collections.abc import Collection

from policy_eval.sources.unknown import ANYTHING, Unknown, listed
from policy_eval.text.folding import fold_name

_TELL_NAMES = ("aws:principalarn", "aws:username")
_VARIABLE = re.compile(r"\$\{\s*aws:(?:principalarn|username)[^}]*\}", re.IGNORECASE)


def open_names(value: object, reason: str, arns: Collection[str]) -> object:
    """Return a policy with its tests of names unknown, for a reason; `arns` are those made up."""
    if isinstance(value, Unknown):
        options = tuple(open_names(each, reason, arns) for each in value.options)
        return value._replace(options=options)
    if isinstance(value, list):
        return [open_names(each, reason, arns) for each in value]
    if isinstance(value, dict):
        return {name: _open_member(name, each, reason, arns) for name, each in value.items()}
    if not isinstance(value, str):
        return value
    pattern, count = _VARIABLE.subn(ANYTHING, value)
    return Unknown(reason, (), pattern) if count else value


def _open_member(name: str, value: object, reason: str, arns: Collection[str]) -> object:
    if fold_name(name) not in _TELL_NAMES or all(each in arns for each in listed(value)):
        return open_names(value, reason, arns)
    return Unknown(reason)
