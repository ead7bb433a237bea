"""A document becomes a policy, or is refused with every problem of it."""

from __future__ import annotations

import json

import pytest

from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.ast import Condition, Effect, Element, Form, Policy, Statement
from policy_eval.policy.build import build_policy
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.document import inline_document, read_document
from policy_eval.text.source import Source
from policy_eval.text.yaml_tree import as_json, parse_yaml
from tests.marked import marked

OTHERWISE_GOOD = {
    "Effect": '"Effect": "Deny"',
    "Action": '"Action": "s3:GetObject"',
    "Resource": '"Resource": "*"',
}
LARGEST = 6_144


def build(text: str) -> Policy:
    """Return the policy that a JSON text holds."""
    return build_policy(read_document(Source("p.json", text)))


def build_inline(text: str) -> Policy:
    """Return the policy that a YAML text is."""
    source = Source("t.yaml", text)
    return build_policy(inline_document(source, as_json(parse_yaml(source))))


def a_statement(text: str) -> str:
    """Return a statement of these members and otherwise good ones."""
    members = [
        member
        for name, member in OTHERWISE_GOOD.items()
        if f'"{name}"' not in text and f'"Not{name}"' not in text
    ]
    return "{" + ", ".join([*members, text] if text else members) + "}"


def refusals(text: str) -> tuple[Diagnostic, ...]:
    """Return every diagnostic with which a text is refused."""
    with pytest.raises(PolicyError) as caught:
        build(text)
    return caught.value.diagnostics


def place_of(diagnostic: Diagnostic) -> tuple[int, int]:
    """Return the line and column of a diagnostic."""
    assert diagnostic.place is not None
    return diagnostic.place.line, diagnostic.place.column


def test_a_policy_is_built_as_it_is_written() -> None:
    policy = build(
        """{"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": ["s3:Get*", "s3:List*"], "Resource": "*"},
        {"Effect": "Deny", "NotAction": "iam:*", "NotResource": ["arn:aws:s3:::a"],
         "Condition": {"StringLike": {"aws:username": ["a", "b"]}, "Bool": {"a:b": false}}}]}"""
    )

    assert (policy.name, policy.version, policy.form) == ("p.json", "2012-10-17", Form.DOCUMENT)
    assert policy.findings == ()
    assert policy.statements == (
        Statement(
            1,
            "Read",
            Effect.ALLOW,
            Element("Action", ("s3:Get*", "s3:List*"), negated=False),
            Element("Resource", ("*",), negated=False),
            (),
            49,
        ),
        Statement(
            2,
            None,
            Effect.DENY,
            Element("NotAction", ("iam:*",), negated=True),
            Element("NotResource", ("arn:aws:s3:::a",), negated=True),
            (
                Condition("StringLike", "aws:username", ("a", "b")),
                Condition("Bool", "a:b", ("false",)),
            ),
            145,
            ("StringLike", "Bool"),
        ),
    )


def test_a_form_without_a_wrapper_has_no_version() -> None:
    policy = build(a_statement(""))

    assert (policy.version, policy.form) == (None, Form.STATEMENT)


@pytest.mark.parametrize("version", ["2012-10-17", "2008-10-17"])
def test_both_versions_are_taken(version: str) -> None:
    policy = build(f'{{"Version": "{version}", "Statement": {a_statement("")}}}')

    assert policy.version == version


