"""Folders of policies: what the file says who has, and what is wrong with it at which line."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from textwrap import dedent

import pytest

from policy_eval.errors import InputError, SourceError
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.loading import load
from policy_eval.sources.model import EntityKind, Found
from policy_eval.sources.policy_folder import is_listing, is_yaml_listing
from policy_eval.sources.workspace import write_workspace
from policy_eval.sources.workspace_reading import read_workspace
from tests.cli.running import ROOT
from tests.sources.exports import ACCOUNT, OTHER, allowing, document, iam, trusting

FOLDER = ROOT / "fixtures" / "accounts" / "folder"
_SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:appflow!sales-AbCdEf"
_BARE = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:sales"
_KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/k"
_ORGANIZATION = {
    "organization": {"id": "o-a"}, "nodes": [{"id": "r-1", "name": "Root", "scps": []}],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of policies without the file that lists them."""
    path = tmp_path / "folder"
    (path / "more").mkdir(parents=True)
    for name, content in (
        ("a.json", allowing("s3:*")),
        ("b.json", allowing("sqs:*")),
        ("more/a.json", allowing("sns:*")),
        ("trust.json", trusting({"AWS": iam("root")})),
        ("key.json", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}]}),
        ("organization.json", _ORGANIZATION),
    ):  # fmt: skip
        (path / name).write_text(json.dumps(content), "utf-8")
    (tmp_path / "outside.json").write_text(json.dumps(document()), "utf-8")
    return path


def _load(folder: Path, text: str, name: str = "policies.yaml") -> Found:
    (folder / name).write_text(dedent(text), "utf-8")
    return load([str(folder)])


_HEAD = f"""
version: 1
account: "{ACCOUNT}"
"""


def test_the_example_is_read_with_all_that_is_listed() -> None:
    found = load([str(FOLDER)])

    ana, flow = Accounts(found).callers
    assert (ana.arn, flow.arn) == (iam("user/ana"), iam("role/Flow"))
    assert ana.groups == (iam("group/Analysts"),)
    assert [each.name for each in ana.inline] == ["user/ana/own-flows"]
    assert flow.managed == (
        iam("policy/flow-secrets"), "arn:aws:iam::aws:policy/AmazonAppFlowFullAccess",
    )  # fmt: skip
    assert (flow.boundary, flow.tags) == (iam("policy/only-sales"), (("team", "sales"),))
    assert flow.trust is not None
    assert flow.trust.name == "trust policy of role/Flow"
    assert found.entities[iam("group/Analysts")].managed == (iam("policy/team/ReadSales"),)
    secret = found.resources[_SECRET]
    assert (secret.account, secret.tags) == (ACCOUNT, (("team", "sales"),))
    assert secret.policy is not None
    assert str(secret.policy.where) == str(FOLDER / "sales-secret.json")
    assert str(flow.where) == f"{FOLDER / 'policies.yaml'}:5:3"


def test_its_workspace_is_the_same(tmp_path: Path) -> None:
    found = load([str(FOLDER)])

    write_workspace(found, tmp_path / "w")
    again = read_workspace(tmp_path / "w")

    assert {arn: each.content for arn, each in again.managed.items()} == {
        arn: each.content for arn, each in found.managed.items()
    }
    assert again.entities.keys() == found.entities.keys()


@pytest.mark.parametrize("name", ["policies.yaml", "policies.yml", "policies.json", "other.json",
                                  "other.yaml"])  # fmt: skip
