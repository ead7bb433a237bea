"""The `principal` field of a suite: a text, or a mapping of attributes."""

from __future__ import annotations

from pathlib import Path

import pytest

from policy_eval.cases.principal import read_principal
from policy_eval.errors import InputError, RequestError, SuiteError
from policy_eval.request.principal import Principal, parse_principal
from policy_eval.semantics.principal_keys import principal_keys
from policy_eval.text.fields import read_file

DEV = "arn:aws:iam::111122223333:role/Dev"


def _principal(folder: Path, text: str) -> Principal | None:
    path = folder / "p.yaml"
    path.write_text(f"principal: {text}\n", "utf-8")
    return read_principal(read_file(path).members()["principal"])


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111122223333:user/team/Ann",
        DEV,
        "arn:aws:sts::111122223333:assumed-role/Dev/me",
        "arn:aws:sts::111122223333:federated-user/Bob",
        "arn:aws:iam::111122223333:root",
        "111122223333",
        "001122334455",
        "appflow.amazonaws.com",
        "anonymous",
    ],
)
def test_a_text_names_the_principal(tmp_path: Path, text: str) -> None:
    assert _principal(tmp_path, text) == parse_principal(text)


@pytest.mark.parametrize("text", ["null", ""])
def test_null_is_nobody_in_particular(tmp_path: Path, text: str) -> None:
    assert _principal(tmp_path, text) is None


def test_a_mapping_with_an_arn_alone_is_that_principal(tmp_path: Path) -> None:
    assert _principal(tmp_path, f"{{arn: '{DEV}'}}") == parse_principal(DEV)


def test_a_mapping_says_what_else_is_known(tmp_path: Path) -> None:
    principal = _principal(
        tmp_path,
        f"{{arn: '{DEV}', session_name: me, user_id: AROA1, organization_id: o-1,"
        " organization_paths: [o-1/r-1/], tags: {team: 001}}",
    )

    assert principal == parse_principal(DEV)._replace(
        session_name="me",
        user_id="AROA1",
        organization_id="o-1",
        organization_paths=("o-1/r-1/",),
        tags=(("team", "001"),),
    )


def test_a_session_tag_overrides_a_tag_whatever_the_case(tmp_path: Path) -> None:
    principal = _principal(
        tmp_path, f"{{arn: '{DEV}', tags: {{Team: a, cost: 1}}, session_tags: {{team: b, env: c}}}}"
    )

    assert principal is not None
    assert principal_keys(principal).items() >= {
        ("aws:PrincipalTag/cost", "1"),
        ("aws:PrincipalTag/team", "b"),
        ("aws:PrincipalTag/env", "c"),
    }
    assert "aws:PrincipalTag/Team" not in principal_keys(principal)


def test_session_tags_may_stand_alone(tmp_path: Path) -> None:
    principal = _principal(tmp_path, f"{{arn: '{DEV}', session_tags: {{team: b}}}}")

    assert principal is not None
    assert principal_keys(principal)["aws:PrincipalTag/team"] == "b"


def test_the_session_name_in_the_arn_stays_unless_given(tmp_path: Path) -> None:
    principal = _principal(tmp_path, "{arn: 'arn:aws:sts::111122223333:assumed-role/Dev/me'}")

    assert principal is not None
    assert principal.session_name == "me"


@pytest.mark.parametrize(
    ("text", "error", "code"),
    [
        ("nobody", RequestError, "unknown-principal"),
        ("{arn: nobody}", RequestError, "unknown-principal"),
        ("arn:aws:iam::111122223333:group/Devs", RequestError, "unknown-principal"),
        ("{tags: {a: b}}", SuiteError, "missing-field"),
        ("{arn: anonymous, tagz: {}}", SuiteError, "unknown-field"),
        ("{arn: anonymous, mfa: yes}", SuiteError, "wrong-type"),
        ("{arn: anonymous, service_linked: 1}", SuiteError, "wrong-type"),
        ("{arn: anonymous, credentials: x}", SuiteError, "unknown-word"),
        ("{arn: anonymous, tags: [a]}", SuiteError, "wrong-type"),
        ("[anonymous]", SuiteError, "wrong-type"),
    ],
)
def test_what_is_no_principal_is_refused(
    tmp_path: Path, text: str, error: type[InputError], code: str
) -> None:
    with pytest.raises(error) as caught:
        _principal(tmp_path, text)

    assert caught.value.diagnostics[0].code == code
