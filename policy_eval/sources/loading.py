"""Sources as people name them: which format a file or folder has, and several as one.

The format is told by what stands in a file, not by its name.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from difflib import get_close_matches
from io import BufferedIOBase
from pathlib import Path
from typing import NamedTuple, TypeVar

from policy_eval.errors import SourceError, refuse_request
from policy_eval.request.principal import is_account
from policy_eval.sources.account_export import is_export, missing_pages, read_export
from policy_eval.sources.cli_calls import read_calls, read_script
from policy_eval.sources.cli_command import SCRIPT, is_calls, is_script
from policy_eval.sources.cloudformation import is_template, parse_template, read_template
from policy_eval.sources.json_stream import JsonStream
from policy_eval.sources.model import (
    Document,
    Entity,
    Found,
    LeftOut,
    Organization,
    Resource,
    Where,
    without_places,
)
from policy_eval.sources.named_only import is_named_only, with_named
from policy_eval.sources.organizations import is_organization, read_organization
from policy_eval.sources.policy_folder import NAMES, is_listing, is_yaml_listing, read_listing
from policy_eval.sources.reading import (
    UNREADABLE,
    OnError,
    json_value,
    plain_json,
    refuse,
    what_failed,
)
from policy_eval.sources.template_text import is_yaml_template
from policy_eval.sources.terraform.instances import is_terraform
from policy_eval.sources.terraform.read import read_terraform
from policy_eval.sources.workspace import MANIFEST
from policy_eval.sources.workspace_reading import is_manifest, read_workspace

LARGEST_SOURCE = 2_000_000_000
"""Bytes of one file that is read as a whole, uncompressed: of any source but an export."""

_T = TypeVar("_T")
_GZIP = b"\x1f\x8b"


class Deployment(NamedTuple):
    """What templates and plans do not tell; None, and a parameter that is not there: not known."""

    account: str | None = None
    region: str | None = None
    parameters: Mapping[str, str] = {}


_NOTHING_TOLD = Deployment()


def load(
    paths: Sequence[str],
    on_error: OnError | None = None,
    deployment: Deployment = _NOTHING_TOLD,
) -> Found:
    """Return what sources hold, as one.

    With `on_error`, what cannot be read is handed to it and listed as left out. Raises SourceError
    naming the file and the path inside it, and RequestError for a deployment that cannot be.
    """
    account = deployment.account
    if account is not None and not is_account(account):
        raise refuse_request(
            "not-an-account", f"`{account}` is no account ID", "expected twelve digits, 0 to 9"
        )
    declared: set[str] = set()
    skipped: list[SourceError] = []
    skip = None if on_error is None else skipped.append
    found = merged([_load(path, skip, deployment, declared) for path in paths])
    skipped += missing_pages(found)
    for error in skipped:
        if on_error is None:
            raise error
        on_error(error)
    found = found._replace(left_out=(*found.left_out, *map(_skipped, skipped)))
    for name in deployment.parameters.keys() - declared:
        near = get_close_matches(name, declared, 1)
        raise refuse_request(
            "unknown-parameter", f"no template has the parameter `{name}`",
            f"did you mean `{near[0]}`?" if near else "",
        )  # fmt: skip
    return found


def _skipped(error: SourceError) -> LeftOut:
    """Return what could not be read as something left out, so that a workspace tells it, too."""
    first = error.diagnostics[0]
    if first.place is not None:
        return LeftOut("not read", first.message, Where(str(first.place)))
    file, _, said = first.message.partition(": ")
    return LeftOut("not read", said, Where(file))


def _load(path: str, on_error: OnError | None, deployment: Deployment, declared: set[str]) -> Found:
    """Return what one source holds; the parameters that it declares are added to `declared`."""
    name = Path(path)
    if name.is_dir():
        name = _manifest(name)
        if name.name == MANIFEST:
            return read_workspace(name.parent)
    path = str(name)
    export = _export(name, on_error)
    if export is not None:
        return export
    data = _bytes(name)
    if name.name == SCRIPT or is_script(data):
        return read_script(_text(data, Where(path)), path, on_error)
    if _IS_POLICY.match(data) and b'"Effect"' in data:
        raise refuse(
            "unknown-source", "this is a policy, and does not tell who has it", Where(path),
            "give a policy by itself with -p, or with who has it in a folder (docs/sources.md)",
        )  # fmt: skip
    if is_yaml_listing(data) or (name.suffix != ".json" and _is_called_listing(name, data)):
        return _listing(path, on_error)
    value = _value(data, path)
    if is_organization(value):
        return read_organization(json_value(data, Where(path)), path)
    return _of_value(value, path, on_error, deployment, declared)


def _listing(path: str, on_error: OnError | None) -> Found:
    """Return what a folder of policies holds. Raises SourceError for a list that is compressed."""
    if _is_compressed(Path(path)):
        raise refuse("unknown-source", "this list of who has which policy is compressed",
                     Where(path), "unpack it beside the files that it names")  # fmt: skip
    return read_listing(path, on_error)


def _is_compressed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_GZIP)) == _GZIP


def _is_called_listing(path: Path, data: bytes) -> bool:
    return path.name in NAMES and not is_yaml_template(data)


def _of_value(
    value: object,
    path: str,
    on_error: OnError | None,
    deployment: Deployment,
    declared: set[str],
) -> Found:
    """Return what the value in a file holds, by what it is."""
    name = Path(path)
    if name.name == MANIFEST and is_manifest(value):
        return read_workspace(name.parent)
    if is_listing(value):
        return _listing(path, on_error)
    if is_calls(value):
        return read_calls(value, path, on_error)
    if is_template(value):
        declared |= _parameters(value)
        given = deployment._asdict()
        return read_template(value, path, on_error, **given)
    if is_terraform(value):
        return read_terraform(value, path, on_error, deployment.account)
    if name.name in NAMES:  # which says what is missing
        return read_listing(path, on_error)
    raise refuse(
        "unknown-source", "this is no format that is known", Where(path),
        "give the output of `aws iam get-account-authorization-details` or of `terraform show "
        "-json`, a template, an organization, or a workspace (docs/sources.md)",
    )  # fmt: skip


_IS_POLICY = re.compile(
    rb"""[\s\[{]*"(?:Version|Id|Statement|Sid|Effect|Principal|Action|Resource)"\s*:"""
)
"""The beginning of a document, of a statement, or of several (R-GRAM-02)."""

_IN_FOLDERS = (MANIFEST, *NAMES, "calls.json", SCRIPT)
"""The files that tell what a folder is."""


def _manifest(folder: Path) -> Path:
    """Return the file that tells what a folder is. Raises SourceError where none does, or two."""
    try:
        held = {each.name for each in folder.iterdir()}
    except OSError as error:
        raise refuse("unreadable-file", what_failed(error), Where(str(folder))) from None
    found = [folder / name for name in _IN_FOLDERS if name in held]
    if len(found) == 1:
        return found[0]
    if found:
        names = " and ".join(f"`{each.name}`" for each in found)
        raise refuse("unknown-source", f"{names} are both in this folder", Where(str(folder)),
                     "name the one that is meant")  # fmt: skip
    said = "this folder is empty" if not held else (
        f"there is no {', '.join(_IN_FOLDERS[:-1])} or {_IN_FOLDERS[-1]} in this folder"
    )  # fmt: skip
    raise refuse(
        "unknown-source", said, Where(str(folder)),
        "name a source, or say in policies.yaml who has which policy (docs/sources.md)",
    )  # fmt: skip


def _export(path: Path, on_error: OnError | None) -> Found | None:
    """Return what an account export holds, of any size; None for a file that is none."""
    with _opened(path) as file:
        if not is_export(JsonStream(file, str(path))):
            return None
    with _opened(path) as file:
        return read_export(JsonStream(file, str(path)), on_error)


def _bytes(path: Path) -> bytes:
    """Return what stands in a file, which may be compressed. Raises SourceError."""
    with _opened(path) as file:
        data = file.read(LARGEST_SOURCE + 1)
    if len(data) > LARGEST_SOURCE:
        raise refuse("too-large", f"at most {LARGEST_SOURCE:,} bytes are read", Where(str(path)))
    return data


def _value(data: bytes, path: str) -> object:
    """Return the value that the bytes of a file are. Raises SourceError."""
    where = Where(path)
    if is_yaml_template(data):
        return parse_template(_text(data, where), path)
    found = plain_json(data, where)
    if is_template(found.value):  # with places, and a name that stands twice refused
        return parse_template(_text(data, where), path)
    if found.twice is not None and not is_listing(found.value):  # likewise
        raise found.twice
    return found.value


@contextmanager
def _opened(path: Path) -> Iterator[BufferedIOBase]:
    """Open a file, uncompressed. Raises SourceError for what cannot be read in it."""
    where = Where(str(path))
    try:
        with path.open("rb") as file:
            is_compressed = file.read(len(_GZIP)) == _GZIP
            file.seek(0)
            if is_compressed:
                with gzip.GzipFile(fileobj=file) as packed:
                    yield packed
            else:
                yield file
    except FileNotFoundError:
        raise refuse("missing-file", "there is no such file", where) from None
    except UNREADABLE as error:
        raise refuse("unreadable-file", what_failed(error), where) from None


def _text(data: bytes, where: Where) -> str:
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise refuse("wrong-encoding", f"no text in UTF-8: {error}", where) from None


def _parameters(template: object) -> set[str]:
    """Return the names of a template's parameters."""
    said = template.get("Parameters") if isinstance(template, dict) else None
    return {*said} if isinstance(said, dict) else set()


def _is_same(known: Document | Entity | Resource, other: Document | Entity | Resource) -> bool:
    """Return whether two say the same; either does of a policy of who knows which resource."""
    if isinstance(known, Resource) and "*" in known.arn:
        return True
    return without_places(known) == without_places(other)


def merged(found: Sequence[Found]) -> Found:
    """Return several sources as one. Raises SourceError where two differ about one ARN.

    What one only names has what is attached to it by each; of a pattern of ARNs it is enough that
    one says that nobody knows.
    """
    whole = Found((), {}, {}, {}, {})
    named: list[Entity] = []
    for other in found:
        for mine, theirs in (
            (whole.managed, other.managed),
            (whole.entities, other.entities),
            (whole.resources, other.resources),
            (whole.endpoints, other.endpoints),
        ):
            for name, value in theirs.items():
                if isinstance(value, Entity) and is_named_only(value):
                    named.append(value)
                    continue
                known = mine.get(name)
                if known is not None and not _is_same(known, value):
                    raise refuse(
                        "listed-twice", f"{name} is also in {known.where}, with other contents",
                        value.where,
                    )  # fmt: skip
                mine[name] = known or value  # type: ignore[assignment]  # of one kind each
        whole = whole._replace(
            sources=_joined(whole.sources, other.sources),
            organization=_one(whole.organization, other.organization, other.sources),
            left_out=_joined(whole.left_out, other.left_out),
            notes=_joined(whole.notes, other.notes),
            pages=(*whole.pages, *other.pages),
        )
    return whole._replace(entities=with_named(whole.entities, named))


def _one(
    known: Organization | None, other: Organization | None, sources: tuple[str, ...]
) -> Organization | None:
    """Return the organization of two that say the same. Raises SourceError where they differ."""
    if known is not None and other is not None and _plain(known) != _plain(other):
        said = "an earlier source describes an organization, too, and not in the same way"
        raise refuse("listed-twice", said, Where(", ".join(sources)))
    return known or other


def _plain(organization: Organization) -> object:
    nodes = {each: without_places(node) for each, node in organization.nodes.items()}
    return (organization._replace(nodes={}), nodes)


def _joined(known: tuple[_T, ...], others: tuple[_T, ...]) -> tuple[_T, ...]:
    """Return two lists as one; what stands in both is not said again."""
    said = {*known}
    return (*known, *(each for each in others if each not in said))
