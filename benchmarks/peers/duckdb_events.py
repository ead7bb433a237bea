"""Decides events by DuckDB, with the policies of `benchmarks.events` written by hand in SQL.

Each statement is one Boolean expression, named in a comment; null counts as false where a key is
missing. Addresses are compared as text and patterns by LIKE, which is right for what the events
hold. Usage: python duckdb_events.py easy|hard EVENTS.parquet OUT.parquet; prints one line of JSON:
the seconds of the import and of the work (read, decided, written), and how often each decision is
given. Runs in an environment of its own.
"""

from __future__ import annotations

import json
import sys
import time

_BEFORE = time.perf_counter()

import duckdb  # noqa: E402 - its import is timed

_IMPORT = time.perf_counter() - _BEFORE

_EASY = """
WITH call AS (SELECT *, lower(action) AS name FROM events)
SELECT id, CASE
    WHEN (  -- NoPlainTransport
        "aws:SecureTransport" = 'false'
        AND (name LIKE 's3:%' OR name LIKE 'sqs:%' OR name LIKE 'sns:%')
    ) OR (  -- RegionsInUse
        "aws:RequestedRegion" NOT IN ('us-east-1', 'eu-west-1', 'eu-central-1', 'eu-west-2')
        AND NOT (name LIKE 'iam:%' OR name LIKE 's3:%' OR name LIKE 'organizations:%')
    ) THEN 'explicitDeny'
    WHEN (  -- ReadData
        (name LIKE 's3:get%' OR name LIKE 's3:list%')
        AND (resource LIKE 'arn:aws:s3:::data-%' OR resource LIKE 'arn:aws:s3:::reports-%')
    ) OR (  -- UseScratch
        name LIKE 's3:%object' AND resource LIKE 'arn:aws:s3:::scratch-%/%'
    ) OR (  -- UseItems
        (name LIKE 'dynamodb:%item' OR name = 'dynamodb:query' OR name LIKE 'dynamodb:describe%')
        AND (
            resource LIKE 'arn:aws:dynamodb:%:%:table/prod-%'
            OR resource LIKE 'arn:aws:dynamodb:%:%:table/test-%'
        )
    ) OR (  -- SendMessages
        (name LIKE 'sqs:%message' OR name = 'sns:publish' OR name LIKE 'sns:get%')
        AND (
            resource LIKE 'arn:aws:sqs:%:%:prod-%'
            OR resource LIKE 'arn:aws:sqs:%:%:test-%'
            OR resource LIKE 'arn:aws:sns:%'
        )
    ) OR (  -- Observe
        name LIKE 'logs:%' OR name LIKE 'cloudwatch:%' OR name LIKE 'ssm:%parameter%'
        OR name LIKE 'ecs:%' OR name LIKE 'kinesis:%' OR name LIKE 'events:%'
    ) OR (  -- RunFunctions
        (
            name LIKE 'lambda:invoke%' OR name LIKE 'lambda:get%'
            OR name LIKE 'states:start%' OR name LIKE 'states:describe%'
        )
        AND (
            resource LIKE 'arn:aws:lambda:%:%:function:%'
            OR resource LIKE 'arn:aws:states:%:%:stateMachine:prod-%'
        )
    ) OR (  -- SecretsManagerCreateSecretAccess
        name = 'secretsmanager:createsecret'
        AND "secretsmanager:Name" LIKE 'appflow!%'
        AND list_contains("aws:CalledVia", 'appflow.amazonaws.com')
    ) OR (  -- SecretsManagerPutResourcePolicyAccess
        name = 'secretsmanager:putresourcepolicy'
        AND list_contains("aws:CalledVia", 'appflow.amazonaws.com')
        AND lower("secretsmanager:ResourceTag/aws:secretsmanager:owningService") = 'appflow'
    ) THEN 'allowed'
    ELSE 'implicitDeny'
END AS decision
FROM call
"""

