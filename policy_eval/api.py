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

from os import fspath
from typing import TYPE_CHECKING

from policy_eval.engine import explain as explaining
from policy_eval.engine.decide import decide_call
from policy_eval.engine.decision import Decision
from policy_eval.engine.explanation import Explanation
from policy_eval.engine.loading import LayerFiles, load_set
from policy_eval.engine.plan import recall
from policy_eval.engine.policies import PolicySet, parse_policy
from policy_eval.engine.resting import RestsOn
from policy_eval.errors import Diagnostic, InputError, refuse_request
from policy_eval.policy.policy_type import Strictness
from policy_eval.request.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike
    from typing import Unpack

    from policy_eval.engine.context_keys import ContextKeys
    from policy_eval.engine.residual.condition import Condition
    from policy_eval.engine.residual.residual import Residual
    from policy_eval.engine.residual.why_not import WhyNot
    from policy_eval.queries.asking import Asked
    from policy_eval.queries.can_assume import CanAssume
    from policy_eval.queries.what_can import WhatCan
    from policy_eval.queries.who_can import WhoCan
    from policy_eval.semantics.layers import Layer
    from policy_eval.sources.accounts import Accounts


def parse(
    text: str, name: str = "<policy>", *, lenient: bool = False, accept_invalid: bool = False
) -> PolicySet:
    """Return a policy set of the one identity-based policy in `text`.

    `lenient` reads over comments and trailing commas; `accept_invalid` reads what AWS refuses to
    store by each rule's lenient reading; both warn (`PolicySet.warnings`). Raises PolicyError
    naming file, line and column of every problem.
    """
    strictness = Strictness(lenient, accept_invalid)
    return PolicySet([parse_policy(text, name, strictness=strictness)])


def load(
    *paths: str | PathLike[str],
    folder: str | PathLike[str] = "",
    lenient: bool = False,
    accept_invalid: bool = False,
    **layers: Unpack[LayerFiles],
) -> PolicySet:
    """Return a policy set of the identity-based policies in some files (UTF-8), and other layers.

    `layers` are files of the other layers, by the names that `PolicySet` has: `boundary`,
    `session`, `resource`, `resources`, `scps`, `rcps`, `endpoint`, and `endpoint_type` and
    `unknown_layers`. Paths are relative to `folder`. `lenient` and `accept_invalid` are as for
    `parse`. Raises PolicyError, also where a file cannot be read.
    """
    return load_set(paths, layers, folder, Strictness(lenient, accept_invalid))


def report(problems: InputError | Iterable[Diagnostic]) -> str:
    """Return problems as people read them: each with its line underlined, and its help.

    >>> try:
    ...     parse('{"Statement": [],}', "policy.json")
    ... except InputError as error:
    ...     print(report(error))
    error[trailing-comma]: a comma stands before a closing bracket
     --> policy.json:1:17
      |
    1 | {"Statement": [],}
      |                 ^
      = help: remove it, or read the text with --lenient
      = rule: R-GRAM-01
    """
    from policy_eval.text.report import render_all

    return render_all(problems.diagnostics if isinstance(problems, InputError) else problems)


def decide(
    policies: PolicySet,
    request: Request,
    *also: Request,
    strict_rules: bool = False,
    assuming: Condition | None = None,
) -> Decision:
    """Return what AWS would decide for the whole call.

    `also` are further requests that the same call makes (R-RES-12): it is allowed only if each is.
    A call that needs further actions (a secret created with tags needs
    `secretsmanager:TagResource`) is allowed only if each is; `request.action_only` leaves them
    out. With `strict_rules`, an answer that rests on a rule AWS leaves open is undetermined.
    `assuming` is a condition on what is unknown that is taken to hold (`parse_condition`). An
    undetermined decision says what it hangs on: `allow_if`, `deny_if`, `missing_context`. Raises
    RequestError for a context value that a statement cannot read, and for a condition that cannot
    hold.
    """
    if strict_rules or assuming is not None:
        return explain(
            policies, request, *also, strict_rules=strict_rules, assuming=assuming
        ).decision
    if not also and (remembered := recall(policies.plans, request)) is not None:
        return remembered
    return decide_call(policies, [request, *also])


def explain(
    policies: PolicySet,
    request: Request,
    *also: Request,
    strict_rules: bool = False,
    assuming: Condition | None = None,
) -> Explanation:
    """Return the decision with every test of every statement, as the reference engine saw it.

    `str()` of it is text, `to_dict()` data. The other arguments and what is raised are as for
    `decide`.
    """
    requests = [request, *also]
    if assuming is not None:
        from policy_eval.engine.residual.settling import left_open  # where one is given

        requests = [left_open(policies, each, assuming) for each in requests]
    explanation = explaining.explain_call(policies, requests, assuming=assuming)
    rests = explaining.rests_on(policies, requests, explanation.decision, assuming)
    explanation = explanation._replace(rests_on=rests)
    if strict_rules:
        from policy_eval.engine.strict_rules import explained_strictly

        return explained_strictly(explanation)
    return explanation


def rests_on(policies: PolicySet, request: Request, *also: Request) -> tuple[RestsOn, ...]:
    """Return the rules of which AWS's other reading would change the decision, and to what.

    Works where the request is refused too: another reading may decide it.
    """
    return explaining.rests_on(policies, [request, *also])


