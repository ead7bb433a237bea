"""What AWS IAM would decide, offline, and why.

Nothing outside this module's names is public. They are loaded when first used, so that a
command loads only what it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from policy_eval.api import (
        can_assume,
        context_keys,
        decide,
        explain,
        load,
        load_accounts,
        parse,
        parse_condition,
        report,
        residual,
        rests_on,
        what_can,
        who_can,
        why_not,
    )
    from policy_eval.engine.context_keys import ContextKeys
    from policy_eval.engine.decision import Deciding, Decision
    from policy_eval.engine.explanation import Explanation
    from policy_eval.engine.policies import PolicySet, load_policy, parse_policy
    from policy_eval.engine.residual.condition import Condition
    from policy_eval.engine.residual.residual import Example, MissingKey, Residual
    from policy_eval.engine.residual.why_not import WhyNot
    from policy_eval.engine.resting import RestsOn
    from policy_eval.errors import (
        Diagnostic,
        InputError,
        Place,
        PolicyError,
        PolicyEvalError,
        RequestError,
        Severity,
        SourceError,
        SuiteError,
    )
    from policy_eval.excerpt import Excerpt
    from policy_eval.policy.ast import Effect, Policy, Statement
    from policy_eval.policy.policy_type import PolicyType, Strictness
    from policy_eval.queries.can_assume import CanAssume
    from policy_eval.queries.what_can import WhatCan
    from policy_eval.queries.who_can import WhoCan
    from policy_eval.request.dependency import Dependency, On
    from policy_eval.request.principal import (
        Credentials,
        Principal,
        PrincipalKind,
        parse_principal,
    )
    from policy_eval.request.request import Request
    from policy_eval.semantics.layers import EndpointType, Layer
    from policy_eval.sources.accounts import Accounts
    from policy_eval.testing import assert_decision

_HOMES = {
    "Accounts": "sources.accounts",
    "CanAssume": "queries.can_assume",
    "Condition": "engine.residual.condition",
    "ContextKeys": "engine.context_keys",
    "Credentials": "request.principal",
    "Deciding": "engine.decision",
    "Decision": "engine.decision",
    "Dependency": "request.dependency",
    "Diagnostic": "errors",
    "Effect": "policy.ast",
    "EndpointType": "semantics.layers",
    "Example": "engine.residual.residual",
    "Excerpt": "excerpt",
    "Explanation": "engine.explanation",
    "InputError": "errors",
    "Layer": "semantics.layers",
    "MissingKey": "engine.residual.residual",
    "On": "request.dependency",
    "Place": "errors",
    "Policy": "policy.ast",
    "PolicyError": "errors",
    "PolicyEvalError": "errors",
    "PolicySet": "engine.policies",
    "PolicyType": "policy.policy_type",
    "Principal": "request.principal",
    "PrincipalKind": "request.principal",
    "Request": "request.request",
    "RequestError": "errors",
    "Residual": "engine.residual.residual",
    "RestsOn": "engine.resting",
    "Severity": "errors",
    "SourceError": "errors",
    "Statement": "policy.ast",
    "Strictness": "policy.policy_type",
    "SuiteError": "errors",
    "WhatCan": "queries.what_can",
    "WhoCan": "queries.who_can",
    "WhyNot": "engine.residual.why_not",
    "assert_decision": "testing",
    "can_assume": "api",
    "context_keys": "api",
    "decide": "api",
    "explain": "api",
    "load": "api",
    "load_accounts": "api",
    "load_policy": "engine.policies",
    "parse": "api",
    "parse_condition": "api",
    "parse_policy": "engine.policies",
    "parse_principal": "request.principal",
    "report": "api",
    "residual": "api",
    "rests_on": "api",
    "what_can": "api",
    "who_can": "api",
    "why_not": "api",
}

__all__ = [
    "Accounts",
    "CanAssume",
    "Condition",
    "ContextKeys",
    "Credentials",
    "Deciding",
    "Decision",
    "Dependency",
    "Diagnostic",
    "Effect",
    "EndpointType",
    "Example",
    "Excerpt",
    "Explanation",
    "InputError",
    "Layer",
    "MissingKey",
    "On",
    "Place",
    "Policy",
    "PolicyError",
    "PolicyEvalError",
    "PolicySet",
    "PolicyType",
    "Principal",
    "PrincipalKind",
    "Request",
    "RequestError",
    "Residual",
    "RestsOn",
    "Severity",
    "SourceError",
    "Statement",
    "Strictness",
    "SuiteError",
    "WhatCan",
    "WhoCan",
    "WhyNot",
    "assert_decision",
    "can_assume",
    "context_keys",
    "decide",
    "explain",
    "load",
    "load_accounts",
    "load_policy",
    "parse",
    "parse_condition",
    "parse_policy",
    "parse_principal",
    "report",
    "residual",
    "rests_on",
    "what_can",
    "who_can",
    "why_not",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        message = f"module `policy_eval` has no attribute `{name}`"
        raise AttributeError(message)
    return getattr(import_module(f"policy_eval.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
