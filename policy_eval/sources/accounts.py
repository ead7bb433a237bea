"""Which policies have a say in a call, of what sources hold.

Attachment is looked up here, for each caller and resource; how policies combine is `semantics`.
What a source does not hold is unknown, never absent: a managed policy whose document is not there
may allow and deny anything.

Rules: R-EVAL-15 (group policies, boundaries), R-SCP-02, R-RCP-01, R-KEY-06.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

from policy_eval.engine.matching import TextPredicate, compile_glob
from policy_eval.engine.policies import LayersOf, PolicySet, parse_policy, policy_in
from policy_eval.errors import Diagnostic, PolicyError, Severity, refuse_request
from policy_eval.policy.arn import parse_arn
from policy_eval.policy.ast import Policy, Statement
from policy_eval.policy.pattern import split_wildcards
from policy_eval.policy.policy_type import RULES, PolicyType, Strictness
from policy_eval.policy.principal_element import PrincipalElement, PrincipalValue
from policy_eval.request.callers import levels_of
from policy_eval.request.context import Given, values_of
from policy_eval.request.principal import Principal, PrincipalKind, is_account, parse_principal
from policy_eval.semantics.layers import Layer
from policy_eval.semantics.resources import names_before_made
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    Node,
    Resource,
    Unsure,
    Where,
)
from policy_eval.sources.reading import refuse
from policy_eval.sources.titles import Titles, bare, resource_part
from policy_eval.text.files import checked
from policy_eval.text.folding import fold
from policy_eval.text.printed import Printed
from policy_eval.text.source import Source

_T = TypeVar("_T")
_NOT_STRICT = Strictness(lenient=False, accept_invalid=True)
_NOBODY_KNOWS = "no source tells it"
"""Why something is not known of which nothing says why."""
_ANYTHING = (
    '{"Version": "2012-10-17", "Statement": ['
    '{"Effect": "Allow", "Action": "*", "Resource": "*"}, '
    '{"Effect": "Deny", "Action": "*", "Resource": "*"}]}'
)
_ANYBODY = PrincipalElement("Principal", (PrincipalValue("AWS", "*"),), negated=False)


class Through(NamedTuple):
    """The VPC endpoint that a call passes, by its ID; `is_unknown`: nobody knows which, if any."""

    endpoint: str | None = None
    is_unknown: bool = False


NO_ENDPOINT = Through()
_ENDPOINT_KEY = "aws:sourcevpce"


def endpoint_passed(context: Mapping[str, Given], unknown: Iterable[str]) -> Through:
    """Return which VPC endpoint a request passes, as its context tells (`aws:SourceVpce`)."""
    for name, given in context.items():
        if fold(name) == _ENDPOINT_KEY:
            values = values_of(name, given)
            return Through(values[0]) if values else NO_ENDPOINT
    return Through(is_unknown=any(fold(name) in (_ENDPOINT_KEY, "*") for name in unknown))


class Accounts:
    """What sources hold, ready for calls: callers by the names people type, policies by layer."""

    def __init__(self, found: Found, *, unknown_layers: Iterable[Layer] = ()) -> None:
        self.found = found
        self.unknown_layers = tuple(unknown_layers)
        self.unknown: dict[str, str] = {}
        """The policies, and statements, that were wanted and nobody knows, by name, with why."""
        self._policies: dict[tuple[Document, PolicyType], Policy] = {}
        self._sets: dict[object, PolicySet] = {}

    # Callers

    @cached_property
    def callers(self) -> tuple[Entity, ...]:
        """The users and roles, which can call: by account, users first, in alphabetical order."""
        entities = self.found.entities.values()
        callers = [each for each in entities if each.kind is not EntityKind.GROUP]
        return tuple(sorted(callers, key=_in_order))

    def entity(self, name: str) -> Entity | None:
        """Return the user or role that a text names: an ARN, `role/Dev`, `Dev`, or a session of it.

        None for a caller that is no user or role of the sources. Raises RequestError where several
        have the name, with all of them.
        """
        known = self.found.entities.get(name)
        if known is not None and known.kind is not EntityKind.GROUP:
            return known
        if name.startswith("arn:"):
            return self._by_arn(name)
        account, _, rest = name.partition(":")
        callers: Iterable[Entity] = self.callers
        if rest and is_account(account):
            callers = [each for each in callers if _account_of(each.arn) == account]
            name = rest
        matching = [each for each in callers if _answers_to(each.arn, name)]
        exact = [each for each in matching if resource_part(each.arn) == name]
        matching = exact or matching
        if len(matching) > 1:
            listed = ", ".join(each.arn for each in matching)
            raise refuse_request(
                "ambiguous-name", f"`{name}` names several: {listed}", "give the ARN of one",
            )  # fmt: skip
        return matching[0] if matching else None

    def _by_arn(self, arn: str) -> Entity | None:
        principal = parse_principal(arn)
        if principal.kind is not PrincipalKind.ROLE or principal.role_arn is not None:
            return None
        roles = [
            each
            for each in self.found.of_kind(EntityKind.ROLE)
            if (parsed := parse_arn(each.arn)) is not None
            and (parsed.partition, parsed.account) == (principal.partition, principal.account)
            and parsed.resource.rpartition("/")[2] == principal.name
        ]
        return roles[0] if len(roles) == 1 else None

    def caller(self, name: str) -> Entity:
        """Return the user or role that a text names. Raises RequestError where there is none."""
        entity = self.entity(name)
        if entity is None:
            self.principal(name)
            raise refuse_request(
                "unknown-principal", f"`{name}` is no user or role of the sources",
                "name one of their users and roles",
            )  # fmt: skip
        return entity

    def principal(self, name: str) -> Principal:
        """Return the caller that a text names, with what sources say of it.

        Raises RequestError where there is none of the name, with the nearest.
        """
        entity = self.entity(name)
        if entity is None:
            if name.startswith("arn:") or _is_other_caller(name):
                return self._in_organization(parse_principal(name))
            raise self._unknown(name)
        principal = parse_principal(entity.arn)
        if name.startswith("arn:") and name != entity.arn:
            session = parse_principal(name)
            principal = principal._replace(session_name=session.session_name)
        return self._in_organization(
            principal._replace(tags=entity.tags, user_id=_unique_id(entity))
        )

    def _in_organization(self, principal: Principal) -> Principal:
        """Return a caller with what the organization's file says of its account."""
        organization = self.found.organization
        account = principal.account
        if organization is None or account is None:
            return principal
        principal = principal._replace(
            management_account=organization.management_account,
            organization_accounts=self._organization_accounts,
        )
        if not self._path(account):
            return principal
        named, paths = self._organization_accounts[account]
        return principal._replace(organization_id=named, organization_paths=paths)

    @cached_property
    def _organization_accounts(self) -> dict[str, tuple[str | None, tuple[str, ...]]]:
        """The ID of the organization, and the path of each account in it."""
        organization = self.found.organization
        assert organization is not None  # it is looked at where there is one
        found: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        if organization.management_account is not None:
            found[organization.management_account] = organization.id, ()
        for account in filter(is_account, organization.nodes):
            above = (node.id for node in self._path(account)[:-1])
            path = "/".join([organization.id or "", *above, ""])
            found[account] = organization.id, () if levels_of(path) is None else (path,)
        return found

    def _unknown(self, name: str) -> Exception:
        from difflib import get_close_matches

        names = [resource_part(each.arn) for each in self.callers]
        by_last = {each.rpartition("/")[2]: each for each in names}
        near = [by_last[each] for each in get_close_matches(name.rpartition("/")[2], by_last, 3)]
        remedy = f"did you mean {' or '.join(f'`{each}`' for each in near)}" if near else (
            f"there are {len(names)} users and roles; give a name, `role/NAME` or an ARN"
        )  # fmt: skip
        return refuse_request("unknown-principal", f"no user or role is called `{name}`", remedy)

    # Policies

    def read(self, document: Document, kind: PolicyType) -> Policy:
        """Return the policy of a document; one that may do anything where it is not known.

        Raises PolicyError naming the source and the place in it.
        """
        key = (bare(document), kind)
        policy = self._policies.get(key)
        if policy is None:
            document = document._replace(name=self._titles.of(document))
            if document.content is None:
                self.unknown[document.name] = document.unknown or _NOBODY_KNOWS
            for each in document.unsure:
                statement = f"{document.name}#{each.number}"
                self.unknown[statement] = f"{statement}: {each.why or _NOBODY_KNOWS}"
            policy = self._policies[key] = _read(document, kind)
        return policy

    @cached_property
    def _titles(self) -> Titles:
        return Titles(self.found)

    @property
    def read_policies(self) -> tuple[Policy, ...]:
        """The policies that were read so far."""
        return tuple(self._policies.values())

    def places(self) -> dict[int, str]:
        """Return where each policy that was read so far stands, and its name, by its identity."""
        return {
            id(policy): f"{document.where}: {policy.name}"
            for (document, _), policy in self._policies.items()
        }

    def managed(self, arn: str, kind: PolicyType) -> Policy:
        """Return a managed policy; one that may do anything where its document is not there."""
        document = self.found.managed.get(arn)
        if document is None:
            name = self._titles.of_missing(arn)
            where = Where(", ".join(self.found.sources))
            document = Document(name, None, where, f"{where} does not hold the document of {arn}")
        return self.read(document, kind)

    def identity(self, entity: Entity) -> list[Policy]:
        """Return the identity-based policies of a user or role, those of its groups with them."""
        policies = [self.read(each, PolicyType.IDENTITY) for each in entity.inline]
        policies += [self.managed(arn, PolicyType.IDENTITY) for arn in entity.managed]
        for arn in entity.groups:
            group = self._group(arn)
            if group is None:
                unknown = Document(resource_part(arn), None, entity.where,
                                   f"the group {arn} is not in the source")  # fmt: skip
                policies.append(self.read(unknown, PolicyType.IDENTITY))
            else:
                policies += self.identity(group)
        if entity.unknown:
            unknown = Document(entity.arn, None, entity.where, entity.unknown)
            policies.append(self.read(unknown, PolicyType.IDENTITY))
        return policies

    @cached_property
    def _groups(self) -> dict[tuple[str, str], Entity]:
        """The groups by account and name: a user's list of groups has no paths."""
        found = {}
        for group in self.found.of_kind(EntityKind.GROUP):
            before, _, resource = group.arn.rpartition(":")
            found[before, resource.rpartition("/")[2]] = group
        return found

    def _group(self, arn: str) -> Entity | None:
        before, _, resource = arn.rpartition(":")
        return self.found.entities.get(arn) or self._groups.get(
            (before, resource.rpartition("/")[2])
        )

    def policies(
        self,
        entity: Entity,
        action: str,
        resource: str | None,
        through: Through = NO_ENDPOINT,
        said_owner: str | None = None,
    ) -> PolicySet:
        """Return the policies that have a say where a user or role does something to a resource.

        `said_owner` is the account that the resource belongs to, where a question says it.

        Raises PolicyError for documents that AWS would not store.
        """
        own = self.resource_policy(action, resource)
        owner = said_owner or self.owner(resource) or _account_of(entity.arn)
        key = (entity.arn, id(own), owner, through)  # `read` keeps the policy
        found = self._sets.get(key)
        if found is None:
            layers = self.layers(entity, action, resource, through=through, said_owner=said_owner)
            found = self._sets[key] = layers.policies()
        return found

    def policies_of_call(
        self,
        entity: Entity,
        asked: Sequence[tuple[str, str | None]],
        through: Through = NO_ENDPOINT,
        said_owner: str | None = None,
    ) -> PolicySet:
        """Return the policies that have a say in a call of several requests: actions, resources.

        Raises PolicyError.
        """
        if len(asked) == 1:
            return self.policies(entity, *asked[0], through, said_owner)
        return self.layers(
            entity, *asked[0], further=asked[1:], through=through, said_owner=said_owner
        ).policies()

    def layers(
        self,
        caller: Entity | Principal,
        action: str,
        resource: str | None,
        further: Iterable[tuple[str, str | None]] = (),
        through: Through = NO_ENDPOINT,
        said_owner: str | None = None,
    ) -> LayersOf:
        """Return the same as layers, of which each can be replaced.

        A user or role that no source holds has policies that nobody knows; it is given as a
        principal, as are the callers that have none. `further` are the actions and resources of
        the other requests of the call; `through` is the VPC endpoint that it passes, and
        `said_owner` the account that the resource belongs to, where a question says it.
        """
        own = self.resource_policy(action, resource)
        account = _account_of(caller.arn)
        owner = said_owner or self.owner(resource) or account
        identity, boundary = None, None
        unknown: tuple[Layer, ...] = ()
        if isinstance(caller, Entity):
            identity = tuple(self.identity(caller))
            if caller.boundary is not None:
                boundary = (self.managed(caller.boundary, PolicyType.BOUNDARY),)
        elif caller.kind in _HAVE_POLICIES:
            unknown = _OF_IDENTITIES
        found = LayersOf(
            identity=identity,
            boundary=boundary,
            resource=(own,) if own is not None else None,
            resources=self._resources(resource, further) or None,
            scps=self.levels(account, PolicyType.SCP) or None,
            rcps=self.levels(owner, PolicyType.RCP) or None,
        )
        nobody_knows = tuple(dict.fromkeys((*unknown, *self.unknown_layers)))
        found = found.replaced_by(LayersOf(unknown_layers=nobody_knows or None))
        return self.passing(found, through)

    def passing(self, layers: LayersOf, through: Through) -> LayersOf:
        """Return layers with the policy of the VPC endpoint that a call passes (R-VPCE-01).

        Layers that say something of an endpoint stay as they are. Raises PolicyError.
        """
        unknown = layers.unknown_layers or ()
        if layers.mentions(Layer.ENDPOINT) or Layer.ENDPOINT in unknown:
            return layers
        if through.is_unknown and self.found.endpoints:
            return layers._replace(unknown_layers=(*unknown, Layer.ENDPOINT))
        document = self.found.endpoints.get(through.endpoint or "")
        if document is None:
            return layers
        return layers._replace(endpoint=(self.read(document, PolicyType.ENDPOINT),))

    def _resources(
        self, first: str | None, further: Iterable[tuple[str, str | None]]
    ) -> dict[str, Policy]:
        """Return the policies of further resources of a call, by what holds them."""
        found = {}
        for action, resource in further:
            policy = self.resource_policy(action, resource)
            if policy is not None and resource is not None and resource != first:
                found[_holder(resource)] = policy
        return found

    def resource_policy(self, action: str, resource: str | None) -> Policy | None:
        """Return the policy that guards a resource for an action; None where it has none."""
        if resource is None:
            return None
        kind = resource_policy_type(action.lower())
        if kind is PolicyType.TRUST:
            role = self.found.entities.get(resource)
            return None if role is None or role.trust is None else self.read(role.trust, kind)
        found = self._open_policy(resource) or self._resource(resource)
        if found is None or found.policy is None:
            return None
        return self.read(found.policy, kind)

    def _open_policy(self, resource: str) -> Resource | None:
        """Return what stands for the resources one of which has a policy; nobody knows which."""
        names = (resource, _holder(resource))
        return next(
            (open_ for matches, open_ in self._open if any(matches(name) for name in names)),
            None,
        )

    @cached_property
    def _open(self) -> list[tuple[TextPredicate, Resource]]:
        return [
            (compile_glob(split_wildcards(arn)), resource)
            for arn, resource in self.found.resources.items()
            if "*" in arn
        ]

    def owner(self, resource: str | None) -> str | None:
        """Return the account that a resource belongs to, as its ARN or a source says."""
        if resource is None:
            return None
        found = self._resource(resource)
        return _account_of(resource) or (found.account if found else None)

    def tags(self, resource: str | None) -> dict[str, str]:
        """Return the tags that sources say a resource has; users and roles are resources, too."""
        found = self._itself(resource or "") or self.found.entities.get(resource or "")
        return dict(found.tags) if found else {}

    def _resource(self, resource: str) -> Resource | None:
        """Return what sources say of a resource, of an object that of its bucket."""
        return self._itself(resource) or self.found.resources.get(_holder(resource))

    def _itself(self, resource: str) -> Resource | None:
        """Return what sources say of a resource; a secret may still be to be made (R-SM-04)."""
        names = (resource, *names_before_made(resource))
        return next(filter(None, map(self.found.resources.get, names)), None)

    def unsaid_owner(self, resource: str | None) -> str | None:
        """Return the account that a resource belongs to, where a source and not its ARN says it."""
        parsed = parse_arn(resource) if resource else None
        return self.owner(resource) if parsed is not None and not parsed.account else None

    def levels(self, account: str | None, kind: PolicyType) -> tuple[tuple[Policy, ...], ...]:
        """Return the levels of an organization's policies over an account, root first."""
        organization = self.found.organization
        if organization is None:
            return ()
        if not (organization.has_scps if kind is PolicyType.SCP else organization.has_rcps):
            return ()
        return tuple(
            tuple(
                self.read(each, kind)
                for each in (node.scps if kind is PolicyType.SCP else node.rcps)
            )
            for node in self._path(account)
        )

    def _path(self, account: str | None) -> list[Node]:
        """Return the nodes from the root to an account; none for one outside the organization.

        Raises SourceError for a node above itself, which sources refuse.
        """
        nodes = self.found.organization.nodes if self.found.organization else {}
        path: list[Node] = []
        at = nodes.get(account or "")
        while at is not None:
            if at in path:
                raise refuse("circular", f"{at.id} is a node above itself", at.where)
            path.append(at)
            at = nodes.get(at.parent)
        return path[::-1]


