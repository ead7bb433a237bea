"""A workspace: what sources hold as a folder of small files that people read and compare.

    workspace.json                                    the sources, the organization, notes
    policies/ACCOUNT/policy/NAME.json, NAME.policy.json  a managed policy, and its document
    principals/ACCOUNT/role/NAME/attached.json           a user, group or role: what is attached
    principals/ACCOUNT/role/NAME/trust.json              its trust policy
    principals/ACCOUNT/role/NAME/inline/01-POLICY.json   an inline policy
    resources/SERVICE/ARN.json, ARN.policy.json          a resource, and its policy
    endpoints/ID.json, ID.policy.json                    a VPC endpoint policy
    organization/organization.json                       the tree of an organization
    organization/NODE/scps/01-NAME.json                  what is attached to a node

Names are percent-encoded where a file system might take them for something else, and cut where they
are long. No two files differ by letter case alone. Writing the same twice gives the same bytes;
reading it gives what was written.
"""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from policy_eval.policy.arn import parse_arn
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
from policy_eval.sources.reading import Value, json_value, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST = "workspace.json"
VERSION = 1
_SAFE = "@+=,.-_! "


# Writing


def workspace_files(found: Found) -> dict[str, str]:
    """Return the files of a workspace: path → text."""
    files: dict[str, str] = {}
    taken: set[str] = set()
    for arn, document in sorted(found.managed.items()):
        path = _free(f"policies/{_folder(arn)}", taken)
        files[f"{path}.json"] = _text({"arn": arn, "name": document.name, **_not_known(document)})
        _add_document(files, f"{path}.policy.json", document)
    for arn, entity in sorted(found.entities.items()):
        _add_entity(files, _free(f"principals/{_folder(arn)}", taken), entity)
    for arn, resource in sorted(found.resources.items()):
        parsed = parse_arn(arn)
        service = parsed.service if parsed else "other"
        _add_resource(files, _free(f"resources/{_name(service)}/{_name(arn)}", taken), resource)
    for name, document in sorted(found.endpoints.items()):
        path = _free(f"endpoints/{_name(name)}", taken)
        files[f"{path}.json"] = _text({"id": name, "name": document.name, **_not_known(document)})
        _add_document(files, f"{path}.policy.json", document)
    if found.organization is not None:
        _add_organization(files, found.organization)
    files[MANIFEST] = _text(
        {
            "version": VERSION,
            "sources": list(found.sources),
            "notes": list(found.notes),
            "left_out": [
                {"what": each.what, "why": each.why, "file": each.where.file,
                 "path": each.where.path}
                for each in found.left_out
            ],
        }
    )  # fmt: skip
    return files


_LONGEST_NAME = 100
_TAKEN_OTHERWISE = re.compile(
    r"(attached\.json|trust\.json|inline|organization\.json|con|prn|aux|nul|com\d|lpt\d)(\.|$)",
    re.IGNORECASE,
)
"""What a folder holds beside what names are given for, and names that Windows keeps for itself."""


