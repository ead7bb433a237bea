"""The one model of accounts that every source is read into: what was found, and where.

Data without rules: `accounts` says which policies have a say in a call, `semantics` what follows.
A policy document is kept as it was found and read when it is first wanted.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

Tags = tuple[tuple[str, str], ...]


class Where(NamedTuple):
    """Where something was found: the file, and the path inside it (`RoleDetailList[3]`)."""

    file: str
    path: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.path}" if self.path else self.file

    def at(self, path: str) -> Where:
        """Return the place of something inside."""
        joined = f"{self.path}.{path}" if self.path and not path.startswith("[") else (
            f"{self.path}{path}"
        )  # fmt: skip
        return self._replace(path=joined)


class Unsure(NamedTuple):
    """A statement of which something is not known: it may or may not apply.

    `number` counts from 1 within the document; `why` says what is not known. The document holds in
    its place a statement that applies wherever the real one might. Where all else is known,
    `element` names the element (`Action` or `Resource`) and `values` which of its values, from 0,
    stand for what is not known: the others apply for certain.
    """

    number: int
    why: str
    element: str = ""
    values: tuple[int, ...] = ()


class Document(NamedTuple):
    """A policy document as it was found.

    `name` is what answers call it. `content` is its JSON value, or its text; None where it is not
    known, and then `unknown` says why. `unsure` are its statements of which only a part is not
    known.
    """

    name: str
    content: object
    where: Where
    unknown: str = ""
    unsure: tuple[Unsure, ...] = ()


class EntityKind(Enum):
    """The kinds of IAM identities; the value begins the resource part of the ARN."""

    USER = "user"
    GROUP = "group"
    ROLE = "role"


class Entity(NamedTuple):
    """A user, group or role, with what is attached to it.

    `managed` are the ARNs of managed policies, `groups` those of a user's groups, `boundary` that
    of the permissions boundary; `trust` is a role's trust policy. `unknown` says what of it nobody
    knows, empty where all is.
    """

    arn: str
    kind: EntityKind
    where: Where
    unique_id: str | None = None
    tags: Tags = ()
    inline: tuple[Document, ...] = ()
    managed: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    boundary: str | None = None
    trust: Document | None = None
    unknown: str = ""


class Resource(NamedTuple):
    """A resource with its own policy (None: it has none) and tags; `account` is whose it is.

    An ARN with `*` stands for all resources that it matches: one of them has a policy, or another
    one than is known, and nobody knows which. Its policy is one that is not known.
    """

    arn: str
    policy: Document | None
    where: Where
    account: str | None = None
    tags: Tags = ()


class Node(NamedTuple):
    """The root of an organization, a unit, or an account, with what is attached to it.

    `parent` is the ID of the node above, empty for the root. `scps` and `rcps` are documents.
    """

    id: str
    name: str
    parent: str
    scps: tuple[Document, ...]
    rcps: tuple[Document, ...]
    where: Where


class Organization(NamedTuple):
    """An organization: its ID, its management account, and its nodes by ID.

    `has_scps` and `has_rcps` tell whether policies of the type are known of it at all.
    """

    id: str | None
    management_account: str | None
    nodes: dict[str, Node]
    has_scps: bool = True
    has_rcps: bool = False


OTHER_VERSIONS = "only the default version of a managed policy has a say"
"""Why other versions of policies are left out."""
OF_NO_SAY = "resources of "
"""How it begins why resources are left out of whose type nothing is read."""


class LeftOut(NamedTuple):
    """Something of a source that was not taken, and why."""

    what: str
    why: str
    where: Where

    @property
    def may_matter(self) -> bool:
        """Whether it is something that has a say in calls, for all that is known of it."""
        return self.why != OTHER_VERSIONS and not self.why.startswith(OF_NO_SAY)

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.why}"


class Page(NamedTuple):
    """A page of an account export: the accounts it is about, and what says that there are more.

    `more` is None on the last page.
    """

    accounts: frozenset[str]
    more: Where | None


class Found(NamedTuple):
    """What one or several sources hold.

    `managed` are the managed policies by ARN, `entities` users, groups and roles by ARN,
    `resources` those with policies or tags by ARN, `endpoints` the documents of VPC endpoint
    policies by ID, `pages` those of account exports.
    """

    sources: tuple[str, ...]
    managed: dict[str, Document]
    entities: dict[str, Entity]
    resources: dict[str, Resource]
    endpoints: dict[str, Document]
    organization: Organization | None = None
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[Page, ...] = ()

    def of_kind(self, kind: EntityKind) -> list[Entity]:
        """Return the entities of a kind, in the order in which they were found."""
        return [entity for entity in self.entities.values() if entity.kind is kind]


def without_places(value: object) -> object:
    """Return a record without the places in it: two that say the same are equal."""
    if isinstance(value, Where):
        return None
    if isinstance(value, tuple):
        return tuple(map(without_places, value))
    return value


def nothing(file: str) -> Found:
    """Return what a source holds before anything is found in it."""
    return Found((file,), {}, {}, {}, {})