_HARD = """
WITH call AS (
    SELECT *,
        lower(action) AS name,
        "aws:SourceIp" AS ip,
        "aws:PrincipalTag/team" AS team,
        "aws:ResourceTag/env" AS env,
        "aws:MultiFactorAuthPresent" AS mfa,
        "aws:RequestedRegion" AS region
    FROM events
)
SELECT id, CASE
    WHEN (  -- NoPlainTransport
        "aws:SecureTransport" = 'false'
        AND (name LIKE 's3:%' OR name LIKE 'sqs:%' OR name LIKE 'sns:%')
    ) OR (  -- RegionsInUse
        region NOT IN ('us-east-1', 'eu-west-1', 'eu-central-1', 'eu-west-2')
        AND NOT (name LIKE 'iam:%' OR name LIKE 's3:%' OR name LIKE 'organizations:%')
    ) OR (  -- FromOurNetworksOnly
        "aws:CalledVia" IS NULL
        AND NOT (name LIKE 's3:%' OR name LIKE 'logs:%' OR name = 'sns:publish')
        AND (
            ip IS NULL
            OR NOT (
                ip LIKE '10.%' OR ip LIKE '203.0.113.%' OR ip LIKE '192.168.%'
                OR (ip LIKE '198.51.100.%' AND try_cast(split_part(ip, '.', 4) AS INT) < 128)
                OR (
                    ip LIKE '172.%'
                    AND try_cast(split_part(ip, '.', 2) AS INT) BETWEEN 16 AND 31
                )
                OR ip LIKE '2001:db8:%'
            )
        )
    ) OR (  -- NoWritesElsewhere
        (name LIKE 's3:put%' OR name LIKE 's3:delete%')
        AND NOT (
            resource LIKE 'arn:aws:s3:::data-%'
            OR resource LIKE 'arn:aws:s3:::scratch-%/%/2026/%'
        )
    ) OR (  -- NoDeletesInProduction
        (
            name LIKE 'dynamodb:delete%' OR name LIKE 'lambda:delete%'
            OR name LIKE 'sqs:delete%' OR name LIKE 's3:delete%'
        )
        AND env = 'prod'
        AND (team IS NULL OR NOT (team LIKE '%platform' OR team = 'data'))
    ) OR (  -- ManagedSecretsThroughAppFlow
        name LIKE 'secretsmanager:%'
        AND resource LIKE 'arn:aws:secretsmanager:%:%:secret:appflow!%'
        AND (
            "aws:CalledVia" IS NULL
            OR NOT list_contains("aws:CalledVia", 'appflow.amazonaws.com')
        )
    ) THEN 'explicitDeny'
    WHEN (  -- the organization's services
        name LIKE 's3:%' OR name LIKE 'dynamodb:%' OR name LIKE 'lambda:%' OR name LIKE 'logs:%'
        OR name LIKE 'sqs:%' OR name LIKE 'sns:%' OR name LIKE 'ec2:%' OR name LIKE 'iam:%'
        OR name LIKE 'states:%' OR name LIKE 'events:%' OR name LIKE 'glue:%'
        OR name LIKE 'athena:%' OR name LIKE 'ssm:%' OR name LIKE 'ecs:%'
        OR name LIKE 'cloudwatch:%' OR name LIKE 'appflow:%' OR name LIKE 'secretsmanager:%'
    ) AND (  -- the boundary
        NOT (
            name LIKE 'iam:%' OR name LIKE 'organizations:%' OR name LIKE 'ec2:terminate%'
            OR name LIKE 's3:putbucket%'
        )
        OR name LIKE 'iam:get%' OR name LIKE 'iam:list%'
    ) AND ((  -- UseOwnData
        (name LIKE 's3:getobject%' OR name LIKE 's3:putobject%' OR name = 's3:deleteobject')
        AND starts_with(resource, 'arn:aws:s3:::data-lake/' || team || '/')
    ) OR (  -- BrowseFolders
        name = 's3:listbucket'
        AND (
            resource LIKE 'arn:aws:s3:::data-%'
            OR resource LIKE 'arn:aws:s3:::reports-%'
            OR resource LIKE 'arn:aws:s3:::archive-%'
        )
        AND (
            "s3:prefix" = '' OR "s3:prefix" LIKE 'home/%' OR "s3:prefix" LIKE 'shared/%/2026/%'
        )
    ) OR (  -- ReadReports
        name LIKE 's3:get%'
        AND (
            resource LIKE 'arn:aws:s3:::reports-%/%/part-%.csv'
            OR resource LIKE 'arn:aws:s3:::data-%/%/2026/%'
        )
        AND (env IS NULL OR env IN ('prod', 'test'))
    ) OR (  -- UseTables
        name LIKE 'dynamodb:%'
        AND (
            resource LIKE 'arn:aws:dynamodb:%:%:table/prod-%'
            OR resource LIKE 'arn:aws:dynamodb:eu-%:%:table/%-orders-%'
        )
        AND (
            ip LIKE '10.%'
            OR (ip LIKE '172.%' AND try_cast(split_part(ip, '.', 2) AS INT) BETWEEN 16 AND 31)
            OR (
                ip LIKE '203.0.113.%'
                AND try_cast(split_part(ip, '.', 4) AS INT) BETWEEN 64 AND 127
            )
            OR ip LIKE '2001:db8:1:%'
        )
    ) OR (  -- Look
        name LIKE 'ec2:describe%' OR name LIKE 'ec2:get%' OR name LIKE 'rds:%'
        OR name LIKE 'glue:get%' OR name LIKE 'ssm:get%' OR name LIKE 'logs:%'
    ) OR (  -- SwitchInstances
        name LIKE 'ec2:%instances' AND resource LIKE 'arn:aws:ec2:eu-%-1:%:instance/%'
        AND mfa = 'true'
    ) OR (  -- AllElseInProduction
        NOT (
            name LIKE 'iam:%' OR name LIKE 'secretsmanager:%' OR name LIKE 's3:%'
            OR name LIKE 'dynamodb:%' OR name LIKE 'sqs:delete%'
        )
        AND (
            resource LIKE 'arn:aws:athena:%:%:workgroup/prod-%'
            OR resource LIKE 'arn:aws:cloudwatch:%:%:alarm:%'
            OR resource LIKE 'arn:aws:glue:%:%:database/prod-%'
            OR resource LIKE 'arn:aws:lambda:%:%:function:%'
            OR resource LIKE 'arn:aws:sqs:%:%:prod-%'
        )
    ) OR (  -- Deploy
        (
            name LIKE 'lambda:%' OR name LIKE 'states:%' OR name LIKE 'ecs:%'
            OR name LIKE 'ecr:%' OR name LIKE 'ssm:%'
        )
        AND (
            principal LIKE 'arn:aws:iam::%:role/deploy-%'
            OR principal LIKE 'arn:aws:iam::%:role/ci/%'
        )
    ) OR (  -- ReadUsers
        (name LIKE 'iam:%user%' OR name LIKE 'iam:list%') AND (mfa IS NULL OR mfa = 'true')
    ) OR (  -- SecretsManagerCreateSecretAccess
        name = 'secretsmanager:createsecret'
        AND "secretsmanager:Name" LIKE 'appflow!%'
        AND list_contains("aws:CalledVia", 'appflow.amazonaws.com')
    ) OR (  -- SecretsManagerPutResourcePolicyAccess
        name = 'secretsmanager:putresourcepolicy'
        AND list_contains("aws:CalledVia", 'appflow.amazonaws.com')
        AND lower("secretsmanager:ResourceTag/aws:secretsmanager:owningService") = 'appflow'
    ) OR (  -- UseFlows; the times are all in UTC and written alike
        name LIKE 'appflow:%' AND "aws:CurrentTime" < '2026-07-01T00:00:00Z'
    ) OR (  -- ReadSecrets
        (name LIKE 'secretsmanager:get%' OR name LIKE 'secretsmanager:describe%')
        AND resource LIKE 'arn:aws:secretsmanager:%:%:secret:prod-%'
        AND env IN ('prod', 'test')
        AND (team LIKE '%platform' OR team = 'data')
    ) OR (  -- Send
        (name = 'sqs:sendmessage' OR name LIKE 'sqs:%queue%' OR name LIKE 'sns:%')
        AND region IN ('eu-west-1', 'us-east-1')
        AND (team LIKE '%platform' OR team LIKE 'd_ta' OR team = 'orders')
    ) OR (  -- Stream
        (name LIKE 'kinesis:%' OR name LIKE 'events:%')
        AND (
            resource LIKE 'arn:aws:kinesis:%:%:stream/%-stream-%'
            OR resource LIKE 'arn:aws:events:%:%:rule/prod-%'
        )
    ) OR (  -- SettingsButSecretOnes
        name LIKE 'ssm:%parameter%'
        AND NOT (
            resource LIKE 'arn:aws:ssm:%:%:parameter/prod-billing/%'
            OR resource LIKE 'arn:aws:ssm:us-%'
        )
    )) THEN 'allowed'
    ELSE 'implicitDeny'
END AS decision
FROM call
"""

_QUERIES = {"easy": _EASY, "hard": _HARD}


def decide(query: str, events: str, out: str) -> None:
    """Decide the events of a file, and write the decisions to another."""
    connection = duckdb.connect()
    connection.execute("SET preserve_insertion_order = false")  # rows carry their number
    decided = connection.read_parquet(events).query("events", query)
    assert decided is not None
    decided.write_parquet(out)


def main() -> None:
    """Decide, and say how long it took."""
    which, events, out = sys.argv[1:]
    start = time.perf_counter()
    decide(_QUERIES[which], events, out)
    work = time.perf_counter() - start
    counted = duckdb.read_parquet(out).aggregate("decision, count(*)").fetchall()
    print(json.dumps({"import": _IMPORT, "work": work, "decisions": dict(counted)}))


if __name__ == "__main__":
    main()