def _in_order(entity: Entity) -> tuple[str, bool, str]:
    before, _, resource = entity.arn.rpartition(":")
    return before, entity.kind is EntityKind.ROLE, resource


def _answers_to(arn: str, name: str) -> bool:
    """Return whether an ARN is what a name means: `role/Dev`, `team/Dev` or `Dev`."""
    resource = resource_part(arn)
    kind, _, rest = resource.partition("/")
    last = rest.rpartition("/")[2]
    return name in (resource, rest, last, f"{kind}/{last}")


def _is_other_caller(name: str) -> bool:
    return name == "anonymous" or name.isdigit() or name.endswith((".com", ".cn"))


_OF_IDENTITIES = (Layer.IDENTITY, Layer.BOUNDARY)
_HAVE_POLICIES = frozenset({PrincipalKind.USER, PrincipalKind.ROLE, PrincipalKind.FEDERATED_USER})
_ID_PREFIXES = {EntityKind.USER: "AIDA", EntityKind.ROLE: "AROA"}


def _unique_id(entity: Entity) -> str | None:
    """Return the unique ID of a user or role; an invented one tells nothing (R-PRIN-04)."""
    prefix = _ID_PREFIXES.get(entity.kind)
    given = entity.unique_id
    return given if given and prefix and given.startswith(prefix) else None