def test_the_file_may_be_yaml_or_json_and_have_another_name(folder: Path, name: str) -> None:
    listed = {"version": 1, "account": ACCOUNT, "principals": {"user/ana": {"policies": "a.json"}}}
    in_yaml = f"{_HEAD}principals: {{user/ana: {{policies: a.json}}}}"
    (folder / name).write_text(json.dumps(listed) if name.endswith("json") else in_yaml, "utf-8")
    source = folder if name.startswith("policies") else folder / name

    found = load([str(source)])

    assert found.entities[iam("user/ana")].managed == (iam("policy/a"),)
    assert found.managed[iam("policy/a")].content == allowing("s3:*")
    assert found.sources == (str(folder / name),)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"version: 1\nprincipals:\n", True),
        (b"managed :\n", True),
        (b"\xef\xbb\xbfprincipals:\n", True),
        (b"resources:\nversion: 1\n", True),
        (b"version: 1\ngroups:\n", True),
        (b"resources:\n", False),
        (b"version: 1\n", False),
        (b"{principals: {}}", False),
        (b"tests:\n  principals: a\n", False),
    ],
)
def test_a_listing_in_yaml_is_told_by_its_names(data: bytes, *, expected: bool) -> None:
    assert is_yaml_listing(data) is expected


def test_a_listing_in_json_is_told_by_its_names() -> None:
    assert is_listing({"version": 1, "managed": {}})
    assert is_listing({"version": 1, "resources": {}})
    assert is_listing({"version": 1, "groups": {}})
    assert not is_listing({"version": 1})
    assert not is_listing({"version": 4, "resources": []})
    assert not is_listing([])


def test_identities_of_other_accounts_are_named_by_their_arns(folder: Path) -> None:
    found = _load(folder, f"""
        version: 1
        principals:
          arn:aws:iam::{OTHER}:role/R: {{boundary: arn:aws:iam::{OTHER}:policy/L}}
        groups:
          arn:aws:iam::{OTHER}:group/G: {{policies: [], inline: [a.json, b.json]}}
    """)  # fmt: skip

    role, group = (found.entities[iam(name, OTHER)] for name in ("role/R", "group/G"))
    assert role.boundary == iam("policy/L", OTHER)
    assert [each.name for each in group.inline] == ["group/G/a", "group/G/b"]
    assert group.kind is EntityKind.GROUP


def test_a_trust_policy_that_is_not_given_is_unknown(folder: Path) -> None:
    found = _load(folder, f"{_HEAD}principals: {{role/R: {{}}, user/ana: {{}}}}")

    trust = found.entities[iam("role/R")].trust
    assert trust is not None
    assert trust.content is None
    assert trust.unknown == f"{folder / 'policies.yaml'} gives no `trust` of role/R"
    assert found.entities[iam("user/ana")].trust is None


def test_a_policy_is_one_whoever_has_it(folder: Path) -> None:
    found = _load(folder, f"""{_HEAD}
managed: {{Named: b.json}}
principals:
  user/a: {{policies: [a.json, b.json]}}
  user/b: {{policies: [Named, ./a.json], boundary: a.json}}
""")  # fmt: skip

    a, b = found.entities.values()
    assert a.managed == (iam("policy/a"), iam("policy/Named"))
    assert b.managed == (iam("policy/Named"), iam("policy/a"))
    assert b.boundary == iam("policy/a")
    assert len(found.managed) == 2


def test_resources_have_their_type_of_policy_and_their_account(folder: Path) -> None:
    found = _load(folder, f"""{_HEAD}
resources:
  {_KEY}: {{policy: key.json}}
  arn:aws:s3:::mine: {{tags: {{a: 1}}}}
  arn:aws:s3:::theirs: {{account: "{OTHER}"}}
""")  # fmt: skip

    assert found.resources[_KEY].policy is not None
    mine, theirs = (found.resources[f"arn:aws:s3:::{name}"] for name in ("mine", "theirs"))
    assert (mine.account, mine.policy, mine.tags) == (ACCOUNT, None, (("a", "1"),))
    assert theirs.account == OTHER


def test_a_file_of_that_name_without_a_list_is_told_what_it_may_have(folder: Path) -> None:
    with pytest.raises(SourceError, match="nothing is listed here"):
        _load(folder, '{"version": 1}', "policies.json")


