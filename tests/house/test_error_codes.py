"""The catalogue of diagnostics is whole, true of what is said, and is docs/errors.md."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from policy_eval.engine.policies import parse_policy
from policy_eval.engine.remarks import remarks_on
from policy_eval.error_codes import ERROR_CODES, ErrorCode, as_markdown, spell_out
from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.policy_type import STRICT, PolicyType, Strictness
from policy_eval.text.report import render

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGE = _ROOT / "policy_eval"
_ENTRIES = [*ERROR_CODES.values()]
_SHOWN = [entry for entry in _ENTRIES if entry.wrong]
_FULLY_LENIENT = Strictness(lenient=True, accept_invalid=True)
_GROUPS = ("file", "json", "form", "policy", "request", "suite", "source", "command")
_RULES = frozenset(
    re.findall(
        r"^\| (R-[A-Z]+-[0-9]+) \|", (_ROOT / "docs/semantics.md").read_text("utf-8"), re.MULTILINE
    )
)


# The codes in the source


class _Taker(NamedTuple):
    """What takes a code: in which file it is defined, as which argument, what without it."""

    file: Path
    position: int
    default: ast.expr | None


class _Source:
    """Every code that the package passes to what takes one.

    What takes a code is a function or method with a parameter `code`, or a class with a field
    `code`. It must be given a literal, or the name `code`: one that was handed on, or assigned from
    literals. Whatever else is given fails, so that the scan has no gaps.
    """

    def __init__(self) -> None:
        self.trees = {
            file: ast.parse(file.read_text("utf-8"))
            for file in sorted(_PACKAGE.rglob("*.py"))
            if file.stem != "error_codes"
        }
        self._functions: dict[str, list[_Taker]] = {}
        self._methods: dict[str, list[_Taker]] = {}
        for file, tree in self.trees.items():
            for node in tree.body:
                if isinstance(node, ast.FunctionDef):
                    _add(self._functions, file, node, node.args.args)
                elif isinstance(node, ast.ClassDef):
                    self._add_class(file, node)

    def codes(self) -> dict[str, str]:
        """Return each code and one place where it stands."""
        return {
            code: f"{file.name}:{node.lineno}"
            for file, tree in self.trees.items()
            for code, node in (*self._passed(file, tree), *_written_out(tree))
        }

    def _add_class(self, file: Path, node: ast.ClassDef) -> None:
        fields = [
            item.target.id
            for item in node.body
            if isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)
        ]
        if "code" in fields:
            taker = _Taker(file, fields.index("code"), None)
            self._functions.setdefault(node.name, []).append(taker)
        for item in node.body:
            if isinstance(item, ast.FunctionDef):
                _add(self._methods, file, item, item.args.args[1:])

    def _is_of(self, taker: _Taker, file: Path, name: str) -> bool:
        """Whether a file means a taker by a name: it defines it, or imports it from there."""
        module = ".".join(("policy_eval", *taker.file.relative_to(_PACKAGE).with_suffix("").parts))
        return taker.file == file or any(
            node.module == module and any(each.name == name for each in node.names)
            for node in ast.walk(self.trees[file])
            if isinstance(node, ast.ImportFrom)
        )

    def _passed(self, file: Path, tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
        assigned = [
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign)
            and any(isinstance(each, ast.Name) and each.id == "code" for each in node.targets)
        ]
        for call in ast.walk(tree):
            if not isinstance(call, ast.Call):
                continue
            match given := self._given(file, call):
                case None | ast.Attribute(attr="code"):  # a finding's, which was made with one
                    continue
                case ast.Name("code"):  # a parameter, whose callers are looked at, or assigned
                    for value in assigned:
                        yield from _literals(file, value)
                case _:
                    yield from _literals(file, given)

    def _given(self, file: Path, call: ast.Call) -> ast.expr | None:
        """Return what a call gives as the code; None where it takes none."""
        for keyword in call.keywords:
            if keyword.arg == "code":
                return keyword.value
        name = _name_of(call)
        known = self._functions if isinstance(call.func, ast.Name) else self._methods
        takers = [
            taker for taker in known.get(name, []) if taker.file == file or not name.startswith("_")
        ]
        if not takers:
            return None
        takers = [each for each in takers if self._is_of(each, file, name)] or takers
        where = f"{file.name}:{call.lineno}: `{ast.unparse(call.func)}`"
        assert len({taker.position for taker in takers}) == 1, f"{where} is ambiguous"
        position, default = takers[0].position, takers[0].default
        if position < len(call.args):
            return call.args[position]
        assert default is not None, f"{where} is given no code"
        return default


def _add(
    takers: dict[str, list[_Taker]], file: Path, function: ast.FunctionDef, taken: list[ast.arg]
) -> None:
    names = [argument.arg for argument in taken]
    if "code" in names:
        position = names.index("code")
        from_end = position - len(names)
        defaults = function.args.defaults
        default = defaults[from_end] if -from_end <= len(defaults) else None
        takers.setdefault(function.name, []).append(_Taker(file, position, default))


def _name_of(call: ast.Call) -> str:
    match call.func:
        case ast.Name(name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _literals(file: Path, given: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    match given:
        case ast.Constant(str(code)):
            yield code, given
        case ast.IfExp():
            yield from _literals(file, given.body)
            yield from _literals(file, given.orelse)
        case _:
            pytest.fail(f"{file.name}:{given.lineno}: `{ast.unparse(given)}` is no literal")


def _written_out(tree: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    """Yield the codes in texts that are written as they are: `error[internal]: …`."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _name_of(node) != "write":
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                for code in re.findall(r"(?:error|warning)\[([a-z-]+)\]", part.value):
                    yield code, part


