"""A mapping of each form as the only interesting part of a suite."""

from __future__ import annotations

import json
from collections.abc import Callable

from policy_eval.cases.format import ASKED_BY, BESIDE
from tests.cases.editors import Mapping

_ACTION: Mapping = {"action": "s3:GetObject"}
_ROLE = "arn:aws:iam::111122223333:role/Dev"


def _suite(own: Mapping) -> Mapping:
    beside: Mapping = {"sources": "word"} if own.keys() & {one for one, _ in BESIDE} else {}
    return {"tests": [{} if "action" in own else _ACTION], **beside, **own}


def _test(own: Mapping) -> Mapping:
    return {"tests": [own if own.keys() & ASKED_BY else {**_ACTION, **own}]}


def _simulate(own: Mapping) -> Mapping:
    return {"tests": [{"simulate": {"PolicyInputList": ["{}"], "ActionNames": ["s3:a"], **own}}]}


_ENTRY: Mapping = {"ContextKeyName": "s3:prefix", "ContextKeyValues": ["a"]}

FRAMES: dict[str, Callable[[Mapping], Mapping]] = {
    "suite": _suite,
    "test": _test,
    "policies": lambda own: _test({"policies": own}),
    "entry": lambda own: _test({"policies": {"identity": [{"file": "identity", **own}]}}),
    "principal": lambda own: _test({"principal": {"arn": _ROLE, **own}}),
    "step": lambda own: _test({"all_of": [{**_ACTION, **own}]}),
    "dependent_action": lambda own: _test(
        {"dependent_actions": [{**_ACTION, "needs": "s3:PutObject", **own}]}
    ),
    "expect": lambda own: _test({"expect": own}),
    "simulate": _simulate,
    "context_entry": lambda own: _simulate({"ContextEntries": [{**_ENTRY, **own}]}),
    "organization_level": lambda own: _simulate({"OrderedOrganizationPolicyInputList": [own]}),
}
"""For each form that the loader reads, the suite with a mapping of that form."""


def framed(form: str, own: Mapping) -> str:
    """Return the text of a suite with a mapping of a form."""
    return json.dumps(FRAMES[form](own))
