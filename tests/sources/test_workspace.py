"""Workspaces: what is written is read again, whatever names hold; damage is refused."""

from __future__ import annotations

import json
import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policy_eval.errors import SourceError
from policy_eval.sources.loading import load
from policy_eval.sources.model import (
    Document,
    Entity,
    EntityKind,
    Found,
    Node,
    Organization,
    Resource,
    Unsure,
    Where,
    nothing,
    without_places,
)
from policy_eval.sources.workspace import workspace_files, write_workspace
from policy_eval.sources.workspace_reading import read_workspace
from policy_eval.text.node import Number
from policy_eval.text.printed import as_text
from tests.sources.exports import EXAMPLE, ORGANIZATION, found, iam, role, said

_HERE = Where("x.json", "a.b")


def _document(name: str) -> Document:
    return Document(name, {"Statement": [{"Sid": name}]}, _HERE)


def _plain(found: Found) -> object:
    """Return what was found in one order and without places."""
    organization = found.organization
    return (
        (_sorted(found.managed), _sorted(found.entities)),
        (_sorted(found.resources), _sorted(found.endpoints)),
        organization and (organization._replace(nodes={}), _sorted(organization.nodes)),
        (found.sources, found.left_out, found.notes),
    )


def _sorted(members: Mapping[str, object]) -> list[tuple[str, object]]:
    return [(name, without_places(members[name])) for name in sorted(members)]


def _again(everything: Found, folder: Path) -> Found:
    write_workspace(everything, folder)
    return read_workspace(folder)


def test_import_export_import_is_the_same_model_and_the_same_bytes(tmp_path: Path) -> None:
    everything = load([EXAMPLE, ORGANIZATION])

    again = _again(everything, tmp_path / "one")

    assert _plain(again) == _plain(everything)
    assert workspace_files(again) == workspace_files(everything)
    written = _again(again, tmp_path / "two")
    assert workspace_files(written) == workspace_files(everything)


def _everything() -> Found:
    """Return a model in which every field is filled."""
    unknown = Document("Gone", None, _HERE, "nobody knows it")
    entity = Entity(
        iam("role/A"), EntityKind.ROLE, _HERE, "AROAEXAMPLE", (("team", ""), ("a", "b")),
        (_document("role/A/One"), _document("role/A/One"), unknown), (iam("policy/P"),),
        (iam("group/G"),), iam("policy/L"), unknown, "what is attached",
    )  # fmt: skip
    nodes = {
        "r-a": Node("r-a", "Root", "", (_document("Full"), unknown), (), _HERE),
        "R-A": Node("R-A", "Root", "r-a", (_document("Other"),), (_document("Rcp"),), _HERE),
    }
    return Found(
        ("one.json", "two.json"),
        {iam("policy/P"): _document("policy/P"), "no arn": unknown},
        {entity.arn: entity},
        {
            "arn:aws:s3:::a": Resource("arn:aws:s3:::a", _document("p"), _HERE, "1", (("k", "v"),)),
            "arn:aws:s3:::b": Resource("arn:aws:s3:::b", None, _HERE),
            "arn:aws:s3:::c": Resource("arn:aws:s3:::c", unknown, _HERE),
            "no arn": Resource("no arn", None, _HERE),
        },
        {"vpce-1": _document("e"), "vpce-2": unknown},
        Organization("o-a", None, nodes, has_scps=True, has_rcps=True),
        notes=("a note",),
    )


def test_every_field_is_written_and_read(tmp_path: Path) -> None:
    everything = _everything()

    again = _again(everything, tmp_path / "w")

    assert _plain(again) == _plain(everything)
    assert _again(everything._replace(organization=None), tmp_path / "v").organization is None
    assert str(again.entities[iam("role/A")].inline[0].where) == str(
        tmp_path / "w/principals/111122223333/role/A/inline/01-One.json"
    )


_ODD_PATHS = (
    "a", "A", "..", "../..", "./a", "a//b", "a/", "inline/01-One.json", "attached.json",
    "a/attached.json", "a/inline", "trust.json", "x.policy", "x", "x.json", "x.policy.json", "con",
    "CON.txt", "a b ", " a", "a.", "%41", "a%2Fb", "é", "\ud800", "x" * 300, "x" * 300 + "y", "~",
    "a~2", "a\\b", "a:b", "*", "\n", "organization.json",
)  # fmt: skip


