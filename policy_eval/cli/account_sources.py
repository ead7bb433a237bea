"""An account as the surroundings of one question: the caller by name, its policies, whose it is."""

from __future__ import annotations

from collections.abc import Sequence

from policy_eval.cases.suite import Surroundings
from policy_eval.cli.layer_options import Given
from policy_eval.errors import refuse_request
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import load


def around(
    sources: tuple[str, ...],
    given: Given,
    action: str,
    resource: str | None,
    also: Sequence[str],
) -> tuple[Given, Surroundings]:
    """Return what accounts say of a question, and the options less the caller's name.

    Raises SourceError, PolicyError and RequestError.
    """
    accounts = Accounts(load(sources))
    if given.principal is None:
        raise refuse_request(
            "missing-principal", "an account has many callers, and none is named",
            "name one with --as: a name, `role/NAME` or an ARN; `policy-eval who-can` asks of all",
        )  # fmt: skip
    principal = accounts.principal(given.principal)
    entity = accounts.entity(given.principal)
    further = [(name, arn or None) for name, _, arn in (text.partition("=") for text in also)]
    layers = accounts.layers(entity or principal, action, resource, further)
    if entity is None and given.identity:  # the options describe the caller
        layers = layers._replace(unknown_layers=None)
    return given._replace(principal=None), Surroundings(
        layers,
        principal,
        accounts.unsaid_owner(resource),
        (),
        tuple(accounts.tags(resource).items()),
    )
