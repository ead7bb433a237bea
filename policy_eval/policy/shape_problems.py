"""The words for what is wrong with the shape of a policy; loaded only when something is.

Each function notes one problem in a collector. Rules: A.1 to A.3, R-COND-40. What IAM was seen to
refuse though AWS documents nothing against it is a warning without a rule.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from policy_eval.errors import PolicyError, Severity, cut
from policy_eval.policy.ast import CURRENT_VERSION, DEFAULT_VERSION
from policy_eval.policy.collector import UNUSABLE, Collector, shown
from policy_eval.policy.document import Document
from policy_eval.policy.findings import Finding
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.policy.sizes import sizes_of
from policy_eval.text.limits import MOST_STATEMENTS
from policy_eval.text.node import Json, Path, Span
from policy_eval.text.pointing import refuse

_BLANKS = " \t\r\n"
_LATIN = "\u00ff"
_BESIDE = ("Version", "Id", "Statement")
_INSIDE = ("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource",
           "NotResource", "Condition")  # fmt: skip
_EFFECTS = ("Allow", "Deny")
_VERSIONS = (CURRENT_VERSION, DEFAULT_VERSION)

# The document


def wrong_policy_type(document: Document, wanted: PolicyType) -> PolicyError:
    """Return the error for a document that is of another type by where it stood."""
    could = " or ".join(RULES[each].name for each in PolicyType if each in document.types)
    opening = Span(document.span.start, document.span.start + 1)
    message = f"this is {could}: {document.found_in}"
    expected = RULES[wanted].name
    return refuse(document.source, opening, "wrong-policy-type", message, expected=expected)


def unknown_version(problems: Collector, version: Json) -> None:
    """Note a Version that AWS does not have (R-GRAM-05)."""
    remedy = "Version is the version of the policy language, not of your policy"
    meant = next((each for each in _VERSIONS if str(version).startswith(each)), None)
    if meant is not None:
        remedy = f'write "{meant}"; in YAML put it in quotes, or it becomes a date'
    problems.error(
        "unknown-version", ("Version",), f"Version is {shown(version)}", "R-GRAM-05",
        expected=f'"{CURRENT_VERSION}" or "{DEFAULT_VERSION}"', remedy=remedy,
    )  # fmt: skip


def missing_version(problems: Collector, policy_type: PolicyType) -> None:
    """Note that an organization's policy has no Version (R-GRAM-05, R-TYPE-02)."""
    remedy = f'add "Version": "{CURRENT_VERSION}"'
    if policy_type is PolicyType.RCP:
        problems.error(
            "missing-version", (), "a resource control policy needs a Version", "R-TYPE-02",
            remedy=remedy, leniently=f"it is read as {DEFAULT_VERSION}",
        )  # fmt: skip
    else:
        message = "AWS asks for a Version in a service control policy"
        problems.warn("missing-version", (), message, "R-GRAM-05", remedy)


def not_beside_statements(problems: Collector, name: str, policy_type: PolicyType) -> None:
    """Note an element that has no place beside Statement (R-GRAM-07, R-SID-02)."""
    leniently = "it is left out of account"
    if name == "Id":
        problems.error(
            "element-not-allowed", ("Id",), f"Id may not stand in {RULES[policy_type].name}",
            "R-SID-02", remedy="remove it", name=True, leniently=leniently,
        )  # fmt: skip
        return
    known = [each for each in _BESIDE if each not in RULES[policy_type].forbidden]
    remedy = "it belongs into a statement" if name in _INSIDE else _meant(name, known)
    problems.error(
        "unknown-element", (name,), f"`{cut(name)}` is no element of a policy", "R-GRAM-07",
        expected="" if remedy else ", ".join(known), remedy=remedy, name=True,
        leniently=leniently,
    )  # fmt: skip


def _meant(name: str, known: Iterable[str]) -> str:
    near = _nearest(name, known)
    return f"did you mean `{near}`" if near else ""


def _nearest(name: str, known: Iterable[str]) -> str:
    folded = {each.lower(): each for each in known}
    near = get_close_matches(name.lower(), folded, 1)
    return folded[near[0]] if near else ""


