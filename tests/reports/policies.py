"""A policy and suites of it, to be covered."""

from __future__ import annotations

from pathlib import Path

from policy_eval.cases.coverage import Coverage
from policy_eval.cases.runner import Plan, run

POLICY = """\
{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Read",
      "Effect": "Allow",
      "Action": ["s3:GetObject", "s3:List*"],
      "Resource": "arn:aws:s3:::logs/*",
      "Condition": {"StringEquals": {"aws:Referer": ["x", "y"]}}
    },
    {"Effect": "Deny", "Action": "s3:Put*", "Resource": "*"},
    {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
  ]
}
"""
SUITE = """\
policies: {identity: [p.json]}
resource: arn:aws:s3:::logs/today
tests:
  - {action: s3:GetObject, context: {aws:Referer: x}, expect: allowed}
  - {action: s3:GetObject, context: {aws:Referer: z}, expect: implicitDeny}
  - {action: s3:PutObject, expect: explicitDeny}
"""


def covered(folder: Path, policy: str = POLICY, suite: str = SUITE) -> Coverage:
    """Return what a suite in a folder covers of the policy `p.json` beside it."""
    folder.mkdir(exist_ok=True)
    (folder / "p.json").write_bytes(policy.encode())
    path = folder / "s.iamtest.yaml"
    path.write_text(suite, "utf-8")
    coverage = run([path], Plan(cover=True)).coverage
    assert coverage is not None
    return coverage
