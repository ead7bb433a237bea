"""The public face: policies in, decisions and explanations out.

    >>> import policy_eval as pe
    >>> policies = pe.parse('''{"Version": "2012-10-17", "Statement": {"Sid": "Read",
    ...     "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::logs/*"}}''')
    >>> request = pe.Request("s3:GetObject", "arn:aws:s3:::logs/today")
    >>> pe.decide(policies, request).decision
    'allowed'
    >>> pe.decide(policies, request).matched
    ('Read',)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

from policy_eval.engine import reference, scalar
from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.explanation import Explanation, Part
from policy_eval.engine.program import Program, indices
from policy_eval.errors import Diagnostic, PolicyError, RequestError, Severity
from policy_eval.policy.ast import Policy
from policy_eval.policy.build import build_policy
from policy_eval.policy.document import Document, read_document
from policy_eval.request.request import Request
from policy_eval.semantics.authorization import Case, Word, case_of, decide as combine
from policy_eval.semantics.dependent_actions import needed_by
from policy_eval.semantics.readings import OUR_READING, OpenPoint, Reading
from policy_eval.semantics.request_context import RequestContext
from policy_eval.semantics.service_rules import service_remarks
from policy_eval.semantics.validity import check_policy
from policy_eval.text.source import Source

PolicyLike: TypeAlias = Policy | str | Mapping[str, object]
"""A policy, its JSON text, or its document as plain Python data."""


class PolicySet:
    """The policies that apply to a caller; immutable, compiled when first asked.

    `identity` are the identity-based policies: parsed policies, JSON texts, or documents as
    plain Python data. Raises PolicyError for a text or document that is refused.
    """

    __slots__ = ("_programs", "identity")

    def __init__(self, identity: Iterable[PolicyLike] = ()) -> None:
        self.identity: tuple[Policy, ...] = tuple(
            _policy(given, f"<policy {number}>") for number, given in enumerate(identity, 1)
        )
        self._programs: dict[Reading, Program] = {}

    def program(self, reading: Reading = OUR_READING) -> Program:
        """Return the compiled form."""
        program = self._programs.get(reading)
        if program is None:
            program = self._programs[reading] = Program(self.identity, reading)
        return program

    @property
    def warnings(self) -> tuple[Diagnostic, ...]:
        """What AWS would let pass and a reader should know."""
        return tuple(warning for policy in self.identity for warning in policy.warnings)

    def __repr__(self) -> str:
        return f"PolicySet(identity={[policy.name for policy in self.identity]})"


def _policy(given: PolicyLike, name: str) -> Policy:
    if isinstance(given, Policy):
        return given
    return parse_policy(given if isinstance(given, str) else json.dumps(given), name)


def parse_policy(text: str, name: str = "<policy>") -> Policy:
    """Return the policy in a JSON text: a document, a statement, a list, or joined statements.

    Raises PolicyError naming file, line and column of every problem.
    """
    return policy_of(read_document(Source(name, text)))


def policy_of(document: Document) -> Policy:
    """Return the checked policy of a document that was read. Raises PolicyError."""
    return check_policy(build_policy(document))


def parse(text: str, name: str = "<policy>") -> PolicySet:
    """Return a policy set of the one identity-based policy in `text`. Raises PolicyError."""
    return PolicySet([parse_policy(text, name)])


def load_policy(path: str | Path) -> Policy:
    """Return the policy in a file (UTF-8). Raises PolicyError, also where it cannot be read."""
    return parse_policy(read_text(Path(path)), str(path))


def load(*paths: str | Path) -> PolicySet:
    """Return a policy set of the identity-based policies in some files. Raises PolicyError."""
    return PolicySet([load_policy(path) for path in paths])


def read_text(path: Path) -> str:
    """Return a file's text. Raises PolicyError where it cannot be read or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        found = f"byte {error.start + 1} is no UTF-8"
    except OSError as error:
        found = (error.strerror or "cannot be read").lower()
    raise PolicyError(Diagnostic("unreadable-file", Severity.ERROR, f"{path}: {found}"))


