"""The options that say which policies have a say, who calls, and whose resource it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import click

from policy_eval.cli.options import read_policies, read_tags, with_options
from policy_eval.engine.policies import LayersOf
from policy_eval.errors import Diagnostic, PolicyError, Severity, refuse_request
from policy_eval.policy.policy_type import PolicyType, Strictness
from policy_eval.request.principal import Credentials, Principal, parse_principal
from policy_eval.semantics.layers import EndpointType, Layer
from policy_eval.semantics.service_exceptions import resource_policy_type

if TYPE_CHECKING:
    from policy_eval.policy.ast import Policy
    from policy_eval.policy.document import Document

    Named: TypeAlias = Callable[[str], Principal]
    _Type: TypeAlias = PolicyType | Callable[[Document], PolicyType]
    _Levels: TypeAlias = tuple[tuple[Policy, ...], ...]


class Given(NamedTuple):
    """What the options give, as click hands it over; each name is an option's.

    A command without options about the caller leaves those out.
    """

    identity: tuple[str, ...]
    boundary: tuple[str, ...]
    session_policy: tuple[str, ...]
    resource_policy: tuple[str, ...]
    scp: tuple[str, ...]
    rcp: tuple[str, ...]
    endpoint_policy: tuple[str, ...]
    endpoint_type: str | None
    unknown_layer: tuple[str, ...]
    principal: str | None = None
    principal_tag: tuple[str, ...] = ()
    session_tag: tuple[str, ...] = ()
    session_name: str | None = None
    session_of: str | None = None
    credentials: str | None = None
    mfa: bool | None = None
    service_linked: bool = False
    management_account: str | None = None


_A_LEVEL = "Each occurrence is one level, root first: a file, or a folder of *.json."
_POLICIES = (
    click.option(
        "-p", "--policy", "identity", multiple=True, metavar="PATH",
        help="An identity-based policy: a file, a folder of *.json, or - for stdin. Repeatable.",
    ),
    click.option(
        "--boundary", multiple=True, metavar="PATH", help="The caller's permissions boundary."
    ),
    click.option(
        "--session-policy", multiple=True, metavar="PATH",
        help="A session policy. Several are one layer.",
    ),
    click.option(
        "--resource-policy", multiple=True, metavar="[ARN=]PATH",
        help="The resource's own policy: a resource-based, KMS key or role trust policy. With ARN= "
        "that of a further resource of the call.",
    ),
    click.option(
        "--scp", multiple=True, metavar="PATH", help=f"Service control policies. {_A_LEVEL}"
    ),
    click.option(
        "--rcp", multiple=True, metavar="PATH", help=f"Resource control policies. {_A_LEVEL}"
    ),
    click.option(
        "--endpoint-policy", multiple=True, metavar="PATH", help="The policy of the VPC endpoint."
    ),
    click.option(
        "--endpoint-type", type=click.Choice([each.value for each in EndpointType]),
        help="The type of the VPC endpoint (Amazon S3 and DynamoDB have both).",
    ),
    click.option(
        "--unknown-layer", multiple=True, type=click.Choice([each.value for each in Layer]),
        help="A layer of which nobody knows the policies.",
    ),
)  # fmt: skip
_CALLER = (
    click.option(
        "--as", "principal", metavar="PRINCIPAL",
        help="Who calls: an ARN, an account ID, a service, or `anonymous`.",
    ),
    click.option(
        "--principal-tag", multiple=True, metavar="K=V", help="A tag of the user or role."
    ),
    click.option("--session-tag", multiple=True, metavar="K=V", help="A tag of the session."),
    click.option("--session-name", metavar="NAME", help="The name of the role's session."),
    click.option(
        "--session-of", metavar="USER_ARN", help="The IAM user behind a federated user."
    ),
    click.option(
        "--credentials", type=click.Choice([each.value for each in Credentials]),
        help="How the caller came by its credentials.",
    ),
    click.option("--mfa/--no-mfa", default=None, help="Whether MFA was used."),
    click.option(
        "--service-linked", is_flag=True, help="The role is service-linked: no SCP or RCP applies."
    ),
    click.option(
        "--management-account", metavar="ACCOUNT",
        help="The organization's management account, to which no SCP or RCP applies.",
    ),
)  # fmt: skip


def layer_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Given` to a command."""
    return with_options((*_POLICIES, *_CALLER), command)


