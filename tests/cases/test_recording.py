"""Suites of today's decisions: written, they load back, pass, and ask the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy_eval.cases.outcome import Status
from policy_eval.cases.recording import OfSources, answered, recorded
from policy_eval.cases.run import run_case
from policy_eval.cases.runner import Plan, run_suite
from policy_eval.cases.suite import Case, Suite, load_suite
from policy_eval.cases.writing import Fields, decision_fields, suite_text
from policy_eval.engine.decision import Decision
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.errors import InputError, Place, PolicyError, RequestError
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.request import Request
from tests.cases.editors import Mapping
from tests.cases.generated_suites import suites, write_files
from tests.cases.suites import ALLOW_ALL, cases_of, only_case, request_of, write_suite

_ROOT = Path(__file__).resolve().parents[2]
_SUITES = sorted((_ROOT / "fixtures").rglob("*.iamtest.*"))
_ALLOW: dict[str, object] = {"Effect": "Allow", "Action": "*", "Resource": "*"}
_POLICY = """{"Version": "2012-10-17", "Statement":
    {"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}}"""
_FREE = PolicySet([{"Version": "2012-10-17", "Statement": _ALLOW}])
_OBJECT = "arn:aws:s3:::logs/today"


def _usable(suite: Suite) -> Iterator[tuple[Case, Decision]]:
    """Yield the cases of a suite that hold a decision, each with it."""
    for case in suite.cases:
        found = run_case(case).found
        if isinstance(found, Decision):
            yield case, found


def _again(
    cases: Sequence[Case], folder: Path, suffix: str = ".yaml", of: OfSources | None = None
) -> tuple[Case, ...]:
    """Return cases as they are read from what was recorded of them in a folder."""
    path = folder / f"recorded.iamtest{suffix}"
    path.write_text(suite_text(recorded(cases, "recorded", folder, of), suffix), "utf-8")
    return load_suite(path).cases


def _recorded(cases: tuple[Case, ...], folder: Path) -> tuple[Fields, list[Fields]]:
    """Return the fields of a recorded suite and those of its tests."""
    suite = recorded(cases, "recorded", folder)
    tests = suite.pop("tests")
    assert isinstance(tests, list)
    return suite, tests


def _case(request: Request, policies: PolicySet = _FREE, name: str = "a test") -> Case:
    """Return a case as a command makes it: it stands nowhere."""
    return Case("", name, Place("", 0, 0), policies, (request,), None)


# Recorded and read again


@pytest.mark.parametrize("path", _SUITES, ids=lambda path: path.name)
def test_a_recorded_fixture_loads_passes_and_decides_the_same(path: Path, tmp_path: Path) -> None:
    suite = load_suite(path)
    cases, decisions = zip(*_usable(suite), strict=True)
    of = None if suite.accounts is None else OfSources(suite.sources, suite.accounts)

    results = [run_case(case) for case in _again(cases, tmp_path, of=of)]

    assert [result.case.name for result in results] == [case.name for case in cases]
    assert [result.case.rules for result in results] == [case.rules for case in cases]
    assert [result.differences for result in results] == [()] * len(cases)
    assert [
        decision_fields(result.found) if isinstance(result.found, Decision) else result.found
        for result in results
    ] == [decision_fields(decision) for decision in decisions]


def test_a_suite_in_json_is_recorded_as_one(tmp_path: Path) -> None:
    suite = load_suite(_ROOT / "fixtures" / "appflow" / "block.iamtest.yaml")
    cases, _ = zip(*_usable(suite), strict=True)

    again = _again(cases, tmp_path, ".json")

    assert [run_case(case).differences for case in again] == [()] * len(cases)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the policies that generated suites name."""
    folder = tmp_path_factory.mktemp("suites")
    write_files(folder)
    (folder / "elsewhere").mkdir()
    return folder


@settings(max_examples=60)
@given(suite=suites(), suffix=st.sampled_from((".yaml", ".json")))
def test_a_recorded_suite_passes_whatever_it_asks(
    folder: Path, suite: Mapping, suffix: str
) -> None:
    path = folder / "suite.iamtest.json"
    path.write_text(suite_text(suite, ".json"), "utf-8")
    usable = [case for case, _ in _usable(load_suite(path))]

    again = _again(usable, folder / "elsewhere", suffix) if usable else ()

    assert [run_case(case).differences for case in again] == [()] * len(usable)


_MISREAD = (
    "no", "0123", "012", "1e3", "1_000", "0x1f", "1.10", ".inf", "2026-01-01", "12:30:45", "~",
    "null", "", " ", " a ", "*", "!", "&a", "- a", "a: b", "#", "a #b", "'", '"', "\\", "%", "@",
    "`", "|", ">", "?", "[", "{", "=", "<<", "a\nb", "\n", "\r", "\t", "a\u00a0b", "\x85", "\u2028",
    "\ufeff", "ü", "語", "\U0001f600", "\x00", "\x7f", "\u202e",
)  # fmt: skip


@pytest.mark.parametrize("suffix", [".yaml", ".json"])
@pytest.mark.parametrize("text", _MISREAD, ids=ascii)
def test_a_text_is_read_back_as_it_was(tmp_path: Path, text: str, suffix: str) -> None:
    request = Request(
        "s3:GetObject",
        _OBJECT,
        context={"s3:prefix": text, "aws:CalledVia": [text, "b"]},
        request_tags={f"key{text}": text},
    )

    (case,) = _again([_case(request, name=f"name{text}")], tmp_path, suffix)

    assert case.name == f"name{text}"
    again = request_of(case)
    assert (again.context, again.request_tags) == (request.context, request.request_tags)


@given(
    key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    values=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=3),
)
def test_any_text_is_read_back_as_it_was(folder: Path, key: str, values: list[str]) -> None:
    request = Request("s3:GetObject", context={"s3:prefix": values}, request_tags={key: values[0]})

    (case,) = _again([_case(request)], folder)

    again = request_of(case)
    assert (again.context, again.request_tags) == (request.context, request.request_tags)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_what_is_recorded_can_be_printed(text: str) -> None:
    """A terminal that does not show a character would lose it."""
    written = suite_text({"name": text}, ".yaml")

    assert written.replace("\n", "").isprintable()


def test_letters_stay_as_they_are() -> None:
    assert suite_text({"name": "Schlüssel 鍵"}, ".yaml") == "name: Schlüssel 鍵\n"


# Policies


def test_a_policy_in_a_file_is_named_by_its_path_from_the_suite(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "app.json").write_text(_POLICY, "utf-8")
    cases = cases_of(
        tmp_path,
        """\
        action: s3:GetObject
        policies: {identity: [policies/app.json, {name: ours, file: policies/app.json}]}
        tests: [{name: a}]
        """,
    )

    suite, _ = _recorded(cases, tmp_path / "tests")

    assert suite["policies"] == {
        "identity": ["../policies/app.json", {"name": "ours", "file": "../policies/app.json"}]
    }


def test_a_policy_that_a_suite_holds_keeps_its_name_and_document(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{name: a}]\n")

    suite, tests = _recorded((case,), tmp_path)

    assert suite["policies"] == {
        "identity": [
            {
                "name": "suite.iamtest.yaml:3",
                "policy": {"Version": "2012-10-17", "Statement": {"Sid": "All", **_ALLOW}},
            }
        ]
    }
    assert tests[0]["expect"] == {"decision": "allowed", "decided_by": "identity",
                                  "matched": ["All"]}  # fmt: skip


_DENY = '{"Effect": "Deny", "Action": "*", "Resource": "*"}'


@pytest.mark.parametrize("text", [_DENY, f"[{_DENY}]", f"{_DENY}, {_DENY}"])
def test_statements_without_a_wrapper_get_one(tmp_path: Path, text: str) -> None:
    policies = PolicySet([parse_policy(text)])

    (case,) = _again([_case(Request("s3:GetObject", _OBJECT), policies)], tmp_path)

    assert run_case(case).differences == ()


def test_a_number_keeps_its_text(tmp_path: Path) -> None:
    text = """{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*",
        "Resource": "*", "Condition": {"StringEquals": {"s3:prefix": [1.10, 7]}}}}"""
    policies = PolicySet([parse_policy(text)])
    asked = [
        _case(Request("s3:GetObject", _OBJECT, context={"s3:prefix": value}), policies)
        for value in ("1.10", "1.1", "7")
    ]

    decisions = [run_case(case).found for case in _again(asked, tmp_path)]

    assert [each.decision for each in decisions if isinstance(each, Decision)] == [
        "allowed",
        "implicitDeny",
        "allowed",
    ]


def test_a_policy_that_was_read_leniently_stands_in_the_suite(tmp_path: Path) -> None:
    """Suites are read strictly, so they could not read its file."""
    text = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", /* all */\
            "Resource": "*",}}'
    file = tmp_path / "app.json"
    file.write_text(text, "utf-8")
    policies = PolicySet([parse_policy(text, str(file), strictness=Strictness(lenient=True))])

    (case,) = _again([_case(Request("s3:GetObject", _OBJECT), policies)], tmp_path)

    assert run_case(case).differences == ()


def test_most_tests_share_the_policies_of_the_suite(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path,
        """\
        tests:
          - {name: a, accept_invalid: true, policies: {boundary: {Version: "2012-10-17",
             Statement: {Effect: Allow, Action: "*", Resource: "*", Comment: mine}}}}
          - {name: b}
          - {name: c}
          - {name: d, policies: {identity: null, scps: [[]]}, unknown_layers: rcp,
             endpoint_type: gateway}
        """,
        ALLOW_ALL,
    )

    suite, (bounded, plain, other, organized) = _recorded(cases, tmp_path)

    assert isinstance(suite["policies"], dict)
    assert suite["policies"].keys() == {"identity"}
    assert "accept_invalid" not in suite
    assert bounded["accept_invalid"] == "true"
    assert not {"policies", "accept_invalid"} & (plain.keys() | other.keys())
    assert organized["policies"] == {"scps": [[]], "identity": None}
    assert (organized["unknown_layers"], organized["endpoint_type"]) == (["rcp"], "gateway")


def test_a_test_that_accepts_nothing_invalid_says_so(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path,
        """\
        accept_invalid: true
        policies: {identity: [{Version: "2012-10-17", Statement:
          {Effect: Allow, Action: "*", Resource: "*", Comment: mine}}]}
        action: s3:GetObject
        tests:
          - {name: a}
          - {name: b}
          - {name: c, accept_invalid: false, policies: {identity: []}}
        """,
    )

    suite, (_, _, strict) = _recorded(cases, tmp_path)

    assert suite["accept_invalid"] == "true"
    assert strict["policies"] == {"identity": None}
    assert strict["accept_invalid"] == "false"


def test_what_all_tests_have_in_common_is_written_once(tmp_path: Path) -> None:
    cases = cases_of(
        tmp_path,
        """\
        now: 2026-01-01T00:00:00Z
        principal: arn:aws:iam::111122223333:role/Dev
        tests:
          - {name: a}
          - {name: b, resource_account: "111122223333"}
        """,
        ALLOW_ALL,
    )

    suite, (first, second) = _recorded(cases, tmp_path)

    assert (suite["now"], suite["principal"]) == (
        "2026-01-01T00:00:00Z",
        "arn:aws:iam::111122223333:role/Dev",
    )
    assert not {"now", "principal"} & (first.keys() | second.keys())
    assert "resource_account" not in suite
    assert second["resource_account"] == "111122223333"


def test_a_call_of_several_requests_is_recorded_with_its_time(tmp_path: Path) -> None:
    fields = 'now: "2026-01-01T00:00:00Z", all_of: [s3:GetObject, s3:PutObject]'
    case = only_case(tmp_path, f"tests: [{{name: a, {fields}}}]\n", ALLOW_ALL.partition("act")[0])

    suite, tests = _recorded((case,), tmp_path)

    assert suite["now"] == "2026-01-01T00:00:00Z"
    assert tests[0]["all_of"] == [
        {"action": "s3:GetObject", "resource": None},
        {"action": "s3:PutObject", "resource": None},
    ]


_CALLERS = """\
tests:
  - {name: a, principal: anonymous}
  - {name: b, principal: appflow.amazonaws.com}
  - {name: c, principal: "111122223333"}
  - {name: g, principal: {arn: "arn:aws:iam::111122223333:user/Ann", mfa: true}}
  - {name: d, principal: {arn: "arn:aws:sts::111122223333:assumed-role/Dev/me", session_name: me}}
  - name: e
    principal: {arn: "arn:aws:iam::111122223333:role/aws-service-role/x/Dev", session_name: me,
      tags: {a: b}, session_tags: {c: d, e: f}, mfa: false, credentials: AssumeRole,
      service_linked: true, management_account: "444455556666", user_id: AROAEXAMPLE,
      organization_id: o-a1b2c3d4e5, organization_paths: [o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/]}
  - name: f
    principal: {arn: "arn:aws:sts::111122223333:federated-user/Bob",
      user: "arn:aws:iam::111122223333:user/Ann"}
"""


def test_all_that_is_known_of_a_caller_is_kept(tmp_path: Path) -> None:
    cases = cases_of(tmp_path, _CALLERS, ALLOW_ALL)

    again = _again(cases, tmp_path)

    assert [request_of(case).principal for case in again] == [
        request_of(case).principal for case in cases
    ]


def test_dependent_actions_are_kept(tmp_path: Path) -> None:
    case = only_case(
        tmp_path,
        """\
        tests:
          - name: a
            dependent_actions:
              - {action: s3:GetObject, needs: kms:Decrypt}
              - {action: s3:GetObject, needs: s3:ListBucket, when: "s3:prefix", on: value-of-key,
                 because: it lists, rule: mine, forwarded_by: appflow.amazonaws.com}
        """,
    )

    (again,) = _again([case], tmp_path)

    assert request_of(again).dependencies == request_of(case).dependencies


# Refused


def test_a_refused_policy_is_not_recorded(tmp_path: Path) -> None:
    case = only_case(tmp_path, "tests: [{policies: {identity: [{Statement: 7}]}}]\n")

    with pytest.raises(PolicyError) as caught:
        recorded([case], "recorded", tmp_path)

    assert caught.value.diagnostics[0].place == (f"{tmp_path}/suite.iamtest.yaml", 6, 44)


@pytest.mark.parametrize(("fields", "column"), [("principal: nobody", 26), ("now: yesterday", 5)])
def test_a_refused_request_is_not_recorded_and_stands_where_its_test_does(
    tmp_path: Path, fields: str, column: int
) -> None:
    case = only_case(tmp_path, f"tests:\n  - {{name: a, {fields}}}\n")

    with pytest.raises(RequestError) as caught:
        recorded([case], "recorded", tmp_path)

    assert caught.value.diagnostics[0].place == case.place._replace(column=column)


def test_a_request_that_stands_nowhere_is_refused_without_a_place() -> None:
    with pytest.raises(InputError) as caught:
        answered(_case(Request("s3:GetObject", now="yesterday")))

    assert caught.value.diagnostics[0].place is None


def test_a_recorded_suite_fails_where_a_decision_changes(tmp_path: Path) -> None:
    """The point of it: the policy is changed, and the suite notices."""
    file = tmp_path / "app.json"
    file.write_text(_POLICY, "utf-8")
    cases = cases_of(
        tmp_path, "policies: {identity: app.json}\naction: s3:GetObject\ntests: [{name: a}]\n"
    )
    baseline = write_suite(tmp_path, suite_text(recorded(cases, "", tmp_path), ".yaml"))
    file.write_text(file.read_text("utf-8").replace("Allow", "Deny"), "utf-8")

    (outcome,) = run_suite(baseline, Plan()).outcomes

    assert outcome.status is Status.FAILED
    assert outcome.message.startswith("expected allowed, decided explicitDeny")
