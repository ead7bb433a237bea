"""A document becomes a policy, or is refused with every problem of it."""

from __future__ import annotations

import json

import pytest

from policy_eval.engine.policies import parse_policy, policy_of
from policy_eval.errors import Diagnostic, PolicyError, Severity
from policy_eval.policy.ast import Condition, Effect, Element, Form, Policy, Statement
from policy_eval.policy.diagnosis import warnings_of
from policy_eval.policy.document import inline_document
from policy_eval.text.source import Source
from policy_eval.text.yaml_tree import as_json, parse_yaml
from tests.marked import marked

OTHERWISE_GOOD = {
    "Effect": '"Effect": "Deny"',
    "Action": '"Action": "s3:GetObject"',
    "Resource": '"Resource": "*"',
}
LARGEST = 6_144
NAMES_NOBODY = (
    "remove it: the policy applies to whom it is attached to; a policy with a Principal is a "
    "resource-based or role trust policy"
)


def build(text: str) -> Policy:
    """Return the policy that a JSON text holds."""
    return parse_policy(text, "p.json")


def build_inline(text: str) -> Policy:
    """Return the policy that a YAML text is."""
    source = Source("t.yaml", text)
    return policy_of(inline_document(source, as_json(parse_yaml(source))))


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
    ("text", "code", "message", "expected", "remedy"),
    [
        (
            '{"Version": ▲"2012-10-18", "Statement": [GOOD]}',
            "unknown-version",
            "Version is `2012-10-18`",
            '"2012-10-17" or "2008-10-17"',
            "Version is the version of the policy language, not of your policy",
        ),
        (
            '{"Version": ▲20121017, "Statement": [GOOD]}',
            "unknown-version",
            "Version is the number 20121017",
            '"2012-10-17" or "2008-10-17"',
            "Version is the version of the policy language, not of your policy",
        ),
        (
            '{"Version": ▲null, "Statement": [GOOD]}',
            "unknown-version",
            "Version is null",
            '"2012-10-17" or "2008-10-17"',
            "Version is the version of the policy language, not of your policy",
        ),
        (
            '{▲"Statement": []}',
            "empty-statement",
            "the list of statements is empty",
            "at least one statement",
            "",
        ),
        (
            " ▲[]",
            "empty-statement",
            "the list of statements is empty",
            "at least one statement",
            "",
        ),
        (
            '{"Statement": [GOOD], ▲"Id": "a"}',
            "element-not-allowed",
            "Id may not stand in an identity-based policy",
            "",
            "remove it",
        ),
        (
            '{"Statement": [GOOD],\n ▲"version": "2012-10-17"}',
            "unknown-element",
            "`version` is no element of a policy",
            "",
            "did you mean `Version`",
        ),
        (
            '{"Statement": [GOOD], ▲"VERSION": "2012-10-17"}',
            "unknown-element",
            "`VERSION` is no element of a policy",
            "",
            "did you mean `Version`",
        ),
        (
            '{"Statement": [GOOD], ▲"Comment": "a"}',
            "unknown-element",
            "`Comment` is no element of a policy",
            "Version, Statement",
            "",
        ),
        (
            '{"Statement": [GOOD, ▲1]}',
            "not-a-statement",
            "found the number 1",
            "a statement: an object with Effect and Action",
            "",
        ),
        (
            '{"Statement": ▲"a"}',
            "not-a-statement",
            "found `a`",
            "a statement: an object with Effect and Action",
            "",
        ),
        (
            "[GOOD, ▲[]]",
            "not-a-statement",
            "found a list with nothing in it",
            "a statement: an object with Effect and Action",
            "",
        ),
        (
            '{"Statement": [{"Sid": "a", REST},\n {"Sid": ▲"a", REST}]}',
            "duplicate-sid",
            "Sid `a` stands twice, first in statement 1",
            "",
            "give each statement a Sid of its own",
        ),
        (
            '{"Sid": "a", REST}, {"Sid": ▲"a", REST}',
            "duplicate-sid",
            "Sid `a` stands twice, first in statement 1",
            "",
            "give each statement a Sid of its own",
        ),
    ],
)
def test_a_bad_document_is_refused_at_its_place(
    text: str, code: str, message: str, expected: str, remedy: str
) -> None:
    good = a_statement("")
    bad, (place,) = marked(text.replace("GOOD", good).replace("REST", good[1:-1]))

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.severity) == (code, Severity.ERROR)
    assert (diagnostic.message, diagnostic.expected) == (message, expected)
    assert diagnostic.remedy == remedy
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    ("text", "code", "message", "expected", "remedy"),
    [
        (
            '▲"Principal": "*"',
            "element-not-allowed",
            "Principal may not stand in an identity-based policy",
            "",
            NAMES_NOBODY,
        ),
        (
            '▲"NotPrincipal": "*"',
            "element-not-allowed",
            "NotPrincipal may not stand in an identity-based policy",
            "",
            NAMES_NOBODY,
        ),
        (
            '▲"Conditions": {}',
            "unknown-element",
            "`Conditions` is no element of a statement",
            "",
            "did you mean `Condition`",
        ),
        (
            '▲"SID": "a"',
            "unknown-element",
            "`SID` is no element of a statement",
            "",
            "did you mean `Sid`",
        ),
        (
            '▲"x": "a"',
            "unknown-element",
            "`x` is no element of a statement",
            "Sid, Effect, Action, NotAction, Resource, NotResource, Condition",
            "",
        ),
        (
            '"Sid": ▲1',
            "wrong-type",
            "Sid is the number 1",
            "text",
            'write "1"',
        ),
        (
            '"Sid": ▲["a"]',
            "wrong-type",
            "Sid is a list",
            "text",
            "",
        ),
        (
            '"Sid": ▲null',
            "wrong-type",
            "Sid is null",
            "text",
            "",
        ),
        (
            '"Sid": ▲"a b"',
            "sid-characters",
            "Sid is `a b`",
            "letters A to Z, a to z and digits",
            'write "ab"',
        ),
        (
            '"Sid": ▲"é"',
            "sid-characters",
            "Sid is `é`",
            "letters A to Z, a to z and digits",
            "",
        ),
        (
            '"Effect": ▲"deny"',
            "unknown-effect",
            "Effect is `deny`",
            '"Allow" or "Deny"',
            'write "Deny": the case counts',
        ),
        (
            '"Effect": ▲"Permit"',
            "unknown-effect",
            "Effect is `Permit`",
            '"Allow" or "Deny"',
            "",
        ),
        (
            '"Effect": ▲true',
            "unknown-effect",
            "Effect is true",
            '"Allow" or "Deny"',
            "",
        ),
        (
            '"Effect": ▲["Deny"]',
            "unknown-effect",
            "Effect is a list",
            '"Allow" or "Deny"',
            "",
        ),
        (
            '"Action": "a:b", ▲"NotAction": "a:b"',
            "element-combination",
            "Action and NotAction stand together",
            "",
            "keep one of the two",
        ),
        (
            '▲"NotResource": "*", "Resource": "*"',
            "element-combination",
            "Resource and NotResource stand together",
            "",
            "keep one of the two",
        ),
        (
            '"Action": ▲1',
            "wrong-type",
            "Action holds the number 1",
            "text, or a list of texts",
            'write "1"',
        ),
        (
            '"NotAction": ["a:b", ▲false]',
            "wrong-type",
            "NotAction holds false",
            "text",
            "",
        ),
        (
            '"Resource": ["*", ▲["*"]]',
            "wrong-type",
            "Resource holds a list",
            "text",
            "",
        ),
        (
            '"Resource": ▲{}',
            "wrong-type",
            "Resource holds an object with nothing in it",
            "text, or a list of texts",
            "",
        ),
        (
            '"Resource": ▲{"a": "b"}',
            "wrong-type",
            "Resource holds an object",
            "text, or a list of texts",
            "",
        ),
        (
            '"NotAction": ▲[]',
            "empty-element",
            "NotAction is an empty list",
            "",
            "by the words it would match everything; list what NotAction excludes",
        ),
        (
            '"NotResource": ▲[]',
            "empty-element",
            "NotResource is an empty list",
            "",
            "by the words it would match everything; list what NotResource excludes",
        ),
        (
            '"Condition": ▲[]',
            "wrong-type",
            "Condition is a list with nothing in it",
            '{"Operator": {"key": value}}',
            "",
        ),
        (
            '"Condition": ▲null',
            "wrong-type",
            "Condition is null",
            '{"Operator": {"key": value}}',
            "",
        ),
        (
            '"Condition": {"Bool": ▲"a"}',
            "wrong-type",
            "Bool holds `a`",
            "an object of condition keys",
            "",
        ),
        (
            '"Condition": {"Bool": {"a:b": ▲null}}',
            "wrong-type",
            "`a:b` is compared with null",
            "text, a number or true/false, or a list of them",
            'a missing key is tested with {"Null": {"key": "true"}}',
        ),
        (
            '"Condition": {"Bool": {"a:b": ["true", ▲[]]}}',
            "wrong-type",
            "`a:b` is compared with a list with nothing in it",
            "text, a number or true/false",
            "",
        ),
        (
            '"Condition": {"Bool": {"a:b": ▲{"c": "d"}}}',
            "wrong-type",
            "`a:b` is compared with an object",
            "text, a number or true/false, or a list of them",
            "",
        ),
        (
            '"Condition": {"StringLike": {"a:b": "c", ▲"A:B": "d"}}',
            "duplicate-key-case",
            "`A:B` and `a:b` are one condition key",
            "",
            "condition keys ignore case; spell the key in one way",
        ),
        (
            '"Condition": {"StringLike": {"a:b": "c"},\n "Bool": {▲"A:b": true}}',
            "duplicate-key-case",
            "`A:b` and `a:b` are one condition key",
            "",
            "condition keys ignore case; spell the key in one way",
        ),
    ],
)
def test_a_bad_statement_is_refused_at_its_place(
    text: str, code: str, message: str, expected: str, remedy: str
) -> None:
    bad, (place,) = marked(a_statement(text))

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.severity) == (code, Severity.ERROR)
    assert (diagnostic.message, diagnostic.expected) == (message, expected)
    assert diagnostic.remedy == remedy
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

    found = f"`{resource}`" if resource else "empty text"
    assert (diagnostic.code, diagnostic.message) == ("not-an-arn", f"{name} is {found}")
    assert diagnostic.expected == 'an ARN or "*"'
    assert place_of(diagnostic) == place


