"""What the sources of one question say beside it: caller, policies, whose resource it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from policy_eval.cases.accounts import Opened, Surroundings, around, nobody_named
from policy_eval.cases.suite import Overrides, load_surroundings
from policy_eval.cli.source_options import Sources, suite_among, warning

if TYPE_CHECKING:
    from policy_eval.cli.layer_options import Given
    from policy_eval.cli.output import Tell
    from policy_eval.engine.policies import LayersOf
    from policy_eval.policy.policy_type import Strictness


def surroundings(
    sources: Sources,
    given: Given,
    layers: LayersOf,
    asked: Sequence[tuple[str, str | None]],
    strictness: Strictness,
    tell: Tell,
    said_owner: str | None = None,
) -> Surroundings:
    """Return what sources say beside a call of some actions on resources: a suite, or accounts.

    `given` names the caller, `layers` replace those of the sources, and `said_owner` is the account
    that the resource belongs to, where it was said. Raises SuiteError,
    SourceError, PolicyError and RequestError.
    """
    name = given.principal
    suite = suite_among(sources.sources)
    if suite is not None:
        caller = None if name is None else lambda named: named(name)
        opened = Opened(warning(tell))
        overrides = Overrides(
            layers, caller, None, said_owner, sources=sources.of_suite(suite), opened=opened
        )
        return load_surroundings(Path(suite), asked, strictness, overrides)
    accounts = sources.accounts(tell)
    if name is None:
        raise nobody_named()
    return around(accounts, accounts.principal(name), asked, layers, said_owner)