def _odd(paths: tuple[str, ...]) -> Found:
    everything = nothing("odd.json")
    for path in paths:
        arn = iam(f"role/{path}")
        entity = Entity(
            arn, EntityKind.ROLE, _HERE, inline=(_document(path),), trust=_document("t")
        )
        everything.entities[arn] = entity
        everything.managed[iam(f"policy/{path}")] = _document(path)
        secret = f"arn:aws:secretsmanager:us-east-1:1:secret:{path}"
        everything.resources[secret] = Resource(secret, _document(path), _HERE)
        everything.endpoints[path] = _document(path)
    nodes = {path: Node(path, path, "r", (_document(path),), (), _HERE) for path in paths}
    nodes["r"] = Node("r", "Root", "", (), (), _HERE)
    return everything._replace(organization=Organization(None, None, nodes))


def test_no_name_leaves_the_folder_or_takes_the_place_of_another(tmp_path: Path) -> None:
    everything = _odd(_ODD_PATHS)

    again = _again(everything, tmp_path / "deep" / "w")

    assert [each.name for each in tmp_path.iterdir()] == ["deep"]
    assert [each.name for each in (tmp_path / "deep").iterdir()] == ["w"]
    assert _plain(again) == _plain(everything)


@given(st.lists(st.text(st.characters(codec="ascii"), min_size=1), max_size=6))
def test_files_of_any_names_differ_by_more_than_letter_case(names: list[str]) -> None:
    files = workspace_files(_odd(tuple(dict.fromkeys((*names, *map(str.swapcase, names))))))

    assert len({path.casefold() for path in files}) == len(files)
    parts = {part for path in files for part in path.split("/")}
    assert parts.isdisjoint({"", ".", ".."})
    assert all(len(part.encode()) < 250 and part.isascii() for part in parts)
    folders = {str(parent) for path in files for parent in Path(path).parents}
    assert folders.isdisjoint(files)
    assert len({each.casefold() for each in folders}) == len(folders)


def test_a_workspace_is_for_its_user_alone(tmp_path: Path) -> None:
    write_workspace(found(roles=(role("A"),)), tmp_path / "w")

    everything = [tmp_path / "w", *(tmp_path / "w").rglob("*")]
    modes = {(each.is_dir(), stat.S_IMODE(each.stat().st_mode)) for each in everything}
    assert modes == {(False, 0o600), (True, 0o700)}


def test_a_link_to_an_empty_folder_is_followed(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")

    assert write_workspace(found(roles=(role("A"),)), tmp_path / "link") == 3
    assert (tmp_path / "link").is_symlink()
    assert [*read_workspace(tmp_path / "empty").entities] == [iam("role/A")]


def test_an_empty_folder_is_taken_and_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").touch()

    assert write_workspace(found(roles=(role("A"),)), tmp_path / "empty") == 3
    for name in ("file", "full"):
        with pytest.raises(SourceError) as refusal:
            write_workspace(found(), tmp_path / name)
        assert said(refusal.value) == (
            "output", f"{tmp_path / name}: this is there already, and it is not empty",
        )  # fmt: skip
    assert [each.name for each in (tmp_path / "full").iterdir()] == ["mine"]


def test_a_workspace_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "rename", refuse)

    with pytest.raises(SourceError) as refusal:
        write_workspace(found(roles=(role("A"),)), tmp_path / "w")

    assert said(refusal.value) == ("output", f"{tmp_path / 'w'}: No space left on device")
    assert [*tmp_path.iterdir()] == []


def test_a_place_where_no_folder_can_be_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(SourceError) as refusal:
        write_workspace(found(), tmp_path / "file" / "w")

    assert said(refusal.value)[0] == "output"


# Damage


def _damaged(tmp_path: Path, path: str, text: str | None) -> SourceError:
    """Return how a workspace is refused in which one file is another, or gone."""
    folder = tmp_path / "w"
    write_workspace(load([EXAMPLE, ORGANIZATION]), folder)
    if text is None:
        (folder / path).unlink()
    else:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, "latin-1")
    with pytest.raises(SourceError) as refusal:
        read_workspace(folder)
    return refusal.value


_FLOW = "principals/111122223333/role/Flow"
_SECRETS = "policies/111122223333/policy/FlowSecrets"
_ORGANIZATION = "organization/organization.json"


