"""Random policies and requests in which operators, absence, sets and variables meet.

Small alphabets, so that things coincide: every operator × set operator × IfExists × negation ×
{missing, empty, null, one, several, unreadable} comes up, variables and case variants included.
Nothing here knows what AWS decides.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from tests.oracle.oracle import OracleRequest

Document = dict[str, object]

_TEXTS = ("a", "ab", "abc", "b", "B", "Ab", "*", "a*", "?", "", "x:y", "ß", "ss", "a?c", "10")
_TEXT_PATTERNS = (
    "a",
    "ab",
    "a*",
    "*b",
    "?b",
    "a?c",
    "*",
    "",
    "A*",
    "[ab]*",
    "*a*b*",
    "x:y",
    "STRASSE",
    "ß",
    "SS",
    "${*}",
    "a${*}",
    "${?}",
    "**",
    "B",
    "10",
)
_VARIABLES = (
    "${aws:username}",
    "${aws:PrincipalTag/team}",
    "${aws:PrincipalTag/Team}",
    "${AWS:principaltag/TEAM}",
    "${aws:PrincipalTag/team, 'a'}",
    "${aws:username, ''}",
    "${aws:TagKeys}",
    "${aws:TagKeys, 'a'}",
    "${example:text}",
    "${ example:text }",
    "a${aws:username}",
    "${aws:username}*",
    "*${aws:PrincipalTag/team, 'b'}",
    "${example:arn}",
    "${$}{x}",
    "$x",
    "${example:list, '*'}",
)
_NUMBERS = ("1", "1.0", "2", "-1", "10", "9", "1e1", ".5", "5.", "007", "1767225600")
_DATES = (
    "2026-01-01T00:00:00Z",
    "2026-01-01",
    "2026-01",
    "2025-12-31T23:30:00-01:00",
    "1767225600",
    "2024",
    "2026-01-01T00:00Z",
    "2026-01-01T00:00:00.5Z",
    "1767225600.5",
    "-5",
    "2026-01-01T00:00:00+00:30",
    "2026-01-01T00:00:00",
)
_BAD_DATES = ("20260101T000000Z", "soon", "2026-13-01", "2026-01-01T24:00Z", "2026-01-01 00:00Z")
_ADDRESSES = (
    "203.0.113.7",
    "203.0.113.200",
    "192.0.2.1/32",
    "2001:db8::5",
    "2001:DB8:0:0::5",
    "::ffff:203.0.113.7",
    "0.0.0.0",
    "2001:db8::5/128",
)
_BAD_ADDRESSES = ("203.0.113", "203.0.113.0/24", "1.2.3.04", "fe80::1%eth0", "x")
_NETWORKS = (
    "203.0.113.0/24",
    "203.0.113.7/24",
    "203.0.113.7",
    "0.0.0.0/0",
    "::/0",
    "2001:DB8:0:0::/64",
    "2001:db8::5",
    "203.0.113.128/25",
)
_ARNS = (
    "arn:aws:iam::111122223333:role/a1",
    "arn:aws:iam::111122223333:root",
    "arn:aws:sns:us-east-1:111122223333:t",
    "arn:aws:someservice:us-east-2:9:store/a:1:finance/d",
    "arn:aws:s3:::b/x",
    "::::::",
)
_ARN_PATTERNS = (
    "arn:aws:iam::*:role/a*",
    "arn:aws:iam::111122223333:root",
    "arn:*:*:*:*:*",
    "arn:aws:someservice:*:1:finance/*",
    "arn:aws:s*:*:*:*",
    "arn:aws:s3:::?/x",
    "*:*:*:*:*:*",
    "arn:aws:sns:us-*-1:111122223333:?",
)
_ARN_VARIABLES = (
    "arn:aws:sns:*:${example:text}:t",
    "${example:arn}",
    "arn:aws:s3:::${aws:username}/*",
    "arn:aws:iam::${aws:PrincipalTag/team, '111122223333'}:role/*",
    "a:${example:arn}",
    "${aws:username}:aws:s3:::b/x",
)
_BASE64 = ("YWI=", "YQ==", "", "YWJj")
_BOOLS = ("true", "false", "True", "FALSE")

_FAMILIES: tuple[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    # operators, policy values, good context values, unreadable context values
    (
        ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase",
         "StringLike", "StringNotLike"),
        _TEXT_PATTERNS + _VARIABLES, _TEXTS, (),
    ),
    (
        ("NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
         "NumericGreaterThan", "NumericGreaterThanEquals"),
        _NUMBERS, _NUMBERS, ("5abc", "x", "1 ", "NaN", "2026-01-01"),
    ),
    (
        ("DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
         "DateGreaterThanEquals"),
        _DATES, _DATES, _BAD_DATES,
    ),
    (("Bool",), (*_BOOLS, "${example:text}", "${aws:username, 'true'}"), _BOOLS, ("yes", "1")),
    (("BinaryEquals",), _BASE64, _BASE64, ("YW", "??")),
    (("IpAddress", "NotIpAddress"), _NETWORKS, _ADDRESSES, _BAD_ADDRESSES),
    (
        ("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"),
        _ARN_PATTERNS + _ARN_VARIABLES, _ARNS, ("*", "role/a1", "arn:aws:iam"),
    ),
    (("Null",), _BOOLS, (*_TEXTS, *_NUMBERS), ()),
)  # fmt: skip

_KEYS = (
    "aws:username", "aws:PrincipalTag/team", "aws:PrincipalTag/Team", "aws:TagKeys",
    "aws:RequestTag/env", "example:text", "example:list", "example:arn", "aws:CalledVia",
    "aws:EpochTime", "aws:CurrentTime", "s3:prefix",
)  # fmt: skip
MULTIVALUED = frozenset({"aws:tagkeys", "aws:calledvia"})
SINGLE_VALUED = frozenset(
    {"aws:username", "aws:principaltag/", "aws:requesttag/", "aws:epochtime", "aws:currenttime"}
)
_ACTIONS = ("s3:GetObject", "s3:ListAllMyBuckets", "iam:ListUsers", "example:Do", "S3:getobject")
_ACTION_PATTERNS = (
    "s3:GetObject",
    "s3:getobject",
    "s3:*",
    "*",
    "s3:Get?bject",
    "iam:*",
    "*:*",
    "s3",
    "**",
    "s3:*Object",
    "s?:Get*",
    "example:*",
    "s3: GetObject",
    "iam:ListUsers",
)
_RESOURCES = (
    "*",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/ab",
    "arn:aws:s3:::b/a*c",
    "arn:aws:iam::111122223333:user/ab",
    "arn:aws:lambda:us-east-1:111122223333:function:f1:PROD",
    "arn:aws:a:us-b:us-east-1:1:x",
    "arn:aws:s3:::stack-1",
    "arn:aws:secretsmanager:us-east-1:111122223333:secret:sqlworkbench!a-AbCdEf",
    "arn:aws-cn:ec2:us-east-1:111122223333:instance/i-1",
    "arn:aws:s3:::b/${aws:username}/x",
)
_RESOURCE_PATTERNS = (
    "*", "arn:aws:s3:::b/*", "arn:aws:s3:::*", "arn:aws:s3:::b", "arn:aws:s3", "arn:aws:s*",
    "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::b/${aws:PrincipalTag/team, 'x'}",
    "arn:aws:s3:::${example:text}/*", "arn:aws:s3:::b/${*}", "arn:aws:s3:::b/a${*}c",
    "arn:aws:iam::*:user/*", "arn:aws:lambda:*:*:function:f*", "arn:aws:*:us-*-1:1:x",
    "arn:aws:s3::*:stack*", "arn:aws:secretsmanager:*:*:sqlworkbench!*", "arn:*:ec2:*:*:instance/*",
    "arn:aws:${aws:username}:::b/x", "arn:aws:iam::${aws:username}:user/*", "arn:aws:s3:::?/x",
    "arn:aws:s3:::b/${aws:username}/*", "arn:aws:?3:::b/?", "arn:aws:s3:::b/${aws:TagKeys, 'x'}",
    "arn:aws:iam::111122223333:user/", "arn:aws:iam::?11122223333:user/*", "arn", "arn:aws:*",
    "arn:aws:s3:::b/${aws:PrincipalTag/TEAM}", "arn:aws:s3:*:*", "arn:aws:?:*:*:x",
)  # fmt: skip


class GeneratedCase(NamedTuple):
    """Documents, an oracle's request, and the keys and values it was made of."""

    documents: tuple[Document, ...]
    request: OracleRequest