@pytest.mark.parametrize("text", [f"{_HEAD}groups: {{}}", '{"version": 1, "groups": {}}'])
def test_a_list_that_is_compressed_is_refused(folder: Path, text: str) -> None:
    (folder / "list.gz").write_bytes(gzip.compress(text.encode()))

    with pytest.raises(SourceError) as refusal:
        load([str(folder / "list.gz")])

    first = refusal.value.diagnostics[0]
    message = f"{folder / 'list.gz'}: this list of who has which policy is compressed"
    assert (first.code, first.message) == ("unknown-source", message)


def test_a_file_of_that_name_may_be_another_source(folder: Path) -> None:
    template = {"Resources": {"R": {"Type": "AWS::IAM::User", "Properties": {"UserName": "u"}}}}

    found = _load(folder, json.dumps(template), "policies.json")
    (folder / "policies.json").rename(folder.parent / "other.json")
    again = _load(folder, "Resources: {R: {Type: 'AWS::IAM::User'}}", "policies.yaml")

    assert [each.rpartition("/")[2] for each in (*found.entities, *again.entities)] == ["u", "R"]


def test_ids_of_an_organization_need_no_quotes_in_yaml(folder: Path) -> None:
    found = _load(
        folder,
        f"""{_HEAD}
organization:
  organization: {{id: o-a, management_account: {OTHER}}}
  nodes: [{{id: r-1}}, {{id: {ACCOUNT}, parent: r-1}}]
""",
    )

    assert found.organization is not None
    assert found.organization.management_account == OTHER
    assert [*found.organization.nodes] == ["r-1", ACCOUNT]


def test_a_secret_is_found_without_the_characters_that_aws_chooses(folder: Path) -> None:
    accounts = Accounts(_load(folder, f"{_HEAD}resources: {{'{_BARE}': {{policy: key.json}}}}"))

    for arn in (_BARE, f"{_BARE}-AbCdEf"):
        assert accounts.resource_policy("secretsmanager:GetSecretValue", arn) is not None
    other = accounts.resource_policy("secretsmanager:GetSecretValue", f"{_BARE}-more-AbCdEf")
    assert other is None


def test_the_account_of_an_arn_may_be_said_again(folder: Path) -> None:
    found = _load(folder, f"""{_HEAD}
resources:
  {_KEY}: {{account: "{ACCOUNT}"}}
  {iam("role/R")}: {{tags: {{a: b}}}}
  arn:aws:s3:us-east-1:{OTHER}:accesspoint/p: {{}}
  arn:aws:dynamodb:us-east-1:{OTHER}:table/t: {{}}
""")  # fmt: skip

    assert [each.account for each in found.resources.values()] == [ACCOUNT, ACCOUNT, OTHER, OTHER]


_UNREAD = {
    "arn:aws:s3:::a": ("{policy: bad.json}", "arn:aws:s3:::a", ACCOUNT),
    "arn:aws:s3:::b": (f"{{policy: gone.json, account: '{OTHER}'}}", "arn:aws:s3:::b", OTHER),
    "arn:aws:s3:::c": ("{polcy: key.json}", "arn:aws:s3:::c", ACCOUNT),
    "arn:aws:s3:::d": ("[]", "arn:aws:s3:::d", ACCOUNT),
    "arn:aws:s3:::e/*": ("{policy: key.json}", "arn:aws:s3:::e", ACCOUNT),
    "arn:aws:s3:us-east-1:1:f": ("{policy: key.json}", "arn:aws:s3:::f", ACCOUNT),
    f"arn:aws:sqs:us-east-1:{OTHER}:q": (
        "{policy: bad.json}", f"arn:aws:sqs:us-east-1:{OTHER}:q", OTHER,
    ),
    "bucket": ("{policy: key.json}", "bucket", ACCOUNT),
}  # fmt: skip


