"""Decides events by Polars, with the policies of `benchmarks.events` written by hand.

Each statement is one Boolean expression; null counts as false where a key is missing. Addresses and
fields of ARNs are compared as text, which is right for what the events hold; the few different
actions are categories. Usage: python polars_events.py easy|hard EVENTS.parquet OUT.parquet; prints
one line of JSON: the seconds of the import and of the work (read, decided, written), and how often
each decision is given. Runs in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time

_BEFORE = time.perf_counter()

import polars as pl  # noqa: E402 - its import is timed

_IMPORT = time.perf_counter() - _BEFORE

name, text = pl.col("name"), pl.col("text")
resource, principal = pl.col("resource"), pl.col("principal")
ip, via, time_of_call = pl.col("aws:SourceIp"), pl.col("aws:CalledVia"), pl.col("aws:CurrentTime")
team, env = pl.col("aws:PrincipalTag/team"), pl.col("aws:ResourceTag/env")
mfa, region = pl.col("aws:MultiFactorAuthPresent"), pl.col("aws:RequestedRegion")
transport, prefix = pl.col("aws:SecureTransport"), pl.col("s3:prefix")
secret_name = pl.col("secretsmanager:Name")
owner = pl.col("secretsmanager:ResourceTag/aws:secretsmanager:owningService")
through_appflow = via.list.contains("appflow.amazonaws.com")


def named(*prefixes: str) -> pl.Expr:
    """Return whether the action's name starts with one of some texts."""
    return pl.any_horizontal(name.cat.starts_with(each) for each in prefixes)


def starts(column: pl.Expr, *prefixes: str) -> pl.Expr:
    """Return whether a text starts with one of some others."""
    return pl.any_horizontal(column.str.starts_with(each) for each in prefixes)


no_plain_transport = (transport == "false") & named("s3:", "sqs:", "sns:")
regions_in_use = ~region.is_in(["us-east-1", "eu-west-1", "eu-central-1", "eu-west-2"]) & ~named(
    "iam:", "s3:", "organizations:"
)
create_managed_secret = (
    (name == "secretsmanager:createsecret") & starts(secret_name, "appflow!") & through_appflow
)
put_policy_of_managed_secret = (
    (name == "secretsmanager:putresourcepolicy")
    & through_appflow
    & (owner.str.to_lowercase() == "appflow")
)


def easy() -> tuple[pl.Expr, pl.Expr]:
    """Return what is denied and, of the rest, what is allowed."""
    read_data = named("s3:get", "s3:list") & starts(
        resource, "arn:aws:s3:::data-", "arn:aws:s3:::reports-"
    )
    use_scratch = (
        named("s3:")
        & name.cat.ends_with("object")
        & resource.str.contains("^arn:aws:s3:::scratch-.*/")
    )
    use_items = (
        named("dynamodb:")
        & (name.cat.ends_with("item") | (name == "dynamodb:query") | named("dynamodb:describe"))
        & resource.str.contains("^arn:aws:dynamodb:[^:]*:[^:]*:table/(prod|test)-")
    )
    send_messages = (
        (named("sqs:") & name.cat.ends_with("message")) | (name == "sns:publish") | named("sns:get")
    ) & (
        resource.str.contains("^arn:aws:sqs:[^:]*:[^:]*:(prod|test)-")
        | starts(resource, "arn:aws:sns:")
    )
    observe = named("logs:", "cloudwatch:", "ecs:", "kinesis:", "events:") | (
        text.str.contains("^ssm:.*parameter")
    )
    run_functions = named(
        "lambda:invoke", "lambda:get", "states:start", "states:describe"
    ) & resource.str.contains(
        "^arn:aws:(lambda:[^:]*:[^:]*:function:|states:[^:]*:[^:]*:stateMachine:prod-)"
    )
    return no_plain_transport | regions_in_use, (
        read_data
        | use_scratch
        | use_items
        | send_messages
        | observe
        | run_functions
        | create_managed_secret
        | put_policy_of_managed_secret
    )


def hard() -> tuple[pl.Expr, pl.Expr]:
    """Return what is denied and, of the rest, what is allowed."""
    allowed = (_of_data() | _of_operations() | _of_appflow() | _of_messages()) & _within_limits()
    return _denied(), allowed


def _denied() -> pl.Expr:
    ours = ip.str.contains(
        r"^(10\.|203\.0\.113\.|192\.168\.|198\.51\.100\.([0-9]{1,2}|1[01][0-9]|12[0-7])$"
        r"|172\.(1[6-9]|2[0-9]|3[01])\.|2001:db8:)"
    )
    from_our_networks_only = (
        via.is_null()
        & ~(named("s3:", "logs:") | (name == "sns:publish"))
        & ~ours.fill_null(value=False)
    )
    no_writes_elsewhere = named("s3:put", "s3:delete") & ~(
        starts(resource, "arn:aws:s3:::data-")
        | resource.str.contains("^arn:aws:s3:::scratch-.*/.*/2026/")
    )
    no_deletes_in_production = (
        named("dynamodb:delete", "lambda:delete", "sqs:delete", "s3:delete")
        & (env == "prod")
        & ~(team.str.ends_with("platform") | (team == "data")).fill_null(value=False)
    )
    managed_secrets_through_appflow = (
        named("secretsmanager:")
        & resource.str.contains("^arn:aws:secretsmanager:[^:]*:[^:]*:secret:appflow!")
        & ~through_appflow.fill_null(value=False)
    )
    return (
        no_plain_transport
        | regions_in_use
        | from_our_networks_only
        | no_writes_elsewhere
        | no_deletes_in_production
        | managed_secrets_through_appflow
    )