def generate_case(random: Random) -> GeneratedCase:
    """Return a random case."""
    keys = random.sample(_KEYS, random.randint(1, 4))
    documents = tuple(_document(random, keys) for _ in range(random.choice((1, 1, 1, 2))))
    request = OracleRequest(
        action=random.choice(_ACTIONS),
        resource=random.choice(_RESOURCES),
        context=_context(random, keys, documents),
        multivalued=MULTIVALUED,
        single_valued=SINGLE_VALUED,
    )
    return GeneratedCase(documents, request)


def _document(random: Random, keys: list[str]) -> Document:
    version = random.choice(("2012-10-17",) * 5 + ("2008-10-17", ""))
    statements = [_statement(random, keys, version) for _ in range(random.choice((1, 1, 2, 3)))]
    document: Document = {"Statement": statements if random.random() < 0.8 else statements[0]}
    if version:
        document["Version"] = version
    return document


def _some(random: Random, values: tuple[str, ...]) -> object:
    chosen = [random.choice(values) for _ in range(random.choice((1, 1, 1, 2, 3)))]
    return chosen[0] if len(chosen) == 1 and random.random() < 0.5 else chosen


def _statement(random: Random, keys: list[str], version: str) -> Document:
    statement: Document = {"Effect": random.choice(("Allow", "Allow", "Deny"))}
    if random.random() < 0.15:
        statement["NotAction"] = _some(random, _ACTION_PATTERNS)
    else:
        wide = random.random() < 0.6
        statement["Action"] = "*" if wide else _some(random, _ACTION_PATTERNS)
    if random.random() < 0.2:
        statement["NotResource"] = _some(random, _RESOURCE_PATTERNS)
    else:
        wide = random.random() < 0.5
        statement["Resource"] = "*" if wide else _some(random, _RESOURCE_PATTERNS)
    if random.random() < 0.85:
        statement["Condition"] = _condition(random, keys, version)
    return statement


