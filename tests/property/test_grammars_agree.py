"""Each small hand-written parser and its grammar accept the same texts and see the same parts."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from lark import Token, Tree, UnexpectedInput

from policy_eval.policy.action import Action, parse_action
from policy_eval.policy.arn import Arn, parse_arn
from policy_eval.policy.operator_name import OperatorName, SetOperator, parse_operator_name
from policy_eval.policy.pattern import (
    MalformedVariableError,
    Pattern,
    Variable,
    Wildcard,
    parse_pattern,
)
from policy_eval.text.grammars import parser

SET_OPERATORS = {operator.value.lower(): operator for operator in SetOperator}
PIECES = {"any_run", "any_one", "escape", "variable", "literal"}


def tree_of(name: str, text: str) -> Tree[Token] | None:
    """Return the tree of a text by the grammar `name`, or None where it is refused."""
    try:
        return parser(name).parse(text)
    except UnexpectedInput:
        return None


def part(tree: Tree[Token], rule: str, text: str) -> str:
    """Return the text that a rule covers: nothing where the rule is left out or empty."""
    node = next(tree.find_data(rule), None)
    return text[node.meta.start_pos : node.meta.end_pos] if node and not node.meta.empty else ""


def token(tree: Tree[Token], kind: str) -> str | None:
    """Return the first token of a kind."""
    tokens = tree.scan_values(lambda value: isinstance(value, Token) and value.type == kind)
    return next(map(str, tokens), None)


def action_of(text: str) -> Action | None:
    """Return the action that the grammar sees in a text."""
    if (tree := tree_of("action", text)) is None:
        return None
    return Action(part(tree, "prefix", text), part(tree, "name", text))


def arn_of(text: str) -> Arn | None:
    """Return the ARN that the grammar sees in a text."""
    if (tree := tree_of("arn", text)) is None:
        return None
    return Arn(*(part(tree, field, text) for field in Arn._fields))


def operator_name_of(text: str) -> OperatorName | None:
    """Return the operator name that the grammar sees in a text."""
    if (tree := tree_of("operator", text)) is None:
        return None
    return OperatorName(
        SET_OPERATORS.get(part(tree, "quantifier", text).lower()),
        part(tree, "base", text),
        bool(part(tree, "if_exists", text)),
    )


def pattern_of(text: str) -> Pattern | None:
    """Return the pattern that the grammar sees in a text."""
    if (tree := tree_of("pattern", text)) is None:
        return None
    pieces = tree.find_pred(lambda node: node.data in PIECES)
    return tuple(piece_of(node, text) for node in sorted(pieces, key=start_of))


def start_of(node: Tree[Token]) -> int:
    """Return where a node begins."""
    return node.meta.start_pos


def piece_of(node: Tree[Token], text: str) -> str | Wildcard | Variable:
    """Return the piece of a pattern that a node is."""
    whole = text[node.meta.start_pos : node.meta.end_pos]
    match node.data:
        case "any_run" | "any_one":
            return Wildcard(whole)
        case "literal":
            return whole
        case _:
            default = token(node, "DEFAULT")
            key = token(node, "NAME") or token(node, "ESCAPED")
            return Variable(key or "", default and default[1:-1], whole)


def parsed_pattern(text: str) -> Pattern | None:
    """Return the pattern that the hand-written parser sees in a text."""
    try:
        return parse_pattern(text, wildcards=True, variables=True)
    except MalformedVariableError:
        return None


def joined(*tokens: str) -> st.SearchStrategy[str]:
    """Return texts that are a few of these tokens in any order."""
    return st.lists(st.sampled_from(tokens), max_size=6).map("".join)


def one_after_another(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Return texts that are one text of each kind in this order."""
    return st.tuples(*parts).map("".join)


actions = one_after_another(
    joined("s3", "S", "0", "-") | joined("s3", "é", "_", "*", " "),
    st.sampled_from([":", ":", ":", "", "::"]),
    joined("Get", "0", "-", "_") | joined("Get", "é", "²", "*", " ", "\n"),
)
arn_fields = joined("arn", "aws", "s3", "*", "${a/b}", " ", "\n", "é")
arns = st.one_of(
    st.lists(arn_fields, min_size=4, max_size=8).map(lambda fields: ":".join(["arn", *fields])),
    one_after_another(
        st.sampled_from(["arn:aws:s3:", "arn:", "ARN:", "", " arn:"]),
        joined(":", "::", ":::", "aws", "a/b", " ", "\n"),
    ),
)
operator_names = one_after_another(
    st.sampled_from(["", "", "ForAllValues:", "forANYvalue:", "ForSome:", "ForAnyValue", ":"]),
    joined("String", "Like", "If", "Exists", "IfExists") | joined("Bool", "ſ", "K", "é", "1", ":"),
    st.sampled_from(["", "", "IfExists", "ifEXISTS", "IfExiſts", "IfExists\n", " IfExists"]),
)
variables = one_after_another(
    st.sampled_from(["${", "${ ", "${\t", "${\n"]),
    st.sampled_from(["a", "aws:username", "*", "?", "$"])
    | joined("a", "*", "$", '"', "é", " ", "{"),
    st.sampled_from(["", "", ", 'all'", ", ''", ", '}:*${'"]) | joined(",", " ", "'", "a", "}"),
    st.sampled_from(["}", "}", " }", "\t}", "\n}", ""]),
)
patterns = st.lists(
    variables | st.sampled_from(["*", "?", "$", "${", "}", "'", ", ", "app/", "é", "\n", "${*}"]),
    max_size=6,
).map("".join)


@given(actions)
@example("s3:GetObject")
@example("a-:-_")
@example("s³:Get")
def test_actions_are_read_alike(text: str) -> None:
    assert action_of(text) == parse_action(text)


@given(arns)
@example("arn:aws:s3:::bucket/key")
@example("arn:aws:sns:us-east-1:123456789012:a:b:")
@example("arn:aws:s3::::key")
@example("arn:aws:s3:::::")
@example("arn:arn:arn:arn:arn:arn")
def test_arns_are_read_alike(text: str) -> None:
    assert arn_of(text) == parse_arn(text)


@given(operator_names)
@example("StringEquals")
@example("ForAnyValue:StringLike")
@example("forallvalues:StringLikeIfExists")
@example("IfExists")
@example("IfExistsIfExists")
@example("ForAnyValue")
@example("ForAnyValueIfExists")
@example("ſtring")
@example("NullifexiſtS")
def test_operator_names_are_read_alike(text: str) -> None:
    assert operator_name_of(text) == parse_operator_name(text)


@given(patterns)
@example("app-${aws:PrincipalTag/team, 'all'}/*")
@example("${*}${ ? }${$}")
@example('${"}')
@example('${a"b}')
@example("${a*}")
@example("${*a}")
@example("${*, 'a'}")
@example("$${a}")
@example("${a")
def test_patterns_are_read_alike(text: str) -> None:
    assert pattern_of(text) == parsed_pattern(text)
