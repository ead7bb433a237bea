"""Coverage as Cobertura XML."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from policy_eval.cases.coverage import Coverage
from policy_eval.reports import cobertura
from tests.reports.policies import covered


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("time.time", lambda: 1_767_225_600.5)


def _parsed(coverage: Coverage) -> ET.Element:
    return ET.fromstring(cobertura.write(coverage).encode())  # noqa: S314 - our own report


def test_a_report_is_a_document() -> None:
    assert cobertura.write(covered(Path("in"))) == (
        """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">
<coverage line-rate="0.8333" branch-rate="0.5909" lines-valid="6" lines-covered="5" \
branches-valid="22" branches-covered="13" complexity="0" version="1" timestamp="1767225600">
  <sources>
    <source>.</source>
  </sources>
  <packages>
    <package name="in" line-rate="0.8333" branch-rate="0.5909" complexity="0">
      <classes>
        <class name="p" filename="in/p.json" line-rate="0.8333" branch-rate="0.5909" \
complexity="0">
          <methods />
          <lines>
            <line number="4" hits="1" branch="true" condition-coverage="100% (2/2)" />
            <line number="7" hits="1" branch="true" condition-coverage="50% (2/4)" />
            <line number="8" hits="1" branch="true" condition-coverage="50% (1/2)" />
            <line number="9" hits="1" branch="true" condition-coverage="75% (3/4)" />
            <line number="11" hits="1" branch="true" condition-coverage="100% (5/5)" />
            <line number="12" hits="0" branch="true" condition-coverage="0% (0/5)" />
          </lines>
        </class>
      </classes>
    </package>
  </packages>
</coverage>
"""
    )


def test_a_folder_is_one_package_wherever_its_files_come_in_order() -> None:
    files = ("a.json", "b/c.json", "d.json")
    (statement, *_) = covered(Path()).statements
    statements = tuple(
        statement._replace(
            whole=statement.whole._replace(place=statement.whole.place._replace(file=file)),
            clauses=(),
        )
        for file in files
    )

    packages = list(_parsed(Coverage(statements)).iter("package"))

    assert [
        (each.get("name"), [found.get("filename") for found in each.iter("class")])
        for each in packages
    ] == [(".", ["a.json", "d.json"]), ("b", ["b/c.json"])]


def test_a_name_that_xml_cannot_carry_is_escaped() -> None:
    (found,) = _parsed(covered(Path("in\x01"))).iter("class")

    assert found.get("filename") == "in\\x01/p.json"


def test_where_nothing_is_to_be_covered_all_is() -> None:
    root = _parsed(Coverage())

    assert (root.get("line-rate"), root.get("branch-rate")) == ("1.0000", "1.0000")
    assert (root.get("lines-valid"), list(root.iter("package"))) == ("0", [])
