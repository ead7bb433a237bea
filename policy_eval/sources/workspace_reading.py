"""A workspace read again, whole: every file of it is read, and what it says is checked.

People edit workspaces, so nothing in one is passed over: a file that nothing names, a field that
is not known, and an organization that is no tree are refused with file and path.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from policy_eval.policy.arn import parse_arn
from policy_eval.request.principal import is_account
from policy_eval.sources.account_items import document
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    LeftOut,
    Node,
    Organization,
    Resource,
    Unsure,
    Where,
    nothing,
)
from policy_eval.sources.organizations import check_tree
from policy_eval.sources.reading import Value, json_value, refuse, what_failed
from policy_eval.sources.workspace import MANIFEST, VERSION, Paths, file_name, numbered

_PARTS = ("policies", "principals", "resources", "endpoints", "organization")
_POLICY = ".policy.json"
_ATTACHED, _TREE = "attached.json", "organization/organization.json"
_T = TypeVar("_T", Document, Entity, Resource, Node)


def is_manifest(value: object) -> bool:
    """Return whether a JSON value is what `workspace.json` holds."""
    return isinstance(value, dict) and "version" in value and "sources" in value


def read_workspace(folder: Path) -> Found:
    """Return what a workspace holds. Raises SourceError naming the file and the path inside it."""
    return _Reading(folder).read()


class _Reading:
    """A folder as it is read; `_unread` are the files of which nothing was taken yet."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manifest = self._json(folder / MANIFEST)
        self._files: dict[str, list[Path]] = {}  # by part
        self._unread: set[Path] = set()
        self.found = nothing(str(folder))

    def read(self) -> Found:
        """Return what the folder holds."""
        notes = self._notes()
        self._files = _files(self._folder)
        self._unread = {path for each in self._files.values() for path in each}
        for path in self._abouts("policies"):
            about = self._about(path, "arn", *_DOCUMENT)
            self._add(self.found.managed, about.need("arn").text(), self._document(about, path))
        for path in self._files["principals"]:
            if path.name != _ATTACHED:
                continue
            entity = self._entity(path)
            self._add(self.found.entities, entity.arn, entity)
        for path in self._abouts("resources"):
            resource = self._resource(path)
            self._add(self.found.resources, resource.arn, resource)
        for path in self._abouts("endpoints"):
            about = self._about(path, "id", *_DOCUMENT)
            self._add(self.found.endpoints, about.need("id").text(), self._document(about, path))
        organization = self._folder / _TREE
        if organization in self._unread:
            notes = notes._replace(organization=self._organization(organization))
        if self._unread:
            path = min(self._unread)
            raise refuse("unknown-source", "nothing in the workspace names this file",
                         Where(str(path)), self._expected(path))  # fmt: skip
        return self.found._replace(
            sources=notes.sources, notes=notes.notes, left_out=notes.left_out,
            organization=notes.organization,
        )  # fmt: skip

    def _notes(self) -> Found:
        manifest = self._manifest
        version = manifest.need("version")
        if version.number() != VERSION:
            raise refuse(
                "unknown-version", f"version {version.number()} is not known", version.where,
                f"this version of policy-eval writes version {VERSION}",
            )  # fmt: skip
        manifest.checked(("version", "sources", "notes", "left_out"))
        return nothing(str(self._folder))._replace(
            sources=manifest.texts("sources"),
            notes=manifest.texts("notes"),
            left_out=tuple(map(_left_out, manifest.listed("left_out"))),
        )

    # Files

    def _json(self, path: Path) -> Value:
        where = Where(str(path))
        try:
            return Value(json_value(path.read_bytes(), where), where)
        except FileNotFoundError:
            raise refuse("missing-file", "there is no such file", where) from None
        except OSError as error:
            raise refuse("unreadable-file", what_failed(error), where) from None

    def _taken(self, path: Path) -> Value:
        """Return the value in a file, which is read then."""
        value = self._json(path)
        self._unread.discard(path)
        return value

    def _about(self, path: Path, *fields: str) -> Value:
        return self._taken(path).checked(fields)

    def _abouts(self, part: str) -> list[Path]:
        """Return the files of a part that tell of something, beside its policy or without."""
        return [
            path
            for path in self._files[part]
            if path.suffix == ".json" and not path.name.endswith(_POLICY)
        ]

    def _expected(self, path: Path) -> str:
        """Return what would have to name a file that nothing names."""
        part = path.relative_to(self._folder).parts[0]
        match part:
            case "organization":
                return f"expected it in {_TREE}"
            case "principals":
                return f"expected it in an {_ATTACHED} beside it or above"
            case _ if path.name.endswith(_POLICY):
                return f"expected `{path.name.removesuffix(_POLICY)}.json` beside it"
            case _:
                return f"expected {', '.join(_PARTS)} with files `.json`"

    def _add(self, known: dict[str, _T], name: str, taken: _T) -> None:
        first = known.setdefault(name, taken)
        if first is not taken:
            raise refuse("listed-twice", f"{name} is listed a second time", taken.where,
                         f"the first is {first.where}")  # fmt: skip

    # Documents

    def _document(self, about: Value, path: Path) -> Document:
        """Return the document beside a file that tells of it alone, or that `about` tells of."""
        return self._document_in(about, path.with_name(path.name.removesuffix(".json") + _POLICY))

    def _document_in(self, about: Value, path: Path) -> Document:
        name = about.need("name").text()
        if isinstance(about.value, dict) and "unknown" in about.value:
            unknown = about.need("unknown").some_text()
            return Document(name, None, about.where, unknown)
        content = self._taken(path)
        statements = _statements(document(name, content).content)
        found = Document(name, content.value, content.where)
        unsure = tuple(_unsure(each, statements) for each in about.listed("unsure"))
        said = [each.number for each in unsure]
        for number, each in enumerate(about.listed("unsure")):
            if said[number] in said[:number]:
                raise refuse("listed-twice", f"statement {said[number]} is listed a second time",
                             each.where)  # fmt: skip
        return found._replace(unsure=unsure)

    # Principals, resources

    def _entity(self, path: Path) -> Entity:
        about = self._about(path, "arn", "kind", "unique_id", "tags", "managed", "groups",
                            "boundary", "inline", "trust", "unknown")  # fmt: skip
        kinds = {kind.value: kind for kind in EntityKind}
        kind = about.need("kind")
        if kind.text() not in kinds:
            raise refuse("unknown-word", f"`{kind.text()}` is no kind of principal", kind.where,
                         f"expected {', '.join(kinds)}")  # fmt: skip
        arn = about.need("arn")
        parsed = parse_arn(arn.text())
        if parsed is None or parsed.service != "iam" or (
            not parsed.resource.startswith(f"{kind.text()}/")
        ):  # fmt: skip
            raise refuse("not-an-arn", f"`{arn.text()}` is no ARN of a {kind.text()}", arn.where)
        inline = []
        for number, each in enumerate(about.listed("inline"), 1):
            file = numbered(number, each.checked(_DOCUMENT).need("name").text())
            inline.append(self._document_in(each, path.parent / "inline" / file))
        trust = about.get("trust")
        return Entity(
            arn.text(),
            kinds[kind.text()],
            about.where,
            _text(about, "unique_id") or None,
            _tags(about),
            tuple(inline),
            about.texts("managed"),
            about.texts("groups"),
            _text(about, "boundary") or None,
            trust and self._document_in(trust.checked(_DOCUMENT), path.parent / "trust.json"),
            _text(about, "unknown"),
        )

    def _resource(self, path: Path) -> Resource:
        about = self._about(path, "arn", "account", "tags", "policy")
        policy = about.get("policy")
        return Resource(
            about.need("arn").text(),
            policy and self._document(policy.checked(_DOCUMENT), path),
            about.where,
            _text(about, "account") or None,
            _tags(about),
        )

    # The organization

    def _organization(self, path: Path) -> Organization:
        about = self._about(path, "id", "management_account", "has_scps", "has_rcps", "nodes")
        has = [about.need(name).truth() for name in ("has_scps", "has_rcps")]
        items: dict[str, Value] = {}
        for item in about.listed("nodes"):
            item.checked(("id", "name", "parent", "scps", "rcps"))
            identity = item.need("id").text()
            if identity in items:
                raise refuse("listed-twice", f"{identity} is listed a second time", item.where)
            items[identity] = item
        paths = Paths()
        folders = {each: path.parent / paths.free(file_name(each)) for each in sorted(items)}
        nodes = {each: self._node(item, folders[each]) for each, item in items.items()}
        check_tree(nodes)
        management = about.get("management_account")
        if management is not None and not is_account(management.text()):
            message = f"`{management.text()}` is no account ID of twelve digits"
            raise refuse("not-an-account", message, management.where)
        return Organization(
            _text(about, "id") or None, management and management.text(), nodes, *has
        )

    def _node(self, item: Value, folder: Path) -> Node:
        scps, rcps = (
            tuple(
                self._document_in(
                    each.checked(_DOCUMENT),
                    folder / kind / numbered(number, each.need("name").text()),
                )
                for number, each in enumerate(item.listed(kind), 1)
            )
            for kind in ("scps", "rcps")
        )
        return Node(
            item.need("id").text(), item.need("name").text(), item.need("parent").text(),
            scps, rcps, item.where,
        )  # fmt: skip