@pytest.mark.parametrize(
    ("path", "text", "code", "message"),
    [
        ("workspace.json", "{", "json-syntax", ""),
        ("workspace.json", "{}", "missing-field", ": `version` is not there"),
        ("workspace.json", '{"version": 7}', "unknown-version", ": version: version 7 is not "),
        ("workspace.json", '{"version": "1"}', "wrong-type", ": version: a text stands where "),
        ("workspace.json", '{"version": 1, "note": []}', "unknown-field",
         ": note: unknown field `note`"),
        (f"{_FLOW}/attached.json", f'{{"kind": "role", "arn": "{iam("role/A")}", "tags": []}}',
         "wrong-type", ": tags: a list stands where an object is expected"),
        (f"{_FLOW}/attached.json", f'{{"kind": "role", "arn": "{iam("user/A")}"}}', "not-an-arn",
         f": arn: `{iam('user/A')}` is no ARN of a role"),
        (f"{_FLOW}/attached.json", '{"kind": "role", "arn": "a"}', "not-an-arn",
         ": arn: `a` is no ARN of a role"),
        (f"{_FLOW}/attached.json",
         f'{{"kind": "role", "arn": "{iam("role/A")}", "boundry": "x"}}', "unknown-field",
         ": boundry: unknown field `boundry`"),
        (f"{_FLOW}/attached.json", '{"managed": ["x"], "managed": []}', "duplicate-key",
         ": `managed` stands twice in one object"),
        (f"{_FLOW}/attached.json",
         f'{{"kind": "role", "arn": "{iam("role/A")}", "boundary": ""}}', "wrong-type",
         ": boundary: the text is empty"),
        (f"{_FLOW}/trust.json", None, "missing-file", ": there is no such file"),
        (f"{_FLOW}/attached.json", '{"arn": "a"}', "missing-field", ": `kind` is not there"),
        (
            f"{_FLOW}/attached.json", '{"kind": "robot"}', "unknown-word",
            ": kind: `robot` is no kind of principal",
        ),
        (f"{_FLOW}/attached.json", "[]", "wrong-type",
         ": a list stands where an object is expected"),
        (f"{_SECRETS}.json", '{"arn": "a", "name": "b", "unknown": ""}', "wrong-type",
         ": unknown: the text is empty"),
        (f"{_SECRETS}.json", '{"arn": "a", "name": "b", "unknown": null}', "missing-field",
         ": `unknown` is not there"),
        (f"{_SECRETS}.policy.json", "null", "wrong-type", ": no policy document stands here"),
        (f"{_SECRETS}.policy.json", "5", "wrong-type", ": no policy document stands here"),
        (f"{_SECRETS}.policy.json", '{"Statement": {"Effect": "Deny", "Effect": "Allow"}}',
         "duplicate-key", ": Statement: `Effect` stands twice in one object"),
        ("organization/r-ab12/scps/01-FullAWSAccess.json", None, "missing-file", ""),
        (_ORGANIZATION, "{}", "missing-field", ": `has_scps` is not there"),
        (_ORGANIZATION, '{"has_scps": "true"}', "wrong-type",
         ": has_scps: a text stands where true or false is expected"),
        (_ORGANIZATION,
         '{"has_scps": true, "has_rcps": true, "nodes": [], "management_account": "1"}',
         "not-an-account", ": management_account: `1` is no account ID of twelve digits"),
        (_ORGANIZATION,
         '{"has_scps": true, "has_rcps": true, "nodes": [{"id": "a", "name": "a", "parent": "b"}]}',
         "missing-field", ": nodes[0]: the parent b of a is not there"),
        (_ORGANIZATION,
         '{"has_scps": true, "has_rcps": true, "nodes": [{"id": "a", "name": "a", "parent": "a"}]}',
         "circular", ": nodes[0]: a is a node above itself"),
        (_ORGANIZATION,
         ('{"has_scps": true, "has_rcps": true, "nodes": [{"id": "a", "name": "a", "parent": ""},'
         ' {"id": "a", "name": "a", "parent": ""}]}'),
         "listed-twice", ": nodes[1]: a is listed a second time"),
        ("policies/111122223333/policy/FlowSecrets.policy.json", "\xe9", "wrong-encoding", ""),
        (f"{_FLOW}/inline/09-More.json", "{}", "unknown-source",
         ": nothing in the workspace names this file"),
        ("policies/x.txt", "", "unknown-source", ": nothing in the workspace names this file"),
        ("policy.json", "{}", "unknown-source", ": a workspace holds nothing of this name"),
    ],
)  # fmt: skip
def test_a_damaged_workspace_is_refused_with_the_file(
    tmp_path: Path, path: str, text: str | None, code: str, message: str
) -> None:
    error = _damaged(tmp_path, path, text)

    assert said(error)[0] == code
    assert said(error)[1].startswith(f"{tmp_path / 'w' / path}{message}")


