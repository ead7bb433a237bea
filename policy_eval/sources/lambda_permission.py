"""The statement that a permission of AWS Lambda makes, whatever a source calls its parts.

AWS: "AddPermission" (AWS Lambda API Reference), "Working with resource-based IAM policies in
Lambda" (AWS Lambda).
"""

from __future__ import annotations

from policy_eval.request.principal import is_account

CONDITIONS = (
    ("SourceArn", "ArnLike", "AWS:SourceArn"),
    ("SourceAccount", "StringEquals", "AWS:SourceAccount"),
    ("PrincipalOrgID", "StringEquals", "aws:PrincipalOrgID"),
    ("EventSourceToken", "StringEquals", "lambda:EventSourceToken"),
    ("FunctionUrlAuthType", "StringEquals", "lambda:FunctionUrlAuthType"),
    ("InvokedViaFunctionUrl", "Bool", "lambda:InvokedViaFunctionUrl"),
)
"""What limits a permission, as the API calls it; the operator and the key of the condition."""


def principal_element(given: str, partition: str) -> object:
    """Return a principal as Lambda writes it: a service, an account, an ARN, or everyone."""
    if given == "*":
        return given
    if is_account(given):
        return {"AWS": f"arn:{partition}:iam::{given}:root"}
    return {"AWS" if given.startswith("arn:") else "Service": given}
