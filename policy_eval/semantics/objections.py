"""The words for what is wrong with a value of a policy: what was found, expected, and how to mend.

Where AWS is known to say something when it refuses, docs/errors.md quotes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from policy_eval.errors import Severity, cut
from policy_eval.policy.ast import Condition, Effect
from policy_eval.policy.collector import UNUSABLE, shown
from policy_eval.policy.findings import Finding, Where
from policy_eval.policy.operator_name import SetOperator
from policy_eval.policy.pattern import MalformedVariableError
from policy_eval.policy.policy_type import RULES, PolicyType
from policy_eval.request.principal import is_account
from policy_eval.semantics.global_keys import GLOBAL_KEYS
from policy_eval.semantics.operators import OPERATORS, Operator
from policy_eval.semantics.resource_patterns import PARTITIONS
from policy_eval.semantics.validity import At
from policy_eval.text.folding import fold
from policy_eval.text.node import Span


def _nothing_matched(effect: Effect, what: str, *, negated: bool) -> str:
    """Return the lenient reading of a value that can match nothing.

    Where that would grant more or deny less, nobody knows what the statement does (R-EXT-05).
    """
    if (effect is Effect.ALLOW) is negated:
        return UNUSABLE
    return f"it {'excludes' if negated else 'matches'} no {what}"


def action_form(policy_type: PolicyType, at: At, text: str, effect: Effect) -> Finding:
    """Return what is wrong with an action (R-ACT-03, R-ACT-06)."""
    where = Where(*at)
    prefix, colon, name = text.partition(":")
    negated = where.path[0] == "NotAction"
    what, remedy, expected = "", "", "`service:Name`"
    if not text:
        what = "this action is empty text"
    elif text.startswith("arn:"):
        what, remedy = f"`{cut(text)}` is an ARN, and no action", "it belongs into Resource"
    elif not colon or ":" in name:
        fault = "holds two colons" if colon else "has no service prefix"
        what, remedy = f"`{cut(text)}` {fault}", _action_meant(text)
    if what:
        leniently = _nothing_matched(effect, "action", negated=negated)
        return Finding(
            Severity.ERROR, "action-form", where, what, remedy, "R-ACT-03", expected, leniently,
            unusable=leniently == UNUSABLE,
        )  # fmt: skip
    wild = ("*" in prefix or "?" in prefix) and text != "*:*"  # which means `*` alone
    if wild and RULES[policy_type].kept_by_iam:
        return Finding(
            Severity.ERROR, "action-form", where,
            f"`{cut(text)}` has a wildcard in its service prefix", "name each service", "R-ACT-03",
            "`service:Name`, with wildcards in the name only",
            "prefix and name are matched as patterns, each against its own",
        )  # fmt: skip
    return _odd_action(at, text, negated=negated)


def _odd_action(at: At, text: str, *, negated: bool) -> Finding:
    """Return the warning about an action that AWS is not known to refuse."""
    where = Where(*at)
    prefix, _, name = text.partition(":")
    matches = "excludes" if negated else "matches"
    if text.split() != [text]:
        found, rule = f"holds blanks and {matches} no action", "R-ACT-06"
    elif not name or (prefix.isascii() and prefix.replace("-", "a").isalnum()):
        found, rule = f"{matches} no action", "R-ACT-03"
    else:
        found, rule = "has an unusual service prefix", "R-ACT-03"
    return Finding(
        Severity.WARNING, "action-form", where, f"`{cut(text)}` {found}", "write `service:Name`",
        rule,
    )  # fmt: skip


def _action_meant(text: str) -> str:
    """Return the help for an action without a prefix: the service that has it, if one does."""
    from policy_eval.semantics.service_reference import service_exists, services_having

    for sign in ".:/":
        service, found, name = text.partition(sign)
        name = name.strip(":")
        if found and name and ":" not in name and service_exists(service.lower()):
            return f"did you mean `{service}:{name}`"
    having = services_having(text)
    if having:
        listed = ", ".join(f"`{service}:{text}`" for service in having[:3])
        return f"did you mean {listed}"
    return ""


def not_an_arn(at: At, text: str, effect: Effect) -> Finding:
    """Return what is wrong with a resource that is no ARN (R-RES-05)."""
    where = Where(*at)
    element = str(where.path[0])
    leniently = _nothing_matched(effect, "resource", negated=element == "NotResource")
    return Finding(
        Severity.ERROR, "not-an-arn", where, f"{element} is {shown(text)}", _arn_meant(text),
        "R-RES-05", 'an ARN or "*"', leniently, unusable=leniently == UNUSABLE,
    )  # fmt: skip


def _arn_meant(text: str) -> str:
    if text.strip() == "*":
        return 'write "*" without blanks'
    if text.strip().startswith("arn:"):
        return "remove the blanks before `arn:`"
    if text.startswith("s3://"):
        return f"write `arn:aws:s3:::{cut(text.removeprefix('s3://'))}`"
    bare = text and all(sign.isalnum() or sign in "-./*" for sign in text)
    return f"for a bucket or its objects: `arn:aws:s3:::{cut(text)}`" if bare else ""


_ACCOUNT_FIELD_TOO_EARLY = 3
_NOT_SHORT_ENOUGH = "a colon is missing: the account stands where the Region is due"


def short_arn(policy_type: PolicyType, at: At, text: str) -> Iterator[Finding]:
    """Yield what is to say of an ARN with fewer than six fields (R-RES-05, R-TYPE-03)."""
    where = Where(*at)
    found = f"`{cut(text)}` has fewer than six fields"
    account = text.split(":")[_ACCOUNT_FIELD_TOO_EARLY : _ACCOUNT_FIELD_TOO_EARLY + 1]
    lacks_colon = bool(account) and is_account(account[0])
    remedy = _NOT_SHORT_ENOUGH if lacks_colon else "write every field, `*` where any will do"
    if policy_type is PolicyType.SESSION:
        yield Finding(
            Severity.ERROR, "incomplete-arn", where, found, remedy, "R-TYPE-03",
            "arn:partition:service:region:account:resource", "it is completed with `*` fields",
        )  # fmt: skip
    elif policy_type not in (PolicyType.IDENTITY, PolicyType.BOUNDARY) and not text.endswith("*"):
        message = f"{found} and matches no resource"
        yield Finding(Severity.WARNING, "incomplete-arn", where, message, remedy, "R-RES-05")
    elif lacks_colon:
        message = f"{found}: AWS completes it with `*` fields, or refuses it"
        yield Finding(Severity.WARNING, "incomplete-arn", where, message, remedy, "R-RES-05")


def unknown_partition(at: At, text: str) -> Finding:
    """Return what is to say of an ARN in a partition that AWS does not have (R-RES-07)."""
    where = Where(*at)
    partition = text.split(":")[1]
    near = get_close_matches(partition, PARTITIONS, 1)
    return Finding(
        Severity.WARNING, "unknown-partition", where,
        f"`{cut(partition)}` is no partition known here, and AWS refuses one it does not know",
        f"did you mean `{near[0]}`" if near else f"known: {', '.join(PARTITIONS)}", "R-RES-07",
    )  # fmt: skip


def variable_without_version(at: At, text: str) -> Finding:
    """Return what is to say of a variable in a policy that has none (R-VAR-02)."""
    where = Where(*at)
    start = text.index("${")
    within = Span(start, text.find("}", start) + 1 or len(text))
    return Finding(
        Severity.WARNING, "variable-without-version", where._replace(within=within),
        f"`{cut(text[within.start : within.end])}` is literal text in a policy of this Version",
        'for a policy variable, write "Version": "2012-10-17"', "R-VAR-02",
    )  # fmt: skip


def malformed_variable(at: At, text: str, error: MalformedVariableError) -> Finding:
    """Return what is wrong with a policy variable (R-VAR-06, R-VAR-14)."""
    where = Where(*at)
    end = text.find("}", error.offset) + 1 or len(text)
    where = where._replace(within=Span(error.offset, end))
    reason = error.reason
    return Finding(
        Severity.ERROR, "malformed-variable", where, f"in `{cut(text)}`: {reason}",
        "`${$}` is a dollar sign", "R-VAR-06", "`${key}` or `${key, 'default'}`",
        "`${` is literal text",
    )  # fmt: skip


def misplaced_variable(at: At, text: str, place: str, rule: str) -> Finding:
    """Return what is to say of a variable where none is substituted (R-VAR-03, R-RES-08)."""
    where = Where(*at)
    return Finding(
        Severity.WARNING, "misplaced-variable", where,
        f"`{cut(text)}` has a policy variable in {place}, where it is literal text",
        "only Resource, after its fifth colon, and the values of String and Arn operators have "
        "variables", rule,
    )  # fmt: skip


def operator_case(statement: int, written: str, name: str) -> Finding:
    """Return what is to say of an operator in another case (R-GRAM-08)."""
    at = fold(written).find(fold(name))
    right = f"{written[:at]}{name}{written[at + len(name) :]}"
    return Finding(
        Severity.WARNING, "operator-case", Where(statement, ("Condition", written), name=True),
        f"`{written}` is not in AWS's spelling, and IAM was seen to refuse it",
        f"write `{right}`", "R-GRAM-08",
    )  # fmt: skip


def unknown_operator(statement: int, written: str, keys: list[str]) -> Finding:
    """Return what is wrong with an operator that AWS does not have (R-COND-07, R-EXT-05).

    `keys` are the keys under it.
    """
    meant = _operator_meant(written)
    swapped = next((key for key in keys if key.lower() in OPERATORS), None)
    if swapped is not None:
        meant = f'operator and key are swapped: {{"{swapped}": {{"{cut(written)}": …}}}}'
    return Finding(
        Severity.ERROR, "unknown-operator", Where(statement, ("Condition", written), name=True),
        f"`{cut(written)}` is no condition operator", meant, "R-COND-07",
        "", UNUSABLE, unusable=True,
    )  # fmt: skip


_IN_OTHER_LANGUAGES = {
    "contains": 'write StringLike with "*text*"',
    "startswith": 'write StringLike with "text*"',
    "beginswith": 'write StringLike with "text*"',
    "endswith": 'write StringLike with "*text"',
    "regex": "IAM has no regular expressions; StringLike knows `*` and `?`",
    "matches": "IAM has no regular expressions; StringLike knows `*` and `?`",
}


def _operator_meant(written: str) -> str:
    prefix, colon, rest = written.rpartition(":")
    sets = {fold(operator.value): operator.value for operator in SetOperator}
    near_set = get_close_matches(fold(prefix), sets, 1) if colon else []
    if fold(rest) == "nullifexists" and bool(colon) == bool(near_set):
        return "`Null` takes no IfExists: write `Null`"
    suffix = "IfExists" if fold(rest).endswith("ifexists") else ""
    for word, meant in _IN_OTHER_LANGUAGES.items():
        if word in fold(rest):
            return meant
    negated = "not" in fold(rest)  # what was not denied is never suggested to be
    folded = {fold(row.name): row.name for row in OPERATORS.values() if row.negated is negated}
    near = get_close_matches(fold(rest).removesuffix("ifexists"), folded, 1)
    if near and bool(colon) == bool(near_set):
        front = f"{sets[near_set[0]]}:" if near_set else ""
        return f"did you mean `{front}{folded[near[0]]}{suffix}`"
    if colon and ":" not in prefix and not near:
        return 'this looks like a condition key: {"StringEquals": {"' + cut(written) + '": …}}'
    return "see AWS's table of condition operators"


def key_form(statement: int, condition: Condition) -> Finding:
    """Return what is wrong with a condition key without a prefix (R-COND-07)."""
    path = ("Condition", condition.operator, condition.key)
    names = {fold(row.name.partition(":")[2].rstrip("/")): row.name for row in GLOBAL_KEYS}
    wanted = fold(condition.key.strip(":"))
    near = get_close_matches(wanted.partition("/")[0], names, 1)
    return Finding(
        Severity.ERROR, "condition-key-form", Where(statement, path, name=True),
        f"the condition key `{cut(condition.key)}` has no prefix",
        f"did you mean `{names[near[0]]}`" if near else "", "",
        "`prefix:name`, such as `aws:SourceIp`", UNUSABLE, unusable=True,
    )  # fmt: skip


def unreadable_policy_value(at: At, written: str, operator: Operator, text: str) -> Finding:
    """Return what is wrong with a value that its operator cannot read (R-COND-41)."""
    where = Where(*at)
    return Finding(
        Severity.ERROR, "unreadable-policy-value", where, f"{written} is given `{cut(text)}`",
        "", "R-COND-41", operator.wanted,
        "the condition is false in an Allow and true in a Deny",
    )  # fmt: skip
