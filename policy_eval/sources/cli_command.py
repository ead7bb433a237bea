"""One call of the AWS CLI and what it printed, out of a list of calls or a script of them.

AWS: "Controlling command output in the AWS CLI", "Command structure in the AWS CLI" (AWS CLI User
Guide): a command may print something else than JSON, or a part; a failed one prints an error.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from policy_eval.errors import SourceError
from policy_eval.sources.model import Where
from policy_eval.sources.reading import Value, json_value, refuse, what_failed

VERSION = 1
"""The version of lists of calls."""

MORE = ("IsTruncated", "Marker", "NextToken")
"""What says in an output that there are further pages."""


class Call(NamedTuple):
    """One call: `iam get-role`, its options by name, and what it printed.

    `error` is the code of the error that it printed instead, empty where it printed none.
    """

    name: str
    options: dict[str, tuple[str, ...]]
    output: Value
    where: Where
    error: str = ""

    def option(self, name: str) -> str:
        """Return the value of an option that the command must have."""
        found = self.given(name)
        if found is None:
            raise refuse("missing-field", f"`{self.name}` without --{name}", self.where)
        return found

    def given(self, name: str) -> str | None:
        """Return the value of an option; None where the command does not have it."""
        return next(iter(self.options.get(name, ())), None)


class Listed(NamedTuple):
    """A command and the file that holds what it printed, as they stand in a list or script."""

    words: tuple[str, ...]
    output: str
    where: Where


def is_calls(value: object) -> bool:
    """Return whether a JSON value lists calls and their outputs."""
    return isinstance(value, dict) and isinstance(value.get("calls"), list)


def listed(root: Value) -> Iterator[Listed | SourceError]:
    """Yield the calls of a list, and errors for what is none. Raises SourceError."""
    version = root.get("version")
    if version is not None and version.value != VERSION:
        raise refuse("unknown-version", f"version {version.value} is not known", version.where,
                     f"expected {VERSION}")  # fmt: skip
    for item in root.listed("calls"):
        try:
            command = item.need("command")
            words = tuple(_words(command.text(), command.where))
            yield Listed(words, item.need("output").text(), command.where)
        except SourceError as error:
            yield error


def _words(text: str, where: Where) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError as error:
        raise refuse("wrong-type", f"`{text}` is no command: {error}", where) from None


# Scripts

_COMMAND = re.compile(r"(?:[A-Za-z_]\w*=\S*\s+)*aws\s")
_PASSED_OVER = re.compile(r"\s*(?:#.*|set\s.*|mkdir\s.*)?")


def is_script(data: bytes) -> bool:
    """Return whether bytes are those of a script: its first command is one of the AWS CLI."""
    if data.lstrip()[:1] in (b"{", b"["):  # JSON of any size
        return False
    for line in BytesIO(data):
        text = line.decode("latin-1").strip()
        if not _PASSED_OVER.fullmatch(text):
            return _COMMAND.match(text) is not None
    return False


def scripted(text: str, file: str) -> Iterator[Listed | SourceError]:
    """Yield the calls of a script, `aws … > FILE` a line, and errors for other lines."""
    lines = enumerate(text.split("\n"), 1)
    for number, line in lines:
        where = Where(file, f"line {number}")
        whole = line.rstrip("\r")
        while whole.endswith("\\"):
            whole = f"{whole[:-1]} {next(lines, (0, ''))[1].rstrip(chr(13))}"
        if _PASSED_OVER.fullmatch(whole):
            continue
        try:
            yield _of_line(whole.strip(), where)
        except SourceError as error:
            yield error


_ERRORS_TOO = ("2", ">&", "1")


def _of_line(text: str, where: Where) -> Listed:
    words = tuple(_words(text, where))
    if words[-3:] == _ERRORS_TOO:
        words = words[:-3]
    if not _COMMAND.match(text) or words[-2:-1] != (">",) or _is_shell(words[:-2]):
        raise refuse("unknown-word", f"`{text}` is no call of the AWS CLI into a file", where,
                     "expected `aws … > FILE`")  # fmt: skip
    return Listed(words[:-2], words[-1], where)


def _is_shell(words: Sequence[str]) -> bool:
    return any(re.fullmatch(r"[<>|&;()]+", word) or "$" in word or "`" in word for word in words)


# Outputs

_FLAG = re.compile(r"no-.*|debug|v2-debug|cli-auto-prompt")
_FAILED = re.compile(rb"An error occurred \((\w+)\) when calling the ")


def call_of(given: Listed, folder: Path) -> Call:
    """Return a call, of which the output is not read yet."""
    names, options = _parsed(given.words)
    return Call(" ".join(names), options, Value({}, Where(str(folder / given.output))), given.where)


def with_output(call: Call) -> Call:
    """Return a call with what it printed. Raises SourceError."""
    for option, wanted in (("query", ()), ("output", ("json",))):
        if call.options.get(option, wanted) != wanted:
            raise refuse("unknown-source", f"with --{option} the whole output is not printed as "
                         "JSON", call.where, "leave it out")  # fmt: skip
    try:
        data = Path(call.output.where.file).read_bytes()
    except (OSError, ValueError) as error:  # a name that no file has
        raise refuse("unreadable-file", what_failed(error), call.output.where) from None
    failed = _FAILED.search(data)
    if failed is not None:
        return call._replace(error=failed[1].decode("ascii", "replace"))
    if not data.strip():
        raise refuse("empty-file", "the file is empty", call.output.where,
                     "did the command fail? `> FILE 2>&1` keeps what it said")  # fmt: skip
    output = Value(json_value(data, call.output.where), call.output.where)
    for name in MORE:
        more = output.get(name)
        if more is not None and more.value:
            raise refuse("missing-page", f"`{name}` says that there is more", more.where,
                         "leave out --no-paginate and --max-items")  # fmt: skip
    return call._replace(output=output)


def _parsed(words: Sequence[str]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return the service and operation that a command names, and its options."""
    rest = list(words)
    while rest and re.match(r"[A-Za-z_]\w*=", rest[0]):  # variables of the shell
        del rest[0]
    if rest[:1] == ["aws"]:
        del rest[0]
    names: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    awaiting = ""  # the option whose value may come next
    for word in rest:
        if word.startswith("--"):
            name, equals, text = word.removeprefix("--").partition("=")
            options[name] = (text,) if equals else ()
            awaiting = "" if equals or _FLAG.fullmatch(name) else name
        elif awaiting and not (len(names) < 2 and options[awaiting]):  # noqa: PLR2004 - service and operation
            options[awaiting] = (*options[awaiting], word)
        else:
            names.append(word)
    return names[:2], options