_DOCUMENT = ("name", "unknown", "unsure")


def _files(folder: Path) -> dict[str, list[Path]]:
    """Return the files of a workspace by its parts. Raises SourceError for what none holds."""
    found: dict[str, list[Path]] = {part: [] for part in _PARTS}
    for entry in _entries(folder):
        is_folder = entry.is_dir()
        if is_folder and entry.name in _PARTS:
            found[entry.name] += _inside(entry.path)
        elif not (entry.name[0] == "." or entry.name == MANIFEST) and (
            is_folder or entry.name.endswith(".json")
        ):
            raise refuse("unknown-source", "a workspace holds nothing of this name",
                         Where(entry.path), f"expected {', '.join(_PARTS)}")  # fmt: skip
    return found


def _inside(folder: str) -> Iterator[Path]:
    for entry in _entries(folder):
        if entry.is_dir():
            yield from _inside(entry.path)
        elif not entry.is_file():
            raise refuse("unreadable-file", "this is no file", Where(entry.path))
        elif entry.name[0] != "." or entry.name.endswith(".json"):
            yield Path(entry.path)


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    """Return what a folder holds, in order. Raises SourceError for links."""
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda each: each.name)
    except OSError as error:
        raise refuse("unreadable-file", what_failed(error), Where(str(folder))) from None
    for entry in found:
        if entry.is_symlink():
            raise refuse(
                "unreadable-file", "this is a link", Where(entry.path),
                "put what it leads to in its place: a workspace is one folder",
            )  # fmt: skip
    return found