@pytest.mark.parametrize(
    ("gone", "unread", "wanted"),
    [
        (f"{_FLOW}/attached.json", f"{_FLOW}/trust.json", "expected it in an attached.json"),
        (f"{_SECRETS}.json", f"{_SECRETS}.policy.json", "expected `FlowSecrets.json` beside it"),
        (
            _ORGANIZATION, "organization/111122223333/scps/01-FullAWSAccess.json",
            f"expected it in {_ORGANIZATION}",
        ),
    ],
)  # fmt: skip
def test_what_is_left_of_something_that_is_gone_is_refused(
    tmp_path: Path, gone: str, unread: str, wanted: str
) -> None:
    error = _damaged(tmp_path, gone, None)

    assert said(error) == (
        "unknown-source", f"{tmp_path / 'w' / unread}: nothing in the workspace names this file",
    )  # fmt: skip
    assert error.diagnostics[0].remedy.startswith(wanted)


def test_a_folder_that_no_workspace_has_is_refused(tmp_path: Path) -> None:
    error = _damaged(tmp_path, "principal/x.json", "{}")

    assert said(error) == (
        "unknown-source", f"{tmp_path / 'w' / 'principal'}: a workspace holds nothing of this name",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("path", "copy"),
    [
        ("principals/111122223333/role/Flow", "principals/111122223333/role/Two"),
        ("policies/111122223333/policy", "policies/111122223333/more"),
    ],
)
def test_what_two_files_tell_of_is_refused(tmp_path: Path, path: str, copy: str) -> None:
    folder = tmp_path / "w"
    write_workspace(load([EXAMPLE]), folder)
    shutil.copytree(folder / path, folder / copy)

    with pytest.raises(SourceError, match="is listed a second time"):
        read_workspace(folder)


@pytest.mark.parametrize("path", ["principals/111122223333", f"{_FLOW}/trust.json"])
def test_a_link_in_a_workspace_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "w"
    write_workspace(load([EXAMPLE]), folder)
    (folder / path).rename(tmp_path / "elsewhere")
    (folder / path).symlink_to(tmp_path / "elsewhere")

    with pytest.raises(SourceError) as refusal:
        read_workspace(folder)

    assert said(refusal.value) == ("unreadable-file", f"{folder / path}: this is a link")


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    write_workspace(load([EXAMPLE]), tmp_path / "w")
    pipe = tmp_path / "w" / _FLOW / "trust.json"
    pipe.unlink()
    os.mkfifo(pipe)

    with pytest.raises(SourceError) as refusal:
        read_workspace(tmp_path / "w")

    assert said(refusal.value) == ("unreadable-file", f"{pipe}: this is no file")


def test_a_folder_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_workspace(load([EXAMPLE]), tmp_path / "w")

    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.scandir", refuse)

    with pytest.raises(SourceError) as refusal:
        read_workspace(tmp_path / "w")
    assert said(refusal.value) == ("unreadable-file", f"{tmp_path / 'w'}: Permission denied")


def test_what_people_keep_beside_a_workspace_is_no_part_of_it(tmp_path: Path) -> None:
    everything = load([EXAMPLE])
    write_workspace(everything, tmp_path / "w")
    for name in (".git/config.json", "README.md", "policies/.keep", ".hidden.md"):
        (tmp_path / "w" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "w" / name).touch()

    assert _plain(read_workspace(tmp_path / "w")) == _plain(everything)


def test_nodes_are_in_the_folders_of_their_ids_in_whatever_order(tmp_path: Path) -> None:
    everything = _everything()
    write_workspace(everything, tmp_path / "w")
    path = tmp_path / "w" / _ORGANIZATION
    said = json.loads(path.read_text())
    path.write_text(json.dumps({**said, "nodes": said["nodes"][::-1]}))

    assert _plain(read_workspace(tmp_path / "w")) == _plain(everything)


def test_a_number_is_written_as_it_was(tmp_path: Path) -> None:
    everything = nothing("x.json")
    content = {"Statement": [{"Condition": {"NumericEquals": {'a"1': Number("1.50"), "b": "2"}}}]}
    everything.managed[iam("policy/P")] = Document("policy/P", content, _HERE)

    again = _again(everything, tmp_path / "w")

    text = (tmp_path / "w/policies/111122223333/policy/P.policy.json").read_text()
    assert '"a\\"1": 1.50,\n          "b": "2"\n' in text
    assert as_text(again.managed[iam("policy/P")].content) == (
        '{"Statement": [{"Condition": {"NumericEquals": {"a\\"1": 1.50, "b": "2"}}}]}'
    )


