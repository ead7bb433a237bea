"""Every syntax problem of a JSON text, each with its place, its cause and its cure.

Read only when something is wrong. The text is cut into tokens, well-formed ones and the ones
people write instead; after a problem reading goes on as if what was meant stood there, so that
one mistake is one problem. Nothing is repaired: the text stays refused.

A text has a problem here exactly where both readers refuse it (a property test holds them so).
"""

from __future__ import annotations

import json
import re
from enum import Enum
from typing import NamedTuple

from policy_eval.errors import Diagnostic, Severity, cut
from policy_eval.text.json_tokens import Token, about_word, token_at
from policy_eval.text.limits import DEEPEST, MOST_PROBLEMS
from policy_eval.text.node import Span
from policy_eval.text.pointing import point
from policy_eval.text.source import Source

_WORDS = frozenset({"true", "false", "null"})
_BAD_IN_STRING = re.compile(
    r'[\x00-\x1f]|\\(?!["\\/bfnrt]|u[0-9a-fA-F]{4}).?|\\u(?![0-9a-fA-F]{4})'
)
_CLOSING = re.compile(r"[ \t\r\n}\]]*+")
_QUOTE_AND_COLON = re.compile(r'"[ \t\r\n]*+:')
_BARE = re.compile(r'[^\s,\[\]{}"]++')
_COLON_NEXT = re.compile(r"[ \t\r\n]*+[:=]")
_CONFLICT = re.compile(r"(?:<<<<<<<|=======|>>>>>>>)")
_CONTINUED = re.compile(r'\r?\n[ \t]*+(?![}\],:{\["\s])[^"\r\n]*+"')
_CLOSED = re.compile(r'"(?:[^"\\\r\n]++|\\[^\r\n])*+"')
_CLOSERS = {"{": "}", "[": "]"}
_RULE = ("R-GRAM-01",)


class _State(Enum):
    """What may stand next in a container; the value is its name in messages."""

    FIRST = "a value"
    VALUE = "a value after the `,`"
    NAME = "a name in double quotes"
    COLON = "`:`"
    AFTER_COLON = "a value after the `:`"
    NEXT = "`,`"


class _Frame(NamedTuple):
    """An object or list that is open: its bracket, where it stands, its names so far."""

    bracket: str
    at: int
    names: dict[str, int]


_POLICY = "a policy document, a statement or a list of statements"


def problems_of(source: Source, wanted: str = _POLICY) -> tuple[Diagnostic, ...]:
    """Return every problem that keeps a text from being JSON, in order.

    `wanted` names what the text should hold: an object or a list.
    """
    return tuple(_Scanner(source, wanted).scan())


class _Enough(Exception):  # noqa: N818 - no error: enough was found
    """No more is looked for."""