def odd_layout(problems: Collector, document: Document) -> None:
    """Warn of what is JSON by every rule, and what IAM was seen to refuse all the same."""
    text = document.source.text
    if text[:1] in _BLANKS and not document.findings:  # not where a comment was read over
        size = len(text) - len(text.lstrip(_BLANKS))
        problems.found.append(
            Finding(
                Severity.WARNING, "leading-whitespace", Span(size, size + 1),
                "whitespace stands before the policy, and AWS was seen to refuse that",
                "let the text begin with `{`",
            )
        )  # fmt: skip
    single = document.single_at
    if single is not None and "Version" in document.members:
        at = document.places(0, ("Version",), name=True)
        if at.start > single:
            problems.found.append(
                Finding(
                    Severity.WARNING, "statement-before-version", at,
                    "Version stands after a Statement that is no list, and IAM was seen to "
                    "refuse that", "put Version first, or the statement in a list",
                )
            )  # fmt: skip


def statement_count(problems: Collector, count: int) -> None:
    """Note that a policy has no statement, or more than are read."""
    if not count:
        problems.error(
            "empty-statement", ("Statement",), "the list of statements is empty", "R-GRAM-01",
            expected="at least one statement", name=True,
        )  # fmt: skip
        return
    problems.error(
        "too-many-statements", (), f"this policy has {count:,} statements, and no more than "
        f"{MOST_STATEMENTS:,} are read", "", remedy="AWS's largest policy holds a few hundred",
    )  # fmt: skip


def characters(problems: Collector, document: Document) -> None:
    """Note the characters that IAM does not store (R-GRAM-13)."""
    foreign = [each for each in document.stored if each > _LATIN]
    if not foreign:
        return
    first, others = foreign[0], len(foreign) - 1
    start = document.span.start
    at = max(document.source.text.find(first, start), start)
    more = f", nor {others} more that follow" if others else ""
    problems.found.append(
        Finding(
            Severity.ERROR, "character-not-stored", Span(at, at + 1),
            f"IAM does not store the character `{first}` (U+{ord(first):04X}){more}",
            "", "R-GRAM-13", "tab, line breaks and U+0020 to U+00FF",
            "it is compared as it is",
        )
    )  # fmt: skip


def size(problems: Collector, document: Document, policy_type: PolicyType) -> None:
    """Warn of a policy larger than the first quota of its type (A.4)."""
    for found in sizes_of(document.stored, policy_type)[:1]:
        if found.exceeds:
            blanks = "" if found.quota.with_blanks else " without whitespace"
            start = document.span.start
            problems.found.append(
                Finding(
                    Severity.WARNING, "policy-size", Span(start, start + 1),
                    f"this policy has {found.counted:,} characters{blanks}; {found.quota.of} may "
                    f"have {found.quota.largest:,}",
                )
            )  # fmt: skip


def sid_twice(problems: Collector, sid: str, first: int, policy_type: PolicyType) -> None:
    """Note a Sid that stands twice (R-SID-01)."""
    message = f"Sid `{cut(sid)}` stands twice, first in statement {first}"
    remedy = "give each statement a Sid of its own"
    if RULES[policy_type].unique_sids:
        leniently = "both statements count"
        problems.error(
            "duplicate-sid", ("Sid",), message, "R-SID-01", remedy=remedy, leniently=leniently
        )
    else:
        problems.warn("duplicate-sid", ("Sid",), message, "R-SID-01", remedy)


# Statements


def unknown_elements(
    problems: Collector, names: Iterable[str], policy_type: PolicyType
) -> frozenset[str]:
    """Note elements that no statement has; return the elements that were meant (R-GRAM-07)."""
    known = [each for each in _INSIDE if each not in RULES[policy_type].forbidden]
    meant = set()
    for name in names:
        near = "" if ":" in name else _nearest(name, known)
        meant.add(near)
        remedy = f"did you mean `{near}`" if near else ""
        if ":" in name:
            remedy = "a condition key stands in Condition, under an operator"
        elif name in _BESIDE:
            remedy = "it belongs beside Statement"
        problems.error(
            "unknown-element", (name,), f"`{cut(name)}` is no element of a statement",
            "R-GRAM-07", expected="" if remedy else ", ".join(known), remedy=remedy, name=True,
            leniently=UNUSABLE,
        )  # fmt: skip
    return frozenset(meant)