def test_a_document_is_written_as_people_read_it(tmp_path: Path) -> None:
    everything = load([EXAMPLE])
    write_workspace(everything, tmp_path / "w")

    text = (
        tmp_path / "w/principals/111122223333/group/teams/Flow/inline/01-Flows.json"
    ).read_text()

    assert text.startswith('{\n  "Version": "2012-10-17",\n')
    assert json.loads(text)["Statement"][0]["Sid"] == "CreateThroughAppFlow"


def test_a_file_of_a_workspace_that_may_not_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_workspace(load([EXAMPLE]), tmp_path / "w")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)

    with pytest.raises(SourceError) as refusal:
        read_workspace(tmp_path / "w")
    assert said(refusal.value) == (
        "unreadable-file", f"{tmp_path / 'w' / 'workspace.json'}: Permission denied",
    )  # fmt: skip


_PARTLY = Document(
    "policy/P",
    {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": ["a", "b", "c"]},
        {"Effect": "Allow", "Action": "*", "Principal": {"AWS": ["a", "b"], "Service": "c"}},
        "no statement",
    ]},
    _HERE,
)  # fmt: skip


@pytest.mark.parametrize("as_one_text", [False, True])
def test_what_is_not_known_of_statements_is_kept(tmp_path: Path, *, as_one_text: bool) -> None:
    unsure = (
        Unsure(1, "a name", "Resource", (0, 2)),
        Unsure(2, "the parameter `P` has no value", "Principal", (2,)),
        Unsure(3, "nobody knows it"),
    )
    content = json.dumps(_PARTLY.content) if as_one_text else _PARTLY.content
    everything = nothing("x.json")
    everything.managed[iam("policy/P")] = _PARTLY._replace(content=content, unsure=unsure)

    again = _again(everything, tmp_path / "one")

    assert again.managed[iam("policy/P")].unsure == unsure
    assert _plain(again) == _plain(everything)


@pytest.mark.parametrize(
    ("unsure", "wanted"),
    [
        ([{"why": "x"}], "`statement` is not there"),
        ([{"statement": -1, "why": "x"}], "a whole number, 0 or more"),
        ([{"statement": True, "why": "x"}], "a whole number, 0 or more"),
        ([{"statement": 10**9, "why": "x"}], "a whole number, 0 or more"),
        ([{"statement": 0, "why": "x"}], "there is no statement 0; the document has 3"),
        ([{"statement": 4, "why": "x"}], "there is no statement 4; the document has 3"),
        ([{"statement": 1, "why": ""}], "why: the text is empty"),
        ([{"statement": 1, "why": "x", "elements": "Action"}], "did you mean `element`"),
        ([{"statement": 1, "why": "x"}] * 2, "statement 1 is listed a second time"),
        (
            [{"statement": 1, "why": "x", "element": "Effect"}],
            "expected Action, Resource, Principal",
        ),
        ([{"statement": 1, "why": "x", "element": "Action", "values": ["a"]}], "a whole number"),
        ([{"statement": 1, "why": "x", "element": "Action"}], "`values` is not there"),
        ([{"statement": 1, "why": "x", "element": "Action", "values": []}], "no value is listed"),
        (
            [{"statement": 1, "why": "x", "element": "Action", "values": [1]}],
            "there is no value 1; `Action` has 1",
        ),
        (
            [{"statement": 2, "why": "x", "element": "Principal", "values": [3]}],
            "there is no value 3; `Principal` has 3",
        ),
        (
            [{"statement": 3, "why": "x", "element": "Action", "values": [0]}],
            "there is no value 0; `Action` has 0",
        ),
    ],
)
def test_what_is_wrong_with_it_is_refused(
    tmp_path: Path, unsure: list[dict[str, object]], wanted: str
) -> None:
    everything = nothing("x.json")
    everything.managed[iam("policy/P")] = _PARTLY
    write_workspace(everything, tmp_path / "one")
    about = tmp_path / "one/policies/111122223333/policy/P.json"
    said = json.loads(about.read_text("utf-8"))
    about.write_text(json.dumps({**said, "unsure": unsure}), "utf-8")

    with pytest.raises(SourceError, match=wanted):
        read_workspace(tmp_path / "one")


def test_the_statements_of_a_document_without_a_list_are_counted(tmp_path: Path) -> None:
    for content, wanted in ({"Statement": {}}, "has 1"), ({}, "has 0"), ("no JSON", "has 0"):
        everything = nothing("x.json")
        unsure = (Unsure(2, "x"),)
        everything.managed[iam("policy/P")] = Document("P", content, _HERE, unsure=unsure)
        folder = tmp_path / wanted / str(type(content))
        write_workspace(everything, folder)

        with pytest.raises(SourceError, match=wanted):
            read_workspace(folder)