def _account_of(arn: str) -> str | None:
    parsed = parse_arn(arn)
    return parsed.account or None if parsed else None


def _holder(resource: str) -> str:
    """Return the ARN of the bucket that an object is in; another resource's own."""
    arn = parse_arn(resource)
    if arn is None or arn.service != "s3" or "/" not in arn.resource:
        return resource
    return str(arn._replace(resource=arn.resource.partition("/")[0]))


def _read(document: Document, kind: PolicyType) -> Policy:
    if document.content is None:
        policy = parse_policy(_ANYTHING, document.name, PolicyType.IDENTITY)
        named = _ANYBODY if RULES[kind].names_principals else None
        statements = tuple(
            each._replace(unusable=document.unknown or _NOBODY_KNOWS, principal=named)
            for each in policy.statements
        )
        return policy._replace(type=kind, statements=statements)
    content = document.content
    name = document.name
    source = Source(name, content) if isinstance(content, str) else Printed(name, content)
    try:
        return _with_unsure(policy_in(checked(source), kind), document.unsure)
    except PolicyError as error:
        note = Diagnostic(
            "policy-in-source", Severity.ERROR,
            f"{document.where}: the policy `{document.name}` is none that AWS would store",
        )  # fmt: skip
        raise PolicyError(note, *error.diagnostics) from None