_SOURCE = _Source()
_USED = _SOURCE.codes()


def test_every_code_in_the_source_is_in_the_catalogue() -> None:
    assert {code: place for code, place in _USED.items() if code not in ERROR_CODES} == {}


def test_every_code_of_the_catalogue_is_in_the_source() -> None:
    assert ERROR_CODES.keys() - _USED.keys() == set()


_NO_CODES = {
    "assumed-role",
    "attribute-names",
    "branch-rate",
    "branches-covered",
    "branches-valid",
    "can-assume",
    "can-i",
    "child-id",
    "condition-coverage",
    "context-keys",
    "execute-api",
    "explain-error",
    "federated-user",
    "function-name",
    "key-id",
    "kms-key",
    "line-rate",
    "lines-covered",
    "lines-valid",
    "list-groups-for-user",
    "not-said",
    "oidc-provider",
    "parent-id",
    "path-prefix",
    "policy-arn",
    "policy-eval",
    "policy-eval-probe",
    "policy-id",
    "policy-usage-filter",
    "same-resource",
    "saml-provider",
    "service-linked",
    "single-valued",
    "strict-rules",
    "tag-key",
    "target-id",
    "test-failed",
    "unusable-input",
    "user-name",
    "value-of-key",
    "what-can",
    "who-can",
}


def test_the_scan_leaves_no_text_out_that_could_be_a_code() -> None:
    """Partitions and the words below look like codes and are none."""
    could_be = {
        node.value
        for tree in _SOURCE.trees.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"(?!aws-)[a-z]+(-[a-z]+)+", node.value)
    }

    assert could_be - _NO_CODES - _USED.keys() == set()


# The entries


@pytest.mark.parametrize("entry", _ENTRIES, ids=ERROR_CODES)
def test_an_entry_is_filled_in(entry: ErrorCode) -> None:
    assert ERROR_CODES[entry.code] is entry
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", entry.code)
    assert entry.title
    assert not entry.title.endswith(".")
    assert entry.says.endswith(".")
    assert entry.about in _GROUPS
    assert bool(entry.wrong) is bool(entry.right)


def test_entries_stand_group_by_group() -> None:
    order = [_GROUPS.index(entry.about) for entry in _ENTRIES]

    assert order == sorted(order)
    assert set(order) == set(range(len(_GROUPS)))


@pytest.mark.parametrize("entry", _ENTRIES, ids=ERROR_CODES)
def test_the_rules_of_an_entry_are_documented(entry: ErrorCode) -> None:
    assert set(entry.rules) - _RULES == set()


# The examples


def _said(entry: ErrorCode, text: str, strictness: Strictness = STRICT) -> tuple[Diagnostic, ...]:
    """Return what is said of an example, with the remarks that `policy-eval show` adds."""
    try:
        policy = parse_policy(text, "p.json", PolicyType(entry.policy_type), strictness)
    except PolicyError as error:
        return error.diagnostics
    return warnings_of(policy._replace(findings=(*policy.findings, *remarks_on(policy))))


