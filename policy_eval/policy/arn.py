"""Amazon Resource Names: six fields, the sixth may hold colons.

The language is `grammar/arn.lark`; this parser is the fast one, held equal to the grammar by a
property test. AWS: "Identify AWS resources with Amazon Resource Names (ARNs)".
"""

from typing import NamedTuple

ARN_FIELDS = 6


class Arn(NamedTuple):
    """The fields of an ARN as written; region and account may be empty."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    def __str__(self) -> str:
        return ":".join(("arn", *self))


def parse_arn(text: str) -> Arn | None:
    """Return the ARN that `text` is, or None.

    An ARN has six fields, and its partition, service and resource are filled.
    """
    fields = text.split(":", ARN_FIELDS - 1)
    if len(fields) != ARN_FIELDS or fields[0] != "arn":
        return None
    arn = Arn(*fields[1:])
    return (
        arn
        if arn.partition and arn.service and arn.resource and not arn.resource.startswith(":")
        else None
    )


def is_object(arn: Arn) -> bool:
    """Return whether an ARN is that of an object in a bucket of Amazon S3."""
    return arn.service == "s3" and not arn.account and "/" in arn.resource