@pytest.mark.parametrize(
    "resource",
    ["*", "arn:aws:s3:::a", "arn", "arn:aws:sqs", "a*", "ar?:aws:s3:::a", "**", "arn*", "?*:aws"],
)
def test_a_resource_that_could_be_an_arn_is_taken(resource: str) -> None:
    policy = build(a_statement(f'"Resource": "{resource}"'))

    assert policy.statements[0].resource.values == (resource,)
    assert [each.code for each in policy.findings if each.code != "unknown-partition"] == []


def test_a_malformed_variable_in_a_resource_is_refused() -> None:
    bad, (place,) = marked(
        '{"Version": "2012-10-17", "Statement": '
        + a_statement('"Resource": ["arn:aws:s3:::${a:b}", "arn:aws:s3:::▲${a b}"]')
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

    policy = build(f'{{{version}"Statement": [{statement}]}}')

    assert [finding.code for finding in policy.findings] == ["variable-without-version"]


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
        ("*:*", "`*:*` has an unusual service prefix", "R-ACT-03"),
        ("s3:", "`s3:` matches no action", "R-ACT-03"),
        ("s3: Get", "`s3: Get` holds blanks and matches no action", "R-ACT-06"),
        ("s3:Get ", "`s3:Get ` holds blanks and matches no action", "R-ACT-06"),
        ("s3 :Get", "`s3 :Get` holds blanks and matches no action", "R-ACT-06"),
        ("s3:\tGet", "`s3:\tGet` holds blanks and matches no action", "R-ACT-06"),
        ("s3:\u00a0Get", "`s3:\u00a0Get` holds blanks and matches no action", "R-ACT-06"),
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


@pytest.mark.parametrize(
    ("action", "message", "remedy"),
    [
        ("", "this action is empty text", ""),
        ("GetSecretValue", "`GetSecretValue` has no service prefix",
         "did you mean `secretsmanager:GetSecretValue`"),
        ("s3.GetObject", "`s3.GetObject` has no service prefix", "did you mean `s3:GetObject`"),
        ("s3:Get:Object", "`s3:Get:Object` holds two colons", ""),
        ("s*:Get", "`s*:Get` has a wildcard in its service prefix", "name each service"),
        ("arn:aws:s3:::b", "`arn:aws:s3:::b` is an ARN, and no action",
         "it belongs into Resource"),
    ],
)  # fmt: skip
def test_an_action_that_iam_does_not_store_is_refused(
    action: str, message: str, remedy: str
) -> None:
    bad, (place,) = marked(a_statement(f'"Action": ["*", ▲"{action}"]'))

    (diagnostic,) = refusals(bad)

    assert (diagnostic.code, diagnostic.message) == ("action-form", message)
    assert (diagnostic.remedy, diagnostic.rules) == (remedy, ("R-ACT-03",))
    assert place_of(diagnostic) == place


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
    assert diagnostic.expected == "tab, line breaks and U+0020 to U+00FF"
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
    assert warning.message == (
        "this policy has 6,145 characters without whitespace; a customer managed policy may have "
        "6,144"
    )


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

    assert list(map(place_of, diagnostics)) == list(places)


def test_warnings_are_said_after_the_errors() -> None:
    diagnostics = refusals('[{"Effect": "Deny", "Action": "a: ", "Resource": "*", "Sid": 1}]')

    assert [(each.code, each.severity) for each in diagnostics] == [
        ("wrong-type", Severity.ERROR),
        ("action-form", Severity.WARNING),
    ]


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