def _of_code(entry: ErrorCode, said: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [each for each in said if each.code == entry.code]


@pytest.mark.parametrize("entry", _SHOWN, ids=lambda entry: entry.code)
def test_the_wrong_example_gives_its_code(entry: ErrorCode) -> None:
    assert _of_code(entry, _said(entry, entry.wrong))


@pytest.mark.parametrize("entry", _SHOWN, ids=lambda entry: entry.code)
def test_the_wrong_example_has_no_further_fault(entry: ErrorCode) -> None:
    assert [str(each) for each in _said(entry, entry.wrong) if each.code != entry.code] == []


@pytest.mark.parametrize("entry", _SHOWN, ids=lambda entry: entry.code)
def test_the_right_example_has_no_fault(entry: ErrorCode) -> None:
    said = _said(entry, entry.right)

    assert [str(each) for each in said if each.severity is Severity.ERROR] == []
    assert _of_code(entry, said) == []


@pytest.mark.parametrize("entry", _SHOWN, ids=lambda entry: entry.code)
def test_the_rules_that_are_said_are_among_those_of_the_entry(entry: ErrorCode) -> None:
    said = _of_code(entry, _said(entry, entry.wrong))

    assert {rule for each in said for rule in each.rules} - set(entry.rules) == set()


@pytest.mark.parametrize("entry", _SHOWN, ids=lambda entry: entry.code)
def test_a_refused_example_with_a_lenient_reading_is_read_by_it(entry: ErrorCode) -> None:
    """Codes that are refused or warned about by circumstances may be warned about here."""
    refused = any(each.severity is Severity.ERROR for each in _said(entry, entry.wrong))
    said = _of_code(entry, _said(entry, entry.wrong, _FULLY_LENIENT))

    assert said
    if refused:
        wanted = Severity.WARNING if entry.lenient else Severity.ERROR
        assert {each.severity for each in said} == {wanted}


# What is printed


@pytest.mark.parametrize("entry", _ENTRIES, ids=ERROR_CODES)
def test_an_entry_fits_on_a_terminal(entry: ErrorCode) -> None:
    text = spell_out(entry)
    examples = {f"    {line}" for line in (entry.wrong + "\n" + entry.right).splitlines()}

    assert text.startswith(f"{entry.code}: {entry.title}\n\n")
    assert [line for line in text.splitlines() if len(line) > 100 and line not in examples] == []


def test_an_entry_is_printed_with_all_it_has() -> None:
    assert spell_out(ERROR_CODES["trailing-comma"]) == (
        "trailing-comma: a comma before a closing bracket\n"
        "\n"
        "In JSON a comma parts two members or elements, so none stands after the last. Remove it.\n"
        "\n"
        "wrong:\n"
        '    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",}\n'
        "\n"
        "right:\n"
        '    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}\n'
        "\n"
        "AWS says: Syntax errors in policy.\n"
        "--lenient: the comma is read over, with a warning\n"
        "rules: R-GRAM-01"
    )


def test_an_entry_names_the_type_of_its_example() -> None:
    text = spell_out(ERROR_CODES["principal-wildcard"])

    assert "\nwrong (--type trust):\n" in text
    assert "\n--accept-invalid: it matches nobody\n" in text


def test_an_entry_without_an_example_is_printed_in_two_parts() -> None:
    assert spell_out(ERROR_CODES["output"]).count("\n\n") == 1


# The page


def test_the_page_is_made_of_the_catalogue() -> None:
    assert (_ROOT / "docs" / "errors.md").read_text("utf-8") == as_markdown()


def test_every_code_has_a_heading_on_the_page_and_a_link_to_it() -> None:
    page = as_markdown()

    assert re.findall(r"^### (.+)$", page, re.MULTILINE) == [*ERROR_CODES]
    assert re.findall(r"\]\(#(.+?)\)", page) == [*ERROR_CODES]


def test_the_page_shows_a_diagnostic_as_it_is_printed() -> None:
    with pytest.raises(PolicyError) as refusal:
        parse_policy(ERROR_CODES["trailing-comma"].wrong, "policy.json")

    assert f"```text\n{render(refusal.value.diagnostics[0])}\n```\n" in as_markdown()
