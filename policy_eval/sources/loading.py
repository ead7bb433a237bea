"""Sources as people name them: which format a file or folder has, and several as one.

The format is told by what stands in a file, not by its name.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import NamedTuple

from policy_eval.errors import SourceError, refuse_request
from policy_eval.sources.account_export import is_export, read_export
from policy_eval.sources.cli_calls import is_calls, read_calls
from policy_eval.sources.cloudformation import is_template, parse_template, read_template
from policy_eval.sources.model import Found, Where, without_places
from policy_eval.sources.organizations import is_organization, read_organization
from policy_eval.sources.reading import json_value, refuse
from policy_eval.sources.template_text import is_yaml_template
from policy_eval.sources.terraform.instances import is_terraform
from policy_eval.sources.terraform.read import read_terraform
from policy_eval.sources.workspace import MANIFEST, is_workspace, read_workspace

LARGEST_SOURCE = 2_000_000_000
"""Bytes of one file that is read as a source, uncompressed."""

_GZIP = b"\x1f\x8b"

OnError = Callable[[SourceError], None]


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

    With `on_error`, what cannot be read is handed to it and left out. Raises SourceError naming
    the file and the path inside it, and RequestError for a deployment that cannot be.
    """
    account = deployment.account
    if account is not None and not (len(account) == _DIGITS and account.isdecimal()):
        raise refuse_request(
            "not-an-account", f"`{account}` is no account ID", f"expected {_DIGITS} digits"
        )
    declared: set[str] = set()
    found = merged([_load(path, on_error, deployment, declared) for path in paths])
    for name in deployment.parameters.keys() - declared:
        near = get_close_matches(name, declared, 1)
        raise refuse_request(
            "unknown-parameter", f"no template has the parameter `{name}`",
            f"did you mean `{near[0]}`?" if near else "",
        )  # fmt: skip
    return found


_DIGITS = 12


def _load(path: str, on_error: OnError | None, deployment: Deployment, declared: set[str]) -> Found:
    """Return what one source holds; the parameters that it declares are added to `declared`."""
    name = Path(path)
    if name.is_dir():
        if not is_workspace(name):
            raise refuse(
                "unknown-source", f"there is no {MANIFEST} in this folder", Where(path),
                "name an export, or make a workspace of one with `policy-eval import`",
            )  # fmt: skip
        return read_workspace(name)
    value = _value(name)
    if is_export(value):
        return read_export(value, path, on_error)
    if is_calls(value):
        return read_calls(value, path, on_error)
    if is_template(value):
        declared |= _parameters(value)
        given = deployment._asdict()
        return read_template(value, path, on_error, **given)
    if is_terraform(value):
        return read_terraform(value, path, on_error, deployment.account)
    if is_organization(value):
        return read_organization(value, path)
    raise refuse(
        "unknown-source", "this is no format that is known", Where(path),
        "give the output of `aws iam get-account-authorization-details` or of `terraform show "
        "-json`, a template, an organization, or a workspace (docs/sources.md)",
    )  # fmt: skip


def _value(path: Path) -> object:
    """Return what stands in a file, which may be compressed. Raises SourceError."""
    where = Where(str(path))
    try:
        data = _bytes(path)
    except FileNotFoundError:
        raise refuse("missing-file", "there is no such file", where) from None
    except (OSError, EOFError, zlib.error) as error:
        said = getattr(error, "strerror", None) or str(error)
        raise refuse("unreadable-file", said, where) from None
    value = None if is_yaml_template(data) else json_value(data, where)
    if value is None or is_template(value):  # with places, and a name that stands twice refused
        return parse_template(_text(data, where), str(path))
    return value


def _text(data: bytes, where: Where) -> str:
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError as error:
        raise refuse("wrong-encoding", f"no text in UTF-8: {error}", where) from None


def _parameters(template: object) -> set[str]:
    """Return the names of a template's parameters."""
    said = template.get("Parameters") if isinstance(template, dict) else None
    return {*said} if isinstance(said, dict) else set()


def _bytes(path: Path) -> bytes:
    """Return what stands in a file, uncompressed. Raises SourceError for more than is read."""
    with path.open("rb") as file:
        is_compressed = file.read(len(_GZIP)) == _GZIP
        file.seek(0)
        if is_compressed:
            with gzip.GzipFile(fileobj=file) as packed:
                data = packed.read(LARGEST_SOURCE + 1)
        else:
            data = file.read(LARGEST_SOURCE + 1)
    if len(data) > LARGEST_SOURCE:
        raise refuse("too-large", f"at most {LARGEST_SOURCE:,} bytes are read", Where(str(path)))
    return data


def merged(found: Sequence[Found]) -> Found:
    """Return several sources as one. Raises SourceError where two differ about one ARN."""
    whole = Found((), {}, {}, {}, {})
    for other in found:
        for mine, theirs in (
            (whole.managed, other.managed),
            (whole.entities, other.entities),
            (whole.resources, other.resources),
            (whole.endpoints, other.endpoints),
        ):
            for name, value in theirs.items():
                known = mine.get(name)
                if known is not None and without_places(known) != without_places(value):
                    raise refuse(
                        "listed-twice", f"{name} is also in {known.where}, with other contents",
                        value.where,
                    )  # fmt: skip
                mine[name] = known or value  # type: ignore[assignment]  # of one kind each
        if whole.organization is not None and other.organization is not None:
            said = "an earlier source describes an organization, too"
            raise refuse("listed-twice", said, Where(other.sources[0]))
        whole = whole._replace(
            sources=(*whole.sources, *other.sources),
            organization=whole.organization or other.organization,
            left_out=(*whole.left_out, *other.left_out),
            notes=(*whole.notes, *other.notes),
        )
    return whole
