"""What commands take: policies, context values, tags. Raises InputError for what is unusable."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click

from policy_eval.engine.policies import policy_of
from policy_eval.errors import Diagnostic, PolicyError, Severity, refuse_request
from policy_eval.policy.ast import Policy
from policy_eval.policy.document import Document, read_document
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.request.context import Given
from policy_eval.text.files import decode, read_source
from policy_eval.text.folding import fold
from policy_eval.text.limits import LARGEST_POLICY
from policy_eval.text.source import Source

if TYPE_CHECKING:
    from policy_eval.text.fields import Field


_Record = TypeVar("_Record", bound=NamedTuple)


def taken(record: type[_Record], options: Mapping[str, Any]) -> _Record:
    """Return the record that some options make: each of its fields is named as an option is."""
    make: Callable[..., _Record] = record
    return make(**{name: options[name] for name in record._fields if name in options})


def with_options(
    options: Iterable[Callable[[Callable[..., None]], Callable[..., None]]],
    command: Callable[..., None],
) -> Callable[..., None]:
    """Add options to a command, in their order in its help."""
    for decorate in reversed([*options]):
        command = decorate(command)
    return command


class QuickCommand(click.Command):
    """A command whose short options are found at once.

    click looks for `-p` among the long options first, and where it is not there looks for similar
    names, which costs a cold start dear. Here each short option stands among the long ones too.
    """

    def make_parser(self, ctx: click.Context) -> click.parser._OptionParser:
        """Return the parser of the command's options."""
        parser = super().make_parser(ctx)
        long, short = getattr(parser, "_long_opt", {}), getattr(parser, "_short_opt", {})
        long.update(short)
        return parser


def clock() -> datetime:
    """Return the time, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


def read_policies(
    paths: Iterable[str],
    policy_type: PolicyType | Callable[[Document], PolicyType] = PolicyType.IDENTITY,
    strictness: Strictness = STRICT,
) -> list[Policy]:
    """Return the policies in files, in every `*.json` of folders, or on stdin (`-`).

    `policy_type` is their type, or tells it by the document. Raises PolicyError with the problems
    of all of them.
    """
    policies: list[Policy] = []
    problems: list[Diagnostic] = []
    for path in paths:
        for name in policy_files(path):
            try:
                source = read_stdin() if name == "-" else read_source(name)
                document = read_document(source, strictness)
                read_as = policy_type
                if not isinstance(read_as, PolicyType):
                    read_as = read_as(document)
                policies.append(policy_of(document, read_as, strictness))
            except PolicyError as error:
                problems += error.diagnostics
    if problems:
        raise PolicyError(*problems)
    return policies


def read_stdin() -> Source:
    """Return the text on stdin. Raises PolicyError."""
    return decode(sys.stdin.buffer.read(LARGEST_POLICY + 1), "<stdin>")


def policy_files(path: str) -> list[str]:
    """Return the files that a path names: itself (`-` is stdin), or a folder's `*.json`."""
    if not path:
        raise _no_file("an empty path names nothing", "name a file, a folder, or - for stdin")
    if not os.path.isdir(path):  # noqa: PTH112 - pathlib costs a tenth of a cold start
        return [path]
    from pathlib import Path

    files = sorted(map(str, Path(path).glob("*.json")))
    if not files:
        raise _no_file(f"{path}: there is no *.json file in this folder", "name a file")
    return files