def _with_unsure(policy: Policy, unsure: tuple[Unsure, ...]) -> Policy:
    """Return the policy with the statements that may or may not apply marked as such."""
    if not unsure:
        return policy
    marked = {each.number: each for each in unsure}
    statements = [
        part
        for statement in policy.statements
        for part in _parts(statement, marked.get(statement.number))
    ]
    return policy._replace(statements=tuple(statements))


def _parts(statement: Statement, unsure: Unsure | None) -> list[Statement]:
    """Return a statement; one with a value that is not known as what is certain, and the rest."""
    if unsure is None:
        return [statement]
    if not unsure.element:
        return [statement._replace(unusable=unsure.why or _NOBODY_KNOWS)]
    sure, doubtful = _split(statement, unsure)
    return [sure, doubtful._replace(unusable=unsure.why or _NOBODY_KNOWS)]


def _split(statement: Statement, unsure: Unsure) -> tuple[Statement, Statement]:
    """Return the statement with the known values of its element, and with the other ones."""
    named = statement.principal
    match unsure.element:
        case "Action":
            known, unknown = _parted(statement.action.values, unsure)
            return (
                statement._replace(action=statement.action._replace(values=known)),
                statement._replace(action=statement.action._replace(values=unknown)),
            )
        case "Principal" if named is not None:
            known_names, unknown_names = _parted(named.values, unsure)
            return (
                statement._replace(principal=named._replace(values=known_names)),
                statement._replace(principal=named._replace(values=unknown_names)),
            )
    known, unknown = _parted(statement.resource.values, unsure)
    return (
        statement._replace(resource=statement.resource._replace(values=known)),
        statement._replace(resource=statement.resource._replace(values=unknown)),
    )


def _parted(values: tuple[_T, ...], unsure: Unsure) -> tuple[tuple[_T, ...], tuple[_T, ...]]:
    """Return the values that are known, and those that stand for what is not."""
    open_ones = {*unsure.values}
    known = tuple(each for index, each in enumerate(values) if index not in open_ones)
    return known, tuple(each for index, each in enumerate(values) if index in open_ones)