@pytest.mark.parametrize("key", _UNREAD)
def test_a_policy_that_cannot_be_read_and_is_left_out_is_unknown(
    folder: Path, tmp_path: Path, key: str
) -> None:
    said, arn, owner = _UNREAD[key]
    (folder / "bad.json").write_text('{"Statement": [{"Effect": "Allow"}]}')
    (folder / "policies.yaml").write_text(f"{_HEAD}resources: {{'{key}': {said}}}")
    errors: list[SourceError] = []

    found = load([str(folder)], errors.append)

    assert len(errors) == 1
    (resource,) = found.resources.values()
    assert (resource.arn, resource.account) == (arn, owner)
    assert resource.policy is not None
    where = f"{folder / 'policies.yaml'}:4:13"
    assert resource.policy.unknown == f"{where}: the policy of {arn} could not be read"
    write_workspace(found, tmp_path / "w")
    again = read_workspace(tmp_path / "w").resources[arn].policy
    assert again is not None
    assert (again.content, again.unknown) == (None, resource.policy.unknown)


def test_what_is_known_of_a_bucket_stays_known(folder: Path) -> None:
    (folder / "policies.yaml").write_text(f"""{_HEAD}
resources:
  arn:aws:s3:::b/*: {{}}
  arn:aws:s3:::b: {{policy: key.json}}
""")

    found = load([str(folder)], lambda _: None)

    policy = found.resources["arn:aws:s3:::b"].policy
    assert policy is not None
    assert policy.content is not None


@pytest.mark.parametrize("organization", ["organization.json", json.dumps(_ORGANIZATION)])
def test_an_organization_stands_in_a_file_or_here(folder: Path, organization: str) -> None:
    found = _load(folder, f"{_HEAD}organization: {organization}")

    assert found.organization is not None
    assert (found.organization.id, [*found.organization.nodes]) == ("o-a", ["r-1"])


