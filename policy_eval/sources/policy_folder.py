"""A folder of policy files, and a file that says who has which.

    version: 1
    account: "111122223333"
    principals:
      role/Flow:
        policies: [create-flows.json, arn:aws:iam::aws:policy/ReadOnlyAccess]
        inline: [own.json]
        boundary: limits.json
        trust: trust.json
        tags: {team: sales}
      user/ana: {groups: [Analysts]}
    groups: {Analysts: {policies: [read.json]}}
    managed: {policy/team/Limits: limits.json}
    resources:
      arn:aws:secretsmanager:us-east-1:111122223333:secret:sales-AbCdEf: {policy: sales.json}
    organization: organization.json

Files are named relative to the folder and stand in it. What the file does not list of a principal,
the principal does not have, but for a trust policy: a role always has one (R-TRUST-01), and one
that is not given is unknown. A file among `policies` is a managed policy of its name, unless
`managed` names it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path

from policy_eval.engine.policies import policy_in
from policy_eval.errors import InputError, SourceError
from policy_eval.policy.arn import is_object, parse_arn
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.principal import is_account
from policy_eval.semantics.resources import NOT_CHOSEN, names_before_made
from policy_eval.semantics.service_exceptions import resource_policy_type
from policy_eval.semantics.service_reference import resource_types_of
from policy_eval.sources.account_items import NAMES as NAMES_OF_IAM
from policy_eval.sources.account_items import document, is_of_iam
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    Organization,
    Resource,
    Tags,
    Where,
    nothing,
)
from policy_eval.sources.organizations import read_organization
from policy_eval.sources.reading import OnError, Value, leaving_out
from policy_eval.sources.titles import resource_part
from policy_eval.text.fields import Field, read_file
from policy_eval.text.files import read_source
from policy_eval.text.folding import fold
from policy_eval.text.yaml_tree import as_json

NAMES = ("policies.yaml", "policies.yml", "policies.json")
"""The names by which the file is found in its folder."""

VERSION = "1"

_FIELDS = ("version", "account", "principals", "groups", "managed", "resources", "organization")
_OF_PRINCIPALS = ("policies", "inline", "groups", "boundary", "trust", "tags")
_OF_GROUPS = ("policies", "inline")
_OF_RESOURCES = ("policy", "account", "tags")
_LISTED = ("principals", "groups", "managed", "resources")
_NAMES = re.compile(rb"^(version|principals|groups|managed|resources)[ \t]*:", re.MULTILINE)


def is_yaml_listing(data: bytes) -> bool:
    """Return whether bytes are those of a YAML file that says who has which policy."""
    data = data.removeprefix(codecs.BOM_UTF8)  # which is refused where the file is read
    if data.lstrip()[:1] in (b"{", b"["):
        return False
    names = {*_NAMES.findall(data)}
    return not names.isdisjoint((b"principals", b"managed")) or len(names) > 1


def is_listing(value: object) -> bool:
    """Return whether a JSON value says who has which policy."""
    return (
        isinstance(value, dict)
        and "version" in value
        and any(isinstance(value.get(name), dict) for name in _LISTED)
    )


def read_listing(path: str, on_error: OnError | None = None) -> Found:
    """Return what a folder of policies holds, by the file that says who has which.

    Raises SourceError with file, line and column. With `on_error`, a principal, group, policy or
    resource that cannot be read is handed to it and left out.
    """
    with _refusing():
        return _Folder(path, on_error).read()


@contextmanager
def _refusing() -> Iterator[None]:
    """Raise what is wrong with any file as SourceError."""
    try:
        yield
    except SourceError:
        raise
    except InputError as error:
        raise SourceError(*error.diagnostics) from None


class _Folder:
    """A folder as it is read: `found` is what was taken."""

    def __init__(self, path: str, on_error: OnError | None) -> None:
        self._path = path
        self._folder = Path(path).parent
        self._on_error = on_error
        self._root = read_file(Path(path))
        self._members = self._root.checked(_FIELDS)
        self._files: dict[Path, str] = {}  # the ARNs of managed policies, by file
        self._account = self._own_account()
        self._managed_names = {name.text() for name, _ in self._listed("managed")}
        self._unread: dict[str, Resource] = {}  # of which the policy could not be read
        self.found = nothing(path)

    def read(self) -> Found:
        """Return what the folder holds."""
        version = self._members.get("version")
        if version is None:
            raise self._root.refuse(
                "missing-field", "`version` is not there", f"expected {VERSION}"
            )
        if version.text() != VERSION:
            message = f"version {version.text()} is not known"
            raise version.refuse("unknown-version", message, f"expected {VERSION}")
        if self._members.keys().isdisjoint(_FIELDS[2:]):
            raise self._root.refuse("missing-field", "nothing is listed here",
                                    f"expected {', '.join(_FIELDS[2:])}")  # fmt: skip
        for name, take in (
            ("managed", self._managed),
            ("groups", self._group),
            ("principals", self._principal),
            ("resources", self._resource),
        ):
            for key, field in self._listed(name):
                with leaving_out(self._on_error), _refusing():
                    take(key, field)
        for arn, resource in self._unread.items():
            self.found.resources.setdefault(arn, resource)
        return self.found._replace(organization=self._organization())

    def _listed(self, name: str) -> list[tuple[Field, Field]]:
        field = self._members.get(name)
        return [] if field is None else field.named()

    # Names

    def _own_account(self) -> str | None:
        field = self._members.get("account")
        return None if field is None else _account(field)

    def _arn(self, field: Field, kinds: tuple[str, ...], name: str = "") -> str:
        """Return the ARN that a text, or a name made of it, means: `role/Dev`, or an ARN."""
        name = name or field.text()
        if name.startswith("arn:"):
            parsed = parse_arn(name)
            if parsed is None or parsed.service != "iam" or not parsed.resource.startswith(kinds):
                raise field.refuse("not-an-arn", f"`{name}` is no ARN of a {_either(kinds)}")
            return _named_by_iam(name, name, field)
        if not name.startswith(kinds) or name in kinds:
            raise field.refuse(
                "unknown-word", f"`{name}` is no {_either(kinds)}",
                f"expected {' or '.join(f'`{kind}NAME`' for kind in kinds)}, or an ARN",
            )  # fmt: skip
        if self._account is None:
            raise field.refuse("missing-field", f"`{name}` has no account without `account`",
                               "name the account, or give the ARN")  # fmt: skip
        return _named_by_iam(f"arn:aws:iam::{self._account}:{name}", name, field)

    def _named(self, field: Field, kind: str) -> str:
        """Return the ARN of a policy or group, whose kind need not be written."""
        name = field.text()
        is_whole = name.startswith(("arn:", kind))
        return self._arn(field, (kind,), name if is_whole else f"{kind}{name}")

    def _file(self, field: Field) -> Path:
        """Return the file that a field names, which stands in the folder."""
        text = field.text()
        try:
            path = (self._folder / text).resolve()
            is_file = path.is_file()
        except (OSError, ValueError):
            is_file = False
        if not is_file:
            raise field.refuse("missing-file", f"there is no file `{text}`", self._nearest(text))
        if not path.is_relative_to(self._folder.resolve()):
            raise field.refuse("outside-folder", f"`{text}` is not in the folder of {self._path}",
                               "copy it there: a source is one folder, and whole")  # fmt: skip
        return path

    def _nearest(self, text: str) -> str:
        there = [str(each.relative_to(self._folder)) for each in self._folder.rglob("*.json")]
        near = get_close_matches(text, there, 1)
        return f"did you mean `{near[0]}`" if near else "paths are relative to the folder"

    # Documents

    def _document(self, name: str, path: Path, kind: PolicyType) -> Document:
        """Return the policy in a file. Raises PolicyError for one that AWS would not store."""
        shown = self._folder / path.relative_to(self._folder.resolve())
        source = read_source(shown, refusal=SourceError)
        policy_in(source, kind)
        return document(name, Value(source.text, Where(str(shown))))

    def _policy(self, field: Field) -> str:
        """Return the ARN of a managed policy that a field names by ARN, by name, or by file."""
        text = field.text()
        if text.startswith("arn:") or text in self._managed_names:
            return self._named(field, "policy/")
        path = self._file(field)
        if path not in self._files:
            arn = self._arn(field, ("policy/",), f"policy/{path.stem}")
            self._add_managed(arn, path, field)
        return self._files[path]

    def _add_managed(self, arn: str, path: Path, field: Field) -> None:
        known = self.found.managed.get(arn)
        if known is not None:
            raise field.refuse("listed-twice", f"{arn} is in {known.where}, too",
                               "name one of them in `managed`")  # fmt: skip
        if path in self._files:
            raise field.refuse("listed-twice", f"`{field.text()}` is {self._files[path]}, too")
        name = resource_part(arn)
        self.found.managed[arn] = self._document(name, path, PolicyType.IDENTITY)
        self._files[path] = arn

    def _attached(self, given: Mapping[str, Field]) -> tuple[str, ...]:
        arns: list[str] = []
        for field in _items(given, "policies"):
            arn = self._policy(field)
            if arn in arns:
                raise field.refuse("listed-twice", f"`{field.text()}` is attached twice")
            arns.append(arn)
        return tuple(arns)

    def _inline(self, given: Mapping[str, Field], owner: str) -> tuple[Document, ...]:
        found: dict[str, Document] = {}
        for field in _items(given, "inline"):
            path = self._file(field)
            if path.stem in found:
                message = f"`{field.text()}` is the second policy called `{path.stem}`"
                raise field.refuse("listed-twice", message, "give the file another name")
            name = f"{owner}/{path.stem}"
            found[path.stem] = self._document(name, path, PolicyType.IDENTITY)
        return tuple(found.values())

    # What is listed

    def _managed(self, name: Field, field: Field) -> None:
        self._add_managed(self._named(name, "policy/"), self._file(field), field)

    def _group(self, name: Field, field: Field) -> None:
        arn = self._named(name, "group/")
        group = Entity(arn, EntityKind.GROUP, self._where(name))
        self._add(group, name, field.checked(_OF_GROUPS))

    def _principal(self, name: Field, field: Field) -> None:
        arn = self._arn(name, ("role/", "user/"))
        resource = resource_part(arn)
        kind = EntityKind(resource.partition("/")[0])
        given = field.checked(_OF_PRINCIPALS)
        other = "trust" if kind is EntityKind.USER else "groups"
        if other in given:
            raise given[other].refuse("field-combination", f"a {kind.value} has no `{other}`")
        boundary = given.get("boundary")
        entity = Entity(
            arn,
            kind,
            self._where(name),
            tags=_tags(given),
            groups=tuple(self._named(each, "group/") for each in _items(given, "groups")),
            boundary=None if boundary is None else self._policy(boundary),
            trust=self._trust(resource, name, given) if kind is EntityKind.ROLE else None,
        )
        self._add(entity, name, given)

    def _trust(self, resource: str, at: Field, given: Mapping[str, Field]) -> Document:
        name = f"trust policy of {resource}"
        if "trust" not in given:
            why = f"{self._path} gives no `trust` of {resource}"
            return Document(name, None, self._where(at), why)
        return self._document(name, self._file(given["trust"]), PolicyType.TRUST)

    def _add(self, entity: Entity, name: Field, given: Mapping[str, Field]) -> None:
        first = self.found.entities.get(entity.arn)
        if first is not None:  # by name and by ARN
            message = f"{entity.arn} is listed a second time, the first is {first.where}"
            raise name.refuse("listed-twice", message)
        owner = resource_part(entity.arn)
        self.found.entities[entity.arn] = entity._replace(
            inline=self._inline(given, owner), managed=self._attached(given)
        )

    def _resource(self, name: Field, field: Field) -> None:
        try:
            arn = _asked_by(name)
            if arn in self.found.resources:
                raise name.refuse("listed-twice", f"{arn} is listed a second time")
            self.found.resources[arn] = self._described(arn, name, field)
        except InputError:
            meant = _meant(name.text())  # with the error: what is left out here is not known
            why = f"{self._where(name)}: the policy of {meant} could not be read"
            unknown = Document(f"policy of {meant}", None, self._where(name), why)
            owner = self._owner(meant, field)
            self._unread[meant] = Resource(meant, unknown, self._where(name), owner)
            raise

    def _owner(self, arn: str, field: Field) -> str | None:
        """Return whose a resource is, as far as that can be read."""
        parsed = parse_arn(arn)
        said = field.node.value.get("account") if isinstance(field.node.value, dict) else None
        told = str(said) if is_account(str(said)) else None
        return (parsed.account if parsed else None) or told or self._account

    def _described(self, arn: str, name: Field, field: Field) -> Resource:
        given = field.checked(_OF_RESOURCES)
        parsed = parse_arn(arn)
        assert parsed is not None
        account = _account(given["account"]) if "account" in given else None
        if account and parsed.account and account != parsed.account:
            raise given["account"].refuse(
                "field-combination", f"the ARN says that it belongs to {parsed.account}",
                "leave `account` out: it tells whose a bucket is",
            )  # fmt: skip
        policy = given.get("policy")
        if policy is not None and parsed.service == "iam":
            raise policy.refuse(
                "field-combination", "IAM asks no policy of this resource",
                "a role's trust policy is its `trust` in `principals`",
            )  # fmt: skip
        kind = resource_policy_type(f"{fold(parsed.service)}:*")
        return Resource(
            arn,
            None if policy is None
            else self._document(f"policy of {arn}", self._file(policy), kind),
            self._where(name),
            parsed.account or account or self._account,
            _tags(given),
        )  # fmt: skip

    def _organization(self) -> Organization | None:
        field = self._members.get("organization")
        if field is None:
            return None
        file = f"{self._path}: organization"
        if not field.is_mapping:
            path = self._file(field)
            file, field = str(path), read_file(path)
        return read_organization(as_json(field.node).value, file).organization

    def _where(self, field: Field) -> Where:
        return Where(str(field.place))


def _named_by_iam(arn: str, name: str, field: Field) -> str:
    """Return an ARN of IAM. Raises SuiteError for one that IAM gives to nothing."""
    if not is_of_iam(arn):
        raise field.refuse("not-a-name", f"IAM gives nothing the name `{name}`", NAMES_OF_IAM)
    return arn


def _account(field: Field) -> str:
    text = field.text()
    if not is_account(text):
        raise field.refuse("not-an-account", f"`{text}` is no account ID of twelve digits")
    return text


_WITH_REGION = frozenset({"kms", "lambda", "secretsmanager", "sns", "sqs"})


def _asked_by(field: Field) -> str:
    """Return the ARN by which what a field names is asked about (R-RES-05, R-SM-04).

    That of a secret may lack the characters that AWS chooses. Raises SuiteError for an ARN that no
    request names, as what is said of it would never be asked.
    """
    arn = field.text()
    parsed = parse_arn(arn)
    if parsed is None:
        raise field.refuse("not-an-arn", f"`{arn}` is no ARN")
    before_made = names_before_made(arn)
    chosen = arn.removesuffix(NOT_CHOSEN) if before_made else arn
    if set("*?").intersection(chosen):
        raise field.refuse(
            "not-an-arn", f"`{arn}` has a wildcard, and names no one resource",
            f"name the resource: `{_meant(arn)}`" if is_object(parsed) else "name each resource",
        )  # fmt: skip
    if parsed.account and not is_account(parsed.account):
        raise field.refuse("not-an-account", f"`{parsed.account}` is no account ID of `{arn}`",
                           "expected twelve digits")  # fmt: skip
    if is_object(parsed):
        raise field.refuse(
            "not-an-arn", f"`{arn}` is an object, which has the policy of its bucket",
            f"name the bucket: `{_meant(arn)}`",
        )  # fmt: skip
    if parsed.service == "s3" and not resource_types_of("s3", arn):
        raise field.refuse("not-an-arn", f"Amazon S3 has no resource of the ARN `{arn}`",
                           f"the ARN of a bucket is `{_meant(arn)}`")  # fmt: skip
    if parsed.service in _WITH_REGION and not (parsed.region and parsed.account):
        raise field.refuse(
            "not-an-arn", f"`{arn}` has no Region or no account",
            f"expected `arn:{parsed.partition}:{parsed.service}:REGION:ACCOUNT:…`",
        )  # fmt: skip
    return f"{chosen}{NOT_CHOSEN}" if arn in before_made else arn


def _meant(text: str) -> str:
    """Return the ARN of the bucket that a text seems to mean; of anything else the text."""
    arn = parse_arn(text)
    if arn is None or arn.service != "s3":
        return text
    return str(arn._replace(region="", account="", resource=arn.resource.partition("/")[0]))


def _items(given: Mapping[str, Field], name: str) -> list[Field]:
    return given[name].items() if name in given else []


def _tags(given: Mapping[str, Field]) -> Tags:
    return tuple(given["tags"].mapped(Field.text).items()) if "tags" in given else ()


def _either(kinds: tuple[str, ...]) -> str:
    return " or ".join(kind.removesuffix("/") for kind in kinds)
