"""The page of a matrix in a real browser: it is drawn, filtered, and tells why.

Slow: starts Chromium. `make slow` installs one where there is npm.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from policy_eval.semantics.service_reference import service_actions
from tests.cli.running import ROOT, policy_eval

pytestmark = pytest.mark.slow
_INSTALLED = ROOT / ".browser"
_NODE = shutil.which("node")
_PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return where the pictures go of the page before and after it is filtered."""
    folder = tmp_path_factory.mktemp("screenshots")
    return folder / "before.png", folder / "after.png"


def _page(path: Path, *arguments: str) -> Path:
    source = ("--source", "fixtures/accounts/account.json")
    made = policy_eval("matrix", *arguments, *source, "-o", "html", "--out", str(path))
    assert made.exit_code == 0, made.output
    return path


@pytest.fixture(scope="module")
def seen(screenshots: tuple[Path, Path]) -> dict[str, Any]:
    """Return what somebody sees who opens the page, filters it and clicks a cell."""
    if _NODE is None or not (_INSTALLED / "node_modules" / "puppeteer-core").is_dir():
        pytest.skip(f"no browser: there is no Node.js, or nothing in {_INSTALLED.name}/")
    folder = screenshots[0].parent
    pages = (
        _page(
            folder / "matrix.html",
            "appflow:StartFlow", "secretsmanager:CreateSecret", "secretsmanager:GetRandom*",
            "-c", "secretsmanager:Name=appflow!<b>", "-c", "aws:CalledVia=appflow.amazonaws.com",
        ),
        _page(folder / "wide.html", "ec2:*"),
    )  # fmt: skip
    script = str(Path(__file__).with_name("matrix_page.mjs"))
    arguments = [_NODE, script, *map(str, (_INSTALLED, *pages, *screenshots))]
    found = subprocess.run(arguments, capture_output=True, text=True, timeout=120, check=False)
    assert found.returncode == 0, found.stderr
    answer: dict[str, Any] = json.loads(found.stdout)
    return answer


def test_the_page_is_drawn_whole_without_help(seen: dict[str, Any]) -> None:
    """Nothing is fetched, and nothing fails."""
    assert seen["errors"] == []
    assert seen["title"] == "Who can do what"
    assert seen["count"] == "8 of 8 principals, 3 of 3 actions"
    assert [row[0] for row in seen["rows"]][:3] == ["user/ana", "user/ops/olga", "role/Admin"]
    assert seen["rows"][2] == ["role/Admin", "✓", "✓", "✓"]


def test_filters_leave_what_they_name_in_any_case(seen: dict[str, Any]) -> None:
    assert seen["filtered"]["count"] == "1 of 8 principals, 2 of 3 actions"
    assert seen["filtered"]["rows"] == [["role/Flow", "✓", "·"]]


def test_a_click_tells_why_and_what_to_ask(seen: dict[str, Any]) -> None:
    why = seen["why"]

    assert "role/Flow: secretsmanager:CreateSecret" in why
    assert "by policy/FlowSecrets#1 (CreateThroughAppFlow)" in why
    assert "group/teams" not in why
    assert '"Sid": "CreateThroughAppFlow"' in why
    assert "can-i secretsmanager:CreateSecret --as arn:aws:iam::111122223333:role/Flow" in why
    assert "secretsmanager:Name=appflow!<b>" in why


def test_rows_may_be_those_with_a_word(seen: dict[str, Any]) -> None:
    assert seen["open"]["rows"] == [
        ["role/Support", "?", "?"], ["role/sales/Limited", "?", "?"],
    ]  # fmt: skip


def test_of_very_many_actions_some_are_shown(seen: dict[str, Any]) -> None:
    count = len(service_actions("ec2"))

    assert count > 200
    assert seen["wide"] == {
        "count": f"8 of 8 principals, {count} (the first 200 are shown) of {count} actions",
        "columns": 201,
    }


@pytest.mark.usefixtures("seen")
def test_there_are_pictures(screenshots: tuple[Path, Path]) -> None:
    before, after = (picture.read_bytes() for picture in screenshots)

    assert before[:8] == after[:8] == _PNG
    assert before != after
