"""The canonical layout changes the order of elements and the blanks, and nothing else."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.policy.ast import Policy
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import read_document
from policy_eval.policy.layout import laid_out, values_of
from policy_eval.text.json_tree import parse_json
from policy_eval.text.node import Node
from policy_eval.text.source import Source
from tests.oracle.compare import answers, context_of, reference_word, scalar_word
from tests.oracle.generate import GeneratedCase, generate_case

NAMES = st.sampled_from(
    ["Version", "Id", "Statement", "Sid", "Effect", "Principal", "NotPrincipal", "Action",
     "NotAction", "Resource", "NotResource", "Condition", "Other", "é", "\\u0041", ""]
)  # fmt: skip
SCALARS = st.sampled_from(
    ["1", "1.0", "1.10", "1e5", "1E+2", "-0", "123456789012345678901234567890.5", "true", "false",
     "null", '""', '"a"', r'"\u0061\/\"\\"', '"é😀"', r'"\ud83d\ude00"', '"{[,:]}"', '"  "']
)  # fmt: skip
BLANKS = st.sampled_from(["", " ", "\n", "\t", "\r\n", "  \n "])


def _list_of(parts: list[str], blank: str) -> str:
    return f"[{blank}{f'{blank},'.join(parts)}{blank}]"


def _object_of(parts: dict[str, str], blank: str) -> str:
    members = [f'"{name}"{blank}:{blank}{value}' for name, value in parts.items()]
    return f"{{{blank}{f',{blank}'.join(members)}{blank}}}"


TEXTS = st.recursive(
    SCALARS,
    lambda inner: (
        st.builds(_list_of, st.lists(inner, max_size=3), BLANKS)
        | st.builds(_object_of, st.dictionaries(NAMES, inner, max_size=4), BLANKS)
    ),
    max_leaves=12,
)


def scalars_in(text: str) -> list[str]:
    """Return the names, texts, numbers and words of a text as they are written, sorted."""
    found: list[str] = []

    def collect(node: Node) -> None:
        found.extend(text[span.start : span.end] for _, span in node.names)
        for item in node.items:
            collect(item)
        if not isinstance(node.value, list | dict):
            found.append(text[node.start : node.end])

    for node in parse_json(text):
        collect(node)
    return sorted(found)


@given(TEXTS.filter(lambda text: text[0] in "[{"), st.integers(0, 8))
def test_a_text_in_canonical_layout_stays_as_it_is(text: str, indent: int) -> None:
    once = laid_out(text, indent)

    assert laid_out(once, indent) == once
    assert laid_out(laid_out(once, 2), indent) == once


@given(TEXTS.filter(lambda text: text[0] in "[{"), st.integers(0, 8))
def test_the_layout_keeps_every_value_as_it_is_written(text: str, indent: int) -> None:
    found = laid_out(text, indent)

    assert values_of(found) == values_of(text)
    assert json.loads(found) == json.loads(text)
    assert scalars_in(found) == scalars_in(text)


def test_elements_come_in_the_order_of_the_grammar_and_unknown_ones_last() -> None:
    text = """{"Other": 1, "Statement": {"Condition": {"B": {"x": 1}, "A": {}}, "Resource": "*",
        "x": [], "Action": ["b", "a"], "Effect": "Allow", "Sid": "S"}, "Another": 2,
        "Id": "i", "Version": "2012-10-17"}"""

    assert (
        laid_out(text)
        == """\
{
    "Version": "2012-10-17",
    "Id": "i",
    "Statement": {
        "Sid": "S",
        "Effect": "Allow",
        "Action": [
            "b",
            "a"
        ],
        "Resource": "*",
        "Condition": {
            "B": {
                "x": 1
            },
            "A": {}
        },
        "x": []
    },
    "Other": 1,
    "Another": 2
}
"""
    )


def test_only_elements_are_put_in_order_not_condition_keys_of_the_same_names() -> None:
    text = '{"Condition": {"StringEquals": {"Sid": "a", "Version": "b"}}, "Effect": "Allow"}'

    found = json.loads(laid_out(text))

    assert [*found] == ["Effect", "Condition"]
    assert [*found["Condition"]["StringEquals"]] == ["Sid", "Version"]


@pytest.mark.parametrize(
    ("text", "laid"),
    [
        ('{"Effect": "Allow"}, {"Effect": "Deny"}',
         '{\n  "Effect": "Allow"\n},\n{\n  "Effect": "Deny"\n}\n'),
        ('[{"Action": "a", "Effect": "Allow"}]',
         '[\n  {\n    "Effect": "Allow",\n    "Action": "a"\n  }\n]\n'),
        ("[]", "[]\n"),
        ("{}", "{}\n"),
        ('{"Statement": "text"}', '{\n  "Statement": "text"\n}\n'),
    ],
)  # fmt: skip
def test_every_form_of_statements_has_a_layout(text: str, laid: str) -> None:
    assert laid_out(text, 2) == laid


def test_no_blanks_are_a_layout_too() -> None:
    assert laid_out('{"a": [1]}', 0) == '{\n"a": [\n1\n]\n}\n'


# Decisions

CASES = st.randoms(use_true_random=False).map(generate_case)


def shuffled(value: object, random: Random) -> object:
    """Return JSON data with the elements of policies and statements in another order."""
    if isinstance(value, dict):
        names = random.sample([*value], len(value))
        return {
            name: shuffled(value[name], random) if name == "Statement" else value[name]
            for name in names
        }
    return [shuffled(item, random) for item in value] if isinstance(value, list) else value


def policies_in(texts: list[str]) -> tuple[Policy, ...]:
    """Return the policies in some texts."""
    return tuple(build_policy(read_document(Source("<policy>", text))).policy for text in texts)


@given(CASES, st.randoms(use_true_random=False))
def test_the_layout_never_changes_a_decision(case: GeneratedCase, random: Random) -> None:
    texts = [json.dumps(shuffled(document, random)) for document in case.documents]

    policies = policies_in([laid_out(text) for text in texts])

    context = context_of(case.request)
    expected = answers(case)
    assert scalar_word(policies, context) == expected.scalar
    assert reference_word(policies, context) == expected.reference


def test_the_layout_keeps_the_order_of_statements() -> None:
    texts = ['{"Statement": [{"Sid": "B", "Effect": "Deny"}, {"Sid": "A", "Effect": "Allow"}]}']

    (policy,) = policies_in([laid_out(text) for text in texts])

    assert [statement.sid for statement in policy.statements] == ["B", "A"]
