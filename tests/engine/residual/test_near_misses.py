"""The smallest changes to the context with which a call would be allowed."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

import policy_eval as pe
from policy_eval.engine.residual import near_misses as module
from policy_eval.engine.residual.near_misses import near_misses
from policy_eval.engine.residual.solver import Solver
from policy_eval.request.context import Given
from tests.engine.residual.asking import (
    CREATE,
    SECRET,
    SESSION,
    USER,
    A,
    allow,
    deny,
    known,
    policies,
)


def when(operator: str, key: str, *values: str) -> dict[str, object]:
    """Return a Condition of one condition."""
    return {operator: {key: [*values]}}


def _changes(given: pe.PolicySet, request: pe.Request) -> list[dict[str, object]]:
    """Return the changes of each near miss by key; each is tried, and none can be left out."""
    found = near_misses(given, request)
    for miss in found.found:
        assert pe.decide(given, miss.apply(request)).allowed
        for place in range(len(miss.changes)):
            changes = (*miss.changes[:place], *miss.changes[place + 1 :])
            assert not pe.decide(given, miss._replace(changes=changes).apply(request)).allowed
    return [{each.key: each.values for each in miss.changes} for miss in found.found]


@pytest.mark.parametrize(
    ("condition", "context", "changes"),
    [
        (when("StringEquals", "my:A", "a"), {}, [{"my:A": ("a",)}]),
        (when("StringEquals", "my:A", "a"), {"my:A": "b"}, [{"my:A": ("a",)}]),
        (when("Null", "my:A", "true"), {"my:A": "b"}, [{"my:A": None}]),
        ({**when("StringEquals", "my:A", "a"), **when("NumericLessThan", "my:B", "2")}, {},
         [{"my:A": ("a",), "my:B": ("1",)}]),
        (when("ForAnyValue:StringEquals", "aws:CalledVia", "x.amazonaws.com"), {},
         [{"aws:CalledVia": ("x.amazonaws.com",)}]),
        (when("StringEquals", "aws:CalledViaLast", "y.amazonaws.com"),
         {"aws:CalledVia": "x.amazonaws.com"}, [{"aws:CalledVia": ("y.amazonaws.com",)}]),
        (when("Bool", "aws:ViaAWSService", "true"), {}, [{"aws:ViaAWSService": ("true",)}]),
        (when("Bool", "aws:ViaAWSService", "false"), {"aws:CalledVia": "x.amazonaws.com"},
         [{"aws:CalledVia": None}]),
        (when("DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z"),
         {"aws:CurrentTime": "2025-01-01"}, [{"aws:CurrentTime": ("2026-01-01T00:00:01Z",)}]),
        (when("DateLessThan", "aws:EpochTime", "2026-01-01T00:00:00Z"),
         {"aws:EpochTime": "1999999999"}, [{"aws:CurrentTime": ("2025-12-31T23:59:59Z",)}]),
        (when("DateEquals", "aws:CurrentTime", "0.5"), {"aws:CurrentTime": "2025-01-01"},
         [{"aws:CurrentTime": ("0.5",)}]),
        (when("DateEquals", "aws:CurrentTime", "99999999999999999"),
         {"aws:CurrentTime": "2025-01-01"}, [{"aws:CurrentTime": ("99999999999999999",)}]),
        (when("StringEquals", "my:A", "${my:B}"), {"my:A": "a"},
         [{"my:B": ("a",)}]),
        (when("StringEquals", "aws:ResourceTag/team", "red"),
         {"secretsmanager:ResourceTag/team": "blue"}, [{"aws:ResourceTag/team": ("red",)}]),
        (when("StringEquals", "aws:username", "bob"), {}, []),
        (when("StringEquals", "aws:SecureTransport", "false"), {},
         [{"aws:SecureTransport": ("false",)}]),
    ],
)  # fmt: skip
def test_the_context_that_would_do(
    condition: dict[str, object], context: dict[str, Given], changes: list[dict[str, object]]
) -> None:
    assert _changes(policies(allow(when=condition)), known(context)) == changes


def test_alternatives_are_near_misses_of_their_own() -> None:
    given = policies(
        allow(when=when("StringEquals", "my:A", "a")),
        allow(when={**when("StringEquals", "my:B", "b"), **when("StringLike", "my:C", "c")}),
    )

    assert _changes(given, known({})) == [
        {"my:A": ("a",)}, {"my:B": ("b",), "my:C": ("c",)},
    ]  # fmt: skip


def test_a_deny_whatever_the_context_is_is_named() -> None:
    found = near_misses(policies(allow(), deny(Sid="Never")), known({}))

    assert [each.label for each in found.still_denied] == ["Never"]
    assert found.found == ()
    assert found.is_complete
    assert found.to_dict()["near_misses"] == []
    assert len(str(found.to_dict()["still_denied"])) > 2


def test_a_near_miss_is_data() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "a")))

    (miss,) = near_misses(given, known({"my:A": ["b", "c"]})).found

    assert miss.to_dict() == {"changes": [{"key": "my:A", "values": ["a"], "before": ["b", "c"]}]}
    (other,) = near_misses(
        policies(allow(when=when("Null", "my:A", "true"))), known({"my:A": "b"})
    ).found
    assert other.to_dict()["changes"] == [{"key": "my:A", "values": None, "before": ["b"]}]


def test_tags_and_the_time_can_be_otherwise() -> None:
    request = pe.Request(
        "secretsmanager:TagResource", SECRET, principal=USER,
        request_tags={"team": "red"}, resource_tags={"env": "dev"}, now="2026-01-01T00:00:00Z",
        context={"aws:ResourceTag/env": "dev"},
    )  # fmt: skip
    given = policies(
        allow(when={"StringEquals": {"aws:RequestTag/team": "blue", "aws:ResourceTag/env": "prod"}})
    )

    assert _changes(given, request) == [
        {"aws:RequestTag/team": ("blue",), "aws:ResourceTag/env": ("prod",)}
    ]
    later = policies(allow(when=when("DateGreaterThan", "aws:CurrentTime", "2026-06-01")))
    assert _changes(later, request) == [{"aws:CurrentTime": ("2026-06-01T00:00:01Z",)}]
    at = pe.Request("s3:ListAllMyBuckets", principal=USER, now=datetime(2026, 1, 1, tzinfo=UTC))
    assert _changes(later, at) == [{"aws:CurrentTime": ("2026-06-01T00:00:01Z",)}]


def test_tags_that_compete_stay_as_they_are() -> None:
    """R-COND-04."""
    request = pe.Request(
        "secretsmanager:TagResource", SECRET, principal=USER,
        resource_tags={"team": "red", "Team": "blue"},
    )  # fmt: skip
    given = policies(
        allow(when=when("StringEquals", "my:A", "a")),
        allow(when=when("StringEquals", "aws:ResourceTag/TEAM", "green")),
    )

    assert _changes(given, request) == [{"my:A": ("a",)}]


def test_a_new_resource_s_tag_follows_from_the_one_that_is_passed() -> None:
    """R-SM-02."""
    request = pe.Request(
        CREATE, SECRET, principal=USER,
        context={"aws:RequestTag/team": "red", "aws:ResourceTag/team": "red"}, action_only=True,
    )  # fmt: skip
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue", "aws:RequestTag/team": "blue"}}

    assert _changes(policies(allow(when=condition)), request) == [
        {"aws:RequestTag/team": ("blue",)}
    ]


def test_an_unknown_key_is_told_as_open() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "a")))
    request = pe.Request("s3:ListAllMyBuckets", principal=USER, unknown=["my:A"])

    (miss,) = near_misses(given, request).found

    assert miss.changes[0].before is None


def test_a_call_that_is_contradictory_with_all_unknown_has_no_near_miss() -> None:
    """The caller's user ID tells its session."""
    caller = pe.parse_principal(SESSION)
    request = pe.Request(
        "kms:Decrypt", f"arn:aws:kms:us-east-1:{A}:key/k", principal=caller,
        context={"aws:userid": f"AROA{'A' * 17}:s", "my:A": "x"},
    )  # fmt: skip
    given = policies(allow(when=when("StringEquals", "my:A", "a")))

    assert isinstance(near_misses(given, request).found, tuple)


