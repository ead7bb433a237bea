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
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from policy_eval.policy.arn import parse_arn
from policy_eval.sources.model import Document, Entity, Found, Organization, Resource, Where
from policy_eval.sources.reading import refuse
from policy_eval.text.printed import as_text

if TYPE_CHECKING:
    from collections.abc import Collection

MANIFEST = "workspace.json"
VERSION = 1
_SAFE = "@+=,.-_! "


# Writing


def workspace_files(found: Found) -> dict[str, str]:
    """Return the files of a workspace: path → text."""
    files: dict[str, str] = {}
    taken = Paths()
    for arn, document in sorted(found.managed.items()):
        path = taken.free(f"policies/{_folder(arn)}")
        files[f"{path}.json"] = _text({"arn": arn, "name": document.name, **_not_known(document)})
        _add_document(files, f"{path}.policy.json", document)
    for arn, entity in sorted(found.entities.items()):
        _add_entity(files, taken.free(f"principals/{_folder(arn)}"), entity)
    for arn, resource in sorted(found.resources.items()):
        parsed = parse_arn(arn)
        service = parsed.service if parsed else "other"
        _add_resource(
            files, taken.free(f"resources/{file_name(service)}/{file_name(arn)}"), resource
        )
    for name, document in sorted(found.endpoints.items()):
        path = taken.free(f"endpoints/{file_name(name)}")
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


def file_name(text: str) -> str:
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


class Paths:
    """The paths that were given so far; none differs from another by letter case alone."""

    def __init__(self) -> None:
        self._spelt: dict[str, str] = {}
        self._given: set[str] = set()

    def free(self, path: str) -> str:
        """Return a path that was not given, with a number behind a part where it must differ."""
        *folders, last = path.split("/")
        above = ""
        for folder in folders:
            above = f"{self._numbered(f'{above}{folder}', ())}/"
        free = self._numbered(f"{above}{last}", self._given)
        self._given.add(free)
        return free

    def _numbered(self, path: str, given: Collection[str]) -> str:
        number, free = 1, path
        while self._spelt.setdefault(free.casefold(), free) != free or free in given:
            number += 1
            free = f"{path}~{number}"
        return free


def _folder(arn: str) -> str:
    """Return the folder of what an ARN names: `111122223333/role/team/Dev`."""
    parsed = parse_arn(arn)
    if parsed is None:
        return file_name(arn)
    parts = (parsed.account or "-", *parsed.resource.split("/"))
    partition = () if parsed.partition == "aws" else (parsed.partition,)
    return "/".join(map(file_name, (*partition, *parts)))


def _text(value: object) -> str:
    text = as_text(value, indent=2, ascii_only=False) + "\n"
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which JSON can write and UTF-8 cannot
        return as_text(value, indent=2) + "\n"
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
        _add_document(files, f"{folder}/inline/{numbered(number, document.name)}", document)
    if entity.trust is not None:
        _add_document(files, f"{folder}/trust.json", entity.trust)


def numbered(number: int, name: str) -> str:
    """Return the file of a document in its order; what it is attached to is not said again."""
    return f"{number:02}-{file_name(name.rpartition('/')[2])}.json"


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
    taken = Paths()
    for node in sorted(organization.nodes.values(), key=lambda each: each.id):
        folder = taken.free(f"organization/{file_name(node.id)}")
        attached: dict[str, object] = {}
        for kind, documents in (("scps", node.scps), ("rcps", node.rcps)):
            attached[kind] = [{"name": each.name, **_not_known(each)} for each in documents]
            for number, document in enumerate(documents, 1):
                _add_document(files, f"{folder}/{kind}/{numbered(number, document.name)}", document)
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

    A link to a folder stays. Raises SourceError where the folder is there and holds something, or
    cannot be written.
    """
    import shutil
    import tempfile

    where = Where(str(folder))
    files = workspace_files(found)
    try:
        folder = Path(os.path.realpath(folder))  # `resolve` may fail on a circle of links
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise refuse("output", "this is there already, and it is not empty", where,
                         "name a new folder")  # fmt: skip
        folder.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            for name, text in files.items():
                path = made / name
                for above in reversed(path.relative_to(made).parents[:-1]):
                    (made / above).mkdir(exist_ok=True, mode=0o700)
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