class _Scanner:
    """Walks the tokens with a stack of open containers."""

    def __init__(self, source: Source, wanted: str) -> None:
        self._source = source
        self._wanted = wanted
        self._text = source.text
        self._frames: list[_Frame] = []
        self._state = _State.FIRST
        self._last = Span(0, 0)
        self._lost = False
        self._found: list[tuple[int, Diagnostic]] = []
        self._read = {
            "blank": self._blank,
            "string": self._string,
            "broken": self._broken,
            "single": self._single,
            "smart": self._smart,
            "mark": self._mark,
            "number": self._number,
            "word": self._word,
            "placeholder": self._placeholder,
            "comment": self._comment,
            "other": self._unexpected,
        }

    def scan(self) -> list[Diagnostic]:
        """Return what was found, in order of place."""
        try:
            at, size = 0, len(self._text)
            while at < size:
                token = token_at(self._text, at)
                at = self._read[token.kind](token) or token.end
                if token.kind not in ("blank", "comment") and not self._lost:
                    self._last = Span(token.start, at)
            self._ended(size)
        except _Enough:
            pass
        return [problem for _, problem in sorted(self._found, key=lambda found: found[0])]

    def _report(
        self,
        code: str,
        span: tuple[int, int],
        message: str,
        expected: str = "",
        remedy: str = "",
        rules: tuple[str, ...] = _RULE,
    ) -> None:
        problem = Diagnostic(code, Severity.ERROR, message, remedy, rules=rules, expected=expected)
        self._found.append((span[0], point(self._source, problem, *span)))
        if len(self._found) >= MOST_PROBLEMS:
            raise _Enough

    # What stands in a text

    def _blank(self, token: Token) -> None:
        if self._lost and "\n" in token.text:
            self._lost = False

    def _comment(self, token: Token) -> None:
        self._report(
            "comment",
            (token.start, token.end),
            "JSON has no comments",
            remedy="remove it, or read the text with --lenient",
        )

    def _string(self, token: Token) -> None:
        self._leave_list(token)
        if self._state is _State.NAME or (self._state is _State.FIRST and self._in_object):
            self._name(token, str(json.loads(token.text)))
        elif self._state is _State.NEXT and self._in_object and self._begins_member(token):
            self._missing_comma()
            self._name(token, str(json.loads(token.text)))
        else:
            self._value(token)

    def _leave_list(self, token: Token) -> None:
        """Report a list that is not closed before a name, and go on as if it were."""
        if self._in_object or len(self._frames) <= 1 or self._frames[-2].bracket != "{":
            return
        if self._state in (_State.NEXT, _State.VALUE) and self._begins_member(token):
            place = self._source.place(self._frames[-1].at)
            self._report(
                "unclosed-bracket",
                (self._last.end, self._last.end + 1),
                f"the `[` of line {place.line}, column {place.column} is not closed before a name",
                "`]`",
                "close the list",
            )
            self._frames.pop()
            self._state = _State.NEXT if self._state is _State.NEXT else _State.NAME

    def _broken(self, token: Token) -> int:
        """Read a string that is not closed on its line, or holds what no string may hold."""
        end = token.end
        if not _CLOSED.fullmatch(token.text):
            end = self._unclosed(token)
        line_end = min(end, token.end)
        for bad in _BAD_IN_STRING.finditer(self._text, token.start + 1, line_end):
            self._bad_character(bad)
        self._quoted(token)
        return end

    def _unclosed(self, token: Token) -> int:
        """Report a string without its closing mark; return where it was meant to end."""
        text = token.text.rstrip()
        if text.endswith(",") and len(text) > 1:
            text = text[:-1]
        end = token.start + len(text)
        is_last = not self._text[token.end :].strip()
        self._report(
            "unclosed-string",
            (token.start, end),
            "the text ends inside this string"
            if is_last
            else "this string is not closed on its line",
            'the closing `"`',
            "the text was cut short"
            if is_last
            else "a string stands on one line; a line break inside it is written `\\n`",
        )
        continued = _CONTINUED.match(self._text, token.end)
        return end if continued is None else continued.end()

    def _bad_character(self, bad: re.Match[str]) -> None:
        text = bad[0]
        if text[0] != "\\":
            self._report(
                "control-character",
                bad.span(),
                f"a bare control character (U+{ord(text):04X}) stands in this string",
                remedy="write `\\t` for a tab" if text == "\t" else "remove it",
            )
            return
        number = text[1:] == "u"
        self._report(
            "invalid-escape",
            bad.span(),
            f"`{text}` is no escape of JSON",
            "four hexadecimal digits after `\\u`" if number else "",
            "write `\\\\` for a backslash; JSON's escapes are "
            '`\\"` `\\\\` `\\/` `\\b` `\\f` `\\n` `\\r` `\\t` `\\uXXXX`',
        )

    def _single(self, token: Token) -> None:
        self._report(
            "single-quotes",
            (token.start, token.end),
            "this text is in single quotes",
            "double quotes",
            f"write {json.dumps(token.text[1:-1], ensure_ascii=False)}",
        )
        self._quoted(token)

    def _smart(self, token: Token) -> None:
        first = token.text[0]
        inner = token.text[1:].rstrip("“”„‟«»‘’‚‛\"'")
        self._report(
            "smart-quotes",
            (token.start, token.end),
            f"`{first}` (U+{ord(first):04X}) is a typographic quotation mark, as web pages and "
            "word processors put it",
            'the plain quotation mark `"` (U+0022)',
            f"write {json.dumps(inner, ensure_ascii=False)}",
        )
        self._quoted(token)

    def _quoted(self, token: Token) -> None:
        """Take a text in wrong quotes for the name or value it was meant to be."""
        if self._state is _State.NAME or (self._state is _State.FIRST and self._in_object):
            self._state = _State.COLON
        elif self._state is _State.NEXT and self._in_object and self._begins_member(token):
            self._missing_comma()
            self._state = _State.COLON
        else:
            self._value(token)

    def _number(self, token: Token) -> None:
        self._value(token)

    def _word(self, token: Token) -> int | None:
        if token.text in _WORDS or not self._frames:
            self._value(token)
        elif self._wants_name and _QUOTE_AND_COLON.match(self._text, token.end):
            self._report(
                "unquoted-name",
                (token.start, token.end + 1),
                f"the opening quotation mark of `{token.text}` is missing",
                remedy=f'write "{token.text}"',
            )
            self._state = _State.COLON
            return token.end + 1
        elif self._wants_name and self._begins_member(token):
            self._report(
                "unquoted-name",
                (token.start, token.end),
                f"the name `{token.text}` is not in quotes",
                remedy=f'write "{token.text}"',
            )
            self._state = _State.COLON
        elif self._wants_value:
            found = _BARE.match(self._text, token.start)
            assert found is not None  # a word is bare text
            self._report("not-json-value", found.span(), *about_word(found[0]))
            self._value(token)
            return found.end()
        else:
            self._unexpected(token)
        return None

    def _placeholder(self, token: Token) -> None:
        self._report(
            "placeholder",
            (token.start, token.end),
            f"`{token.text}` is a placeholder that nobody filled",
            remedy="put the value there (a template must be filled before it is a policy)",
        )
        named = self._wants_name and self._begins_member(token)
        self._state = _State.COLON if named else _State.NEXT

    def _mark(self, token: Token) -> None:
        match token.text:
            case "{" | "[":
                self._open(token)
            case "}" | "]":
                self._close(token)
            case ":":
                self._colon(token)
            case _:
                self._comma(token)

    # What it means where it stands

    @property
    def _in_object(self) -> bool:
        return bool(self._frames) and self._frames[-1].bracket == "{"

    @property
    def _wants_name(self) -> bool:
        return self._in_object and self._state in (_State.NAME, _State.FIRST, _State.NEXT)

    @property
    def _wants_value(self) -> bool:
        if self._state in (_State.VALUE, _State.AFTER_COLON):
            return True
        return self._state is _State.FIRST and not self._in_object

    def _begins_member(self, token: Token) -> bool:
        """Whether a `:` follows, so that the token is a name."""
        return _COLON_NEXT.match(self._text, token.end) is not None

    def _name(self, token: Token, name: str) -> None:
        names = self._frames[-1].names
        if name in names:
            self._report(
                "duplicate-key",
                (token.start, token.end),
                f"`{cut(name)}` stands twice in one object, first on line "
                f"{self._source.place(names[name]).line}",
                remedy="put what both hold into one, or keep one; AWS refuses such a policy, and "
                "other readers silently keep the last",
                rules=("R-GRAM-06",),
            )
        names.setdefault(name, token.start)
        self._state = _State.COLON

    def _value(self, token: Token) -> None:
        """Take a scalar, or an object or list that opens, where it stands."""
        if self._state is _State.NEXT and not self._lost and self._frames:
            self._missing_comma()
        elif self._state is _State.COLON and not self._lost:
            self._missing_colon()
        elif not self._wants_value or (not self._frames and token.text not in _CLOSERS):
            self._unexpected(token)
            if self._state is _State.VALUE:
                self._state = _State.NEXT
            return
        self._state = _State.NEXT

    def _missing_comma(self) -> None:
        self._report(
            "missing-comma",
            (self._last.end, self._last.end + 1),
            "a comma is missing after this",
            "`,`",
            "put a `,` between two members or elements",
        )

    def _missing_colon(self) -> None:
        self._report(
            "json-syntax",
            (self._last.end, self._last.end + 1),
            "a name is followed by no `:`",
            "`:` and a value",
        )

    def _open(self, token: Token) -> None:
        if self._wants_name and self._in_object and self._state is not _State.NEXT:
            self._unexpected(token)
        else:
            self._value(token)
        self._frames.append(_Frame(token.text, token.start, {}))
        self._state = _State.FIRST
        self._lost = False
        if len(self._frames) > DEEPEST:
            self._report(
                "too-deep",
                (token.start, token.end),
                f"this text nests deeper than {DEEPEST} levels",
                remedy="a policy has seven",
            )
            raise _Enough

    def _close(self, token: Token) -> None:
        self._lost = False
        if not self._frames:
            self._report(
                "unmatched-bracket",
                (token.start, token.end),
                f"`{token.text}` closes nothing",
                remedy="remove it, or open what it closes",
            )
            return
        if self._state in (_State.VALUE, _State.NAME):
            self._trailing_comma()
        elif self._state in (_State.COLON, _State.AFTER_COLON):
            self._report(
                "json-syntax",
                (token.start, token.end),
                f"found `{token.text}`",
                self._state.value,
                "give the name a value, or remove it",
            )
        opened = self._frames[-1]
        if _CLOSERS[opened.bracket] != token.text:
            self._mismatched(token, opened)
            matching = [frame for frame in self._frames if _CLOSERS[frame.bracket] == token.text]
            if self._is_too_much(token, matching):
                return
            while matching and self._frames[-1] is not matching[-1]:
                self._frames.pop()
        self._frames.pop()
        self._state = _State.NEXT

    def _is_too_much(self, token: Token, matching: list[_Frame]) -> bool:
        """Whether leaving a bracket out, not a missing one before it, makes the next ones fit."""
        following = _CLOSING.match(self._text, token.end)
        assert following is not None  # it also matches nothing
        closers = "".join(following[0].split())[:DEEPEST]
        if not matching:
            return closers[:1] == _CLOSERS[self._frames[-1].bracket]
        outside = self._frames[: self._frames.index(matching[-1])]
        if not closers or _left_open(self._frames, closers) is None:
            return False
        if _left_open(outside, closers) is None:
            return True
        at_end = following.end() == len(self._text)
        return not at_end or _left_open(self._frames, closers) == 0

    def _trailing_comma(self) -> None:
        self._report(
            "trailing-comma",
            self._last,
            "a comma stands before a closing bracket",
            remedy="remove it, or read the text with --lenient",
        )

    def _mismatched(self, token: Token, opened: _Frame) -> None:
        place = self._source.place(opened.at)
        self._report(
            "unmatched-bracket",
            (token.start, token.end),
            f"`{token.text}` closes the `{opened.bracket}` of line {place.line}, column "
            f"{place.column}",
            f"`{_CLOSERS[opened.bracket]}`",
            "close what was opened last first",
        )

    def _colon(self, token: Token) -> None:
        if self._state is _State.COLON:
            self._state = _State.AFTER_COLON
        else:
            self._unexpected(token)

    def _comma(self, token: Token) -> None:
        self._lost = False
        if self._state is _State.NEXT:
            self._state = _State.NAME if self._in_object else _State.VALUE
            return
        if self._state in (_State.VALUE, _State.NAME, _State.FIRST):
            self._report(
                "extra-comma",
                (token.start, token.end),
                "a comma stands where nothing precedes it",
                _State.NAME.value if self._in_object else "a value",
                "remove it",
            )
            return
        self._unexpected(token)
        self._state = _State.FIRST

    def _unexpected(self, token: Token) -> None:
        if token.text == "=" and self._state is _State.COLON:
            self._report(
                "json-syntax",
                (token.start, token.end),
                "`=` stands between a name and its value",
                "`:`",
                "this looks like HCL; a policy is JSON",
            )
            self._state = _State.AFTER_COLON
            return
        if token.text == ";" and self._state is _State.NEXT and self._frames:
            self._report("json-syntax", (token.start, token.end), "found `;`", "`,`")
            self._state = _State.NAME if self._in_object else _State.VALUE
            return
        if not self._lost:
            self._stray(token)
        self._lost = True

    def _stray(self, token: Token) -> None:
        span = (token.start, token.end)
        is_seen = token.text.isprintable() and not token.text.isspace()
        if token.kind == "other" and not is_seen:
            from unicodedata import name

            called = name(token.text, "a control character")
            self._report(
                "invisible-character",
                span,
                f"an invisible character stands between the tokens: U+{ord(token.text):04X}, "
                f"{called.lower()}",
                self._expected(),
                "remove it",
            )
        elif not self._frames and self._state is _State.NEXT and token.text in ("{", "["):
            message = "a second document begins here"
            remedy = "give one policy at a time; statements are joined by commas"
            self._report("json-syntax", span, message, self._expected(), remedy)
        elif _CONFLICT.match(self._text, token.start):
            message = "a conflict marker of a version control system stands here"
            self._report("json-syntax", span, message, self._expected(), "settle the conflict")
        else:
            self._report("json-syntax", span, f"found `{cut(token.text)}`", self._expected())

    def _expected(self) -> str:
        if not self._frames:
            if self._state is _State.NEXT:
                return "the end of the text, or `,` and another statement"
            return self._wanted
        if self._state is _State.NEXT:
            return f"`,` or `{_CLOSERS[self._frames[-1].bracket]}`"
        if self._state is _State.FIRST:
            closer = _CLOSERS[self._frames[-1].bracket]
            return f"{_State.NAME.value if self._in_object else 'a value'} or `{closer}`"
        return str(self._state.value)

    def _ended(self, size: int) -> None:
        if self._frames:
            closers = "".join(_CLOSERS[frame.bracket] for frame in reversed(self._frames))
            innermost = self._frames[-1]
            place = self._source.place(innermost.at)
            self._report(
                "unclosed-bracket",
                (size, size + 1),
                f"the text ends inside the `{innermost.bracket}` of line {place.line}, column "
                f"{place.column}",
                f"`{closers}`" if len(closers) == 1 else f"`{closers[0]}`, in all `{closers}`",
                "the text was cut short, or a bracket is missing",
            )
        elif self._state is _State.FIRST and not self._found:
            self._report(
                "empty-file",
                (0, 1),
                "there is nothing in this text",
                self._expected(),
            )
        elif self._state is _State.VALUE:
            self._report(
                "trailing-comma",
                self._last,
                "a comma stands at the end of the text",
                "another statement",
                "remove it, or read the text with --lenient",
            )


def _left_open(frames: list[_Frame], closers: str) -> int | None:
    """Return how many stay open after closing brackets, or None where those do not fit."""
    for count, closer in enumerate(closers):
        if count == len(frames) or _CLOSERS[frames[-1 - count].bracket] != closer:
            return None
    return len(frames) - len(closers)
