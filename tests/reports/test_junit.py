"""The report in JUnit XML."""

from __future__ import annotations

from xml.etree import ElementTree as ET

from hypothesis import given

from policy_eval.cases.outcome import Run
from policy_eval.errors import visible
from policy_eval.reports.junit import write
from policy_eval.reports.wording import found, visible_lines
from tests.reports.runs import ANY_TEXT, ERROR, FAILED, PASSED, RUN, hostile_run


def _parsed(text: str) -> ET.Element:
    return ET.fromstring(text.encode())  # noqa: S314 - our own report


def test_a_report_is_a_document() -> None:
    assert write(RUN) == (
        """\
<?xml version="1.0" encoding="utf-8"?>
<testsuites name="policy-eval" tests="5" failures="1" errors="2" skipped="1" time="0.500000">
  <testsuite name="Secrets" file="suites/secrets.iamtest.yaml" \
tests="4" failures="1" errors="1" skipped="1" time="0.003500">
    <testcase name="create" classname="suites/secrets.iamtest.yaml" \
file="suites/secrets.iamtest.yaml" line="10" time="0.002500" />
    <testcase name="create directly" classname="suites/secrets.iamtest.yaml" \
file="suites/secrets.iamtest.yaml" line="20" time="0.001000">
      <failure message="expected allowed, decided implicitDeny&#10;\
expected matched Create, found none" type="test-failed">expected allowed, decided implicitDeny
expected matched Create, found none
identity: no statement allows it
  aws:CalledVia is absent
shows R-COND-12, R-SM-01
source: https://docs.aws.amazon.com/IAM/latest/UserGuide/a_b.html
at suites/secrets.iamtest.yaml:20</failure>
    </testcase>
    <testcase name="refused" classname="suites/secrets.iamtest.yaml" \
file="suites/secrets.iamtest.yaml" line="30" time="0.000000">
      <error message="a policy is refused" type="trailing-comma">\
suites/policy.json:3:7: error[trailing-comma]: a comma stands before a closing bracket; remove it
suites/policy.json:5:1: warning[unique-id]: `AIDA` is a unique ID</error>
    </testcase>
    <testcase name="later" classname="suites/secrets.iamtest.yaml" \
file="suites/secrets.iamtest.yaml" line="40" time="0.000000">
      <skipped message="not known yet" />
    </testcase>
  </testsuite>
  <testsuite name="suites/bad.iamtest.yaml" file="suites/bad.iamtest.yaml" \
tests="1" failures="0" errors="1" skipped="0" time="0.000000">
    <testcase name="the suite can be read" classname="suites/bad.iamtest.yaml" \
file="suites/bad.iamtest.yaml" line="1" time="0.000000">
      <error message="this suite cannot be read" type="unknown-field">\
suites/bad.iamtest.yaml:4:5: error[unknown-field]: unknown field `expects`; \
did you mean `expect`?</error>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_what_xml_has_a_meaning_for_is_escaped() -> None:
    report = write(Run((FAILED._replace(name='<&]]>"ü\x1b\u2028', message="a <b> ]]>\n\0"),)))

    assert 'name="&lt;&amp;]]&gt;&quot;&#252;\\x1b\\u{2028}"' in report
    assert ">a &lt;b&gt; ]]&gt;\n\\x00\n" in report


def test_the_tests_of_a_file_are_one_suite_wherever_they_stand() -> None:
    elsewhere = PASSED._replace(suite="Other", file="other.yaml")

    suites = list(_parsed(write(Run((PASSED, elsewhere, FAILED)))))

    assert [(each.get("name"), each.get("tests")) for each in suites] == [
        ("Secrets", "2"),
        ("Other", "1"),
    ]


def test_a_suite_without_a_name_has_that_of_its_file() -> None:
    (suite,) = _parsed(write(Run((PASSED._replace(suite=""),))))

    assert suite.get("name") == PASSED.file


def test_an_error_without_diagnostics_is_said_in_its_own_words() -> None:
    report = _parsed(write(Run((ERROR._replace(diagnostics=()),))))

    (error,) = report.iter("error")
    assert (error.get("type"), error.text) == ("unusable-input", "a policy is refused")


def test_a_run_of_nothing_is_a_document() -> None:
    assert write(Run(())) == (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<testsuites name="policy-eval" tests="0" failures="0" errors="0" skipped="0" '
        'time="0.000000" />\n'
    )


@given(ANY_TEXT)
def test_any_text_is_carried_visibly(text: str) -> None:
    run = hostile_run(text)

    report = write(run)

    root = _parsed(report)
    assert report.isascii()
    assert {each.get("name") for each in root.iterfind("testsuite[1]/testcase")} == {visible(text)}
    assert [each.get("message") for each in root.iter("failure")] == [visible_lines(text)]
    assert [each.text for each in root.iter("failure")] == [
        f"{found(run.outcomes[1])}\nat {visible(run.outcomes[1].file)}:1"
    ]
    assert [each.text for each in root.iter("error")] == [
        str(run.outcomes[2].diagnostics[0]),
        str(run.unusable[0].diagnostics[0]),
    ]
