"""One call of the AWS CLI and what it printed, out of a list of calls or a script of them.

AWS: "Controlling command output in the AWS CLI", "Command structure in the AWS CLI", "Using the
pagination options in the AWS CLI", "Configuring environment variables for the AWS CLI" (AWS CLI
User Guide): a command may print something else than JSON, or a part; a failed one prints an error;
options and variables tell whose account it asks.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from policy_eval.errors import SourceError
from policy_eval.sources.json_stream import JsonStream
from policy_eval.sources.model import Where
from policy_eval.sources.reading import Value, refuse, what_failed
from policy_eval.text.folding import fold

VERSION = 1
"""The version of lists of calls."""

SCRIPT = "calls.sh"
"""The script that a folder is, whatever stands in it."""

MORE = ("IsTruncated", "Marker", "NextToken")
"""What says in an output that there are further pages."""


class Call(NamedTuple):
    """One call: `iam get-role`, its options by name, and what it printed.

    `profile` is the one that it was made with, empty where it names none. `error` is the code of
    the error that it printed instead, empty where it printed none.
    """

    name: str
    options: dict[str, tuple[str, ...]]
    output: Value
    where: Where
    profile: str = ""
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

    def printed(self, option: str, value: Value) -> str:
        """Return a text of the output, which an option says, too.

        Raises SourceError where the two differ: the output is that of another command.
        """
        given = self.given(option)
        if given is not None and fold(given) != fold(value.text()):
            raise self.of_another(option, value)
        return value.text()

    def of_another(self, option: str, value: Value) -> SourceError:
        """Return the error for an output that is about something else than the command."""
        message = (
            f"`{value.value}` stands here, and the command has --{option} {self.given(option)}"
        )
        return refuse("listed-twice", message, value.where,
                      "give the output of each call in a file of its own")  # fmt: skip


class Listed(NamedTuple):
    """A command and the file that holds what it printed, as they stand in a list or script."""

    words: tuple[str, ...]
    output: str
    where: Where


class NoCall(NamedTuple):
    """What stands in a list or script in place of a call, and why it is none."""

    text: str
    error: SourceError


def is_calls(value: object) -> bool:
    """Return whether a JSON value lists calls and their outputs."""
    return isinstance(value, dict) and "calls" in value


def listed(root: Value) -> Iterator[Listed | NoCall]:
    """Yield the calls of a list, and what is none. Raises SourceError."""
    version = root.get("version")
    if version is not None and version.value != VERSION:
        raise refuse("unknown-version", f"version {version.value} is not known", version.where,
                     f"expected {VERSION}")  # fmt: skip
    for item in root.need("calls").items():
        text = ""
        try:
            command = item.need("command")
            text = command.text()
            words = _command_alone(text, command.where)
            yield Listed(words, item.need("output").text(), command.where)
        except SourceError as error:
            yield NoCall(text, error)


def _command_alone(text: str, where: Where) -> tuple[str, ...]:
    words = tuple(_words(text, where))
    if words[-3:] == _ERRORS_TOO:
        words = words[:-3]
    if _is_shell(text, words):
        raise refuse("unknown-word", f"`{text}` is more than a call of the AWS CLI", where,
                     "expected `aws …` alone, which printed what its file holds")  # fmt: skip
    return words


def _words(text: str, where: Where) -> list[str]:
    lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        return list(lexer)
    except ValueError as error:
        raise refuse("wrong-type", f"`{text}` is no command: {error}", where) from None


# Scripts

_COMMAND = re.compile(r"(?:[A-Za-z_]\w*=\S*\s+)*(?:\S*[/\\])?aws(?:\.exe|\.cmd)?\s")
_PASSED_OVER = re.compile(r"\s*(?:(?:set|mkdir)(?:\s[^;&|<>()`$#]*)?)?(?:(?<!\S)#.*)?")
_OF_SHELLS = re.compile(r"#!.*sh\b|(?:cd|export|unset|source|sudo|set|mkdir)\s")
_LINE_END = re.compile(r"\r\n|\r|\n")
_HEAD = 1 << 20
"""Bytes of a file in which the first command of a script is looked for."""


def _decoded(data: bytes) -> str:
    """Return bytes as text, in UTF-8 or UTF-16, with a mark at the beginning or without."""
    return data.decode(json.detect_encoding(data), "replace")


def is_script(data: bytes) -> bool:
    """Return whether bytes are those of a script: of a shell, or its first command is `aws`."""
    text = _decoded(data[:_HEAD]).lstrip()
    if text[:1] in ("{", "["):
        return False
    if _OF_SHELLS.match(text):
        return True
    for line in _LINE_END.split(text):
        if not _PASSED_OVER.fullmatch(line):
            begin = line.strip()
            return bool(_COMMAND.match(begin) or _OF_SHELLS.match(begin))
    return False


def scripted(text: str, file: str) -> Iterator[Listed | NoCall]:
    """Yield the calls of a script, `aws … > FILE` a line, and other lines."""
    lines = enumerate(_LINE_END.split(text), 1)
    found = False
    for number, line in lines:
        where = Where(file, f"line {number}")
        whole = line
        while whole.endswith("\\") and not whole.lstrip().startswith("#"):
            whole = f"{whole[:-1]} {next(lines, (0, ''))[1]}"
        if _PASSED_OVER.fullmatch(whole):
            continue
        found = True
        try:
            yield _of_line(whole.strip(), where)
        except SourceError as error:
            yield NoCall(whole, error)
    if not found:
        yield NoCall("", refuse("empty-file", "no command stands in this script", Where(file),
                                "expected `aws … > FILE` a line"))  # fmt: skip


_ERRORS_TOO = ("2", ">&", "1")


def _of_line(text: str, where: Where) -> Listed:
    words = tuple(_words(text, where))
    if words[-3:] == _ERRORS_TOO:
        words = words[:-3]
    if not _COMMAND.match(text) or words[-2:-1] != (">",) or _is_shell(text, words[:-2]):
        raise refuse("unknown-word", f"`{text}` is no call of the AWS CLI into a file", where,
                     "expected `aws … > FILE`, and nothing else on the line")  # fmt: skip
    return Listed(words[:-2], words[-1], where)


_QUOTED = re.compile(r'("(?:\\.|[^"\\])*")|\'[^\']*\'|\\.')


def _is_shell(text: str, words: Sequence[str]) -> bool:
    """Return whether a shell makes something else of a command than its words."""
    operators = any(re.fullmatch(r"[<>|&;()]+", word) for word in words)
    return operators or any(mark in _QUOTED.sub(r"\1", text) for mark in "$`")


# Outputs

_FLAG = re.compile(r"no-.*|debug|v2-debug|cli-auto-prompt")
_FAILED = re.compile(r"An\s+error\s+occurred\s+\(([\w.]+)\)\s+when\s+calling\s+the\s")
_PROGRAM = re.compile(r"(?:.*[/\\])?aws(?:\.exe|\.cmd)?")
_VARIABLE = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_STANDS_FOR = {
    "AWS_PROFILE": "profile",
    "AWS_DEFAULT_PROFILE": "profile",
    "AWS_REGION": "region",
    "AWS_DEFAULT_REGION": "region",
    "AWS_DEFAULT_OUTPUT": "output",
}
"""The variables that say what an option says, the one that wins first."""
_CREDENTIALS = re.compile(
    r"AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN|SECURITY_TOKEN|ROLE_ARN|CONFIG_FILE|"
    r"SHARED_CREDENTIALS_FILE|WEB_IDENTITY_TOKEN_FILE|CONTAINER_CREDENTIALS_\w+)"
)
_GZIP = b"\x1f\x8b"


def call_of(given: Listed, folder: Path) -> Call:
    """Return a call, of which the output is not read yet. Raises SourceError for no command."""
    variables, words = _without_variables(given)
    names, options = _parsed(words[1:])
    if not words or not _PROGRAM.fullmatch(words[0]) or len(names) < 2:  # noqa: PLR2004 - service and operation
        raise refuse("unknown-word", f"`{' '.join(words)}` is no command of the AWS CLI",
                     given.where, "expected `aws SERVICE OPERATION …`")  # fmt: skip
    for variable, option in _STANDS_FOR.items():
        if variable in variables:
            options.setdefault(option, (variables[variable],))
    output = Value({}, Where(str(folder / given.output)))
    profile = next(iter(options.get("profile", ())), "")
    return Call(" ".join(names[:2]), options, output, given.where, profile)


def _without_variables(given: Listed) -> tuple[dict[str, str], list[str]]:
    """Return the variables of the shell that stand before a command, and the command."""
    variables: dict[str, str] = {}
    words = list(given.words)
    while words and (set_here := _VARIABLE.fullmatch(words[0])):
        if _CREDENTIALS.fullmatch(set_here[1]):
            raise refuse("unknown-word", f"`{set_here[1]}` does not tell whose account is asked",
                         given.where, "name a profile: --profile NAME")  # fmt: skip
        variables[set_here[1]] = set_here[2]
        del words[0]
    return variables, words


_OPTIONS_ELSEWHERE = ("cli-input-json", "cli-input-yaml", "generate-cli-skeleton")
_PARTS = ("starting-token", "next-token", "marker", "max-items")


def with_output(call: Call) -> Call:
    """Return a call with what it printed. Raises SourceError."""
    _check_options(call)
    where = call.output.where
    data = _bytes(where)
    try:
        output = Value(_json(data, where), where)
    except SourceError:
        failed = _FAILED.search(_decoded(data))
        if failed is None:
            raise
        return call._replace(error=failed[1])
    for name in MORE:
        more = output.get(name)
        if more is not None and more.value:
            raise refuse("missing-page", f"`{name}` says that there is more", more.where,
                         "leave out --no-paginate and --max-items")  # fmt: skip
    return call._replace(output=output)


def _check_options(call: Call) -> None:
    """Raise SourceError for options with which the output is no JSON, a part, or of who knows."""
    for option, wanted in (("query", ()), ("output", ("json",))):
        if call.options.get(option, wanted) != wanted:
            raise refuse("unknown-source", f"with --{option} the whole output is not printed as "
                         "JSON", call.where, "leave it out")  # fmt: skip
    for option in _OPTIONS_ELSEWHERE:
        if option in call.options:
            raise refuse("unknown-source", f"with --{option} the command does not tell what was "
                         "asked", call.where, "write the options in the command")  # fmt: skip
    for option in _PARTS:
        if option in call.options:
            raise refuse("missing-page", f"with --{option} the output may be a part", call.where,
                         "leave it out: the AWS CLI takes all pages by itself")  # fmt: skip


def _bytes(where: Where) -> bytes:
    """Return what stands in the file of an output. Raises SourceError."""
    try:
        data = Path(where.file).read_bytes()
    except (OSError, ValueError) as error:  # a name that no file has
        raise refuse("unreadable-file", what_failed(error), where) from None
    if data.startswith(_GZIP):
        raise refuse("unreadable-file", "the output of a call is not read compressed", where,
                     "uncompress it (gunzip)")  # fmt: skip
    if not data.strip():
        raise refuse("empty-file", "the file is empty", where,
                     "did the command fail? `> FILE 2>&1` keeps what it said")  # fmt: skip
    return data


def _json(data: bytes, where: Where) -> object:
    """Return the JSON value of an output, no name twice in one object (R-GRAM-06)."""
    stream = JsonStream(BytesIO(data), where.file)
    value = stream.value(where)
    if stream.twice:
        message = f"`{stream.twice}` stands twice in one object"
        raise refuse("duplicate-key", message, where, "AWS prints each name once")
    stream.end()
    return value


def _parsed(words: Sequence[str]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Return what a command names, service and operation first, and its options."""
    names: list[str] = []
    options: dict[str, tuple[str, ...]] = {}
    awaiting = ""  # the option whose value may come next
    for word in words:
        if word.startswith("--"):
            name, equals, text = word.removeprefix("--").partition("=")
            options[name] = (text,) if equals else ()
            awaiting = "" if equals or _FLAG.fullmatch(name) else name
        elif awaiting and not (len(names) < 2 and options[awaiting]):  # noqa: PLR2004 - service and operation
            options[awaiting] = (*options[awaiting], word)
        else:
            names.append(word)
    return names, options
