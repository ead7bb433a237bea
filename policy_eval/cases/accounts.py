"""The accounts that suites are about: their sources, and what those say beside a question.

Sources are those of `policy_eval.sources`; they are read where a suite names some, each once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from policy_eval.engine.policies import LayersOf
from policy_eval.errors import RequestError, SourceError, refuse_request
from policy_eval.request.dependency import Dependency
from policy_eval.request.principal import Principal
from policy_eval.text.fields import Field

if TYPE_CHECKING:
    from policy_eval.request.request import Request
    from policy_eval.sources.accounts import Accounts
    from policy_eval.sources.model import Found


class NamedSources(NamedTuple):
    """Files and folders that are read as one, and what plans and templates do not tell.

    `parameters` are names with values. With `keep_going`, what cannot be read is left out.
    """

    paths: tuple[str, ...] = ()
    account: str | None = None
    region: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()
    keep_going: bool = False

    def over(self, other: NamedSources) -> NamedSources:
        """Return these sources, with what `other` says where these say nothing."""
        return NamedSources(
            self.paths or other.paths,
            self.account or other.account,
            self.region or other.region,
            tuple({**dict(other.parameters), **dict(self.parameters)}.items()),
            self.keep_going or other.keep_going,
        )

    def found(self, on_error: Callable[[SourceError], None]) -> Found:
        """Return what they hold; what is left out is told to `on_error`.

        Raises SourceError, and RequestError for what cannot be told of them.
        """
        from policy_eval.sources.loading import Deployment, load  # only where some are named

        deployment = Deployment(self.account, self.region, dict(self.parameters))
        return load(self.paths, on_error if self.keep_going else None, deployment)


NO_SOURCES = NamedSources()


def read_sources(path: Path, fields: Mapping[str, Field]) -> NamedSources:
    """Return what the fields of a suite say of its sources; they are relative to `path`.

    Raises SuiteError.
    """
    paths: tuple[str, ...] = ()
    if "sources" in fields:
        paths = tuple(str(path.parent / each) for each in fields["sources"].texts())
        if not paths:
            raise fields["sources"].refuse("empty-list", "`sources` names nothing")
    parameters = fields["parameters"].mapped(Field.text) if "parameters" in fields else {}
    return NamedSources(
        paths, _text(fields.get("account")), _text(fields.get("region")), tuple(parameters.items())
    )


def _text(field: Field | None) -> str | None:
    return None if field is None or field.is_null else field.text()


def nobody_named() -> RequestError:
    """Return the error for a question to an account that does not say who calls."""
    return refuse_request(
        "missing-principal", "an account has many callers, and none is named",
        "name one with --as: a name, `role/NAME` or an ARN; `policy-eval who-can` asks of all",
    )  # fmt: skip


class Opened:
    """Sources as accounts, each opened once; `on_error` is told what is left out of them.

    What is copied to another process holds none, and tells nobody.
    """

    def __init__(self, on_error: Callable[[SourceError], None] = lambda _: None) -> None:
        self._on_error = on_error
        self._accounts: dict[NamedSources, Accounts] = {}

    def __reduce__(self) -> tuple[type[Opened], tuple[()]]:
        return Opened, ()

    def accounts(self, sources: NamedSources) -> Accounts:
        """Return the accounts that some sources hold. Raises as `NamedSources.found` does."""
        found = self._accounts.get(sources)
        if found is None:
            from policy_eval.sources.accounts import Accounts  # only where some are named

            found = self._accounts[sources] = Accounts(sources.found(self._on_error))
        return found


def files_of(accounts: Accounts, sources: NamedSources) -> tuple[Path, ...]:
    """Return the files and folders that sources name, and the files that those name."""
    found = accounts.found
    places = [
        *(each.where.file for each in found.managed.values()),
        *(each.where.file for each in found.entities.values()),
        *(each.where.file for each in found.resources.values()),
    ]
    return tuple(map(Path, dict.fromkeys((*sources.paths, *places))))


class Surroundings(NamedTuple):
    """What a suite or an account says beside a question.

    The policies, the caller, whose resource it is, further actions of its call, and its tags.
    `accounts` are those that know more resources.
    """

    policies: LayersOf
    principal: Principal | None = None
    resource_account: str | None = None
    dependencies: tuple[Dependency, ...] = ()
    resource_tags: tuple[tuple[str, str], ...] = ()
    accounts: Accounts | None = None

    def of(self, resource: str | None) -> tuple[str | None, Mapping[str, str]]:
        """Return whose another resource is, where its ARN does not say it, and its tags."""
        if self.accounts is None:
            return None, {}
        return self.accounts.unsaid_owner(resource), self.accounts.tags(resource)

    def passing(self, request: Request) -> LayersOf:
        """Return the policies, with that of the VPC endpoint that a request passes."""
        return (
            self.policies
            if self.accounts is None
            else passing(self.accounts, self.policies, request)
        )


def passing(accounts: Accounts, layers: LayersOf, request: Request) -> LayersOf:
    """Return layers with the policy of the VPC endpoint that a request passes.

    Raises PolicyError.
    """
    from policy_eval.sources.accounts import endpoint_passed  # only where there are accounts

    through = endpoint_passed(request.given_context(), request.unknown)
    return accounts.passing(layers, through)


def layers_around(
    accounts: Accounts,
    caller: Principal,
    asked: Sequence[tuple[str, str | None]],
    given: LayersOf,
    said_owner: str | None = None,
) -> LayersOf:
    """Return the policies that have a say in a call of some actions on resources.

    `said_owner` is the account that the first resource belongs to, where a question says it.

    The layers that are `given` replace those of the accounts. Who gives the identity-based policies
    of a caller that no source holds describes the caller: the boundary is not unknown then.
    Raises PolicyError.
    """
    entity = accounts.entity(caller.arn)
    layers = accounts.layers(entity or caller, *asked[0], further=asked[1:], said_owner=said_owner)
    if entity is None and given.identity is not None:
        layers = layers._replace(unknown_layers=accounts.unknown_layers or None)
    unknown = [each for each in layers.unknown_layers or () if not given.mentions(each)]
    both = tuple(dict.fromkeys((*unknown, *(given.unknown_layers or ()))))
    return layers.replaced_by(given._replace(unknown_layers=both or None))


def around(
    accounts: Accounts,
    caller: Principal,
    asked: Sequence[tuple[str, str | None]],
    given: LayersOf,
    said_owner: str | None = None,
) -> Surroundings:
    """Return what accounts say beside a call, of its first resource. Raises PolicyError."""
    _, resource = asked[0]
    return Surroundings(
        layers_around(accounts, caller, asked, given, said_owner),
        caller,
        accounts.unsaid_owner(resource),
        (),
        tuple(accounts.tags(resource).items()),
        accounts,
    )