def _no_file(message: str, remedy: str) -> PolicyError:
    return PolicyError(Diagnostic("missing-file", Severity.ERROR, message, remedy))


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--lenient` and `--accept-invalid` to a command."""
    for decorate in (
        click.option(
            "--accept-invalid",
            is_flag=True,
            help="Read what AWS refuses to store by each rule's lenient reading, with a warning.",
        ),
        click.option(
            "--lenient",
            is_flag=True,
            help="Read over comments and trailing commas, with a warning each.",
        ),
    ):
        command = decorate(command)
    return command


def strict_rules_option(command: Callable[..., None]) -> Callable[..., None]:
    """Add `--strict-rules` to a command."""
    return click.option(
        "--strict-rules",
        is_flag=True,
        help="An answer that rests on a rule AWS leaves open is undetermined.",
    )(command)


def output_option(what: str = "the answer") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option that says how to print something; a command takes it as `form`."""
    return click.option(
        "-o",
        "--output",
        "form",
        type=click.Choice(("text", "json", "yaml")),
        default="text",
        help=f"How to print {what}.",
    )


_KEY_TYPES = ("string", "numeric", "boolean", "ip", "binary", "date")


def split_pairs(option: str, pairs: Iterable[str]) -> list[tuple[str, str]]:
    """Return the KEY=VALUE texts of an option, cut at the first `=`."""
    found = []
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise refuse_request(
                "key-value", f"{option} `{pair}` is no KEY=VALUE", "write KEY=VALUE"
            )
        found.append((key, value))
    return found


def read_tags(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """Return tags given as K=V. Raises RequestError for a key given twice."""
    tags: dict[str, str] = {}
    for key, value in split_pairs(option, pairs):
        if key in tags:
            raise refuse_request("duplicate-tag", f"{option} gives `{key}` twice", "give it once")
        tags[key] = value
    return tags


def read_context(
    pairs: Iterable[str], files: Iterable[str], absent: Iterable[str]
) -> Mapping[str, Given]:
    """Return the context: files first, then `-c` over them, then `--absent`.

    A key repeated in `-c` is multivalued. Raises RequestError for one key in two spellings.
    """
    context: dict[str, Given] = {}
    for file in files:
        _merge(context, _context_file(file))
    given: dict[str, list[str]] = {}
    for key, value in split_pairs("-c", pairs):
        given.setdefault(key, []).append(value)
    single: dict[str, Given] = {
        key: values[0] if len(values) == 1 else tuple(values) for key, values in given.items()
    }
    _merge(context, single)
    for key in absent:
        if fold(key) in map(fold, given):
            raise refuse_request(
                "given-and-absent", f"`{key}` is given and said to be absent", "say one of the two"
            )
        _merge(context, {key: None})
    return context


def _merge(context: dict[str, Given], further: Mapping[str, Given]) -> None:
    """Let `further` win key by key; two spellings inside it stay, to be refused later."""
    folded = {fold(key) for key in further}
    for key in [key for key in context if fold(key) in folded]:
        del context[key]
    context.update(further)


def _context_file(path: str) -> Mapping[str, Given]:
    """Read a context: a mapping of keys, or the AWS CLI's ContextEntries."""
    from pathlib import Path

    from policy_eval.text.fields import read_file

    root = read_file(Path(path))
    if root.is_mapping and "ContextEntries" in root.members():
        root = root.checked(("ContextEntries",))["ContextEntries"]
    if not root.is_list:
        return {name: _given(field) for name, field in root.members().items()}
    context: dict[str, Given] = {}
    known = ("ContextKeyName", "ContextKeyType", "ContextKeyValues")
    for item in root.items():
        entry = item.checked(known)
        if "ContextKeyName" not in entry or "ContextKeyValues" not in entry:
            raise item.refuse("missing-field", "an entry has ContextKeyName and ContextKeyValues")
        name = entry["ContextKeyName"].text()
        if name in context:
            raise item.refuse("duplicate-key", f"`{name}` stands twice", "give it once")
        context[name] = _entry_values(entry)
    return context


def _given(field: Field) -> Given:
    if field.is_null:
        return None
    return tuple(field.texts()) if field.is_list else field.text()


def _entry_values(entry: Mapping[str, Field]) -> Given:
    values = _given(entry["ContextKeyValues"])
    kind = entry["ContextKeyType"].text() if "ContextKeyType" in entry else "string"
    if kind.removesuffix("List") not in _KEY_TYPES:
        known = ", ".join(_KEY_TYPES)
        raise entry["ContextKeyType"].refuse(
            "unknown-word", f"`{kind}` is no ContextKeyType", f"expected {known}, or one with List"
        )
    several = kind.endswith("List")
    if isinstance(values, tuple) and len(values) == 1 and not several:
        return values[0]
    return values