def sid_characters(problems: Collector, sid: str) -> None:
    """Note a Sid with characters that IAM does not take (R-SID-01)."""
    plain = "".join(each for each in sid if each.isascii() and each.isalnum())
    keeps_letters = all(each in plain or not each.isalnum() for each in sid)
    problems.error(
        "sid-characters", ("Sid",), f"Sid is `{cut(sid)}`", "R-SID-01",
        expected="letters A to Z, a to z and digits",
        remedy=f'write "{cut(plain)}"' if plain and keeps_letters else "",
        leniently="it is a name like any other",
    )  # fmt: skip


def no_effect(problems: Collector) -> None:
    """Note a statement without Effect (R-GRAM-04)."""
    if "Effect" not in problems.meant:
        problems.error(
            "missing-element", (), "this statement has no Effect", "R-GRAM-04",
            remedy='add "Effect": "Allow" or "Effect": "Deny"',
        )  # fmt: skip


def unknown_effect(problems: Collector, value: Json) -> None:
    """Note an Effect that is neither of the two (R-GRAM-04)."""
    folded = str(value).lower()
    right = next((name for name in _EFFECTS if name.lower() == folded), None)
    problems.error(
        "unknown-effect", ("Effect",), f"Effect is {shown(value)}", "R-GRAM-04",
        expected='"Allow" or "Deny"',
        remedy=f'write "{right}": the case counts' if right else "",
    )  # fmt: skip


def empty_element(problems: Collector, name: str, *, negated: bool) -> None:
    """Note an empty list of actions or resources (R-GRAM-11, R-GRAM-12)."""
    if negated:
        problems.error(
            "empty-element", (name,), f"{name} is an empty list", "R-GRAM-12",
            remedy=f"by the words it would match everything; list what {name} excludes",
            leniently="the statement has no effect",
        )  # fmt: skip
    else:
        message = f"{name} is an empty list: the statement has no effect"
        remedy = "IAM was seen to refuse this; list something, or remove the statement"
        problems.warn("empty-element", (name,), message, "R-GRAM-11", remedy)


# Conditions


def no_keys(problems: Collector, operator: str, keys: Json) -> None:
    """Note an operator over no object of keys, or a key where an operator is due (R-GRAM-09)."""
    remedy = ""
    if ":" in operator and not operator.lower().startswith("for"):
        remedy = f'put the key under an operator: {{"StringEquals": {{"{cut(operator)}": …}}}}'
    elif operator in ("test", "variable", "values"):
        remedy = 'this is how Terraform writes it; in JSON it is {"operator": {"key": ["value"]}}'
    problems.error(
        "wrong-type", ("Condition", operator), f"{cut(operator)} holds {shown(keys)}",
        "R-GRAM-09", expected="an object of condition keys", remedy=remedy, leniently=UNUSABLE,
    )  # fmt: skip


def key_in_two_cases(problems: Collector, path: Path, key: str, first: str) -> None:
    """Note a condition key in two spellings (R-GRAM-06)."""
    problems.error(
        "duplicate-key-case", path, f"`{cut(key)}` and `{cut(first)}` are one condition key",
        "R-GRAM-06", name=True, leniently="both must hold",
        remedy="condition keys ignore case; spell the key in one way",
    )  # fmt: skip


def wrong_condition_value(problems: Collector, path: Path, value: Json, *, is_listed: bool) -> None:
    """Note a condition value of a type that none has (R-GRAM-09)."""
    scalars = "text, a number or true/false"
    problems.error(
        "wrong-type", path, f"`{cut(str(path[-2]))}` is compared with {shown(value)}",
        "R-GRAM-09", expected=scalars if is_listed else f"{scalars}, or a list of them",
        remedy='a missing key is tested with {"Null": {"key": "true"}}' if value is None else "",
    )  # fmt: skip


def empty_values(problems: Collector, path: Path) -> None:
    """Warn of a key that is compared with nothing (R-COND-40)."""
    message = f"`{cut(str(path[-1]))}` is compared with an empty list"
    remedy = "list the values, or remove the key"
    problems.warn("empty-values", path, message, "R-COND-40", remedy)
