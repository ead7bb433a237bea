"""Templates of CloudFormation, AWS SAM and AWS CDK, in the forms of their documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import pytest

import policy_eval as pe
from policy_eval.errors import SourceError
from policy_eval.policy.policy_type import PolicyType
from policy_eval.request.principal import parse_principal
from policy_eval.sources.accounts import Accounts
from policy_eval.sources.cloudformation import is_template, parse_template, read_template
from policy_eval.sources.model import EntityKind, Found
from policy_eval.text.printed import as_text

_DATA = Path(__file__).parent / "data"
_A = "111122223333"
_ROLE = f"arn:aws:iam::{_A}:role/R"
_PLACE = {"account": _A, "region": "us-east-1"}

Json: TypeAlias = dict[str, Any]


def read_file(name: str, **given: Any) -> Found:  # noqa: ANN401 - handed on
    """Return what an example holds."""
    text = (_DATA / name).read_text("utf-8")
    return read_template(parse_template(text, name), name, **{**_PLACE, **given})


def read(resources: Json, top: Json | None = None, **given: Any) -> Found:  # noqa: ANN401
    """Return what a template of some resources holds."""
    return read_template({"Resources": resources, **(top or {})}, "t.yaml", **{**_PLACE, **given})


def refusal(resources: object, top: Json | None = None, **given: Any) -> str:  # noqa: ANN401
    """Return what is said of a template that is refused."""
    with pytest.raises(SourceError) as caught:
        read_template({"Resources": resources, **(top or {})}, "t.yaml", **{**_PLACE, **given})
    return str(caught.value)


def document(*statements: object) -> Json:
    """Return a policy document."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(action: object, resource: object = "*", **more: object) -> Json:
    """Return a statement that allows something."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def role(*statements: object, **properties: object) -> Json:
    """Return a role called R with one inline policy of some statements."""
    policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}]
    given = {"RoleName": "R", **({"Policies": policies} if statements else {}), **properties}
    return {"Type": "AWS::IAM::Role", "Properties": given}


def ask(
    found: Found,
    action: str,
    resource: str | None = None,
    who: str = "role/R",
    **given: Any,  # noqa: ANN401 - handed on
) -> pe.Decision:
    """Return the decision of a call."""
    accounts = Accounts(found)
    policies = accounts.policies(accounts.caller(who), action, resource)
    principal = accounts.principal(who)
    return pe.decide(policies, pe.Request(action, resource, principal=principal, **given))


def word(found: Found, action: str, resource: str | None = None, **given: Any) -> str:  # noqa: ANN401
    """Return the decision of a call, in a word."""
    return ask(found, action, resource, **given).decision


def hangs_on(found: Found, action: str, resource: str | None = None, **given: Any) -> str:  # noqa: ANN401
    """Return the condition under which a call is allowed."""
    decision = ask(found, action, resource, **given)
    assert decision.decision == "undetermined"
    return str(decision.allow_if)


def open_parameter(name: str = "P", **more: object) -> Json:
    """Return a section of parameters with one that has no value."""
    return {"Parameters": {name: {"Type": "String", **more}}}


def open_condition() -> Json:
    """Return sections with a condition `C` that is not known."""
    return {**open_parameter(), "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "yes"]}}}


# The question of AppFlow

_SECRET = f"arn:aws:secretsmanager:us-east-1:{_A}:secret:appflow!sales-000000"
_KNOWN = {"SecretPrefix": "appflow!", "Stage": "dev"}
_VIA = {"aws:CalledVia": ["appflow.amazonaws.com"]}
_OWNED = {"aws:secretsmanager:owningService": "AppFlow"}
_NAMED = {**_VIA, "secretsmanager:Name": "appflow!sales"}


def of_appflow(**given: Any) -> Found:  # noqa: ANN401 - handed on
    """Return the example with the role of AppFlow."""
    return read_file("appflow.template.yaml", **{"parameters": _KNOWN, **given})


@pytest.mark.parametrize(
    ("context", "expected"),
    [
        (_NAMED, "allowed"),
        ({**_VIA, "secretsmanager:Name": "other"}, "implicitDeny"),
        ({**_VIA, "secretsmanager:Name": "Appflow!sales"}, "implicitDeny"),
        ({**_NAMED, "aws:CalledVia": None}, "implicitDeny"),
        ({**_NAMED, "aws:CalledVia": ["cloudformation.amazonaws.com"]}, "implicitDeny"),
    ],
)
def test_the_role_creates_the_secrets_of_appflow(context: Json, expected: str) -> None:
    found = of_appflow()

    said = word(found, "secretsmanager:CreateSecret", _SECRET, who="role/Flows", context=context)

    assert said == expected


@pytest.mark.parametrize(
    ("tags", "expected"),
    [(_OWNED, "allowed"), ({"aws:secretsmanager:owningService": "dms"}, "implicitDeny")],
)
def test_the_role_puts_policies_on_the_secrets_of_appflow(tags: Json, expected: str) -> None:
    said = word(
        of_appflow(), "secretsmanager:PutResourcePolicy", _SECRET, who="role/Flows",
        context=_VIA, resource_tags=tags,
    )  # fmt: skip

    assert said == expected


def test_the_role_may_not_tag_the_secrets_of_appflow() -> None:
    said = word(
        of_appflow(), "secretsmanager:TagResource", _SECRET, who="role/Flows",
        context=_VIA, resource_tags=_OWNED, request_tags={"a": "b"},
    )  # fmt: skip

    assert said == "implicitDeny"


def test_the_policy_of_the_secret_lets_only_the_role_read_it() -> None:
    found = of_appflow()
    reading = ask(found, "secretsmanager:GetSecretValue", _SECRET, who="role/Flows")
    somebody = parse_principal(f"arn:aws:iam::{_A}:role/Other")
    other = pe.Request("secretsmanager:GetSecretValue", _SECRET, principal=somebody)
    policies = Accounts(found).layers(somebody, other.action, _SECRET).policies()

    assert reading.matched == ("TheRoleReads",)
    assert pe.decide(policies, other).matched == ("NobodyElseReads",)


def test_the_boundary_of_the_role_holds() -> None:
    found = of_appflow(parameters={**_KNOWN, "Stage": "prod"})
    deletes = ask(
        found, "secretsmanager:DeleteSecret", _SECRET, who="role/Flows",
        context=_VIA, resource_tags=_OWNED,
    )  # fmt: skip

    assert deletes.decision == "explicitDeny"
    assert deletes.matched == ("KeepSecretsInProduction",)


def test_a_parameter_without_a_value_leaves_only_its_statement_open() -> None:
    found = of_appflow(parameters={})
    creating = {"who": "role/Flows", "context": _NAMED}
    direct = {"who": "role/Flows", "context": {**_NAMED, "aws:CalledVia": None}}
    owned = {"who": "role/Flows", "context": _VIA, "resource_tags": _OWNED}

    assert (
        hangs_on(found, "secretsmanager:CreateSecret", _SECRET, **creating)
        == 'statement "role/Flows/connections#1" applies'
    )
    assert word(found, "secretsmanager:CreateSecret", _SECRET, **direct) == "implicitDeny"
    assert word(found, "secretsmanager:PutResourcePolicy", _SECRET, **owned) == "allowed"
    assert (
        hangs_on(found, "secretsmanager:DeleteSecret", _SECRET, **owned)
        == 'not statement "policy/boundaries/flow-boundary#2" applies'
    )


def test_an_explanation_names_the_value_that_is_not_known() -> None:
    accounts = Accounts(of_appflow(parameters={}))
    policies = accounts.policies(
        accounts.caller("role/Flows"), "secretsmanager:CreateSecret", _SECRET
    )
    request = pe.Request(
        "secretsmanager:CreateSecret",
        _SECRET,
        principal=accounts.principal("role/Flows"),
        context=_NAMED,
    )

    said = str(pe.explain(policies, request))

    assert "not all of it is known: the parameter `SecretPrefix` has no value" in said
    assert "what AWS refuses" not in said


def test_the_entities_of_the_example_are_whole() -> None:
    found = of_appflow()
    (flows,) = found.of_kind(EntityKind.ROLE)

    assert flows.arn == f"arn:aws:iam::{_A}:role/Flows"
    assert flows.boundary == f"arn:aws:iam::{_A}:policy/boundaries/flow-boundary"
    assert flows.tags == (("team", "sales-emea"),)
    assert str(flows.where) == "appflow.template.yaml: Resources.FlowRole.Properties"
    assert flows.unknown == ""
    assert found.resources[_SECRET].tags == (("purpose", "flows"),)
    assert (found.left_out, found.notes) == ((), ())


# AWS CDK


def test_a_template_of_cdk_answers() -> None:
    found = read_file("cdk.template.json")
    handler = {"who": "role/HandlerServiceRoleFCDC14AE"}
    known, other = "arn:aws:s3:::uploads-of-orders/a", "arn:aws:s3:::archive/a"
    tls = {"context": {"aws:SecureTransport": "true"}}
    (lambda_arn,) = (arn for arn in found.resources if ":lambda:" in arn)
    bucket = parse_principal("s3.amazonaws.com")
    of_bucket = Accounts(found).layers(bucket, "lambda:InvokeFunction", lambda_arn).policies()
    from_bucket = {
        "aws:SourceAccount": _A, "aws:SourceArn": "arn:aws:s3:::uploads-of-orders",
    }  # fmt: skip

    policies = {each.name: each for each in Accounts(found).identity(next(iter(
        found.entities.values())))}  # fmt: skip
    certain, perhaps = policies[
        "role/HandlerServiceRoleFCDC14AE/HandlerServiceRoleDefaultPolicyCBD0CC91"
    ].statements

    assert certain.resource.values == (
        "arn:aws:s3:::uploads-of-orders", "arn:aws:s3:::uploads-of-orders/*",
    )  # fmt: skip
    assert (certain.unusable, perhaps.resource.values) == ("", ("*",))
    assert "Shared:ExportsOutputFnGetAttArchiveArn" in perhaps.unusable
    assert word(
        found, "s3:PutObject", known, context={"aws:SecureTransport": "false"}, **handler
    ) == ("explicitDeny")
    assert "AWSLambdaBasicExecutionRole" in hangs_on(found, "s3:GetObject", other, **tls, **handler)
    assert (
        pe.decide(
            of_bucket,
            pe.Request(
                "lambda:InvokeFunction", lambda_arn, principal=bucket,
                context=from_bucket,
            ),
        ).decision
        == "allowed"
    )  # fmt: skip
    assert [str(each) for each in found.left_out] == [
        (
            "cdk.template.json: Resources: 1 of AWS::Lambda::Function: "
            "resources of this type are not read"
        ),
        (
            "cdk.template.json: Resources: 1 of AWS::CDK::Metadata: "
            "resources of this type are not read"
        ),
    ]


# AWS SAM


def test_a_function_of_sam_has_the_role_that_sam_makes() -> None:
    found = read_file("orders.sam.yaml")
    orders = found.entities[f"arn:aws:iam::{_A}:role/OrdersFunctionRole"]
    managed = "arn:aws:iam::aws:policy/"

    assert orders.managed == (
        f"{managed}service-role/AWSLambdaBasicExecutionRole",
        f"{managed}service-role/AWSLambdaVPCAccessExecutionRole",
        f"{managed}AmazonSQSReadOnlyAccess",
        f"arn:aws:iam::{_A}:policy/SharedPolicy",
        f"{managed}service-role/AWSLambdaSQSQueueExecutionRole",
    )
    assert [each.name for each in orders.inline] == [
        "role/OrdersFunctionRole/OrdersFunctionRolePolicy0",
        "role/OrdersFunctionRole/OrdersFunctionRolePolicy3",
    ]
    assert orders.boundary == f"arn:aws:iam::{_A}:policy/developers"
    assert orders.tags == (("lambda:createdBy", "SAM"), ("team", "orders"), ("stage", "prod"))
    assert orders.unknown == ""
    assert orders.trust is not None
    assert orders.inline[0].content == {
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation",
                    "s3:GetObjectVersion", "s3:GetLifecycleConfiguration",
                ],
                "Resource": ["arn:aws:s3:::uploads", "arn:aws:s3:::uploads/*"],
            }
        ]
    }  # fmt: skip


def test_a_policy_of_sam_that_is_not_known_here_leaves_the_role_open() -> None:
    found = read_file("orders.sam.yaml")
    report = found.entities[f"arn:aws:iam::{_A}:role/ReportFunctionRole"]

    assert report.unknown == (
        "what AWS SAM makes of Resources.ReportFunction.Properties.Policies[0] is not known"
    )
    assert "StepFunctionsExecutionPolicy: no policy that is known here" in str(found.left_out[0])
    assert word(found, "s3:GetObject", "arn:aws:s3:::b/k", who="ReportFunctionRole") == (
        "undetermined"
    )


def _function(**properties: object) -> Json:
    return {"F": {"Type": "AWS::Serverless::Function", "Properties": properties}}


@pytest.mark.parametrize(
    ("properties", "doubt"),
    [
        ({"Tracing": "Active"}, "AWS SAM attaches policies for `Tracing`"),
        ({"Policies": ["ReadOnlyAccess", {"A": {}, "B": {}}]}, "what AWS SAM makes of"),
        ({"Policies": [3]}, "what AWS SAM makes of"),
        ({"Policies": [{"S3ReadPolicy": {}}]}, "what AWS SAM makes of"),
        ({"Policies": {"S3ReadPolicy": "x"}}, "what AWS SAM makes of"),
        ({"Events": {"E": {"Type": "MQ"}}}, "events of the type MQ"),
        (
            {"Events": {"E": {"Type": "SQS", "Properties": {"DestinationConfig": {}}}}},
            "events of the type SQS with DestinationConfig",
        ),
    ],
)
def test_what_sam_attaches_beside_is_not_known(properties: Json, doubt: str) -> None:
    (made,) = read(_function(**properties)).entities.values()

    assert doubt in made.unknown


def test_a_function_with_a_role_of_its_own_makes_none() -> None:
    assert read(_function(Role=_ROLE)).entities == {}
    assert read({**_function(), "FRole": role()}).entities.keys() == {_ROLE}


def test_a_role_of_sam_is_made_as_the_function_says() -> None:
    trust = document({"Effect": "Allow", "Principal": {"AWS": _A}, "Action": "sts:AssumeRole"})
    resources = _function(
        RolePath="/fn/", AssumeRolePolicyDocument=trust, Policies="arn:aws:iam::aws:policy/P"
    )
    resources["F"]["Condition"] = "C"
    never = {"Conditions": {"C": {"Fn::Equals": ["a", "b"]}}}
    made = read(resources, {"Conditions": {"C": {"Fn::Equals": ["a", "a"]}}})

    assert [*made.entities] == [f"arn:aws:iam::{_A}:role/fn/FRole"]
    assert made.entities[f"arn:aws:iam::{_A}:role/fn/FRole"].managed[1:] == (
        "arn:aws:iam::aws:policy/P",
    )
    assert read(resources, never).entities == {}


def test_a_role_that_sam_may_make_is_open() -> None:
    own = {"Fn::If": ["C", _ROLE, {"Ref": "AWS::NoValue"}]}
    made = read(_function(Role=own, Policies=["AdministratorAccess"]), open_condition())
    (role_,) = made.entities.values()

    assert role_.arn == f"arn:aws:iam::{_A}:role/FRole"
    assert role_.unknown == "AWS SAM makes it where `Role` has no value"
    assert role_.managed[-1] == "arn:aws:iam::aws:policy/AdministratorAccess"


def test_a_state_machine_of_sam_has_the_roles_that_sam_makes() -> None:
    events = {
        "E": {"Type": "Schedule"},
        "F": {"Type": "ScheduleV2", "Properties": {"RoleArn": _ROLE}},
        "G": {"Type": "EventBridgeRule", "Properties": {"Role": {"Ref": "AWS::NoValue"}}},
        "H": {"Type": "Other"},
    }
    machine = _resource("AWS::Serverless::StateMachine", Events=events,
                        Policies=[document(allow("s3:*"))])  # fmt: skip
    found = read({"M": {**machine, "Condition": "C"}}, open_condition())
    given = read({"M": _resource("AWS::Serverless::StateMachine", Role=_ROLE)})
    made = {arn.rpartition("/")[2]: each for arn, each in found.entities.items()}

    assert [*made] == ["MRole", "MERole", "MGRole"]
    assert [each.name for each in made["MRole"].inline] == ["role/MRole/MRolePolicy0"]
    assert made["MRole"].tags == (("stateMachine:createdBy", "SAM"),)
    assert "AWS SAM attaches for a state machine is known in part" in made["MRole"].unknown
    assert made["MERole"].unknown.startswith("whether MERole is made is not known")
    assert made["MERole"].unknown.endswith("; AWS SAM makes it for the event E of M")
    assert made["MGRole"].trust is not None
    assert "events.amazonaws.com" in str(made["MGRole"].trust.content)
    assert given.entities == {}


def test_roles_for_schedules_and_deployments_of_a_function_are_open() -> None:
    events = {"S": {"Type": "ScheduleV2"}, "R": {"Type": "Schedule"}}
    found = read(_function(Role=_ROLE, Events=events, DeploymentPreference={}))

    assert {arn.rpartition("/")[2]: each.unknown for arn, each in found.entities.items()} == {
        "FSRole": "AWS SAM makes it for the event S of F",
        "CodeDeployServiceRole": "AWS SAM makes it to deploy",
    }


@pytest.mark.parametrize(
    ("properties", "expected"),
    [
        ({"Events": {"E": {"Type": "S3"}}}, "undetermined"),
        ({"Events": {"E": {"Type": "SQS"}}}, "implicitDeny"),
        ({"FunctionUrlConfig": {"AuthType": "NONE"}}, "undetermined"),
        ({"FunctionUrlConfig": {}}, "undetermined"),
        ({"FunctionUrlConfig": {"AuthType": "AWS_IAM"}}, "implicitDeny"),
        ({}, "implicitDeny"),
    ],
)
def test_who_may_call_a_function_of_sam_is_open(properties: Json, expected: str) -> None:
    permission = _resource("AWS::Lambda::Permission", FunctionName={"Ref": "F"},
                           Action="lambda:InvokeFunction", Principal="444455556666")  # fmt: skip
    found = read({**_function(Role=_ROLE, **properties), "P": permission, "R": role()})
    arn = f"arn:aws:lambda:us-east-1:{_A}:function:F"

    assert word(found, "lambda:InvokeFunction", arn) == expected
    assert word(found, "lambda:InvokeFunction", f"{arn}:live") == expected
    assert word(found, "lambda:DeleteFunction", arn) == "implicitDeny"
    policy = found.resources[arn].policy
    assert policy is not None
    statements = Accounts(found).read(policy, PolicyType.RESOURCE).statements
    assert statements[0].unusable == ""
    assert len(statements) == (2 if expected == "undetermined" else 1)


def test_a_function_of_sam_that_cannot_be_read_may_be_called() -> None:
    errors: list[SourceError] = []
    found = read_template(
        {"Resources": {**_function(Role=_ROLE, Events={"E": {}}), "R": role()}},
        "t.yaml", errors.append, account=_A, region="us-east-1",
    )  # fmt: skip
    arn = f"arn:aws:lambda:us-east-1:{_A}:function:F"

    assert len(errors) == 1
    assert word(found, "lambda:InvokeFunction", arn) == "undetermined"


def test_connectors_of_sam_leave_queues_topics_and_functions_open() -> None:
    connector = {"Type": "AWS::Serverless::Connector", "Properties": {}}
    user = _resource("AWS::IAM::User", UserName="U")
    found = read({"U": user, "X": connector})
    none = read({"U": user})

    for action, resource in (
        ("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q"),
        ("sns:Publish", f"arn:aws:sns:us-east-1:{_A}:t"),
        ("lambda:InvokeFunction", f"arn:aws:lambda:us-east-1:{_A}:function:f"),
    ):
        assert word(found, action, resource, who="user/U") == "undetermined"
        assert word(none, action, resource, who="user/U") == "implicitDeny"


def test_connectors_of_sam_leave_every_role_open() -> None:
    connector = {"Type": "AWS::Serverless::Connector", "Properties": {}}
    found = read({"R": role(), "X": connector})
    inside = read(
        {"R": role(), **_function(Role="x"), "Y": {"Type": "A::B", "Connectors": {"c": {}}}}
    )
    both = read({**_function(Tracing="Active"), "X": connector})

    assert found.entities[_ROLE].unknown == "AWS SAM attaches policies for connectors"
    assert inside.entities[_ROLE].unknown == "AWS SAM attaches policies for connectors"
    assert next(iter(both.entities.values())).unknown.count("AWS SAM") == 2
    assert [each.what for each in found.left_out] == ["X"]


# Policies in which something is not known


def test_a_known_value_beside_an_unknown_one_stays_certain() -> None:
    statement = allow("s3:GetObject", ["arn:aws:s3:::known/*", {"Fn::ImportValue": "x"}])
    found = read({"R": role(statement)})

    assert word(found, "s3:GetObject", "arn:aws:s3:::known/k") == "allowed"
    assert (
        hangs_on(found, "s3:GetObject", "arn:aws:s3:::other/k") == 'statement "role/R/p#1" applies'
    )
    assert word(found, "s3:PutObject", "arn:aws:s3:::other/k") == "implicitDeny"


@pytest.mark.parametrize(
    ("statement", "action", "resource", "expected"),
    [
        # a part of the ARN is known
        (allow("s3:*", {"Fn::Sub": "arn:aws:s3:::logs-${P}/*"}), "s3:GetObject",
         "arn:aws:s3:::logs-x/k", "undetermined"),
        (allow("s3:*", {"Fn::Sub": "arn:aws:s3:::logs-${P}/*"}), "s3:GetObject",
         "arn:aws:s3:::other/k", "implicitDeny"),
        # it may hold colons, so that nothing is known
        (allow("s3:*", {"Fn::Sub": "arn:aws:${P}:::x"}), "s3:GetObject",
         "arn:aws:s3:::other/k", "undetermined"),
        (allow("s3:*", {"Fn::Sub": "${P}/*"}), "s3:GetObject", "arn:aws:s3:::b/k", "undetermined"),
        # actions
        (allow({"Fn::Sub": "s3:${P}"}), "s3:GetObject", "arn:aws:s3:::b/k", "undetermined"),
        (allow({"Fn::Sub": "s3:${P}"}), "sqs:SendMessage", "*", "implicitDeny"),
        (allow({"Ref": "P"}), "sqs:SendMessage", "*", "undetermined"),
        (allow(["s3:GetObject", {"Ref": "P"}]), "s3:GetObject", "arn:aws:s3:::b/k", "allowed"),
        (allow(["s3:GetObject", {"Ref": "P"}]), "s3:PutObject", "arn:aws:s3:::b/k", "undetermined"),
        # two elements at once
        (allow(["s3:GetObject", {"Ref": "P"}], [{"Ref": "P"}]), "s3:GetObject",
         "arn:aws:s3:::b/k", "undetermined"),
        # what is excepted
        ({"Effect": "Allow", "NotAction": {"Ref": "P"}, "Resource": "*"}, "s3:GetObject",
         "arn:aws:s3:::b/k", "undetermined"),
        # what it does
        ({"Effect": {"Ref": "P"}, "Action": "s3:*", "Resource": "*"}, "s3:GetObject",
         "arn:aws:s3:::b/k", "undetermined"),
        # conditions
        (allow("s3:*", Condition={"StringEquals": {"aws:username": {"Ref": "P"}}}), "s3:GetObject",
         "arn:aws:s3:::b/k", "undetermined"),
        (allow("s3:*", Condition={"Ref": "P"}), "s3:GetObject", "arn:aws:s3:::b/k", "undetermined"),
        (allow("s3:*", Condition={"StringEquals": {"Ref": "P"}}), "s3:GetObject",
         "arn:aws:s3:::b/k", "undetermined"),
        (allow("s3:*", Condition={"StringEquals": {"aws:RequestedRegion": "x",
                                                   "aws:username": {"Ref": "P"}}}),
         "s3:GetObject", "arn:aws:s3:::b/k", "implicitDeny"),
        (allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "false"},
                                  "StringEquals": {"aws:username": {"Ref": "P"}}}),
         "s3:GetObject", "arn:aws:s3:::b/k", "implicitDeny"),
        # a Sid says nothing
        (allow("s3:*", Sid={"Ref": "P"}), "s3:GetObject", "arn:aws:s3:::b/k", "allowed"),
        # a whole statement
        ({"Ref": "P"}, "s3:GetObject", "arn:aws:s3:::b/k", "undetermined"),
    ],
)  # fmt: skip
def test_an_unknown_value_is_no_wrong_answer(
    statement: Json, action: str, resource: str, expected: str
) -> None:
    found = read({"R": role(statement)}, open_parameter())
    context = {"aws:SecureTransport": "true", "aws:RequestedRegion": "us-east-1"}

    assert word(found, action, resource, context=context) == expected


def test_an_excepted_resource_that_is_not_known_may_be_any() -> None:
    deny = {"Effect": "Deny", "Action": "s3:*", "NotResource": ["arn:aws:s3:::b/*", {"Ref": "P"}]}
    found = read({"R": role(allow("s3:*"), deny)}, open_parameter())

    assert (
        hangs_on(found, "s3:GetObject", "arn:aws:s3:::c/k") == 'not statement "role/R/p#2" applies'
    )


def test_a_statement_under_an_open_condition_may_be_there() -> None:
    either = {"Fn::If": ["C", allow("s3:GetObject"), {"Ref": "AWS::NoValue"}]}
    one_or_other = {"Fn::If": ["C", [allow("sqs:*"), allow("sns:*")], allow("sqs:*")]}
    found = read({"R": role(either, allow("ec2:*"), one_or_other)}, open_condition())

    assert hangs_on(found, "s3:GetObject", "arn:aws:s3:::b/k") == 'statement "role/R/p#1" applies'
    assert word(found, "ec2:RunInstances", "*") == "allowed"
    assert "role/R/p#3" in hangs_on(found, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q")
    assert word(found, "s3:PutObject", "arn:aws:s3:::b/k") == "implicitDeny"


def test_values_under_an_open_condition_are_those_of_both_sides() -> None:
    one, other = "arn:aws:s3:::one/*", "arn:aws:s3:::other/*"
    nested = {"Fn::If": ["C", [one, {"Ref": "P"}], {"Ref": "AWS::NoValue"}]}
    found = read({"R": role(allow("s3:*", {"Fn::If": ["C", [one], other]}))}, open_condition())
    deeper = read({"R": role(allow("s3:*", [nested]))}, open_condition())
    empty = {"Fn::If": ["C", [], {"Ref": "AWS::NoValue"}]}
    nothing = read({"R": role(allow("s3:*", [empty]))}, open_condition())

    assert word(found, "s3:GetObject", "arn:aws:s3:::one/k") == "undetermined"
    assert word(found, "s3:GetObject", "arn:aws:s3:::other/k") == "undetermined"
    assert word(found, "s3:GetObject", "arn:aws:s3:::third/k") == "implicitDeny"
    assert word(deeper, "s3:GetObject", "arn:aws:s3:::third/k") == "undetermined"
    assert word(nothing, "s3:GetObject", "arn:aws:s3:::third/k") == "undetermined"


def test_a_document_that_is_not_known_may_do_anything() -> None:
    whole = {"PolicyName": "p", "PolicyDocument": {"Ref": "P"}}
    version = {"PolicyName": "q", "PolicyDocument": {"Version": {"Ref": "P"}, "Statement": []}}
    for policy in (whole, version):
        found = read({"R": role(Policies=[policy])}, open_parameter())
        assert word(found, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"


def test_a_principal_that_is_not_known_may_be_anybody() -> None:
    def bucket(principal: object, **more: object) -> Found:
        statement = {
            "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*", **more
        }  # fmt: skip
        statement |= {"Principal": principal} if principal else {}
        policy = {"Bucket": "b", "PolicyDocument": document(statement)}
        user = {"Type": "AWS::IAM::User", "Properties": {"UserName": "U"}}
        resources = {
            "B": {"Type": "AWS::S3::BucketPolicy", "Properties": policy}, "R": role(), "U": user
        }  # fmt: skip
        return read(resources, open_parameter())

    mixed = bucket({"AWS": [_ROLE, {"Ref": "P"}], "Service": "ec2.amazonaws.com"})
    unknown = bucket({"Ref": "P"})
    service = bucket({"Service": {"Ref": "P"}})
    excepted = bucket(None, NotPrincipal={"AWS": {"Ref": "P"}}, Effect="Deny")
    read_it = ("s3:GetObject", "arn:aws:s3:::b/k")

    assert word(mixed, *read_it) == "allowed"
    assert word(mixed, *read_it, who="user/U") == "undetermined"
    assert word(unknown, *read_it) == "undetermined"
    assert word(service, *read_it) == "undetermined"
    assert "bucket policy of b#1" in str(ask(excepted, *read_it).deny_if)


@pytest.mark.parametrize("prefix", ["appflow!", "", "x", "app*", "${aws:username}", "other"])
@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_what_is_certain_without_a_value_holds_for_every_value(prefix: str, stage: str) -> None:
    unknown, known = (
        of_appflow(parameters=given) for given in ({}, {"SecretPrefix": prefix, "Stage": stage})
    )
    contexts = (_NAMED, {**_NAMED, "aws:CalledVia": None}, {**_VIA, "secretsmanager:Name": "x"})
    actions = ("CreateSecret", "PutResourcePolicy", "DeleteSecret", "GetSecretValue", "TagResource")
    agreed = 0
    for action in (f"secretsmanager:{each}" for each in actions):
        for context in contexts:
            asked = {"who": "role/Flows", "context": context, "resource_tags": _OWNED}
            before = word(unknown, action, "*", **asked)
            after = word(known, action, "*", **asked)
            assert before in ("undetermined", after)
            agreed += before == after

    assert agreed >= 8


def test_a_statement_that_is_none_is_left_to_the_reader_of_policies() -> None:
    with pytest.raises(pe.PolicyError, match="the policy `role/R/p` is none that AWS would store"):
        word(read({"R": role("x")}), "s3:ListAllMyBuckets", "*")


# Functions


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Ref": "AWS::Partition"}, "aws"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "AWS::AccountId"}, _A),
        ({"Ref": "AWS::URLSuffix"}, "amazonaws.com"),
        ({"Ref": "AWS::StackName"}, "stack"),
        ({"Ref": "Given"}, "b"),
        ({"Ref": "Number"}, "5"),
        ({"Fn::Sub": "${!aws:username}-${ Given }"}, "${aws:username}-b"),
        ({"Fn::Sub": ["${x}-${Given}", {"x": {"Ref": "Number"}}]}, "5-b"),
        ({"Fn::Sub": "${Bucket.Arn}"}, "arn:aws:s3:::bucket"),
        ({"Fn::Join": ["-", ["a", {"Ref": "AWS::NoValue"}, 1, True, False]]}, "a-1-true-false"),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "y"),
        ({"Fn::Select": [0, {"Fn::Split": ["/", "p/q"]}]}, "p"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "mapped"),
        ({"Fn::FindInMap": ["M", "a", "no", {"DefaultValue": "other"}]}, "other"),
        ({"Fn::If": ["Yes", "then", "else"]}, "then"),
        ({"Fn::If": ["No", "then", "else"]}, "else"),
        ({"Fn::If": ["Open", "same", "same"]}, "same"),
        ({"Fn::Length": {"Ref": "List"}}, "2"),
        ({"Fn::ToJsonString": {"a": ["b"]}}, '{"a": ["b"]}'),
        ({"Fn::GetAtt": "Bucket.Arn"}, "arn:aws:s3:::bucket"),
        ({"Fn::GetAtt": ["Bucket", {"Ref": "Attribute"}]}, "arn:aws:s3:::bucket"),
        ({"Ref": "Topic"}, f"arn:aws:sns:us-east-1:{_A}:t"),
        ({"Fn::GetAtt": ["Topic", "TopicName"]}, "t"),
        ({"Ref": "Queue"}, f"https://sqs.us-east-1.amazonaws.com/{_A}/Queue"),
        ({"Fn::GetAtt": ["Log", "Arn"]}, f"arn:aws:logs:us-east-1:{_A}:log-group:Log:*"),
        ({"Ref": "R"}, "R"),
    ],
)
def test_a_function_is_worked_out(value: object, expected: str) -> None:
    top = {
        "Parameters": {
            "Given": {"Type": "String", "Default": "a"},
            "Number": {"Type": "Number", "Default": 5},
            "List": {"Type": "CommaDelimitedList", "Default": "x, y"},
            "Attribute": {"Type": "String", "Default": "Arn"},
            "P": {"Type": "String"},
        },
        "Mappings": {"M": {"a": {"b": "mapped"}}},
        "Conditions": {
            "Yes": {"Fn::And": [{"Condition": "Equal"}, {"Fn::Not": [{"Condition": "No"}]}]},
            "No": {"Fn::Or": [{"Fn::Equals": ["a", "b"]}, {"Fn::Equals": [True, "yes"]}]},
            "Equal": {"Fn::Equals": [5, "5"]},
            "Open": {"Fn::Equals": [{"Ref": "P"}, "x"]},
        },
    }
    resources = {
        "R": role(Tags=[{"Key": "k", "Value": value}]),
        "Bucket": {"Type": "AWS::S3::Bucket"},
        "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "t"}},
        "Queue": {"Type": "AWS::SQS::Queue"},
        "Log": {"Type": "AWS::Logs::LogGroup"},
    }
    if value == {"Ref": "R"}:
        resources["X"] = {"Type": "AWS::IAM::User", "Properties": {"Tags": [
            {"Key": "k", "Value": value}]}}  # fmt: skip
        resources["R"] = role()

    found = read(resources, top, stack_name="stack", parameters={"Given": "b"})

    tags = [tag for each in found.entities.values() for tag in each.tags]
    assert tags == [("k", expected)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"Ref": "AWS::StackId"}, "`AWS::StackId` is not given"),
        ({"Ref": "AWS::StackName"}, "`AWS::StackName` is not given"),
        ({"Ref": "P"}, "the parameter `P` has no value"),
        ({"Ref": "Stored"}, "the parameter `Stored` stands in Systems Manager"),
        ({"Ref": "L"}, "the parameter `L` has no value"),
        ("{{resolve:ssm:/a/b}}", "`{{resolve:ssm:/a/b}}` is not known"),
        (
            {"Fn::Sub": "x-{{resolve:ssm:/a/${AWS::Region}}}"},
            "`{{resolve:ssm:/a/us-east-1}}` is not",
        ),
        ({"Fn::Sub": "${P}-${P}"}, "the parameter `P` has no value"),
        ({"Fn::Join": ["-", ["a", {"Ref": "P"}]]}, "the parameter `P` has no value"),
        ({"Fn::Join": ["-", {"Ref": "L"}]}, "the parameter `L` has no value"),
        ({"Fn::Select": [{"Ref": "P"}, ["a"]]}, "the parameter `P` has no value"),
        ({"Fn::Split": ["-", {"Ref": "P"}]}, "the parameter `P` has no value"),
        ({"Fn::FindInMap": ["M", {"Ref": "P"}, "b"]}, "the parameter `P` has no value"),
        ({"Fn::If": ["C", "a", "b"]}, "the condition `C`: the parameter `P` has no value"),
        ({"Fn::ImportValue": "e"}, "the export `e` of another stack is not known"),
        ({"Fn::ImportValue": {"Ref": "P"}}, "the export of another stack is not known"),
        ({"Fn::Length": {"Ref": "L"}}, "the parameter `L` has no value"),
        ({"Fn::ToJsonString": {"a": {"Ref": "P"}}}, "the parameter `P` has no value"),
        ({"Fn::Base64": "a"}, "CloudFormation works out `Fn::Base64`"),
        ({"Ref": "Vpc"}, "`Vpc.Ref` (AWS::EC2::VPC) is known once it is made"),
        ({"Ref": "Org"}, "`Org.Ref` (AWS::Organizations::Organization) is known once it is made"),
        ({"Fn::GetAtt": "Org.Arn"}, "`Org.Arn` (AWS::Organizations::Organization) is known once"),
        ({"Fn::GetAtt": ["Vpc", {"Ref": "P"}]}, "the parameter `P` has no value"),
        ({"Fn::GetAtt": "Vpc.CidrBlock"}, "`Vpc.CidrBlock` (AWS::EC2::VPC) is known once"),
    ],
)
def test_a_value_that_is_not_known_is_named(value: object, reason: str) -> None:
    top = {
        "Parameters": {
            "P": {"Type": "String"},
            "L": {"Type": "List<String>", "AllowedValues": ["a", "b"]},
            "Stored": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/a"},
        },
        "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    }
    resources = {
        "R": role(allow("s3:*", [value])),
        "Vpc": {"Type": "AWS::EC2::VPC"},
        "Org": {"Type": "AWS::Organizations::Organization"},
    }

    (document_,) = read(resources, top).entities[_ROLE].inline

    assert document_.unsure[0].why.startswith(reason)


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ({"Fn::And": [{"Condition": "Open"}, {"Fn::Equals": ["a", "b"]}]}, False),
        ({"Fn::Or": [{"Condition": "Open"}, {"Fn::Equals": ["a", "a"]}]}, True),
        ({"Fn::And": [{"Condition": "Open"}, {"Fn::Equals": ["a", "a"]}]}, None),
        ({"Fn::Or": [{"Condition": "Open"}, {"Fn::Equals": ["a", "b"]}]}, None),
        ({"Fn::Not": [{"Condition": "Open"}]}, None),
        ({"Fn::Equals": [{"Ref": "Few"}, "z"]}, False),
        ({"Fn::Equals": ["z", {"Ref": "Few"}]}, False),
        ({"Fn::Equals": [{"Ref": "Few"}, "x"]}, None),
        ({"Fn::Contains": [["a"], {"Ref": "P"}]}, None),
        ({"Fn::EachMemberIn": [["a"], ["a"]]}, None),
    ],
)
def test_a_condition_is_decided_where_its_inputs_tell(condition: Json, value: bool | None) -> None:
    top = {
        "Parameters": {
            "P": {"Type": "String"}, "Few": {"Type": "String", "AllowedValues": ["x", "y"]},
        },
        "Conditions": {"C": condition, "Open": {"Fn::Equals": [{"Ref": "P"}, "x"]}},
    }  # fmt: skip
    picked = role(allow("s3:*", [{"Fn::If": ["C", "arn:aws:s3:::a/*", "arn:aws:s3:::b/*"]}]))
    found = read({"R": picked}, top)
    expected = {True: ("allowed", "implicitDeny"), False: ("implicitDeny", "allowed")}

    said = tuple(word(found, "s3:GetObject", f"arn:aws:s3:::{name}/k") for name in "ab")

    assert said == (("undetermined", "undetermined") if value is None else expected[value])


def test_allowed_values_are_compared_as_cloudformation_writes_them() -> None:
    def made(allowed: object, other: object) -> tuple[object, bool]:
        top = {
            **open_parameter(AllowedValues=allowed),
            "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, other]}},
        }
        found = read({"R": {**role(), "Condition": "C"}}, top)
        return [*found.entities], bool(found.left_out)

    assert made([True, False], True) == ([_ROLE], False)
    assert made(["true", "false"], True) == ([_ROLE], False)
    assert made([1, 2], 1) == ([_ROLE], False)
    assert made([1, 2], 3) == ([], True)
    assert made([True, False], "yes") == ([], True)


_NONE = {"Ref": "AWS::NoValue"}


@pytest.mark.parametrize(
    ("items", "open_ones", "certain"),
    [
        (["b", {"Fn::If": ["C", "x", _NONE]}], ["b", "b/x"], "c"),
        ([{"Fn::If": ["C", "x", _NONE]}, "b"], ["x/b", "b"], "b/x"),
        (["b", {"Fn::If": ["C", "x", {"Fn::If": ["C", _NONE, "y"]}]}, "k"], ["b/k", "b/y/k"], "b"),
    ],
)
def test_an_item_that_may_be_none_may_take_its_delimiter_with_it(
    items: list[object], open_ones: list[str], certain: str
) -> None:
    text = {"Fn::Join": ["/", items]}
    resource = {"Fn::Join": ["", ["arn:aws:s3:::", text]]}
    found = read({"R": role(allow("s3:*", resource))}, open_condition())

    for name in open_ones:
        assert word(found, "s3:GetObject", f"arn:aws:s3:::{name}") == "undetermined"
    assert word(found, "s3:GetObject", f"arn:aws:s3:::{certain}") == "implicitDeny"


def test_an_item_that_may_be_none_moves_those_after_it() -> None:
    items = ["a", {"Fn::If": ["C", "b", _NONE]}, "c", "d"]
    first = {"Fn::Sub": ["arn:aws:s3:::${X}", {"X": {"Fn::Select": [0, items]}}]}
    third = {"Fn::Sub": ["arn:aws:s3:::${X}", {"X": {"Fn::Select": ["2", items]}}]}
    length = {"Fn::Sub": ["arn:aws:s3:::${X}", {"X": {"Fn::Length": items}}]}
    found = read({"R": role(allow("s3:*", [first, third]))}, open_condition())
    counted = read({"R": role(allow("s3:*", length))}, open_condition())

    assert word(found, "s3:GetObject", "arn:aws:s3:::a") == "allowed"
    assert word(found, "s3:GetObject", "arn:aws:s3:::c") == "undetermined"
    assert word(counted, "s3:GetObject", "arn:aws:s3:::3") == "undetermined"


def test_an_item_of_a_list_of_thousands_of_digits_is_none() -> None:
    def select(number: object) -> Json:
        return {"R": role(allow("s3:*", {"Fn::Select": [number, ["a"]]}))}

    assert "Fn::Select: the list has no item of a number of 5,000 digits" in refusal(
        select("9" * 5000)
    )
    assert "the list has no item 1" in refusal(select(1))
    assert "takes a number and a list" in refusal(select(True))


def test_a_condition_that_is_no_function_is_not_known() -> None:
    top = {"Conditions": {"C": {"Other": "x"}}}
    found = read({"R": role(allow("s3:*", [{"Fn::If": ["C", "*", {"Ref": "AWS::NoValue"}]}]))}, top)

    assert found.entities[_ROLE].inline[0].unsure[0].why == "the condition `C`: it is no condition"


# What is wrong with templates


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"Ref": "Pp"}, ("t.yaml: Resources.R.Properties.Tags[0].Value.Ref: no parameter or "
                        "resource is called `Pp`; did you mean `P`?")),
        ({"Ref": "nowhere"}, "error[unknown-reference]"),
        ({"Fn::GetAtt": "nowhere.Arn"}, "error[unknown-reference]"),
        ({"Fn::Sub": "${nowhere}"}, "error[unknown-reference]"),
        ({"Fn::If": ["nowhere", 1, 2]}, "no condition is called `nowhere`"),
        ({"Fn::If": ["nowhere", 1]}, "3 arguments are expected, not 2"),
        ({"Fn::FindInMap": ["M", "a", "b"]}, "no mapping holds `M.a.b`"),
        ({"Fn::FindInMap": ["M", "a", "b", {}]}, "no mapping holds `M.a.b`"),
        ({"Fn::Select": [3, ["a"]]}, "the list has no item 3"),
        ({"Fn::Select": ["x", ["a"]]}, "`Fn::Select` takes a number and a list"),
        ({"Fn::Select": [0, "a"]}, "`Fn::Select` takes a number and a list"),
        ({"Fn::Join": ["-", "a"]}, "`Fn::Join` joins a list"),
        ({"Fn::Join": ["-", [["a"]]]}, "a list stands where a text is expected"),
        ({"Fn::Split": ["", "a"]}, "`Fn::Split` splits at a text"),
        ({"Fn::Length": "a"}, "`Fn::Length` counts a list"),
        ({"Fn::Transform": {"Name": "AWS::Include"}}, "error[template-macro]"),
        ({"Fn::If": ["Circle", 1, 2]}, "a circle: the condition Circle → the condition Back → "),
        ({"Fn::If": ["Wide", 1, 2]}, "a condition is one function"),
        ({"Ref": ["P"]}, "a list stands where a text is expected"),
    ],
)  # fmt: skip
def test_what_cloudformation_would_refuse_is_refused(value: object, said: str) -> None:
    top = {
        **open_parameter(),
        "Conditions": {
            "Circle": {"Condition": "Back"},
            "Back": {"Condition": "Circle"},
            "Wide": {"Condition": "Back", "Fn::Not": []},
        },
    }

    assert said in refusal({"R": role(Tags=[{"Key": "k", "Value": value}])}, top)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"Ref": "B"}, {"Ref": "A"}),
        ({"Fn::GetAtt": ["B", "Arn"]}, {"Fn::GetAtt": "A.Arn"}),
        ({"Fn::Sub": "${B}"}, {"Fn::Sub": ["${A.Arn}${x}", {"x": "y"}]}),
    ],
)
def test_a_circle_of_resources_is_refused(one: Json, other: Json) -> None:
    queues = {
        "C": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "A"}}},
        "A": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": one}},
        "B": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": other}},
    }

    said = refusal(queues)

    assert "error[template-loop]: t.yaml: Resources.A: a circle: A → B → A" in said


def test_dependencies_make_circles_and_text_does_not() -> None:
    first = {"Type": "AWS::SQS::Queue", "DependsOn": "B"}
    other = {"Type": "AWS::SQS::Queue", "DependsOn": ["A"]}
    text = {"Type": "AWS::SNS::Topic", "Properties": {
        "TopicName": {"Fn::Sub": ["${A}-${!B}", {"A": "x"}]}, "Other": {"Fn::GetAtt": []},
        "More": {"Fn::Sub": []},
    }}  # fmt: skip

    assert "a circle: A → B → A" in refusal({"A": first, "B": other})
    assert read({"A": text, "B": {"Type": "AWS::SQS::Queue", "DependsOn": ["A"]}}).notes


def test_a_name_that_refers_to_its_own_resource_is_a_circle() -> None:
    queue = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "A"}}}
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {"FunctionName": {"Ref": "F"}, "Role": "x"},
    }
    reads = role(Tags=[{"Key": "k", "Value": {"Ref": "F"}}])

    assert "a circle: A → A" in refusal({"A": queue})
    assert "a circle: F → F" in refusal({"F": function, "R": reads})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "a template is an object"),
        ({}, "`Resources` is not there"),
        ({"Resources": {"R": {}}}, "t.yaml: Resources.R: `Type` is not there"),
        ({"Resources": {"R": role(Policies="x")}}, "a list is expected here"),
        ({"Resources": {"R": role(Tags=[{"Key": "k"}])}}, "Tags[0]: `Value` is not there"),
        ({"Resources": {"R": role(Path=["/"])}, "Transform": "Mine"}, "`Mine` is a macro"),
        ({"Resources": {}, "Transform": [{"Name": "AWS::Include"}]}, "`AWS::Include` is a macro"),
        ({"Resources": {"A": role(), "B": role()}}, "a second time; the first is"),
    ],
)
def test_a_broken_template_is_refused_with_the_place(value: object, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        read_template(value, "t.yaml")

    assert said in str(caught.value)


def test_what_is_too_deep_is_refused() -> None:
    value: object = "x"
    for _ in range(2000):
        value = [value]

    assert "more than 100 objects and lists inside one another" in refusal({"R": value})


def test_errors_are_handed_on_and_the_rest_is_taken() -> None:
    said: list[SourceError] = []
    bad = role(Tags=[{"Key": "k", "Value": {"Ref": "nowhere"}}])
    no_condition = {"Type": "AWS::SQS::Queue", "Condition": "nowhere"}

    user = {"Type": "AWS::IAM::User", "Properties": {"UserName": {"Ref": "nowhere"}}}
    resources = {"Bad": bad, "R": role(), "Q": no_condition, "X": {}, "U": user}
    found = read(resources, on_error=said.append)

    assert [*found.entities] == [_ROLE]
    assert len(said) == 4
    assert read_template([], "t.yaml", said.append) == Found(("t.yaml",), {}, {}, {}, {})


# Who has what


def _resource(kind: str, **properties: object) -> Json:
    return {"Type": kind, "Properties": properties}


def test_policies_are_attached_to_whom_they_name() -> None:
    found = read({
        "P": _resource("AWS::IAM::Policy", PolicyName="inline",
                       PolicyDocument=document(allow("s3:*")),
                       Roles=[{"Ref": "R"}, "elsewhere"], Users=["U"], Groups=["G"]),
        "M": _resource("AWS::IAM::ManagedPolicy", Path="/m/",
                       PolicyDocument=document(allow("sqs:*")),
                       Roles=["R"]),
        "RP": _resource("AWS::IAM::RolePolicy", PolicyName="rp", RoleName="R",
                        PolicyDocument=document(allow("sns:*"))),
        "UP": _resource("AWS::IAM::UserPolicy", PolicyName="up", UserName={"Ref": "U"},
                        PolicyDocument=document(allow("sns:*"))),
        "GP": _resource("AWS::IAM::GroupPolicy", PolicyName="gp", GroupName="G",
                        PolicyDocument=document(allow("ec2:*"))),
        "R": role(Path="/p/"),
        "U": _resource("AWS::IAM::User", UserName="U", Groups=["G"]),
        "V": _resource("AWS::IAM::User", UserName="V"),
        "G": _resource("AWS::IAM::Group", GroupName="G"),
        "J": _resource("AWS::IAM::UserToGroupAddition", GroupName={"Ref": "G"}, Users=["V", "W"]),
    })  # fmt: skip
    names = {arn: [each.name for each in entity.inline] for arn, entity in found.entities.items()}

    assert names == {
        f"arn:aws:iam::{_A}:role/p/R": ["role/p/R/inline", "role/p/R/rp"],
        f"arn:aws:iam::{_A}:user/U": ["user/U/inline", "user/U/up"],
        f"arn:aws:iam::{_A}:user/V": [],
        f"arn:aws:iam::{_A}:group/G": ["group/G/inline", "group/G/gp"],
        f"arn:aws:iam::{_A}:role/elsewhere": ["role/elsewhere/inline"],
        f"arn:aws:iam::{_A}:user/W": [],
    }
    assert found.entities[f"arn:aws:iam::{_A}:role/p/R"].managed == (
        f"arn:aws:iam::{_A}:policy/m/M",
    )
    assert word(found, "ec2:RunInstances", "*", who="user/U") == "allowed"
    assert word(found, "ec2:RunInstances", "*", who="user/V") == "allowed"
    assert word(found, "ec2:RunInstances", "*", who="user/W") == "undetermined"
    elsewhere = found.entities[f"arn:aws:iam::{_A}:role/elsewhere"]
    assert elsewhere.unknown == "t.yaml does not hold role/elsewhere, only some of its policies"
    assert elsewhere.trust is not None
    assert elsewhere.trust.unknown == elsewhere.unknown


def test_iam_keeps_one_inline_policy_of_a_name() -> None:
    second = _resource("AWS::IAM::RolePolicy", PolicyName="p", RoleName="R",
                       PolicyDocument=document(allow("ec2:*")))  # fmt: skip
    same = {**second, "Properties": {**second["Properties"],
                                     "PolicyDocument": document(allow("s3:*"))}}  # fmt: skip
    perhaps = read({"R": role(allow("s3:*")), "X": {**second, "Condition": "C"}}, open_condition())

    assert "Resources.X.Properties.PolicyDocument: role/R/p is also in" in refusal(
        {"R": role(allow("s3:*")), "X": second}
    )
    assert len(read({"R": role(allow("s3:*")), "X": same}).entities[_ROLE].inline) == 1
    assert word(perhaps, "ec2:RunInstances", "*") == "undetermined"


def test_a_policy_that_may_be_attached_leaves_only_what_it_says_open() -> None:
    policy = _resource(
        "AWS::IAM::Policy", PolicyName={"Ref": "P"}, PolicyDocument=document(allow("s3:*")),
        Roles=[{"Ref": "P"}],
    )  # fmt: skip
    managed = _resource(
        "AWS::IAM::ManagedPolicy", PolicyDocument=document(allow("sqs:*")), Roles=[{"Ref": "P"}]
    )
    of_condition = {**_resource(
        "AWS::IAM::RolePolicy", PolicyName="x", RoleName="R",
        PolicyDocument=document(allow("sns:*")),
    ), "Condition": "C"}  # fmt: skip
    found = read(
        {"R": role(allow("ec2:*")), "X": policy, "M": managed, "N": of_condition}, open_condition()
    )

    assert hangs_on(found, "s3:GetObject", "arn:aws:s3:::b/k") == 'statement "role/R/X#1" applies'
    assert "policy/M#1" in hangs_on(found, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q")
    assert "role/R/x#1" in hangs_on(found, "sns:Publish", f"arn:aws:sns:us-east-1:{_A}:t")
    assert word(found, "ec2:RunInstances", "*") == "allowed"
    assert word(found, "lambda:ListFunctions", "*") == "implicitDeny"


def test_a_role_whose_attachments_are_not_known_is_open() -> None:
    twice = {"Fn::If": ["C", f"arn:aws:iam::{_A}:policy/M", "arn:aws:iam::aws:policy/Other"]}
    managed = _resource("AWS::IAM::ManagedPolicy", PolicyDocument=document(allow("sqs:*")))
    maybe = read({"R": role(ManagedPolicyArns=[twice]), "M": managed}, open_condition())
    policies = [{"Ref": "P"}, {"PolicyName": {"Ref": "P"}, "PolicyDocument": {}}, {"Other": 1}]
    open_ones = {
        "ManagedPolicyArns": role(ManagedPolicyArns=[{"Ref": "P"}]),
        "Policies": role(Policies=policies),
        "Tags": role(Tags=[{"Key": "k", "Value": {"Ref": "P"}}]),
    }

    for resource in open_ones.values():
        assert word(read({"R": resource}, open_parameter()), "s3:ListAllMyBuckets", "*") == (
            "undetermined"
        )
    assert [each.name for each in maybe.entities[_ROLE].inline] == ["policy/M", "policy/Other"]
    assert maybe.entities[_ROLE].unknown == ""


def test_a_tag_under_an_open_condition_is_not_known() -> None:
    tag = {"Fn::If": ["C", {"Key": "k", "Value": "v"}, {"Ref": "AWS::NoValue"}]}
    found = read({"R": role(Tags=[tag])}, open_condition())

    assert "the condition `C`" in found.entities[_ROLE].unknown


def test_an_inline_policy_under_an_open_condition_may_be_there() -> None:
    one = {"PolicyName": "p", "PolicyDocument": document(allow("s3:*"))}
    other = {"PolicyName": "p", "PolicyDocument": document(allow("sqs:*"))}
    found = read({"R": role(Policies=[{"Fn::If": ["C", one, other]}])}, open_condition())

    assert word(found, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"
    assert word(found, "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q") == "undetermined"
    assert word(found, "sns:Publish", f"arn:aws:sns:us-east-1:{_A}:t") == "implicitDeny"


def test_a_group_that_is_not_known_leaves_the_user_open() -> None:
    def of(**properties: object) -> str:
        user = _resource("AWS::IAM::User", UserName="U", **properties)
        join = _resource("AWS::IAM::UserToGroupAddition", GroupName={"Ref": "P"}, Users=["U"])
        resources = {"U": user} if properties else {"U": user, "J": join}
        return word(read(resources, open_condition()), "s3:ListAllMyBuckets", "*", who="user/U")

    assert of() == "undetermined"
    assert of(Groups=[{"Ref": "P"}]) == "undetermined"
    assert of(Groups=[{"Fn::If": ["C", "a", "b"]}]) == "undetermined"


def test_a_boundary_that_is_not_known_may_stop_anything() -> None:
    found = read({"R": role(allow("s3:*"), PermissionsBoundary={"Ref": "P"})}, open_parameter())

    assert word(found, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"
    assert ask(found, "sqs:ListQueues", "*").allowed is False


def test_a_role_under_an_open_condition_may_not_be_made() -> None:
    denied = {"Effect": "Deny", "Action": "sqs:*", "Resource": "*"}
    open_role = {**role(allow("s3:*"), denied), "Condition": "C"}
    found = read({"R": open_role}, open_condition())

    assert word(found, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"
    assert word(found, "sqs:ListQueues", "*") == "explicitDeny"
    assert found.entities[_ROLE].unknown == (
        "whether R is made is not known: the condition `C`: the parameter `P` has no value"
    )


# Names


def _of_principal(operator: str, value: object, key: str = "aws:PrincipalArn") -> Json:
    return allow("s3:*", Condition={operator: {key: value}})


@pytest.mark.parametrize(
    "named",
    [
        {"RoleName": "R", "Path": {"Ref": "P"}},
        {"RoleName": {"Fn::Sub": "app-${P}"}},
    ],
)
def test_a_test_of_a_name_that_is_not_known_is_open(named: Json) -> None:
    def of(*statements: object) -> str:
        given = {**role(*statements)["Properties"], **named}
        found = read({"R": {"Type": "AWS::IAM::Role", "Properties": given}}, open_parameter())
        return word(found, "s3:GetObject", "arn:aws:s3:::b/k")

    like = f"arn:aws:iam::{_A}:role/R*"
    itself = {"Fn::GetAtt": "R.Arn"}
    if_open = {"Fn::If": ["C", _of_principal("ArnLike", like), {"Ref": "AWS::NoValue"}]}
    given = {**role(if_open)["Properties"], **named}
    found = read({"R": {"Type": "AWS::IAM::Role", "Properties": given}}, open_condition())

    assert of(_of_principal("ArnLike", like)) == "undetermined"
    assert of(_of_principal("ArnNotLike", like)) == "undetermined"
    assert of(_of_principal("StringLike", "*", "AWS:principalARN")) == "undetermined"
    assert of(allow("*"), {**_of_principal("ArnNotLike", "x*"), "Effect": "Deny"}) == "undetermined"
    assert of(allow("s3:*", "arn:aws:s3:::b/${aws:username}")) == "undetermined"
    assert of(allow("s3:*", "arn:aws:s3:::c/${aws:username}")) == "implicitDeny"
    assert of(allow("s3:*", Condition={"Bool": {"aws:SecureTransport": False}})) == "implicitDeny"
    assert of(allow("s3:*")) == "allowed"
    assert word(found, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"
    guard = _resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=document({
        "Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::b/*",
        "Condition": {"ArnEquals": {"aws:PrincipalArn": [itself]}},
    }))  # fmt: skip
    other = read(
        {"R": {"Type": "AWS::IAM::Role", "Properties": {"Path": "/", **named}}, "B": guard},
        open_parameter(),
    )
    assert word(other, "s3:GetObject", "arn:aws:s3:::b/k") == "allowed"


def test_a_name_that_cannot_be_worked_out_is_refused_for_what_it_is() -> None:
    named = {"Fn::Select": ["x", ["a"]]}

    for kind in ("User", "Role"):
        resource = _resource(f"AWS::IAM::{kind}", **{f"{kind}Name": named})
        assert f"Resources.R.Properties.{kind}Name.Fn::Select: `Fn::Select` takes" in refusal(
            {"R": resource}
        )


def test_what_sam_makes_may_be_named() -> None:
    alias = {"Ref": "F.Alias"}
    api = {"Fn::Sub": "arn:aws:execute-api:us-east-1:1:${ServerlessRestApi.Id}/*"}
    found = read({**_function(Role="x"), "R": role(allow("lambda:*", [alias, api]))})

    (document_,) = found.entities[_ROLE].inline

    assert document_.unsure[0].why == (
        "`F.Alias` is made by AWS SAM or a module; "
        "`ServerlessRestApi` is made by AWS SAM or a module"
    )


def test_what_is_made_up_is_noted() -> None:
    resources = {
        "MyRole": _resource("AWS::IAM::Role", Path={"Ref": "P"}),
        "MySecret": _resource("AWS::SecretsManager::Secret"),
        "B": {"Type": "AWS::S3::Bucket"},
    }
    top = {"Parameters": {"P": {"Type": "String"}, "D": {"Type": "String", "Default": "x"}}}
    resources["B"]["Properties"] = {"BucketName": {"Ref": "D"}}

    found = read(resources, top, account=None, region=None)

    assert [*found.entities] == ["arn:aws:iam::000000000000:role/MyRole"]
    assert set(found.resources) == {
        "arn:aws:secretsmanager:us-east-1:000000000000:secret:MySecret-000000",
        "arn:aws:s3:::x",
    }
    assert sorted(found.notes) == [
        "t.yaml: resources without a known name are called by their logical IDs",
        "t.yaml: the Region is not given: ARNs are those of us-east-1",
        "t.yaml: the account is not given: 000000000000 stands for it",
        "t.yaml: the parameter D has its default value",
        "t.yaml: the path of MyRole is not known",
    ]


def test_a_region_that_is_not_given_is_not_known_in_policies() -> None:
    queue = {"Fn::Sub": "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:jobs"}
    found = read({"R": role(allow("sqs:*", queue))}, region=None)

    assert word(found, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{_A}:jobs") == "undetermined"
    assert word(found, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{_A}:other") == "implicitDeny"


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_partition_follows_from_the_region(region: str, partition: str) -> None:
    assert [*read({"R": role()}, region=region).entities] == [f"arn:{partition}:iam::{_A}:role/R"]


# Resources with policies


def _policy(action: str, resource: str = "*", effect: str = "Deny", **more: object) -> Json:
    return document(
        {"Effect": effect, "Principal": "*", "Action": action, "Resource": resource, **more}
    )


@pytest.mark.parametrize(
    ("resources", "action", "resource"),
    [
        ({"X": _resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=_policy(
            "s3:*", "arn:aws:s3:::b/*"))}, "s3:GetObject", "arn:aws:s3:::b/k"),
        ({"X": _resource("AWS::SecretsManager::ResourcePolicy", SecretId="s",
                         ResourcePolicy=_policy("secretsmanager:*"))},
         "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{_A}:secret:s-000000"),
        ({"S": _resource("AWS::SecretsManager::Secret", Name="s"),
          "T": _resource("AWS::SecretsManager::Secret", Name="t"),
          "Q": _resource("AWS::SQS::Queue"),
          "X": _resource("AWS::SecretsManager::ResourcePolicy", SecretId="t",
                         ResourcePolicy=_policy("secretsmanager:*"))},
         "secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:us-east-1:{_A}:secret:t-000000"),
        ({"Q": _resource("AWS::SQS::Queue", QueueName="q"),
          "X": _resource("AWS::SQS::QueuePolicy", Queues=[{"Ref": "Q"}],
                         PolicyDocument=_policy("sqs:*"))},
         "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q"),
        ({"X": _resource("AWS::SQS::QueuePolicy", Queues=[f"https://queue/{_A}/q"],
                         PolicyDocument=_policy("sqs:*"))},
         "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q"),
        ({"T": _resource("AWS::SNS::Topic", TopicName="t"),
          "X": _resource("AWS::SNS::TopicPolicy", Topics=[{"Ref": "T"}],
                         PolicyDocument=_policy("sns:Publish"))},
         "sns:Publish", f"arn:aws:sns:us-east-1:{_A}:t"),
        ({"K": _resource("AWS::KMS::Key", KeyPolicy=_policy("kms:*"))},
         "kms:Decrypt", f"arn:aws:kms:us-east-1:{_A}:key/K"),
    ],
)  # fmt: skip
def test_the_policy_of_a_resource_is_asked(resources: Json, action: str, resource: str) -> None:
    found = read({"R": role(allow("*")), **resources})

    assert word(found, action, resource) == "explicitDeny"


def test_a_key_without_a_policy_has_the_default_one() -> None:
    found = read({"R": role(allow("kms:Decrypt")), "K": _resource("AWS::KMS::Key")})
    key = f"arn:aws:kms:us-east-1:{_A}:key/K"

    assert word(found, "kms:Decrypt", key) == "allowed"
    assert word(found, "kms:Encrypt", key) == "implicitDeny"


def test_a_policy_under_an_open_condition_may_guard_its_resource() -> None:
    guard = {**_resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=_policy(
        "s3:GetObject", "arn:aws:s3:::b/*")), "Condition": "C"}  # fmt: skip
    other = {**guard, "Properties": {"Bucket": "b", "PolicyDocument": _policy("s3:*")}}
    one = read({"R": role(allow("s3:*")), "X": guard}, open_condition())
    two = read({"R": role(allow("s3:*")), "X": guard, "Y": other}, open_condition())

    assert "not statement" in hangs_on(one, "s3:GetObject", "arn:aws:s3:::b/k")
    assert word(one, "s3:PutObject", "arn:aws:s3:::b/k") == "allowed"
    assert word(two, "s3:PutObject", "arn:aws:s3:::b/k") == "undetermined"
    certain = {"Type": "AWS::S3::BucketPolicy", "Properties": guard["Properties"]}
    assert "the policy of arn:aws:s3:::b is there a second time" in refusal(
        {"X": certain, "Y": certain}
    )


def test_a_policy_as_text_under_an_open_condition_may_be_anything() -> None:
    text = {"Fn::ToJsonString": _policy("s3:*", "arn:aws:s3:::b/*")}
    plain = _resource("AWS::S3::BucketPolicy", Bucket="b", PolicyDocument=text)
    found = read({"R": role(allow("s3:*")), "X": plain})
    doubtful = read({"R": role(allow("s3:*")), "X": {**plain, "Condition": "C"}}, open_condition())

    assert word(found, "s3:GetObject", "arn:aws:s3:::b/k") == "explicitDeny"
    assert word(doubtful, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"


_GUARDS = {
    "AWS::S3::BucketPolicy": ("Bucket", "PolicyDocument", "s3:GetObject", "arn:aws:s3:::b/k"),
    "AWS::SecretsManager::ResourcePolicy": (
        "SecretId", "ResourcePolicy", "secretsmanager:GetSecretValue",
        f"arn:aws:secretsmanager:eu-west-1:{_A}:secret:s-AbCdEf",
    ),
    "AWS::SQS::QueuePolicy": (
        "Queues", "PolicyDocument", "sqs:SendMessage", f"arn:aws:sqs:us-east-1:{_A}:q",
    ),
    "AWS::SNS::TopicPolicy": (
        "Topics", "PolicyDocument", "sns:Publish", f"arn:aws:sns:us-east-1:{_A}:t",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", _GUARDS)
def test_a_policy_of_an_unknown_resource_may_be_that_of_any(kind: str) -> None:
    of, document_, action, resource = _GUARDS[kind]
    target = {"Fn::ImportValue": "x"}
    given = {of: [target] if of.endswith("s") else target, document_: _policy(action)}
    found = read({"R": role(allow("*")), "X": _resource(kind, **given)})
    twice = read({"R": role(allow("*")), "X": _resource(kind, **given),
                  "Y": _resource(kind, **given)})  # fmt: skip
    no_account = read({"X": _resource(kind, **given)}, account=None)

    assert word(found, action, resource) == "undetermined"
    assert word(twice, action, resource) == "undetermined"
    assert word(found, "ec2:RunInstances", "*") == "allowed"
    assert Accounts(no_account).resource_policy(action, resource) is not None


def test_a_policy_of_one_of_several_resources_may_be_that_of_each() -> None:
    which = {"Fn::If": ["C", "b", {"Fn::If": ["C", {"Ref": "AWS::NoValue"}, "c"]}]}
    either = _resource("AWS::S3::BucketPolicy", Bucket={"Fn::If": ["C", "b", "c"]},
                       PolicyDocument=_policy("s3:GetObject"))  # fmt: skip
    nested = _resource("AWS::S3::BucketPolicy", Bucket=which, PolicyDocument=_policy("s3:*"))
    none = {"Fn::If": ["C", "b", {"Ref": "AWS::NoValue"}]}
    perhaps = _resource("AWS::S3::BucketPolicy", Bucket=none, PolicyDocument=_policy("s3:*"))
    found = read({"R": role(allow("s3:*")), "X": either}, open_condition())
    any_ = read({"R": role(allow("s3:*")), "X": nested}, open_condition())
    one = read({"R": role(allow("s3:*")), "X": perhaps}, open_condition())

    assert "not statement" in hangs_on(found, "s3:GetObject", "arn:aws:s3:::b/k")
    assert "not statement" in hangs_on(found, "s3:GetObject", "arn:aws:s3:::c/k")
    assert word(found, "s3:PutObject", "arn:aws:s3:::c/k") == "allowed"
    assert word(found, "s3:GetObject", "arn:aws:s3:::d/k") == "allowed"
    assert word(any_, "s3:GetObject", "arn:aws:s3:::d/k") == "undetermined"
    assert word(one, "s3:GetObject", "arn:aws:s3:::b/k") == "undetermined"
    assert word(one, "s3:GetObject", "arn:aws:s3:::c/k") == "allowed"


def test_a_permission_of_an_unknown_function_may_be_that_of_any() -> None:
    permission = _resource("AWS::Lambda::Permission", FunctionName={"Ref": "P"}, Action="*",
                           Principal="*")  # fmt: skip
    found = read({"R": role(), "Z": permission}, open_parameter())
    function = f"arn:aws:lambda:eu-west-1:{_A}:function:f"

    assert word(found, "lambda:InvokeFunction", function) == "undetermined"


def test_inline_policies_of_topics_and_queues_are_theirs() -> None:
    found = read({
        "R": role(allow("*")),
        "T": _resource("AWS::SNS::Topic", TopicName="t"),
        "Q": _resource("AWS::SQS::Queue", QueueName="q"),
        "TI": _resource("AWS::SNS::TopicInlinePolicy", TopicArn={"Ref": "T"},
                        PolicyDocument=_policy("sns:Publish")),
        "QI": _resource("AWS::SQS::QueueInlinePolicy", Queue={"Ref": "Q"},
                        PolicyDocument=_policy("sqs:SendMessage")),
    })  # fmt: skip
    queue = f"arn:aws:sqs:us-east-1:{_A}:q"

    assert word(found, "sns:Publish", f"arn:aws:sns:us-east-1:{_A}:t") == "explicitDeny"
    assert word(found, "sns:Subscribe", f"arn:aws:sns:us-east-1:{_A}:t") == "allowed"
    assert word(found, "sqs:SendMessage", queue) == "explicitDeny"
    assert found.left_out == ()


def test_a_topic_without_a_policy_has_one_of_amazon_sns() -> None:
    topic = _resource("AWS::SNS::Topic", TopicName="t")
    policy = _resource("AWS::SNS::TopicPolicy", Topics=[{"Ref": "T"}],
                       PolicyDocument=_policy("sns:Publish"))  # fmt: skip
    alone = read({"R": role(), "T": topic})
    guarded = read({"R": role(), "T": topic, "X": policy})
    perhaps = read({"R": role(), "T": topic, "X": {**policy, "Condition": "C"}}, open_condition())
    arn = f"arn:aws:sns:us-east-1:{_A}:t"

    assert word(alone, "sns:Publish", arn) == "undetermined"
    assert word(guarded, "sns:Publish", arn) == "explicitDeny"
    assert word(guarded, "sns:Subscribe", arn) == "implicitDeny"
    assert word(perhaps, "sns:Subscribe", arn) == "undetermined"


def test_the_policy_of_a_table_guards_it() -> None:
    policy = {"PolicyDocument": _policy("dynamodb:GetItem")}
    table = _resource("AWS::DynamoDB::Table", TableName="d", ResourcePolicy=policy)
    stream = _resource("AWS::DynamoDB::Table", TableName="s",
                       StreamSpecification={"ResourcePolicy": policy})  # fmt: skip
    unknown = _resource("AWS::DynamoDB::Table", TableName="u", ResourcePolicy={"Ref": "P"},
                        StreamSpecification={"Ref": "P"})  # fmt: skip
    found = read({"R": role(allow("*")), "D": table, "S": stream, "U": unknown}, open_parameter())
    arn = f"arn:aws:dynamodb:us-east-1:{_A}:table"

    assert word(found, "dynamodb:GetItem", f"{arn}/d") == "explicitDeny"
    assert word(found, "dynamodb:PutItem", f"{arn}/d") == "allowed"
    assert word(found, "dynamodb:Query", f"{arn}/d/index/i") == "undetermined"
    assert word(found, "dynamodb:GetItem", f"{arn}/s") == "allowed"
    assert word(found, "dynamodb:GetRecords", f"{arn}/s/stream/x") == "undetermined"
    assert word(found, "dynamodb:GetRecords", f"{arn}/d/stream/x") == "allowed"
    assert word(found, "dynamodb:GetItem", f"{arn}/u") == "undetermined"
    assert word(found, "dynamodb:GetRecords", f"{arn}/u/stream/x") == "undetermined"


_PLACE_OF = f"us-east-1:{_A}"


@pytest.mark.parametrize(
    ("kind", "properties", "action", "resource", "other"),
    [
        ("ECR::Repository", {"RepositoryPolicyText": {}}, "ecr:PutImage",
         f"ecr:{_PLACE_OF}:repository/r", f"eks:{_PLACE_OF}:cluster/r"),
        ("Logs::ResourcePolicy", {"PolicyDocument": "{}"}, "logs:PutLogEvents",
         f"logs:{_PLACE_OF}:log-group:g:log-stream:s", "s3:::b"),
        ("EFS::FileSystem", {"FileSystemPolicy": {}}, "elasticfilesystem:ClientMount",
         f"elasticfilesystem:{_PLACE_OF}:file-system/fs-1", "s3:::b"),
        ("OpenSearchService::Domain", {"AccessPolicies": {}}, "es:ESHttpGet",
         f"es:{_PLACE_OF}:domain/d/x", "s3:::b"),
        ("ApiGateway::RestApi", {"Policy": {}}, "execute-api:Invoke",
         f"execute-api:{_PLACE_OF}:abc/prod/GET/x", "s3:::b"),
        ("S3::AccessPoint", {"Policy": {}}, "s3:GetObject",
         f"s3:{_PLACE_OF}:accesspoint/a/object/k", "s3:::b/k"),
        ("KMS::ReplicaKey", {"KeyPolicy": {}}, "kms:Decrypt",
         f"kms:{_PLACE_OF}:key/mrk-1", f"kms:{_PLACE_OF}:key/1"),
        ("Events::EventBusPolicy", {"StatementId": "s"}, "events:PutEvents",
         f"events:{_PLACE_OF}:event-bus/default", "s3:::b"),
        ("DynamoDB::GlobalTable", {"Replicas": [{"ResourcePolicy": {}}]}, "dynamodb:GetItem",
         f"dynamodb:{_PLACE_OF}:table/t", "s3:::b"),
    ],
)  # fmt: skip
def test_a_policy_that_is_not_read_leaves_its_service_open(
    kind: str, properties: Json, action: str, resource: str, other: str
) -> None:
    found = read({"R": role(allow("*")), "X": _resource(f"AWS::{kind}", **properties)})

    assert word(found, action, f"arn:aws:{resource}") == "undetermined"
    assert Accounts(found).resource_policy(action, f"arn:aws:{resource}") is not None
    assert Accounts(found).resource_policy(action, f"arn:aws:{other}") is None


def test_a_policy_of_no_value_is_none() -> None:
    none = _resource("AWS::ECR::Repository", RepositoryPolicyText={"Ref": "AWS::NoValue"})

    assert read({"X": none}).resources == {}


def test_what_a_policy_guards_is_a_text() -> None:
    queues = _resource("AWS::SQS::QueuePolicy", Queues=[5], PolicyDocument=_policy("sqs:*"))

    assert "Y.Properties.Queues: a number stands where a text" in refusal({"Y": queues})
    assert "`FunctionName` is not there" in refusal({"W": _resource("AWS::Lambda::Permission")})


def test_a_tag_that_is_not_known_is_left_out() -> None:
    tags = [{"Key": "k", "Value": {"Ref": "P"}}]
    found = read({"S": _resource("AWS::SecretsManager::Secret", Tags=tags)}, open_parameter())

    assert [str(each) for each in found.left_out] == [
        "t.yaml: Resources.S.Properties.Tags: a tag of S: the parameter `P` has no value",
    ]


def test_permissions_of_a_function_are_its_policy() -> None:
    def permission(principal: object, **more: object) -> Json:
        given = {"FunctionName": "f", "Action": "lambda:InvokeFunction", "Principal": principal}
        return _resource("AWS::Lambda::Permission", **{**given, **more})

    function = f"arn:aws:lambda:us-east-1:{_A}:function:f"
    found = read({
        "A": permission("444455556666"),
        "B": permission("arn:aws:iam::777788889999:role/X", FunctionName=function),
        "C": permission({"Ref": "P"}, FunctionName=f"{_A}:function:f", SourceAccount="1"),
        "D": permission("*", FunctionName="g", PrincipalOrgID="o-1", InvokedViaFunctionUrl=True,
                        FunctionUrlAuthType="AWS_IAM", EventSourceToken="t"),
    }, open_parameter())  # fmt: skip
    content = found.resources[f"arn:aws:lambda:us-east-1:{_A}:function:g"].policy
    of_f = found.resources[function].policy
    assert of_f is not None
    policy = Accounts(found).read(of_f, PolicyType.RESOURCE)

    assert content is not None
    assert content.content == {"Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction",
        "Resource": f"arn:aws:lambda:us-east-1:{_A}:function:g",
        "Condition": {
            "StringEquals": {"aws:PrincipalOrgID": "o-1", "lambda:EventSourceToken": "t",
                             "lambda:FunctionUrlAuthType": "AWS_IAM"},
            "Bool": {"lambda:InvokedViaFunctionUrl": True},
        },
    }]}  # fmt: skip
    assert [each.unusable for each in policy.statements] == [
        "", "", "the parameter `P` has no value"
    ]  # fmt: skip
    for principal in ("arn:aws:iam::777788889999:role/X",):
        request = pe.Request("lambda:InvokeFunction", function, principal=principal)
        policies = pe.PolicySet([document(allow("lambda:*"))], resource=policy)
        assert pe.decide(policies, request).decision == "allowed"


def test_an_endpoint_has_its_policy_or_lets_everything_pass() -> None:
    found = read({
        "E": _resource("AWS::EC2::VPCEndpoint", PolicyDocument=_policy("s3:*")),
        "D": _resource("AWS::EC2::VPCEndpoint"),
    })  # fmt: skip

    assert found.endpoints["E"].content == _policy("s3:*")
    assert found.endpoints["D"].content == _policy("*", effect="Allow")


# Organizations

_SCP = document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"})


def _scp(*targets: object, content: object = _SCP, kind: str = "SERVICE_CONTROL_POLICY") -> Json:
    return _resource(
        "AWS::Organizations::Policy", Name="no-s3", Type=kind, Content=content, TargetIds=[*targets]
    )


def test_a_policy_on_an_account_holds_and_the_rest_over_it_is_not_known() -> None:
    found = read({"R": role(allow("*")), "P": _scp(_A)})

    assert word(found, "s3:ListAllMyBuckets", "*") == "explicitDeny"
    assert word(found, "sqs:ListQueues", "*") == "undetermined"
    assert found.organization is not None
    assert (found.organization.has_scps, found.organization.has_rcps) == (True, False)


def test_units_of_the_template_are_levels() -> None:
    tree = {
        "Org": _resource("AWS::Organizations::Organization"),
        "Unit": _resource(
            "AWS::Organizations::OrganizationalUnit", Name="unit",
            ParentId={"Fn::GetAtt": "Org.RootId"},
        ),
        "Acc": _resource(
            "AWS::Organizations::Account", AccountName="acc", ParentIds=[{"Ref": "Unit"}]
        ),
        "Lone": _resource("AWS::Organizations::Account", AccountName={"Ref": "Q"}),
        "P": _scp({"Ref": "Unit"}, {"Fn::If": ["C", {"Ref": "Acc"}, {"Ref": "Unit"}]},
                  {"Ref": "Q"}),
        "T": _scp(kind="TAG_POLICY"),
        "V": _scp({"Ref": "Acc"}, kind="RESOURCE_CONTROL_POLICY"),
    }  # fmt: skip
    parameters = {"P": {"Type": "String"}, "Q": {"Type": "String"}}
    del tree["P"]["Properties"]["Name"]
    tree["P"]["Properties"]["Name"] = {"Ref": "Q"}
    found = read(tree, {**open_condition(), "Parameters": parameters})
    organization = found.organization
    assert organization is not None
    nodes = organization.nodes

    assert nodes["Acc"].parent == "Unit"
    assert nodes["Unit"].parent == "r-Org"
    assert [each.name for each in nodes["Unit"].scps] == ["FullAWSAccess", "P", "P", "P"]
    assert [each.name for each in nodes["Acc"].scps] == ["FullAWSAccess", "P", "P"]
    assert [bool(each.unsure) for each in nodes["Unit"].scps] == [False, False, True, True]
    assert [each.name for each in nodes["Acc"].rcps] == ["no-s3"]
    assert nodes["r-Org"].scps[0].unknown == "r-Org is not here"
    assert nodes["Lone"].name == "Lone"
    assert [each.why for each in found.left_out] == ["it has no say in a call"]


def test_a_policy_of_an_organization_with_an_unknown_target_may_be_on_each() -> None:
    found = read({"R": role(allow("*")), "X": _scp({"Ref": "P"}, _A)}, open_parameter())
    alone = read({"R": role(allow("*")), "X": _scp({"Ref": "P"})}, open_parameter())
    organization = found.organization
    assert organization is not None

    assert word(found, "s3:ListAllMyBuckets", "*") == "explicitDeny"
    assert word(alone, "s3:ListAllMyBuckets", "*") == "undetermined"
    assert [bool(each.unsure) for each in organization.nodes[_A].scps] == [False, False, True]


def test_a_policy_of_an_organization_of_an_unknown_type_may_be_of_each() -> None:
    policy = {**_scp(_A), "Properties": {**_scp(_A)["Properties"], "Type": {"Ref": "P"}}}
    found = read({"R": role(allow("*")), "X": policy}, open_parameter())
    organization = found.organization
    assert organization is not None

    assert (organization.has_scps, organization.has_rcps) == (True, True)
    assert word(found, "s3:ListAllMyBuckets", "*") == "undetermined"


def test_a_target_of_an_organization_is_a_text() -> None:
    assert "TargetIds[0]: a number stands where a text is expected" in refusal({"P": _scp(5)})


# What is not read


def test_what_is_not_read_is_counted_and_named_where_it_may_matter() -> None:
    found = read({
        "A": {"Type": "AWS::EC2::Subnet"}, "B": {"Type": "AWS::EC2::Subnet"},
        "N": {"Type": "AWS::CloudFormation::Stack"},
        "E": _resource("AWS::ECR::Repository", RepositoryPolicyText={}),
        "M": {"Type": "AWS::MediaStore::SomePolicy"},
        "I": {"Type": "AWS::IAM::InstanceProfile"}, "O": {"Type": "Mine::S3::Bucket::MODULE"},
    })  # fmt: skip

    assert [each.what for each in found.left_out] == ["N", "E", "M", "O", "2 of AWS::EC2::Subnet"]


def test_transforms_that_only_add_are_noted() -> None:
    top = {"Transform": ["AWS::LanguageExtensions", "AWS::SecretsManager-2024-09-16"]}
    found = read({"R": role()}, top)

    assert [each.what for each in found.left_out] == ["AWS::SecretsManager-2024-09-16"]


# Loops


def _loop(identifier: object, collection: object, body: object) -> list[object]:
    return [identifier, collection, body]


def test_a_loop_is_written_out() -> None:
    body = {
        "Role&{Name}": _resource(
            "AWS::IAM::Role", RoleName={"Fn::Sub": "r-${Name}"},
            Tags=[{"Key": "k", "Value": {"Ref": "Name"}}, {"Key": "n", "Value": 5}],
        )
    }  # fmt: skip
    inner = {"Fn::ForEach::Inner": _loop("Other", ["x"], {"Topic${Name}${Other}": {
        "Type": "AWS::EC2::Subnet"}})}  # fmt: skip
    top = {
        "Transform": "AWS::LanguageExtensions",
        "Parameters": {"Names": {"Type": "CommaDelimitedList", "Default": "a-1, b"}},
        "Conditions": {"Fn::ForEach::C": _loop("N", ["p"], {"Is${N}": {"Fn::Equals": ["a", "a"]}})},
    }
    resources = {
        "Fn::ForEach::Roles": _loop("Name", {"Ref": "Names"}, body),
        "Fn::ForEach::Outer": _loop("Name", ["1", "2"], inner),
    }
    found = read({k: v for k, v in resources.items() if k == "Fn::ForEach::Roles"}, top)
    given = read(resources, top, parameters={"Names": "c"})

    assert {arn: each.tags for arn, each in found.entities.items()} == {
        f"arn:aws:iam::{_A}:role/r-a-1": (("k", "a-1"), ("n", "5")),
        f"arn:aws:iam::{_A}:role/r-b": (("k", "b"), ("n", "5")),
    }
    assert [*given.entities] == [f"arn:aws:iam::{_A}:role/r-c"]
    assert given.left_out[-1].what == "2 of AWS::EC2::Subnet"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["N", ["a"]], "takes three arguments"),
        (["N", {"Ref": "P"}, {}], "hangs on `P`, which has no value"),
        (["N", {"Ref": "nowhere"}, {}], "hangs on `nowhere`, which has no value"),
        (["N", ["a"], "x"], "a text stands where an object is expected"),
        (["N", ["a"] * 300, {"x": ["y"] * 1000}], "makes too much of this template"),
    ],
)
def test_a_loop_that_cannot_be_written_out_is_refused(arguments: list[object], said: str) -> None:
    assert said in refusal({"Fn::ForEach::L": arguments}, open_parameter())


def test_a_loop_over_parameters_that_are_not_there_is_refused() -> None:
    assert "which has no value" in refusal({"Fn::ForEach::L": ["N", {"Ref": "P"}, {}]})


# Text


def test_short_forms_are_functions() -> None:
    text = (
        "Resources:\n  A:\n    B: [!Ref X, !GetAtt Y.Arn, !Sub '${Z}', !If [c, 1, true]]\n"
        "    C: !Condition D\n    D: !Join ['', [a, 2012-10-17]]\n    E: ! plain\n    F: !!str 5\n"
    )

    assert parse_template(text, "t.yaml") == {"Resources": {"A": {
        "B": [{"Ref": "X"}, {"Fn::GetAtt": "Y.Arn"}, {"Fn::Sub": "${Z}"},
              {"Fn::If": ["c", "1", True]}],
        "C": {"Condition": "D"},
        "D": {"Fn::Join": ["", ["a", "2012-10-17"]]},
        "E": "plain",
        "F": "5",
    }}}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "t.yaml:2:1: error[yaml-syntax]: `a` stands twice in one mapping"),
        ('{"a": {"b": 1,\n "b": 2}}', "t.yaml:2:2: error[yaml-syntax]: `b` stands twice"),
        (
            "a: !Nonsense b\n",
            "t.yaml:1:4: error[yaml-syntax]: `!Nonsense` is no tag that stands here",
        ),
        ("a: !Nonsense [b]\n", "`!Nonsense` is no tag that stands here"),
        ('{"a": 1,', "error[yaml-syntax]"),
        ("[" * 2000, "this file holds too much"),
        ('{"a": ' * 100_000, "this file holds too much"),
    ],
)
def test_a_text_that_is_no_template_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(SourceError) as caught:
        parse_template(text, "t.yaml")

    assert said in str(caught.value)


def test_aliases_that_stand_for_very_much_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for number in range(1, 8):
        inside = ", ".join([f"*a{number - 1}"] * 10)
        lines.append(f"a{number}: &a{number} [{inside}]")

    with pytest.raises(SourceError, match="this file holds too much"):
        parse_template("\n".join(lines), "t.yaml")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"AWSTemplateFormatVersion": "2010-09-09"}, True),
        ({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}, True),
        ({"Resources": {"A": {"Type": "Custom::Mine"}}}, True),
        ({"Resources": {"A": {"Type": "other"}, "B": 3}}, False),
        ({"Resources": []}, False),
        ({"RoleDetailList": []}, False),
        ([], False),
    ],
)
def test_templates_are_recognised(value: object, expected: bool) -> None:
    assert is_template(value) is expected


_NUMBERS = {
    "json": """{"Resources": {"U": {"Type": "AWS::IAM::User", "Properties": {"UserName": 12,
        "Policies": [{"PolicyName": "p", "PolicyDocument":
            {"x": 1.50, "y": {"Fn::ToJsonString": [1.50]}}}]}}}}""",
    "yaml": """Resources: {U: {Type: AWS::IAM::User, Properties: {UserName: 12,
        Policies: [{PolicyName: p, PolicyDocument:
            {x: 1.50, y: {'Fn::ToJsonString': [1.50]}}}]}}}""",
}


@pytest.mark.parametrize("text", _NUMBERS.values(), ids=_NUMBERS)
def test_numbers_stay_as_they_are_written(text: str) -> None:
    found = read_template(parse_template(text, "t.yaml"), "t.yaml", account=_A)

    (entity,) = found.entities.values()
    assert entity.arn == f"arn:aws:iam::{_A}:user/12"
    assert as_text(entity.inline[0].content) == '{"x": 1.50, "y": "[1.50]", "Statement": []}'


def test_a_unit_that_is_in_itself_is_refused() -> None:
    unit = {"Type": "AWS::Organizations::OrganizationalUnit",
            "Properties": {"Name": "unit", "ParentId": "U"}}  # fmt: skip

    assert "U is a node above itself" in refusal({"U": unit})
