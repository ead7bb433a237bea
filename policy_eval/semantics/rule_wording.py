"""A rule as text and as plain data, an open point with both readings and its experiment."""

from __future__ import annotations

from collections.abc import Iterable
from textwrap import fill, indent, shorten

from policy_eval.semantics.experiments import BEFOREHAND, EXPERIMENTS, Asked, Experiment, Outcome
from policy_eval.semantics.readings import ABOUT
from policy_eval.semantics.rule_table import Rule

_WIDTH = 90
_LINE = 110


def spell_list(rules: Iterable[Rule]) -> str:
    """Return rules a line each: ID, status, and the beginning of what they say."""
    rows = [(each.name, _status(each), each.says) for each in rules]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    left = _LINE - sum(widths) - 4
    return "\n".join(
        f"{name:<{widths[0]}}  {status:<{widths[1]}}  {shorten(says, left, placeholder=' …')}"
        for name, status, says in rows
    )


def spell_rule(rule: Rule) -> str:
    """Return a rule as a command prints it."""
    parts = [f"{rule.name}: {_status(rule)} ({rule.section})", _filled(rule.says), _pages(rule)]
    if rule.see:
        parts.append(f"see also: {', '.join(rule.see)}")
    if rule.readings is not None and rule.point is not None:
        parts += [
            _filled(f"AWS leaves open {ABOUT[rule.point]}.")
            + "\n"
            + _filled(f"- our reading: {rule.readings.ours}", "  ")
            + "\n"
            + _filled(f"- the other reading: {rule.readings.other}", "  "),
            _experiment(EXPERIMENTS[rule.point]),
        ]
    return "\n\n".join(filter(None, parts))


def rule_data(rule: Rule) -> dict[str, object]:
    """Return a rule as plain data, in stable field names.

    `open_point` is null, or holds both readings and the experiment that settles it.
    """
    return {
        "rule": rule.name,
        "section": rule.section,
        "says": rule.says,
        "status": rule.status,
        "pages": [{"title": page.title, "url": page.url or None} for page in rule.pages],
        "see": list(rule.see),
        "open_point": _open_point_data(rule),
    }


def _open_point_data(rule: Rule) -> dict[str, object] | None:
    if rule.readings is None or rule.point is None:
        return None
    return {
        "about": ABOUT[rule.point],
        "ours": rule.readings.ours,
        "other": rule.readings.other,
        "experiment": _experiment_data(EXPERIMENTS[rule.point]),
    }


def _status(rule: Rule) -> str:
    return f"{rule.status}; open point" if rule.readings else rule.status


def _pages(rule: Rule) -> str:
    if not rule.pages:
        return "AWS: no page says it"
    lines = [_filled(f"AWS: {rule.aws}", "    ")]
    lines += [f"    {page.title}: {page.url}" for page in rule.pages if page.url]
    return "\n".join(lines)


def _experiment(experiment: Experiment) -> str:
    files = [f"{file.name}:\n{indent(file.text, '    ')}" for file in experiment.files]
    parts = [
        _filled(f"To find out, {experiment.title}. {BEFOREHAND} {experiment.note}".rstrip()),
        *files,
        _commands("prepare", experiment.prepare),
        _commands("ask", (experiment.call,)),
        "what AWS answers:\n"
        + _outcome("our reading", experiment.ours)
        + "\n"
        + _outcome("the other reading", experiment.other),
        _commands("clean up", experiment.clean_up),
    ]
    return "\n\n".join(parts)


def _commands(name: str, commands: tuple[str, ...]) -> str:
    return "\n".join((f"{name}:", *(f"    {command}" for command in commands)))


def _outcome(name: str, outcome: Outcome) -> str:
    return _filled(f"- {name} ({outcome.decision}): {outcome.seen}", "  ")


def _filled(text: str, further: str = "") -> str:
    return fill(
        text, _WIDTH, subsequent_indent=further, break_on_hyphens=False, break_long_words=False
    )


def _experiment_data(experiment: Experiment) -> dict[str, object]:
    return {
        "test": experiment.title,
        "files": [
            {"name": file.name, "kind": file.kind.value, "text": file.text}
            for file in experiment.files
        ],
        "prepare": list(experiment.prepare),
        "call": experiment.call,
        "request": _request_data(experiment.asked),
        "ours": experiment.ours._asdict(),
        "other": experiment.other._asdict(),
        "clean_up": list(experiment.clean_up),
        "note": experiment.note,
    }


def _request_data(asked: Asked) -> dict[str, object]:
    context = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in asked.context.items()
    }
    return {
        "action": asked.action,
        "resource": asked.resource,
        "principal": asked.principal,
        "user": asked.user or None,
        "context": context,
        "request_tags": dict(asked.request_tags),
    }