def _name(text: str) -> str:
    """Return a text as the name of a file or folder that means the same on every system."""
    name = quote(text, safe=_SAFE, errors="surrogatepass")
    if len(name) > _LONGEST_NAME:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[:_LONGEST_NAME]}~{digest[:16]}"
    if _TAKEN_OTHERWISE.match(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    for ending in (".json", ".policy", ".", " "):
        if name.endswith(ending):
            name = f"{name[: -len(ending)]}%{ord(ending[0]):02X}{ending[1:]}"
    return name.replace(" ", "%20") if name.startswith(" ") else name or "%"


def _free(path: str, taken: set[str]) -> str:
    """Return a path, with a number where another differs by no more than letter case."""
    number, free = 1, path
    while free.casefold() in taken:
        number += 1
        free = f"{path}~{number}"
    taken.add(free.casefold())
    return free


def _folder(arn: str) -> str:
    """Return the folder of what an ARN names: `111122223333/role/team/Dev`."""
    parsed = parse_arn(arn)
    if parsed is None:
        return _name(arn)
    parts = (parsed.account or "-", *parsed.resource.split("/"))
    partition = () if parsed.partition == "aws" else (parsed.partition,)
    return "/".join(map(_name, (*partition, *parts)))


def _text(value: object) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which JSON can write and UTF-8 cannot
        return json.dumps(value, indent=2) + "\n"
    return text


def _not_known(document: Document) -> dict[str, object]:
    """Return what is not known of a document, to stand beside its name."""
    if document.unknown:
        return {"unknown": document.unknown}
    unsure = []
    for each in document.unsure:
        said: dict[str, object] = {"statement": each.number, "why": each.why}
        if each.element:
            said |= {"element": each.element, "values": list(each.values)}
        unsure.append(said)
    return {"unsure": unsure} if unsure else {}


def _add_document(files: dict[str, str], path: str, document: Document) -> None:
    if document.content is None:
        return
    files[path] = _text(document.content)


def _add_entity(files: dict[str, str], folder: str, entity: Entity) -> None:
    said: dict[str, object] = {
        "arn": entity.arn,
        "kind": entity.kind.value,
        "unique_id": entity.unique_id,
        "tags": dict(entity.tags),
        "managed": list(entity.managed),
        "groups": list(entity.groups),
        "boundary": entity.boundary,
        "inline": [{"name": each.name, **_not_known(each)} for each in entity.inline],
        "trust": entity.trust and {"name": entity.trust.name, **_not_known(entity.trust)},
        "unknown": entity.unknown,
    }
    files[f"{folder}/attached.json"] = _text({name: value for name, value in said.items() if value})
    for number, document in enumerate(entity.inline, 1):
        _add_document(files, f"{folder}/inline/{_numbered(number, document.name)}", document)
    if entity.trust is not None:
        _add_document(files, f"{folder}/trust.json", entity.trust)


def _numbered(number: int, name: str) -> str:
    """Return the file of a document in its order; what it is attached to is not said again."""
    return f"{number:02}-{_name(name.rpartition('/')[2])}.json"


def _add_resource(files: dict[str, str], path: str, resource: Resource) -> None:
    said: dict[str, object] = {
        "arn": resource.arn,
        "account": resource.account,
        "tags": dict(resource.tags),
        "policy": resource.policy and {"name": resource.policy.name, **_not_known(resource.policy)},
    }
    files[f"{path}.json"] = _text({name: value for name, value in said.items() if value})
    if resource.policy is not None:
        _add_document(files, f"{path}.policy.json", resource.policy)


def _add_organization(files: dict[str, str], organization: Organization) -> None:
    nodes = []
    taken: set[str] = set()
    for node in sorted(organization.nodes.values(), key=lambda each: each.id):
        folder = _free(f"organization/{_name(node.id)}", taken)
        attached: dict[str, object] = {}
        for kind, documents in (("scps", node.scps), ("rcps", node.rcps)):
            attached[kind] = [{"name": each.name, **_not_known(each)} for each in documents]
            for number, document in enumerate(documents, 1):
                _add_document(
                    files, f"{folder}/{kind}/{_numbered(number, document.name)}", document
                )
        nodes.append({"id": node.id, "name": node.name, "parent": node.parent, **attached})
    files["organization/organization.json"] = _text(
        {
            "id": organization.id,
            "management_account": organization.management_account,
            "has_scps": organization.has_scps,
            "has_rcps": organization.has_rcps,
            "nodes": nodes,
        }
    )


def write_workspace(found: Found, folder: Path) -> int:
    """Write a workspace, whole or not at all, readable by the user alone; return how many files.

    Raises SourceError where the folder is there and holds something, or cannot be written.
    """
    import shutil
    import tempfile

    where = Where(str(folder))
    files = workspace_files(found)
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise refuse("output", "this is there already, and it is not empty", where,
                         "name a new folder")  # fmt: skip
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            for name, text in files.items():
                path = made / name
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                path.touch(0o600)
                path.write_text(text, "utf-8")
            if folder.exists():
                folder.rmdir()
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        raise refuse("output", error.strerror or str(error), where) from None
    return len(files)


# Reading


def read_workspace(folder: Path) -> Found:
    """Return what a workspace holds. Raises SourceError naming the file and the path inside it."""
    manifest = _json(folder / MANIFEST)
    version = manifest.need("version")
    if version.value != VERSION:
        raise refuse("unknown-version", f"version {version.value} is not known", version.where,
                     f"this version of policy-eval writes version {VERSION}")  # fmt: skip
    found = nothing(str(folder))._replace(
        sources=manifest.texts("sources"),
        notes=manifest.texts("notes"),
        left_out=tuple(
            LeftOut(
                each.need("what").text(), each.need("why").text(),
                Where(each.need("file").text(), each.need("path").text()),
            )
            for each in manifest.listed("left_out")
        ),
    )  # fmt: skip
    for path in _files(folder / "policies"):
        about = _json(path)
        found.managed[about.need("arn").text()] = _document(about, _beside(path))
    for path in _files(folder / "principals", "attached.json"):
        entity = _entity(_json(path), path.parent)
        found.entities[entity.arn] = entity
    for path in _files(folder / "resources"):
        about = _json(path)
        policy = about.get("policy")
        arn = about.need("arn").text()
        account = about.get("account")
        found.resources[arn] = Resource(
            arn,
            None if policy is None else _document(policy, _beside(path)),
            about.where,
            None if account is None else account.text(),
            _tags(about),
        )
    for path in _files(folder / "endpoints"):
        about = _json(path)
        found.endpoints[about.need("id").text()] = _document(about, _beside(path))
    organization = folder / "organization" / "organization.json"
    if organization.is_file():
        return found._replace(organization=_organization(_json(organization), organization.parent))
    return found


def _files(folder: Path, name: str = "") -> Iterator[Path]:
    for path in sorted(folder.rglob(name or "*.json")):
        if name or not path.name.endswith(".policy.json"):
            yield path


def _json(path: Path) -> Value:
    where = Where(str(path))
    try:
        return Value(json_value(path.read_bytes(), where), where)
    except FileNotFoundError:
        raise refuse("missing-file", "there is no such file", where) from None
    except OSError as error:
        raise refuse("unreadable-file", error.strerror or str(error), where) from None


def _beside(path: Path) -> Path:
    return path.with_name(path.name.removesuffix(".json") + ".policy.json")


def _document(about: Value, path: Path) -> Document:
    name = about.need("name").text()
    unknown = about.get("unknown")
    if unknown is not None:
        return Document(name, None, about.where, unknown.text())
    unsure = tuple(map(_unsure, about.listed("unsure")))
    return Document(name, _json(path).value, Where(str(path)), unsure=unsure)


_ELEMENTS = ("Action", "Resource", "Principal")


def _unsure(about: Value) -> Unsure:
    number, why = about.need("statement").number(), about.need("why").text()
    element = about.get("element")
    if element is None:
        return Unsure(number, why)
    if element.text() not in _ELEMENTS:
        raise refuse("unknown-word", f"`{element.text()}` is no element", element.where,
                     f"expected {', '.join(_ELEMENTS)}")  # fmt: skip
    values = tuple(each.number() for each in about.listed("values"))
    return Unsure(number, why, element.text(), values)


def _tags(about: Value) -> tuple[tuple[str, str], ...]:
    tags = about.get("tags")
    return () if tags is None else tuple((name, each.text()) for name, each in tags.members())


def _entity(about: Value, folder: Path) -> Entity:
    kinds = {kind.value: kind for kind in EntityKind}
    kind = about.need("kind")
    if kind.text() not in kinds:
        raise refuse("unknown-word", f"`{kind.text()}` is no kind of principal", kind.where,
                     f"expected {', '.join(kinds)}")  # fmt: skip
    inline = []
    for number, each in enumerate(about.listed("inline"), 1):
        file = _numbered(number, each.need("name").text())
        inline.append(_document(each, folder / "inline" / file))
    trust = about.get("trust")
    unknown = about.get("unknown")
    unique_id, boundary = about.get("unique_id"), about.get("boundary")
    return Entity(
        about.need("arn").text(),
        kinds[kind.text()],
        about.where,
        None if unique_id is None else unique_id.text(),
        _tags(about),
        tuple(inline),
        about.texts("managed"),
        about.texts("groups"),
        None if boundary is None else boundary.text(),
        None if trust is None else _document(trust, folder / "trust.json"),
        "" if unknown is None else unknown.text(),
    )


def _organization(about: Value, folder: Path) -> Organization:
    nodes = {}
    taken: set[str] = set()
    for item in about.listed("nodes"):
        identity = item.need("id").text()
        own = _free(_name(identity), taken)
        attached: dict[str, tuple[Document, ...]] = {}
        for kind in ("scps", "rcps"):
            documents = []
            for number, each in enumerate(item.listed(kind), 1):
                file = _numbered(number, each.need("name").text())
                documents.append(_document(each, folder / own / kind / file))
            attached[kind] = tuple(documents)
        nodes[identity] = Node(
            identity, item.need("name").text(), item.need("parent").text(), attached["scps"],
            attached["rcps"], item.where,
        )  # fmt: skip
    named, management = about.get("id"), about.get("management_account")
    return Organization(
        None if named is None else named.text(),
        None if management is None else management.text(),
        nodes,
        about.need("has_scps").value is True,
        about.need("has_rcps").value is True,
    )
