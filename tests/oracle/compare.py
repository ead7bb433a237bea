"""The engines and the oracle on one case: what each answers."""

from __future__ import annotations

import json
from typing import NamedTuple

from policy_eval.engine import reference, scalar
from policy_eval.engine.decision import Attachment
from policy_eval.engine.program import Program
from policy_eval.errors import RequestError
from policy_eval.policy.ast import Policy
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import read_document
from policy_eval.request.context import Values
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import (
    Bounds,
    Case,
    Found,
    LayerState,
    Presence,
    Side,
    decide,
)
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.resources import NO_RESOURCE, Resources
from policy_eval.text.folding import fold
from policy_eval.text.source import Source
from tests.oracle.generate import GeneratedCase
from tests.oracle.oracle import OracleRequest
from tests.oracle.oracle import decide as oracle_decide

IDENTITY_ONLY = Case(
    Side.EITHER,
    {
        layer: LayerState(Presence.GIVEN if layer is Layer.IDENTITY else Presence.NONE)
        for layer in Layer
    },
)
"""A call of one account in which only identity-based policies have a say."""


class Answers(NamedTuple):
    """One word each; `error` where the request is refused."""

    scalar: str
    reference: str
    oracle: str

    @property
    def agree(self) -> bool:
        """Whether all three say the same."""
        return len(set(self)) == 1


def policies_of(case: GeneratedCase) -> tuple[Policy, ...]:
    """Return the case's documents as policies, also where AWS would refuse an action's form."""
    return tuple(
        build_policy(read_document(Source("<policy>", json.dumps(document)))).policy
        for document in case.documents
    )


def context_of(request: OracleRequest) -> RequestContext:
    """Return the request as the engines take it: its context exactly, and nothing derived.

    Case variants of one key cannot be given through the public face except as tags, so the
    entries are set directly.
    """
    partition = (request.resource.split(":") + ["aws"] * 2)[1]
    caller = f"arn:{partition}:iam::{request.account}:root"
    context = RequestContext(
        Request(request.action, request.resource, principal=caller, action_only=True)
    )
    entries: dict[str, dict[str, Values | None]] = {}
    for name, values in request.context:
        if values:
            entries.setdefault(fold(name), {})[name] = values
    for name in ("aws:currenttime", "aws:epochtime", "aws:username", "aws:userid"):
        entries.setdefault(name, {name: None})
    _replace(context, entries)
    if request.resource != NO_RESOURCE:  # taken literally, whatever the action's resource types are
        context.resources = Resources((request.resource,))
    return context


def _replace(context: RequestContext, entries: dict[str, dict[str, Values | None]]) -> None:
    """Take these entries for everything that is known, and all other keys for absent."""
    keys = context._keys  # noqa: SLF001 - the oracle derives nothing
    keys.entries, keys.unknown, keys.families = entries, set(), ()
    context._time_is_derived = True  # noqa: SLF001


def forget(context: RequestContext, name: str) -> None:
    """Make a key's value unknown."""
    keys = context._keys  # noqa: SLF001 - nobody else takes back what was given
    keys.entries.pop(fold(name), None)
    keys.unknown.add(fold(name))


def answers(case: GeneratedCase) -> Answers:
    """Return what the scalar engine, the reference engine and the oracle answer."""
    policies, context = policies_of(case), context_of(case.request)
    return Answers(
        scalar_word(policies, context),
        reference_word(policies, context),
        oracle_decide(case.documents, case.request),
    )


def as_identity(policies: tuple[Policy, ...]) -> tuple[Attachment, ...]:
    """Return policies as identity-based ones."""
    return tuple(Attachment(Layer.IDENTITY, 0, policy) for policy in policies)


def scalar_found(policies: tuple[Policy, ...], context: RequestContext) -> Found[Bounds]:
    """Return what the scalar engine finds. Raises RequestError."""
    program = Program(as_identity(policies))
    return scalar.find(program, context, IDENTITY_ONLY)[0]


def reference_found(policies: tuple[Policy, ...], context: RequestContext) -> Found[Bounds]:
    """Return what the reference engine finds. Raises RequestError."""
    return reference.trace(as_identity(policies), context, IDENTITY_ONLY).found()


def scalar_word(policies: tuple[Policy, ...], context: RequestContext) -> str:
    """Return the scalar engine's answer."""
    try:
        return _word(scalar_found(policies, context))
    except RequestError:
        return "error"


def reference_word(policies: tuple[Policy, ...], context: RequestContext) -> str:
    """Return the reference engine's answer."""
    try:
        return _word(reference_found(policies, context))
    except RequestError:
        return "error"


def _word(found: Found[Bounds]) -> str:
    word, _ = decide(IDENTITY_ONLY, found)
    return word.value