def decide(policies: PolicySet, request: Request) -> Decision:
    """Return what AWS would decide for the whole call.

    A call that needs further actions (a secret created with tags needs
    `secretsmanager:TagResource`) is allowed only if each is; `request.action_only` leaves them
    out. Raises RequestError for a context value that a statement cannot read.
    """
    context = RequestContext(request)
    decision = _decide_one(policies.program(), context)
    if decision.allowed is not False:
        for needed in needed_by(context, OUR_READING):
            part = _decide_one(policies.program(), RequestContext(needed.request))
            decision = _and(decision, part)
    return decision


def _and(call: Decision, part: Decision) -> Decision:
    """Return the decision of a call that also needs `part`: the first that is not allowed."""
    if call.allowed is False or part.word is Word.ALLOWED:
        return call
    if call.allowed is None and part.allowed is None:
        return call
    return call.blocked(part)


def _decide_one(program: Program, context: RequestContext) -> Decision:
    match = scalar.match(program, context)
    case = case_of(context)
    word, allowed = combine(case, match.allows(program), match.denies(program))
    deciding: tuple[Deciding, ...] = ()
    if word in _BY_STATEMENTS and case.identity_counts:
        wanted = program.allows if word is Word.ALLOWED else program.denies
        deciding = tuple(
            Deciding.of(program.entries[index]) for index in indices(match.sure & wanted)
        )
    missing: tuple[str, ...] = ()
    if word is Word.UNDETERMINED:
        policies = tuple(dict.fromkeys(entry.policy for entry in program.entries))
        missing = reference.trace(policies, context).unknown
    return Decision(
        word,
        allowed,
        str(context.action),
        statements=deciding,
        missing_context=missing,
        reason=_reason(case, word, context),
        remarks=service_remarks(context),
    )


_BY_STATEMENTS = frozenset({Word.ALLOWED, Word.EXPLICIT_DENY})


def _reason(case: Case, word: Word, context: RequestContext) -> str:
    if word is Word.EXPLICIT_DENY or not case.reason:
        if word is Word.UNDETERMINED and context.resources.names is None:
            return "no resource was given, and the answer depends on it"
        return ""
    return f"{case.reason} ({case.rule})"


def explain(policies: PolicySet, request: Request) -> Explanation:
    """Return the decision with every test of every statement, as the reference engine saw it.

    Raises RequestError as `decide` does.
    """
    decision, parts = _explain(policies, request, OUR_READING)
    return Explanation(decision, policies.identity, parts, rests_on(policies, request))


def _explain(
    policies: PolicySet, request: Request, reading: Reading
) -> tuple[Decision, tuple[Part, ...]]:
    context = RequestContext(request, reading)
    parts = [_part(policies, context)]
    for needed in needed_by(context, reading):
        further = RequestContext(needed.request, reading)
        parts.append(_part(policies, further)._replace(because=needed.because, rule=needed.rule))
    decision = parts[0].decision
    for part in parts[1:]:
        decision = _and(decision, part.decision)
    return decision, tuple(parts)


def _part(policies: PolicySet, context: RequestContext) -> Part:
    decision = _decide_one(policies.program(context.reading), context)
    return Part(context, reference.trace(policies.identity, context), decision)


def rests_on(policies: PolicySet, request: Request) -> tuple[str, ...]:
    """Return the rules of which AWS's other reading would change the decision.

    Works where the request is refused too: another reading may decide it.
    """
    ours = _word(policies, request, OUR_READING)
    return tuple(
        point.value
        for point in OpenPoint
        if _word(policies, request, frozenset({point})) != ours
    )


def _word(policies: PolicySet, request: Request, reading: Reading) -> str:
    try:
        decision, _ = _explain(policies, request, reading)
    except RequestError:
        return "invalid"
    return decision.decision