def residual(
    policies: PolicySet, request: Request, *also: Request, assuming: Condition | None = None
) -> Residual:
    """Return what is certain of a call, and the exact conditions that the rest hangs on.

    Also for a call of which all is known: then the conditions hold always, or never. What is raised
    is as for `decide`.
    """
    from policy_eval.engine.residual import residual as engine  # where something is unknown
    from policy_eval.engine.residual.settling import left_open

    requests = [request, *also]
    if assuming is not None:
        requests = [left_open(policies, each, assuming) for each in requests]
    return engine.residual_of(policies, requests, assuming=assuming)


def why_not(policies: PolicySet, request: Request, *also: Request) -> WhyNot | None:
    """Return what would turn a decision into an Allow; None where it is one.

    The smallest changes to the context and to the policies; each was decided, and no part of it
    can be left out. What is raised is as for `decide`.
    """
    from policy_eval.engine.residual import why_not as engine  # few ask

    return engine.why_not(policies, request, *also)


def parse_condition(text: str) -> Condition:
    """Return the condition that a line of text states (`grammar/condition.lark`).

    >>> str(parse_condition('aws:CalledVia contains "appflow.amazonaws.com"'))
    'aws:CalledVia contains "appflow.amazonaws.com"'

    Raises RequestError naming line and column, what was found and what was expected.
    """
    from policy_eval.engine.residual import condition  # where one is given

    return condition.parse_condition(text)


def context_keys(policies: PolicySet, *asked: Request | str) -> ContextKeys:
    """Return the condition keys that policies read, and whether AWS supplies them.

    `asked` are requests, actions (`s3:GetObject`), or patterns (`s3:Get*`), which stand for the
    actions that the service reference lists. Without any, it is every action and pattern that the
    statements name: the keys of a pattern are those that are read whichever of its actions is
    asked about. Of a request it is also said which keys it holds, and which it lacks; its call may
    need further actions, whose keys are told too. `to_dict()` of it is data.

    AWS: "Actions, resources, and condition keys for AWS services" (R-COND-06). Raises RequestError
    for what is no action, and for a request that `explain` refuses.
    """
    from policy_eval.engine import context_keys as reading  # few ask

    return reading.context_keys(policies, *asked)


def load_accounts(
    *paths: str | PathLike[str],
    account: str | None = None,
    region: str | None = None,
    parameters: Mapping[str, str] | None = None,
    unknown_layers: Iterable[Layer | str] = (),
) -> Accounts:
    """Return what accounts hold: callers by name, and the policies that have a say in their calls.

    `paths` are sources that are read as one (docs/sources.md): outputs of `aws iam
    get-account-authorization-details` and of `terraform show -json`, templates of CloudFormation,
    scripts of AWS CLI calls, folders of policies, organizations, workspaces. `account`, `region`
    and `parameters` are what templates and plans do not tell. `unknown_layers` names layers (`scp`,
    …) of which nobody knows the policies. Raises SourceError naming the file and the path inside
    it, and RequestError for what is no layer, no account ID, and no parameter of a template.

    AWS: "GetAccountAuthorizationDetails" (IAM API Reference).
    """
    from policy_eval.sources import accounts, loading

    deployment = loading.Deployment(account, region, parameters or {})
    found = loading.load([fspath(path) for path in paths], deployment=deployment)
    return accounts.Accounts(found, unknown_layers=map(_layer, unknown_layers))


def _layer(given: Layer | str) -> Layer:
    """Return a layer, given as itself or as its word. Raises RequestError."""
    from policy_eval.semantics.layers import Layer

    for layer in Layer:
        if given in (layer, layer.value):
            return layer
    words = ", ".join(layer.value for layer in Layer)
    raise refuse_request("unknown-word", f"`{given}` is no layer", f"expected {words}")


def who_can(
    accounts: Accounts,
    action: str,
    resource: str | None = None,
    *,
    also: Iterable[str | tuple[str, str]] = (),
    **request: Unpack[Asked],
) -> WhoCan:
    """Return what AWS would decide for every user and role of some accounts.

    `also` are further actions that the same call needs: on the same resource, or each with its own.
    `request` is what a `Request` takes beside its caller: `context`, `unknown`, `request_tags`,
    `resource_tags`, `now`, `resource_account`. Raises RequestError for a malformed action.
    """
    from policy_eval.queries import asking
    from policy_eval.queries import who_can as query

    further = tuple((each, None) if isinstance(each, str) else each for each in also)
    return query.who_can(accounts, asking.Question(action, resource, also=further, **request))


def what_can(
    accounts: Accounts,
    caller: str,
    resource: str | None = None,
    *,
    services: Iterable[str] = (),
    **request: Unpack[Asked],
) -> WhatCan:
    """Return every action that a user or role is allowed, and what each hangs on.

    `caller` is a name (`Dev`, `role/Dev`) or an ARN; with `resource` it is the actions on that;
    `services` are prefixes (`s3`). `request` is as for `who_can`. Raises RequestError for a name
    that nobody or more than one has.
    """
    from policy_eval.queries import asking
    from policy_eval.queries import what_can as query

    question = asking.Question("", resource, **request)
    return query.what_can(accounts, accounts.caller(caller), question, services)


def can_assume(accounts: Accounts, caller: str, **request: Unpack[Asked]) -> CanAssume:
    """Return the roles that a user or role can become, with the shortest chain to each.

    `caller` and `request` are as for `what_can`.
    """
    from policy_eval.queries import asking
    from policy_eval.queries import can_assume as query

    question = asking.Question("sts:AssumeRole", **request)
    return query.can_assume(accounts, accounts.caller(caller), question)