def policy_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of `Given` that name policies to a command."""
    return with_options(_POLICIES, command)


def read_layers(given: Given, action: str, strictness: Strictness) -> LayersOf:
    """Return the policies that the options name.

    `action` tells the type of the resource's policy; where it is empty, its statements do.
    Raises PolicyError with the problems of all of them.
    """
    problems: list[Diagnostic] = []

    def read(paths: Iterable[str], policy_type: _Type) -> tuple[Policy, ...]:
        try:
            return tuple(read_policies(paths, policy_type, strictness))
        except PolicyError as error:
            problems.extend(error.diagnostics)
            return ()

    def one(option: str, paths: Sequence[str], policy_type: _Type) -> tuple[Policy, ...]:
        found = read(paths, policy_type)
        if len(found) > 1:
            names = ", ".join(policy.name for policy in found)
            message = f"{option} is one policy, and {len(found)} are given: {names}"
            problems.append(Diagnostic("several-values", Severity.ERROR, message, "name one file"))
        return found

    def levels(paths: Sequence[str], policy_type: PolicyType) -> _Levels | None:
        return tuple(read((path,), policy_type) for path in paths) or None

    attached: dict[str, list[str]] = {}
    for text in given.resource_policy:
        arn, path = _attached_to(text)
        attached.setdefault(arn, []).append(path)
    own = attached.pop("", [])
    own_type = resource_policy_type(action.lower()) if action else _type_by_statements
    resources = {
        arn: one(f"the policy of {arn}", paths, _type_by_arn(arn))
        for arn, paths in attached.items()
    }
    layers = LayersOf(
        identity=read(given.identity, PolicyType.IDENTITY) or None,
        boundary=one("--boundary", given.boundary, PolicyType.BOUNDARY) or None,
        session=read(given.session_policy, PolicyType.SESSION) or None,
        resource=one("--resource-policy", own, own_type) or None,
        resources={arn: found[0] for arn, found in resources.items() if found} or None,
        scps=levels(given.scp, PolicyType.SCP),
        rcps=levels(given.rcp, PolicyType.RCP),
        endpoint=one("--endpoint-policy", given.endpoint_policy, PolicyType.ENDPOINT) or None,
        endpoint_type=EndpointType(given.endpoint_type) if given.endpoint_type else None,
        unknown_layers=tuple(map(Layer, given.unknown_layer)) or None,
    )
    if problems:
        raise PolicyError(*problems)
    return layers


def _attached_to(text: str) -> tuple[str, str]:
    """Return the ARN (or nothing) and the path of a `--resource-policy`."""
    arn, equals, path = text.partition("=")
    return (arn, path) if equals and arn.startswith("arn:") else ("", text)


def _type_by_statements(document: Document) -> PolicyType:
    from policy_eval.policy.guess import type_of_resource_policy  # only without an action

    return type_of_resource_policy(document)


def _type_by_arn(arn: str) -> PolicyType:
    from policy_eval.policy.guess import type_by_arn  # only for further resources

    return type_by_arn(arn)


def read_caller(
    given: Given, otherwise: Principal | None, named: Named = parse_principal
) -> Principal | None:
    """Return who calls: the option's principal, else another, with what the options say of it.

    `named` returns whom a text names. Raises RequestError.
    """
    said: dict[str, object] = {
        "tags": tuple(read_tags("--principal-tag", given.principal_tag).items()),
        "session_tags": tuple(read_tags("--session-tag", given.session_tag).items()),
        "session_name": given.session_name,
        "user": given.session_of,
        "credentials": Credentials(given.credentials) if given.credentials else None,
        "mfa": given.mfa,
        "service_linked": given.service_linked or None,
        "management_account": given.management_account,
    }
    said = {name: value for name, value in said.items() if value not in (None, ())}
    principal = otherwise if given.principal is None else named(given.principal)
    if not said:
        return principal
    if principal is None:
        raise refuse_request(
            "missing-principal",
            f"something is said of the caller ({', '.join(said)}), and nobody is named",
            "name who calls with --as",
        )
    return principal._replace(**said)  # type: ignore[arg-type]  # each is a field's


def caller_of(given: Given) -> Callable[[Named], Principal | None] | None:
    """Return what makes the caller of the options, by what names mean; None where they name none.

    Raises RequestError where something is said of nobody.
    """
    if given.principal is None:
        read_caller(given, None)
        return None
    return lambda named: read_caller(given, None, named)
