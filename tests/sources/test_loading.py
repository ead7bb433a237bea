"""Sources as people name them: which format a file or folder has, and several as one."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pytest

from policy_eval.errors import RequestError, SourceError
from policy_eval.sources import loading
from policy_eval.sources.loading import Deployment, load, merged
from policy_eval.sources.model import Document, Found, Resource, Where, nothing
from policy_eval.sources.policy_folder import NAMES
from policy_eval.sources.workspace import write_workspace
from tests.sources.exports import (
    EXAMPLE,
    ORGANIZATION,
    document,
    export,
    found,
    iam,
    managed,
    role,
    said,
    user,
    written,
)


def test_the_format_is_told_by_what_stands_in_a_file(tmp_path: Path) -> None:
    calls = written(tmp_path, {"version": 1, "account": "111122223333", "calls": []}, "calls.json")
    folder = tmp_path / "workspace"
    write_workspace(found(roles=(role("A"),)), folder)

    assert len(load([EXAMPLE]).entities) == 9
    assert load([ORGANIZATION]).organization is not None
    assert [*load([str(folder)]).entities] == [iam("role/A")]
    assert load([calls]).sources == (calls,)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_file_may_be_compressed_and_in_any_encoding_of_json(
    tmp_path: Path, encoding: str, *, packed: bool
) -> None:
    data = json.dumps(export(roles=(role("A"),))).encode(encoding)
    path = tmp_path / "export.json"
    path.write_bytes(gzip.compress(data) if packed else data)

    assert [*load([str(path)]).entities] == [iam("role/A")]


_DAMAGED: dict[str, tuple[bytes, str, str]] = {
    "truncated": (
        b'{"UserDetailList": [', "json-syntax",
        "UserDetailList[0]: line 1, column 21: the file ends here",
    ),
    "cut-gzip": (
        gzip.compress(json.dumps(export()).encode())[:-9], "unreadable-file",
        "Compressed file ended",
    ),
    "begun": (b'{"calls": [', "json-syntax", "line 1, column 12: Expecting value"),
    "no-json": (b"hello", "json-syntax", "line 1, column 1: Expecting value"),
    "empty": (b"", "json-syntax", "line 1, column 1: Expecting value"),
    "digits": (b"1" * 5000, "json-syntax", "Exceeds the limit"),
    "latin": (b'{"a": "\xe9"}', "wrong-encoding", "no JSON in UTF-8: "),
    "deep": (b"[" * 200_000, "too-deep", "arrays and objects nest too deeply"),
    "other": (b"{}", "unknown-source", "this is no format that is known"),
    "policy": (
        json.dumps(document({})).encode(), "unknown-source",
        "this is a policy, and does not tell who has it",
    ),
    "statements": (
        b'{"Effect": "Allow"},\n{"Effect": "Deny"}', "unknown-source",
        "this is a policy, and does not tell who has it",
    ),
    "gzip": (b"\x1f\x8b\x08\x00hello", "unreadable-file", ""),
    "short-gzip": (gzip.compress(b"{}")[:-3], "unreadable-file", "Compressed file ended"),
    "broken-gzip": (
        gzip.compress(b"{}")[:10] + b"\xff" * 20, "unreadable-file", "Error -3 while decompressing",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", _DAMAGED)
def test_a_file_that_is_no_source_is_refused(tmp_path: Path, name: str) -> None:
    data, code, message = _DAMAGED[name]
    path = tmp_path / "export.json"
    path.write_bytes(data)

    with pytest.raises(SourceError) as refusal:
        load([str(path)])

    assert said(refusal.value)[0] == code
    assert said(refusal.value)[1].startswith(f"{path}: {message}")


def test_a_file_that_is_not_there_and_a_folder_that_is_no_workspace_are_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(SourceError) as missing:
        load([str(tmp_path / "gone.json")])
    with pytest.raises(SourceError) as empty:
        load([str(tmp_path)])
    (tmp_path / "other.json").touch()
    with pytest.raises(SourceError) as folder:
        load([str(tmp_path)])
    for name in ("calls.sh", "calls.json"):
        (tmp_path / name).touch()
    with pytest.raises(SourceError) as several:
        load([str(tmp_path)])

    assert said(missing.value) == (
        "missing-file", f"{tmp_path / 'gone.json'}: there is no such file",
    )  # fmt: skip
    listed = ", ".join(("workspace.json", *NAMES, "calls.json"))
    for refusal, message in (
        (empty, "this folder is empty"),
        (folder, f"there is no {listed} or calls.sh in this folder"),
        (several, "`calls.json` and `calls.sh` are both in this folder"),
    ):
        assert said(refusal.value) == ("unknown-source", f"{tmp_path}: {message}")


def test_a_file_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, export())

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    monkeypatch.setattr(Path, "iterdir", refuse)

    with pytest.raises(SourceError) as refusal:
        load([path])
    with pytest.raises(SourceError) as folder:
        load([str(tmp_path)])
    assert said(folder.value) == ("unreadable-file", f"{tmp_path}: Permission denied")
    assert said(refusal.value) == ("unreadable-file", f"{path}: Permission denied")


@pytest.mark.parametrize("packed", [False, True])
def test_no_more_than_a_limit_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, packed: bool
) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(gzip.compress(b" " * 2000) if packed else b" " * 2000)
    monkeypatch.setattr(loading, "LARGEST_SOURCE", 1000)

    with pytest.raises(SourceError) as refusal:
        load([str(path)])

    assert said(refusal.value) == ("too-large", f"{path}: at most 1,000 bytes are read")


# Several as one


def test_pages_in_several_files_are_one_export(tmp_path: Path) -> None:
    first = written(tmp_path, export(roles=(role("A"),), IsTruncated=True, Marker="m"), "1.json")
    last = written(tmp_path, export(roles=(role("B"),), IsTruncated=False), "2.json")

    assert [*load([last, first]).entities] == [iam("role/B"), iam("role/A")]
    with pytest.raises(SourceError) as refusal:
        load([first, ORGANIZATION])
    errors: list[SourceError] = []
    kept = load([first], errors.append)
    assert [*kept.entities] == [iam("role/A")]
    assert [str(each) for each in kept.left_out] == [
        f"{first}: not read: IsTruncated: `IsTruncated` says that there are further pages"
    ]
    for error in (refusal.value, *errors):
        assert said(error) == (
            "missing-page", f"{first}: IsTruncated: `IsTruncated` says that there are further pages"
        )  # fmt: skip


def test_several_sources_are_one_and_none_is_changed() -> None:
    first, second = found(roles=(role("A"),)), found(roles=(role("B"),), users=(user("ana"),))
    first.endpoints["vpce-1"] = Document("vpce-1", document(), Where("a"))
    second.resources["arn:aws:s3:::x"] = Resource("arn:aws:s3:::x", None, Where("b"))

    whole = merged([first, second])

    assert [*whole.entities] == [iam("role/A"), iam("user/ana"), iam("role/B")]
    assert ([*whole.endpoints], [*whole.resources]) == (["vpce-1"], ["arn:aws:s3:::x"])
    assert whole.sources == ("account.json",)
    assert ([*first.entities], len(second.entities)) == ([iam("role/A")], 2)


def test_no_source_is_an_account_without_anything() -> None:
    assert load([]) == Found((), {}, {}, {}, {})


def test_the_same_in_two_sources_is_taken_once(tmp_path: Path) -> None:
    one = written(tmp_path, export(roles=(role("A"),)), "one.json")
    two = written(tmp_path, export(users=(), roles=(role("A"), role("B"))), "two.json")

    whole = load([one, two])

    assert [*whole.entities] == [iam("role/A"), iam("role/B")]
    assert whole.entities[iam("role/A")].where.file == one


def test_two_sources_that_differ_about_one_thing_are_refused(tmp_path: Path) -> None:
    arn = iam("policy/P")
    one = written(tmp_path, export(policies=(managed(arn, document({})),)), "one.json")
    two = written(tmp_path, export(policies=(managed(arn, document({}, {})),)), "two.json")
    place = "Policies[0].PolicyVersionList[0].Document"

    with pytest.raises(SourceError) as refusal:
        load([one, two])

    assert said(refusal.value) == (
        "listed-twice",
        f"{two}: {place}: {arn} is also in {one}: {place}, with other contents",
    )


def test_policies_of_nobody_knows_which_resource_may_be_in_two_sources() -> None:
    def found(file: str) -> Found:
        where = Where(file)
        unknown = Document("any", None, where, f"of {file}")
        return nothing(file)._replace(
            resources={"arn:aws:s3:::*": Resource("arn:aws:s3:::*", unknown, where)}
        )

    (resource,) = merged([found("one"), found("two")]).resources.values()

    assert resource.policy is not None
    assert resource.policy.unknown == "of one"


def test_two_organizations_that_differ_are_refused(tmp_path: Path) -> None:
    empty = written(tmp_path, {"organization": {}, "nodes": []})
    for sources in ([empty, ORGANIZATION], [ORGANIZATION, empty]):
        with pytest.raises(SourceError) as refusal:
            load(sources)

        assert said(refusal.value) == (
            "listed-twice",
            (
                f"{sources[1]}: an earlier source describes an organization, too, and not in the "
                "same way"
            ),
        )
    assert load([empty, EXAMPLE]).organization == load([EXAMPLE, empty]).organization


def test_what_says_the_same_twice_is_taken_once(tmp_path: Path) -> None:
    once = load([EXAMPLE, ORGANIZATION])
    folder = str(tmp_path / "w")
    write_workspace(once, Path(folder))
    copy = str(shutil.copy(ORGANIZATION, tmp_path))

    twice = load([EXAMPLE, ORGANIZATION, EXAMPLE, copy, folder, folder])

    assert twice._replace(sources=once.sources, pages=once.pages) == once
    assert twice.sources == (EXAMPLE, ORGANIZATION, copy)


def test_a_file_called_like_that_of_a_workspace_may_be_another_source(tmp_path: Path) -> None:
    path = written(tmp_path, export(roles=(role("A"),)), "workspace.json")
    assert [*load([path]).entities] == [iam("role/A")]

    organization = str(shutil.copy(ORGANIZATION, path))
    assert load([organization]).organization is not None

    write_workspace(found(roles=(role("B"),)), tmp_path / "w")
    assert [*load([str(tmp_path / "w" / "workspace.json")]).entities] == [iam("role/B")]


def test_a_list_of_calls_with_a_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calls.json"
    path.write_text('{"version": 1, "calls": [], "calls": []}')

    with pytest.raises(SourceError) as refusal:
        load([str(path)])

    assert said(refusal.value)[0] == "duplicate-key"


def test_what_was_left_out_and_noted_is_kept() -> None:
    one = nothing("a")._replace(notes=("one",))
    two = nothing("b")._replace(notes=("two",))

    assert merged([one, two]).notes == ("one", "two")
    assert len(load([EXAMPLE, ORGANIZATION]).left_out) == 1


# Templates and plans

_DATA = Path(__file__).parent / "data"
_TEMPLATE = str(_DATA / "appflow.template.yaml")
_PLAN = str(_DATA / "terraform-appflow-unknown.plan.json")


def test_templates_and_plans_are_sources() -> None:
    everything = load([_TEMPLATE, str(_DATA / "cdk.template.json"), _PLAN])

    assert [arn for arn in everything.entities if arn.endswith(("Flows", "-connections"))]
    assert len(everything.sources) == 3


def test_where_a_template_is_deployed_is_told_from_outside() -> None:
    told = Deployment("444455556666", "eu-west-1", {"SecretPrefix": "appflow!"})

    (flows,) = load([_TEMPLATE], deployment=told).entities.values()

    assert flows.arn == "arn:aws:iam::444455556666:role/Flows"
    assert all(not each.unsure for each in flows.inline)


@pytest.mark.parametrize(
    ("deployment", "code", "text"),
    [
        (Deployment("1234"), "not-an-account", "expected twelve digits"),
        (Deployment("12345678901²"), "not-an-account", "`12345678901²` is no account ID"),
        (
            Deployment(parameters={"SecretPrefx": "x"}),
            "unknown-parameter",
            "did you mean `SecretPrefix`?",
        ),
        (Deployment(parameters={"Q": "x"}), "unknown-parameter", "has the parameter `Q`"),
    ],
)
def test_a_deployment_that_cannot_be_is_refused(
    deployment: Deployment, code: str, text: str
) -> None:
    with pytest.raises(RequestError) as caught:
        load([_TEMPLATE], deployment=deployment)

    assert caught.value.diagnostics[0].code == code
    assert text in str(caught.value)


@pytest.mark.parametrize("parameters", ["", "Parameters: []\n"])
def test_a_template_that_declares_no_parameters_has_none(tmp_path: Path, parameters: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(f"{parameters}Resources:\n  R:\n    Type: AWS::IAM::Role\n", "utf-8")
    told = Deployment(parameters={"P": "1"})

    with pytest.raises((RequestError, SourceError), match=r"Parameters|parameter `P`"):
        load([str(path)], deployment=told)


def test_a_template_in_json_is_read_with_places(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text('{"Resources": {\n"A": {"Type": "AWS::X::Y"}, "A": {"Type": "AWS::X::Y"}}}')

    with pytest.raises(SourceError, match=":2:"):
        load([str(path)])


def test_a_template_in_another_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_bytes(b"Resources:\n  R\xff: {Type: AWS::IAM::Role}\n")

    with pytest.raises(SourceError, match="wrong-encoding"):
        load([str(path)])


@pytest.mark.parametrize(
    ("data", "remedy"),
    [
        (b"<svg/>", "docs/sources.md tells which files are read"),
        (b'{"calls": [', "is the file complete?"),
    ],
)
def test_what_is_no_json_is_told_from_what_was_cut_off(
    tmp_path: Path, data: bytes, remedy: str
) -> None:
    path = tmp_path / "source.json"
    path.write_bytes(data)

    with pytest.raises(SourceError) as refusal:
        load([str(path)])

    assert refusal.value.diagnostics[0].remedy.endswith(remedy)