def _condition(random: Random, keys: list[str], version: str) -> Document:
    block: dict[str, dict[str, object]] = {}
    used: dict[str, str] = {}
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        operators, values, _, _ = random.choice(_FAMILIES)
        base = random.choice(operators)
        if version != "2012-10-17" and base.startswith(("Bool", "Arn")):
            values = tuple(value for value in values if "${" not in value)
        prefix = random.choice(("", "", "ForAnyValue:", "ForAllValues:"))
        suffix = "IfExists" if base != "Null" and random.random() < 0.25 else ""
        key = random.choice(keys)
        key = used.setdefault(key.lower(), random.choice((key, key, key, _respelled(key))))
        empty = random.random() < 0.05
        block.setdefault(f"{prefix}{base}{suffix}", {})[key] = (
            [] if empty else _some(random, values)
        )
    return dict(block)


def _respelled(key: str) -> str:
    """Return the key in another case; of a tag key, only what follows the slash."""
    prefix, slash, tag = key.partition("/")
    return f"{prefix}/{tag.upper()}" if slash else key.swapcase()


def _context(
    random: Random, keys: list[str], documents: tuple[Document, ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    families = _families_of(documents)
    entries: dict[str, tuple[str, ...]] = {}
    for key in dict.fromkeys((*keys, "aws:username", "aws:PrincipalTag/team", "example:text")):
        if random.random() < 0.3:
            continue
        single = any(key.lower().startswith(name) for name in SINGLE_VALUED)
        count = random.choice((1, 1, 1, 1, 0)) if single else random.choice((0, 1, 1, 1, 2, 2, 3))
        if single and random.random() < 0.02:
            count = 2
        entries[key] = tuple(_value(random, key, families) for _ in range(count))
    return tuple(entries.items())


def _families_of(documents: tuple[Document, ...]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for document in documents:
        statements = document["Statement"]
        for statement in statements if isinstance(statements, list) else [statements]:
            assert isinstance(statement, dict)
            block = statement.get("Condition", {})
            for operator, members in block.items():
                base = operator.rpartition(":")[2].removesuffix("IfExists")
                index = next(i for i, row in enumerate(_FAMILIES) if base in row[0])
                for key in members:
                    found.setdefault(key.lower(), []).append(index)
    return found


def _value(random: Random, key: str, families: dict[str, list[int]]) -> str:
    index = random.choice(families.get(key.lower()) or [0])
    _, policy_values, good, bad = _FAMILIES[index]
    draw = random.random()
    if draw < 0.08:
        return ""
    if draw < 0.12 and bad:
        return random.choice(bad)
    if draw < 0.45:
        plain = [value for value in policy_values if value in good]
        return random.choice(plain or list(good))
    return random.choice(good)