def _within_limits() -> pl.Expr:
    services = named(
        "s3:", "dynamodb:", "lambda:", "logs:", "sqs:", "sns:", "ec2:", "iam:", "states:",
        "events:", "glue:", "athena:", "ssm:", "ecs:", "cloudwatch:", "appflow:", "secretsmanager:",
    )  # fmt: skip
    boundary = ~named("iam:", "organizations:", "ec2:terminate", "s3:putbucket") | named(
        "iam:get", "iam:list"
    )
    return services & boundary


def _of_data() -> pl.Expr:
    use_own_data = (
        named("s3:getobject", "s3:putobject") | (name == "s3:deleteobject")
    ) & resource.str.starts_with("arn:aws:s3:::data-lake/" + team + "/")
    browse_folders = (
        (name == "s3:listbucket")
        & starts(resource, "arn:aws:s3:::data-", "arn:aws:s3:::reports-", "arn:aws:s3:::archive-")
        & ((prefix == "") | prefix.str.contains("^(home/|shared/.*/2026/)"))
    )
    read_reports = (
        named("s3:get")
        & resource.str.contains(r"^arn:aws:s3:::(reports-.*/.*/part-.*\.csv$|data-.*/.*/2026/)")
        & (env.is_null() | env.is_in(["prod", "test"]))
    )
    use_tables = (
        named("dynamodb:")
        & resource.str.contains(
            "^arn:aws:dynamodb:([^:]*:[^:]*:table/prod-|eu-[^:]*:[^:]*:table/.*-orders-)"
        )
        & ip.str.contains(
            r"^(10\.|172\.(1[6-9]|2[0-9]|3[01])\."
            r"|203\.0\.113\.(6[4-9]|[7-9][0-9]|1[01][0-9]|12[0-7])$|2001:db8:1:)"
        )
    )
    return use_own_data | browse_folders | read_reports | use_tables


def _of_operations() -> pl.Expr:
    look = named("ec2:describe", "ec2:get", "rds:", "glue:get", "ssm:get", "logs:")
    switch_instances = (
        named("ec2:")
        & name.cat.ends_with("instances")
        & resource.str.contains("^arn:aws:ec2:eu-[^:]*-1:.*:instance/")
        & (mfa == "true")
    )
    all_else_in_production = ~named(
        "iam:", "secretsmanager:", "s3:", "dynamodb:", "sqs:delete"
    ) & resource.str.contains(
        "^arn:aws:(athena:[^:]*:[^:]*:workgroup/prod-|cloudwatch:[^:]*:[^:]*:alarm:"
        "|glue:[^:]*:[^:]*:database/prod-|lambda:[^:]*:[^:]*:function:|sqs:[^:]*:[^:]*:prod-)"
    )
    deploy = named("lambda:", "states:", "ecs:", "ecr:", "ssm:") & principal.str.contains(
        "^arn:aws:iam::[^:]*:role/(deploy-|ci/)"
    )
    read_users = (text.str.contains("^iam:.*user") | named("iam:list")) & (
        mfa.is_null() | (mfa == "true")
    )
    return look | switch_instances | all_else_in_production | deploy | read_users


def _of_appflow() -> pl.Expr:
    # the times are all in UTC and written alike
    use_flows = named("appflow:") & (time_of_call < "2026-07-01T00:00:00Z")
    read_secrets = (
        named("secretsmanager:get", "secretsmanager:describe")
        & resource.str.contains("^arn:aws:secretsmanager:[^:]*:[^:]*:secret:prod-")
        & env.is_in(["prod", "test"])
        & (team.str.ends_with("platform") | (team == "data"))
    )
    return create_managed_secret | put_policy_of_managed_secret | use_flows | read_secrets


def _of_messages() -> pl.Expr:
    send = (
        ((name == "sqs:sendmessage") | named("sns:") | text.str.contains("^sqs:.*queue"))
        & region.is_in(["eu-west-1", "us-east-1"])
        & (team.str.ends_with("platform") | team.str.contains("^d.ta$") | (team == "orders"))
    )
    stream = named("kinesis:", "events:") & resource.str.contains(
        "^arn:aws:(kinesis:[^:]*:[^:]*:stream/.*-stream-|events:[^:]*:[^:]*:rule/prod-)"
    )
    settings_but_secret_ones = text.str.contains("^ssm:.*parameter") & ~(
        resource.str.contains("^arn:aws:ssm:[^:]*:[^:]*:parameter/prod-billing/")
        | starts(resource, "arn:aws:ssm:us-")
    )
    return send | stream | settings_but_secret_ones


_POLICIES = {"easy": easy, "hard": hard}


def decide(denied: pl.Expr, allowed: pl.Expr, events: str, out: str) -> None:
    """Decide the events of a file, and write the decisions to another."""
    decision = (
        pl.when(denied)
        .then(pl.lit("explicitDeny"))
        .when(allowed)
        .then(pl.lit("allowed"))
        .otherwise(pl.lit("implicitDeny"))
    )
    (
        pl.scan_parquet(events)
        .with_columns(text=pl.col("action").str.to_lowercase())
        .with_columns(name=text.cast(pl.Categorical))
        .select("id", decision=decision)
        .sink_parquet(out)
    )


def main() -> None:
    """Decide, and say how long it took."""
    which, events, out = sys.argv[1:]
    start = time.perf_counter()
    decide(*_POLICIES[which](), events, out)
    work = time.perf_counter() - start
    counted = pl.read_parquet(out)["decision"].value_counts().rows()
    print(json.dumps({"import": _IMPORT, "work": work, "decisions": dict(counted)}))


if __name__ == "__main__":
    main()