def test_what_is_left_of_a_long_search_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    statements = [allow(when=when("StringEquals", f"my:K{number}", "a")) for number in range(9)]
    many = near_misses(policies(*statements), known({}))
    assert (len(many.found), many.is_complete) == (8, False)

    monkeypatch.setattr(module, "MOST_SETS", 3)
    few = near_misses(policies(*statements), known({}))
    assert (len(few.found), few.is_complete) == (3, False)

    five = {"StringEquals": {f"my:K{number}": "a" for number in range(5)}}
    deep = near_misses(policies(allow(when=five)), known({}))
    assert (deep.found, deep.is_complete) == ((), False)


def test_a_search_without_budget_finds_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Solver.__init__, "__defaults__", (0,))

    found = near_misses(policies(allow(when=when("StringEquals", "my:A", "a"))), known({}))

    assert (found.found, found.is_complete) == ((), False)


def test_a_change_that_contradicts_the_rest_is_none() -> None:
    """A direct call with MFA: an address, and an endpoint that such a call has not."""
    given = policies(
        allow(when={**when("StringEquals", "aws:SourceVpce", "vpce-1"),
                    **when("IpAddress", "aws:SourceIp", "10.0.0.0/8")}))  # fmt: skip

    assert _changes(given, known({"aws:SourceIp": "10.0.0.1"})) == []


def test_an_unknown_layer_leaves_a_near_miss_open() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "a")), unknown_layers=["scp"])

    assert near_misses(given, known({})).found == ()


def test_tags_that_would_contradict_each_other_as_keys_stay_beside() -> None:
    """R-SM-02: a new resource gets the tags that are passed, in whatever spelling."""
    request = pe.Request(
        CREATE, SECRET, principal=USER, request_tags={"team": "red"},
        resource_tags={"Team": "blue"}, action_only=True,
    )  # fmt: skip
    given = policies(allow(when=when("StringEquals", "my:A", "a")))

    assert _changes(given, request) == [{"my:A": ("a",)}]


def test_a_variable_can_be_what_changes_of_an_unknown_key() -> None:
    given = policies(allow(when=when("StringEquals", "my:A", "${my:B}")))
    request = pe.Request("s3:ListAllMyBuckets", principal=USER, unknown=["my:A"])

    assert _changes(given, request) == [{"my:A": ("x",), "my:B": ("x",)}]


def test_a_key_of_a_variable_that_does_as_it_is_is_left_out() -> None:
    condition = {"StringEquals": {"my:A": "${my:B}", "my:C": "c"}}
    given = policies(
        allow(when=condition), allow(when={**condition, **when("Bool", "my:D", "true")})
    )

    assert _changes(given, known({"my:B": "b"})) == [{"my:A": ("b",), "my:C": ("c",)}]