def test_statements_as_the_documentation_prints_them_are_a_policy(folder: Path) -> None:
    statement = json.dumps({"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    (folder / "joined.json").write_text(f"{statement},\n{statement}", "utf-8")

    found = _load(folder, f"{_HEAD}principals: {{user/ana: {{inline: joined.json}}}}")

    accounts = Accounts(found)
    (policy,) = accounts.identity(accounts.caller("ana"))
    assert len(policy.statements) == 2


# What is wrong

_PRINCIPAL = f"{_HEAD}principals: {{user/ana: "
_BAD = {
    "empty": ("", "yaml-syntax", "1:1", "the file is empty"),
    "no-version": ("principals: {}", "missing-field", "1:1", "`version` is not there"),
    "version": ("version: 2\nprincipals: {}", "unknown-version", "1:10", "version 2 is not known"),
    "nothing": (_HEAD, "missing-field", "2:1", "nothing is listed here"),
    "field": (f"{_HEAD}principal: {{}}", "unknown-field", "4:1", "unknown field `principal`"),
    "account": ("version: 1\naccount: 12", "not-an-account", "2:10", "`12` is no account ID"),
    "no-account": ("version: 1\nprincipals: {user/ana: {}}", "missing-field", "2:14",
                   "`user/ana` has no account without `account`"),
    "name": (f"{_HEAD}principals: {{ana: {{}}}}", "unknown-word", "4:14",
             "`ana` is no role or user"),
    "no-name": (f"{_HEAD}principals: {{user/: {{}}}}", "unknown-word", "4:14",
                "`user/` is no role or user"),
    "arn": (f"{_HEAD}principals: {{'arn:aws:iam::1:group/g': {{}}}}", "not-an-arn", "4:14",
            "`arn:aws:iam::1:group/g` is no ARN of a role or user"),
    "no-arn": (f"{_HEAD}resources: {{bucket: {{}}}}", "not-an-arn", "4:13", "`bucket` is no ARN"),
    "bom": (f"\ufeff{_HEAD}principals: {{}}", "byte-order-mark", "", "policies.yaml"),
    "path-alone": (f"{_HEAD}principals: {{role/Dev/: {{}}}}", "not-a-name", "4:14",
                   "IAM gives nothing the name `role/Dev/`"),
    "blank": (f"{_HEAD}principals: {{role/D v: {{}}}}", "not-a-name", "4:14",
              "IAM gives nothing the name `role/D v`"),
    "accent": (f"{_HEAD}principals: {{role/Dév: {{}}}}", "not-a-name", "4:14",
               "IAM gives nothing the name `role/Dév`"),
    "no-account-of-it": (f"{_HEAD}principals: {{'arn:aws:iam::1:role/x': {{}}}}", "not-a-name",
                         "4:14", "IAM gives nothing the name `arn:aws:iam::1:role/x`"),
    "object": (f"{_HEAD}resources: {{'arn:aws:s3:::b/k': {{policy: a.json}}}}", "not-an-arn",
               "4:13", "`arn:aws:s3:::b/k` is an object, which has the policy of its bucket"),
    "no-key": (f"{_HEAD}resources: {{'arn:aws:s3:::b/': {{policy: a.json}}}}", "not-an-arn",
               "4:13", "`arn:aws:s3:::b/` is an object"),
    "objects": (f"{_HEAD}resources: {{'arn:aws:s3:::b/*': {{policy: a.json}}}}", "not-an-arn",
                "4:13", "`arn:aws:s3:::b/*` has a wildcard"),
    "buckets": (f"{_HEAD}resources: {{'arn:aws:s3:::*': {{policy: a.json}}}}", "not-an-arn",
                "4:13", "`arn:aws:s3:::*` has a wildcard"),
    "secrets": (f"{_HEAD}resources: {{'{_SECRET}*': {{policy: a.json}}}}", "not-an-arn",
                "4:13", f"`{_SECRET}*` has a wildcard"),
    "bucket-in-a-region": (
        f"{_HEAD}resources: {{'arn:aws:s3:us-east-1:{ACCOUNT}:b': {{policy: a.json}}}}",
        "not-an-arn", "4:13",
        f"Amazon S3 has no resource of the ARN `arn:aws:s3:us-east-1:{ACCOUNT}:b`",
    ),
    "queue-without-account": (
        f"{_HEAD}resources: {{'arn:aws:sqs:us-east-1::q': {{}}}}", "not-an-arn", "4:13",
        "`arn:aws:sqs:us-east-1::q` has no Region or no account",
    ),
    "queue-of-nobody": (
        f"{_HEAD}resources: {{'arn:aws:sqs:us-east-1:1:q': {{}}}}", "not-an-account", "4:13",
        "`1` is no account ID of `arn:aws:sqs:us-east-1:1:q`",
    ),
    "two-accounts": (
        f"{_HEAD}resources: {{'{_KEY}': {{account: '{OTHER}'}}}}", "field-combination", "4:67",
        f"the ARN says that it belongs to {ACCOUNT}",
    ),
    "role-policy": (
        f"{_HEAD}resources: {{'{iam('role/R')}': {{policy: a.json}}}}", "field-combination", "4:58",
        "IAM asks no policy of this resource",
    ),
    "secret-twice": (
        f"{_HEAD}resources: {{'{_BARE}': {{}}, '{_BARE}-??????': {{}}}}", "listed-twice", "4:79",
        f"{_BARE}-?????? is listed a second time",
    ),
    "of-principal": (f"{_PRINCIPAL}{{policy: a.json}}}}", "unknown-field", "4:25",
                     "unknown field `policy`"),
    "trust": (f"{_PRINCIPAL}{{trust: trust.json}}}}", "field-combination", "4:32",
              "a user has no `trust`"),
    "groups": (f"{_HEAD}principals: {{role/R: {{groups: [G]}}}}", "field-combination", "4:31",
               "a role has no `groups`"),
    "missing": (f"{_PRINCIPAL}{{policies: [aa.json]}}}}", "missing-file", "4:36",
                "there is no file `aa.json`"),
    "far": (f"{_PRINCIPAL}{{policies: [nowhere]}}}}", "missing-file", "4:36",
            "there is no file `nowhere`"),
    "no-path": (f'{_PRINCIPAL}{{policies: ["a\\0"]}}}}', "missing-file", "4:36",
                "there is no file `a"),
    "outside": (f"{_PRINCIPAL}{{policies: [../outside.json]}}}}", "outside-folder", "4:36",
                "`../outside.json` is not in the folder of"),
    "link": (f"{_PRINCIPAL}{{policies: [link.json]}}}}", "outside-folder", "4:36",
             "`link.json` is not in the folder of"),
    "twice": (f"{_PRINCIPAL}{{policies: [a.json, ./a.json]}}}}", "listed-twice", "4:44",
              "`./a.json` is attached twice"),
    "same-name": (f"{_PRINCIPAL}{{policies: [a.json, more/a.json]}}}}", "listed-twice", "4:44",
                  f"{iam('policy/a')} is in"),
    "same-inline": (f"{_PRINCIPAL}{{inline: [a.json, more/a.json]}}}}", "listed-twice", "4:42",
                    "`more/a.json` is the second policy called `a`"),
    "same-file": (f"{_HEAD}managed: {{A: a.json, B: a.json}}", "listed-twice", "4:25",
                  f"`a.json` is {iam('policy/A')}, too"),
    "same-principal": (
        f"{_HEAD}principals: {{user/ana: {{}}, '{iam('user/ana')}': {{}}}}", "listed-twice",
        "4:28", f"{iam('user/ana')} is listed a second time",
    ),
    "policy": (f"{_PRINCIPAL}{{inline: bad.json}}}}", "unknown-effect", "", "bad.json:2:12"),
    "type": (f"{_HEAD}principals: {{role/R: {{trust: a.json}}}}", "missing-element", "",
             "a.json:1:"),
    "organization": (f"{_HEAD}organization: {{organization: {{}}, nodes: [{{}}]}}", "missing-field",
                     "", "policies.yaml: organization: nodes[0]: `id` is not there"),
}  # fmt: skip


@pytest.mark.parametrize("name", _BAD)
def test_what_is_wrong_is_said_with_file_line_and_column(folder: Path, name: str) -> None:
    text, code, place, message = _BAD[name]
    (folder / "bad.json").write_text('{"Action": "s3:*",\n "Effect": "Alow", "Resource": "*"}')
    (folder / "link.json").symlink_to(folder.parent / "outside.json")

    with pytest.raises(SourceError) as refusal:
        _load(folder, text)

    first = refusal.value.diagnostics[0]
    assert first.code == code
    where = f"{folder / 'policies.yaml'}:{place}: " if place else ""
    assert str(first).startswith(where)
    assert message in str(first)


def test_the_nearest_file_and_field_are_named(folder: Path) -> None:
    for text, near in (
        (f"{_PRINCIPAL}{{policies: [aa.json]}}}}", "did you mean `a.json`?"),
        (f"{_PRINCIPAL}{{policys: []}}}}", "did you mean `policies`?"),
    ):
        with pytest.raises(InputError, match="did you mean") as refusal:
            _load(folder, text)
        assert near.rstrip("?") in str(refusal.value)


def test_what_cannot_be_read_can_be_left_out(folder: Path) -> None:
    (folder / "policies.yaml").write_text(f"""{_HEAD}
managed: {{Gone: gone.json}}
principals:
  user/ana: {{policies: [gone.json]}}
  user/bob: {{policies: [a.json]}}
""")
    errors: list[SourceError] = []

    found = load([str(folder)], errors.append)

    assert [*found.entities] == [iam("user/bob")]
    assert [each.diagnostics[0].code for each in errors] == ["missing-file"] * 2
    assert [str(each) for each in found.left_out] == [
        f"{folder / 'policies.yaml'}:{place}: not read: there is no file `gone.json`"
        for place in ("5:17", "7:25")
    ]