@pytest.mark.parametrize(
    ("text", "code", "message", "remedy"),
    [
        (
            '{"Version": ▲"2012-10-18", "Statement": [GOOD]}',
            "unknown-version",
            "Version is `2012-10-18`",
            'expected "2012-10-17" or "2008-10-17"',
        ),
        (
            '{"Version": ▲20121017, "Statement": [GOOD]}',
            "unknown-version",
            "Version is the number 20121017",
            'expected "2012-10-17" or "2008-10-17"',
        ),
        (
            '{"Version": ▲null, "Statement": [GOOD]}',
            "unknown-version",
            "Version is null",
            'expected "2012-10-17" or "2008-10-17"',
        ),
        (
            '{▲"Statement": []}',
            "empty-statement",
            "the list of statements is empty",
            "a policy holds at least one statement",
        ),
        (
            " ▲[]",
            "empty-statement",
            "the list of statements is empty",
            "a policy holds at least one statement",
        ),
        (
            '{"Statement": [GOOD], ▲"Id": "a"}',
            "unknown-element",
            "`Id` is no element of this policy",
            "an identity-based policy has no Id; remove it",
        ),
        (
            '{"Statement": [GOOD],\n ▲"version": "2012-10-17"}',
            "unknown-element",
            "`version` is no element of this policy",
            "did you mean `Version`",
        ),
        (
            '{"Statement": [GOOD], ▲"VERSION": "2012-10-17"}',
            "unknown-element",
            "`VERSION` is no element of this policy",
            "did you mean `Version`",
        ),
        (
            '{"Statement": [GOOD], ▲"Comment": "a"}',
            "unknown-element",
            "`Comment` is no element of this policy",
            "expected Statement, Version",
        ),
        (
            '{"Statement": [GOOD, ▲1]}',
            "not-a-statement",
            "expected a statement, found the number 1",
            "a statement is an object with Effect, Action and Resource",
        ),
        (
            '{"Statement": ▲"a"}',
            "not-a-statement",
            "expected a statement, found `a`",
            "a statement is an object with Effect, Action and Resource",
        ),
        (
            "[GOOD, ▲[]]",
            "not-a-statement",
            "expected a statement, found a list with nothing in it",
            "a statement is an object with Effect, Action and Resource",
        ),
        (
            '{"Statement": [{"Sid": "a", REST},\n {"Sid": ▲"a", REST}]}',
            "duplicate-sid",
            "Sid `a` stands twice",
            "a Sid is unique within its policy",
        ),
        (
            '{"Sid": "a", REST}, {"Sid": ▲"a", REST}',
            "duplicate-sid",
            "Sid `a` stands twice",
            "a Sid is unique within its policy",
        ),
    ],
)
def test_a_bad_document_is_refused_at_its_place(
    text: str, code: str, message: str, remedy: str
) -> None:
    good = a_statement("")
    bad, (place,) = marked(text.replace("GOOD", good).replace("REST", good[1:-1]))

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.severity) == (code, Severity.ERROR)
    assert (diagnostic.message, diagnostic.remedy) == (message, remedy)
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    ("text", "code", "message", "remedy"),
    [
        (
            '▲"Principal": "*"',
            "unknown-element",
            "`Principal` is no element of this policy",
            "remove it: only a resource-based policy names its Principal",
        ),
        (
            '▲"NotPrincipal": "*"',
            "unknown-element",
            "`NotPrincipal` is no element of this policy",
            "remove it: only a resource-based policy has a NotPrincipal",
        ),
        (
            '▲"Conditions": {}',
            "unknown-element",
            "`Conditions` is no element of this policy",
            "did you mean `Condition`",
        ),
        (
            '▲"SID": "a"',
            "unknown-element",
            "`SID` is no element of this policy",
            "did you mean `Sid`",
        ),
        (
            '▲"x": "a"',
            "unknown-element",
            "`x` is no element of this policy",
            "expected Action, Condition, Effect, NotAction, NotResource, Resource, Sid",
        ),
        ('"Sid": ▲1', "wrong-type", "Sid is the number 1", "expected text"),
        ('"Sid": ▲["a"]', "wrong-type", "Sid is a list", "expected text"),
        ('"Sid": ▲null', "wrong-type", "Sid is null", "expected text"),
        (
            '"Sid": ▲"a b"',
            "sid-characters",
            "Sid is `a b`",
            "IAM takes the letters A to Z, a to z and the digits in a Sid",
        ),
        (
            '"Sid": ▲"é"',
            "sid-characters",
            "Sid is `é`",
            "IAM takes the letters A to Z, a to z and the digits in a Sid",
        ),
        (
            '"Effect": ▲"deny"',
            "unknown-effect",
            "Effect is `deny`",
            'write "Deny": the case counts',
        ),
        (
            '"Effect": ▲"Permit"',
            "unknown-effect",
            "Effect is `Permit`",
            'expected "Allow" or "Deny"',
        ),
        (
            '"Effect": ▲true',
            "unknown-effect",
            "Effect is true",
            'expected "Allow" or "Deny"',
        ),
        (
            '"Effect": ▲["Deny"]',
            "unknown-effect",
            "Effect is a list",
            'expected "Allow" or "Deny"',
        ),
        (
            '"Action": "a:b", ▲"NotAction": "a:b"',
            "element-combination",
            "Action and NotAction stand together",
            "a statement has one of the two",
        ),
        (
            '▲"NotResource": "*", "Resource": "*"',
            "element-combination",
            "Resource and NotResource stand together",
            "a statement has one of the two",
        ),
        (
            '"Action": ▲1',
            "wrong-type",
            "Action holds the number 1",
            "expected text or a list of texts",
        ),
        (
            '"NotAction": ["a:b", ▲false]',
            "wrong-type",
            "NotAction holds false",
            "expected text or a list of texts",
        ),
        (
            '"Resource": ["*", ▲["*"]]',
            "wrong-type",
            "Resource holds a list",
            "expected text or a list of texts",
        ),
        (
            '"Resource": ▲{}',
            "wrong-type",
            "Resource holds an object with nothing in it",
            "expected text or a list of texts",
        ),
        (
            '"Resource": ▲{"a": "b"}',
            "wrong-type",
            "Resource holds an object",
            "expected text or a list of texts",
        ),
        (
            '"NotAction": ▲[]',
            "empty-element",
            "NotAction is an empty list",
            "by the words it would match everything; list what NotAction excludes",
        ),
        (
            '"NotResource": ▲[]',
            "empty-element",
            "NotResource is an empty list",
            "by the words it would match everything; list what NotResource excludes",
        ),
        (
            '"Condition": ▲[]',
            "wrong-type",
            "Condition is a list with nothing in it",
            'expected {"Operator": {"key": value}}',
        ),
        (
            '"Condition": ▲null',
            "wrong-type",
            "Condition is null",
            'expected {"Operator": {"key": value}}',
        ),
        (
            '"Condition": {"Bool": ▲"a"}',
            "wrong-type",
            "Bool holds `a`",
            "expected an object of condition keys",
        ),
        (
            '"Condition": {"Bool": {"a:b": ▲null}}',
            "wrong-type",
            "`a:b` is compared with null",
            "expected text, a number or true/false, or a list of them",
        ),
        (
            '"Condition": {"Bool": {"a:b": ["a", ▲[]]}}',
            "wrong-type",
            "`a:b` is compared with a list with nothing in it",
            "expected text, a number or true/false, or a list of them",
        ),
        (
            '"Condition": {"Bool": {"a:b": ▲{"c": "d"}}}',
            "wrong-type",
            "`a:b` is compared with an object",
            "expected text, a number or true/false, or a list of them",
        ),
        (
            '"Condition": {"StringLike": {"a:b": "c", ▲"A:B": "d"}}',
            "duplicate-key-case",
            "`A:B` and `a:b` are one condition key",
            "condition keys ignore case; spell the key in one way",
        ),
        (
            '"Condition": {"StringLike": {"a:b": "c"},\n "Bool": {▲"A:b": true}}',
            "duplicate-key-case",
            "`A:b` and `a:b` are one condition key",
            "condition keys ignore case; spell the key in one way",
        ),
    ],
)
def test_a_bad_statement_is_refused_at_its_place(
    text: str, code: str, message: str, remedy: str
) -> None:
    bad, (place,) = marked(a_statement(text))

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.severity) == (code, Severity.ERROR)
    assert (diagnostic.message, diagnostic.remedy) == (message, remedy)
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    ("text", "message", "remedy"),
    [
        (
            '▲{"Action": "a:b", "Resource": "*"}',
            "this statement has no Effect",
            'add "Effect": "Allow" or "Effect": "Deny"',
        ),
        (
            '▲{"Effect": "Deny", "Resource": "*"}',
            "this statement has no Action",
            "add Action or NotAction",
        ),
        (
            '▲{"Effect": "Deny", "Action": "a:b"}',
            "this statement has no Resource",
            "add Resource or NotResource",
        ),
    ],
)
def test_a_missing_element_is_said_at_the_statement(text: str, message: str, remedy: str) -> None:
    bad, (place,) = marked(f'{{"Statement": [{text}]}}')

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.message) == ("missing-element", message)
    assert diagnostic.remedy == remedy
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param("", id="nothing"),
        pytest.param("bucket", id="a name"),
        pytest.param("s3:::bucket", id="no scheme"),
        pytest.param("ARN:aws:s3:::bucket", id="another case"),
        pytest.param("ran:aws:s3:::bucket", id="letters in another order"),
        pytest.param("an:aws:s3:::bucket", id="a letter too few"),
        pytest.param("bucket*", id="a name with a wildcard"),
        pytest.param("arn?:aws:s3:::bucket", id="a character too many"),
        pytest.param(" arn:aws:s3:::bucket", id="a blank before"),
    ],
)
@pytest.mark.parametrize("name", ["Resource", "NotResource"])
def test_a_resource_that_can_be_no_arn_is_refused(name: str, resource: str) -> None:
    bad, (place,) = marked(a_statement(f'"{name}": ["*", ▲"{resource}"]'))

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.message) == ("not-an-arn", f"{name} is `{resource}`")
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    "resource",
    ["*", "arn:aws:s3:::a", "arn", "arn:aws:sqs", "a*", "ar?:aws:s3:::a", "**", "arn*", "?*:aws"],
)
def test_a_resource_that_could_be_an_arn_is_taken(resource: str) -> None:
    policy = build(a_statement(f'"Resource": "{resource}"'))

    assert policy.statements[0].resource.values == (resource,)


