"""A report is written by the name of its format; nothing heavy is loaded for another."""

from __future__ import annotations

import pytest

from policy_eval.reports.formats import FORMATS, written
from tests.loaded import modules_of
from tests.reports.runs import RUN

_BEGINNINGS = {
    "json": '{\n  "passed": 1,',
    "junit": "<?xml ",
    "tap": "TAP version 13\n",
    "github": "::error file=",
    "sarif": '{\n  "$schema": ',
}


@pytest.mark.parametrize("form", FORMATS)
def test_a_report_is_written_by_the_name_of_its_format(form: str) -> None:
    text = written(RUN, form)

    assert text.startswith(_BEGINNINGS[form])
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_a_format_that_is_not_known_is_refused() -> None:
    with pytest.raises(KeyError):
        written(RUN, "csv")


def test_the_names_of_formats_load_no_writer() -> None:
    loaded = modules_of("import policy_eval.reports.formats")

    assert {"xml", "hashlib", "json", "importlib.metadata"} & loaded == set()