def _left_out(about: Value) -> LeftOut:
    about.checked(("what", "why", "file", "path"))
    where = Where(about.need("file").text(), about.need("path").text())
    return LeftOut(about.need("what").text(), about.need("why").text(), where)


def _text(about: Value, name: str) -> str:
    """Return a text that is not empty where it is there; empty where it is not."""
    found = about.get(name)
    return "" if found is None else found.some_text()


def _tags(about: Value) -> tuple[tuple[str, str], ...]:
    tags = about.get("tags")
    return () if tags is None else tuple((name, each.text()) for name, each in tags.members())


def _statements(content: object) -> list[object]:
    """Return the statements of a document, as far as it has some."""
    given = content.get("Statement") if isinstance(content, dict) else None
    return given if isinstance(given, list) else [given] if given is not None else []


_ELEMENTS = ("Action", "Resource", "Principal")


def _unsure(about: Value, statements: list[object]) -> Unsure:
    about.checked(("statement", "why", "element", "values"))
    number, why = about.need("statement"), about.need("why").some_text()
    if not 0 < number.number() <= len(statements):
        raise refuse("unknown-reference", f"there is no statement {number.number()}", number.where,
                     f"the document has {len(statements)}, and the first is 1")  # fmt: skip
    element = about.get("element")
    if element is None:
        return Unsure(number.number(), why)
    if element.text() not in _ELEMENTS:
        raise refuse("unknown-word", f"`{element.text()}` is no element", element.where,
                     f"expected {', '.join(_ELEMENTS)}")  # fmt: skip
    held = _values(statements[number.number() - 1], element.text())
    values = about.need("values")
    found = []
    for each in values.items():
        if each.number() >= held:
            raise refuse("unknown-reference", f"there is no value {each.number()}", each.where,
                         f"`{element.text()}` has {held}, and the first is 0")  # fmt: skip
        found.append(each.number())
    if not found:
        raise refuse("missing-field", "no value is listed here", values.where,
                     "say which values are not known, from 0")  # fmt: skip
    return Unsure(number.number(), why, element.text(), tuple(found))


def _values(statement: object, element: str) -> int:
    """Return how many values an element of a statement has, through all kinds of principals."""
    value = statement.get(element) if isinstance(statement, dict) else None
    given = list(value.values()) if isinstance(value, dict) else [] if value is None else [value]
    return sum(len(each) if isinstance(each, list) else 1 for each in given)