def test_a_malformed_variable_in_a_resource_is_refused() -> None:
    bad, (place,) = marked(
        '{"Version": "2012-10-17", "Statement": '
        + a_statement('"Resource": ["arn:aws:s3:::${a:b}", ▲"arn:aws:s3:::${a b}"]')
        + "}"
    )

    (diagnostic,) = refusals(bad)

    assert diagnostic.code == "malformed-variable"
    assert diagnostic.message == (
        "in `arn:aws:s3:::${a b}`: `b` stands where `}` or `, 'default'` is expected"
    )
    assert place_of(diagnostic) == place


@pytest.mark.parametrize("version", ['"Version": "2008-10-17", ', ""])
def test_without_variables_nothing_is_a_malformed_one(version: str) -> None:
    statement = a_statement('"Resource": "arn:aws:s3:::${a b}"')

    policy = build(f'{{{version}"Statement": {statement}}}')

    assert policy.findings == ()


@pytest.mark.parametrize(
    ("sid", "expected"), [('"Sid": ""', ""), ('"Sid": "Read1"', "Read1"), ("", None)]
)
def test_a_sid_may_be_empty_or_missing(sid: str, expected: str | None) -> None:
    assert build(a_statement(sid)).statements[0].sid == expected


def test_empty_sids_are_not_the_same_sid() -> None:
    empty = a_statement('"Sid": ""')

    policy = build(f"[{empty}, {empty}]")

    assert [statement.sid for statement in policy.statements] == ["", ""]


