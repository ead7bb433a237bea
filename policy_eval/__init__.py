"""What AWS IAM would decide, offline, and why.

Nothing outside this module's names is public.
"""

from policy_eval.api import decide, explain, load, parse, rests_on
from policy_eval.engine.decision import Deciding, Decision
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.policies import PolicySet, load_policy, parse_policy
from policy_eval.errors import (
    Diagnostic,
    InputError,
    Place,
    PolicyError,
    PolicyEvalError,
    RequestError,
    Severity,
    SuiteError,
)
from policy_eval.policy.ast import Effect, Policy, Statement
from policy_eval.request.principal import Principal, PrincipalKind, parse_principal
from policy_eval.request.request import Request

__all__ = [
    "Deciding",
    "Decision",
    "Diagnostic",
    "Effect",
    "Explanation",
    "InputError",
    "Place",
    "Policy",
    "PolicyError",
    "PolicyEvalError",
    "PolicySet",
    "Principal",
    "PrincipalKind",
    "Request",
    "RequestError",
    "Severity",
    "Statement",
    "SuiteError",
    "decide",
    "explain",
    "load",
    "load_policy",
    "parse",
    "parse_policy",
    "parse_principal",
    "rests_on",
]