@pytest.mark.parametrize(
    ("value", "values"),
    [
        ('"a"', ("a",)),
        ("1.50", ("1.50",)),
        ("true", ("true",)),
        ("false", ("false",)),
        ("[]", ()),
        ('["a", 1, true, false]', ("a", "1", "true", "false")),
    ],
)
def test_a_condition_value_is_the_text_in_the_file(value: str, values: tuple[str, ...]) -> None:
    policy = build(a_statement(f'"Condition": {{"StringLike": {{"a:b": {value}}}}}'))

    (condition,) = policy.statements[0].conditions
    assert condition == Condition("StringLike", "a:b", values)
    assert {type(text) for text in condition.values} <= {str}


@pytest.mark.parametrize("condition", ["{}", '{"StringLike": {}}'])
def test_an_empty_condition_is_none(condition: str) -> None:
    assert build(a_statement(f'"Condition": {condition}')).statements[0].conditions == ()


def test_one_key_may_stand_under_several_operators() -> None:
    policy = build(a_statement('"Condition": {"StringLike": {"a:b": "c"}, "Null": {"a:b": false}}'))

    assert policy.statements[0].conditions == (
        Condition("StringLike", "a:b", ("c",)),
        Condition("Null", "a:b", ("false",)),
    )


@pytest.mark.parametrize("name", ["Action", "Resource"])
def test_an_empty_element_is_only_warned_about(name: str) -> None:
    good, (place,) = marked(a_statement(f'"{name}": ▲[]'))

    policy = build(good)

    (warning,) = warnings_of(policy)
    assert (warning.code, warning.severity) == ("empty-element", Severity.WARNING)
    assert warning.message == f"{name} is an empty list: the statement has no effect"
    assert place_of(warning) == place


@pytest.mark.parametrize(
    ("action", "message", "rule"),
    [
        ("", "`` has no service prefix and matches no action", "R-ACT-03"),
        ("GetObject", "`GetObject` has no service prefix and matches no action", "R-ACT-03"),
        ("s3: Get", "`s3: Get` holds blanks and matches no action", "R-ACT-06"),
        ("s3:Get ", "`s3:Get ` holds blanks and matches no action", "R-ACT-06"),
        ("s3 :Get", "`s3 :Get` holds blanks and matches no action", "R-ACT-06"),
        ("s3:\tGet", "`s3:\tGet` holds blanks and matches no action", "R-ACT-06"),
        ("s*:Get", "`s*:Get` has an unusual service prefix", "R-ACT-03"),
        (":Get", "`:Get` has an unusual service prefix", "R-ACT-03"),
        ("sé:Get", "`sé:Get` has an unusual service prefix", "R-ACT-03"),
    ],
)
def test_an_unusual_action_is_only_warned_about(action: str, message: str, rule: str) -> None:
    quoted = json.dumps(action, ensure_ascii=False)
    good, (place,) = marked(a_statement(f'"Action": ["*", ▲{quoted}]'))

    policy = build(good)

    (warning,) = warnings_of(policy)
    assert (warning.code, warning.severity) == ("action-form", Severity.WARNING)
    assert (warning.message, warning.rules) == (message, (rule,))
    assert place_of(warning) == place


def test_an_action_name_beyond_ascii_is_not_blamed_on_its_service() -> None:
    policy = build(a_statement('"Action": "s3:Gét"'))

    (warning,) = warnings_of(policy)
    assert warning.code == "action-form"
    assert "service prefix" not in warning.message


@pytest.mark.parametrize(
    "action", ["*", "s3:*", "s3:Get?bject", "execute-api:Invoke", "S3:get", "kms:a_b"]
)
def test_a_usual_action_has_no_warning(action: str) -> None:
    assert build(a_statement(f'"Action": "{action}"')).findings == ()


def test_a_character_that_iam_does_not_store_is_refused() -> None:
    bad, (place,) = marked(a_statement('"Condition": {"StringLike":\n {"a:b": ["é", "a▲€b"]}}'))

    (diagnostic,) = refusals(bad)

    assert diagnostic.code == "character-not-stored"
    assert diagnostic.message == "IAM does not store the character `€` (U+20AC)"
    assert place_of(diagnostic) == place


@pytest.mark.parametrize("text", ["é", "ÿ", r"\u20ac"])
def test_characters_up_to_u_00ff_are_stored(text: str) -> None:
    policy = build(a_statement(f'"Condition": {{"StringLike": {{"a:b": "{text}"}}}}'))

    assert policy.findings == ()


def test_a_comment_beside_an_inline_policy_is_not_stored() -> None:
    policy = build_inline("Statement:\n  Effect: Deny  # “no”\n  Action: '*'\n  Resource: '*'\n")

    assert policy.findings == ()


@pytest.mark.parametrize(
    ("more", "blanks", "codes"),
    [
        pytest.param(0, 0, [], id="just small enough"),
        pytest.param(0, 50, [], id="just small enough with whitespace around"),
        pytest.param(1, 0, ["policy-size"], id="a character too large"),
    ],
)
def test_a_policy_too_large_to_store_is_warned_about(
    more: int, blanks: int, codes: list[str]
) -> None:
    smallest = len("".join(a_statement('"Sid": ""').split()))
    sid = "a" * (LARGEST - smallest + more)

    policy = build(" " * blanks + a_statement(f'"Sid": {" " * blanks}"{sid}"'))

    assert [warning.code for warning in warnings_of(policy)] == codes


def test_the_size_that_is_warned_about_is_said() -> None:
    smallest = len("".join(a_statement('"Sid": ""').split()))

    policy = build("\n" + a_statement(f'"Sid": "{"a" * (LARGEST - smallest + 1)}"'))

    (warning,) = warnings_of(policy)
    assert warning.severity is Severity.WARNING
    assert warning.message == "this policy has 6145 characters without whitespace"
    assert warning.remedy == "a customer managed policy may have 6144"


def test_every_problem_is_said_at_once() -> None:
    bad, places = marked(
        '{▲"Id": "a", "Version": ▲"1", "Statement": [\n'
        ' {"Effect": ▲"allow", "Action": [▲1, ▲2], "Resource": "*", ▲"Foo": {}},\n'
        " ▲null,\n"
        ' {"Effect": "Deny", "Action": "*", "Resource": ▲"bucket", "Sid": ▲"a b"},\n'
        ' {"Sid": "a", "Effect": "Deny", "Action": "*", "Resource": "*"},\n'
        ' {"Sid": ▲"a", "Effect": "Deny", "Action": "*", "Resource": "*"}]}'
    )

    diagnostics = refusals(bad)

    assert sorted(map(place_of, diagnostics)) == list(places)


def test_warnings_are_not_said_beside_errors() -> None:
    diagnostics = refusals('[{"Effect": "Deny", "Action": "a", "Resource": "*", "Sid": 1}]')

    assert [diagnostic.code for diagnostic in diagnostics] == ["wrong-type"]


def test_a_policy_that_nests_deep_is_refused() -> None:
    deep = "[" * 700 + "]" * 700

    diagnostics = refusals(a_statement(f'"Condition": {deep}'))

    assert diagnostics[0].severity is Severity.ERROR


def test_a_problem_of_an_inline_policy_has_its_place() -> None:
    bad, (place,) = marked("Statement:\n- Effect: ▲allow\n  Action: '*'\n  Resource: '*'\n")

    with pytest.raises(PolicyError) as caught:
        build_inline(bad)

    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "unknown-effect"
    assert place_of(diagnostic) == place
