"""Values near what a policy says: some that it accepts, some that it only just rejects.

What they are taken for is decided by the engine; here they are only made.
"""

from __future__ import annotations

from collections.abc import Iterator

from policy_eval.policy.arn import parse_arn
from policy_eval.policy.operator_name import parse_operator_name
from policy_eval.semantics.operators import OPERATORS
from policy_eval.semantics.views import View


def texts_near(text: str) -> Iterator[str]:
    """Yield texts that a pattern matches (`*` as nothing, as a letter, as fields), and misses."""
    plain = text.replace("?", "x")
    for run in ("x", "", "x/y", "x:y"):
        yield plain.replace("*", run)
    shortest = plain.replace("*", "")
    yield f"{shortest}x"
    yield f"x{shortest}"
    yield shortest.swapcase()
    yield shortest[:-1]
    yield text  # the pattern itself, as text


def resources_near(text: str) -> Iterator[str]:
    """Yield ARNs that a resource pattern matches or just misses."""
    arn = parse_arn(text)
    if arn is None:
        return
    parts = (
        arn.partition.replace("*", "aws") or "aws",
        arn.service.replace("*", "s3") or "s3",
        arn.region.replace("*", "us-east-1"),
        arn.account.replace("*", "111122223333"),
    )
    for resource in dict.fromkeys(texts_near(arn.resource)):
        if resource:
            yield ":".join(("arn", *parts, resource))
    somewhere = arn.resource.replace("*", "x").replace("?", "x")
    yield ":".join(("arn", *parts[:2], "eu-west-1", parts[3], somewhere))
    yield ":".join(("arn", *parts[:3], "999999999999", somewhere))


def values_near(operator: str, text: str) -> Iterator[str]:
    """Yield values that a condition's value accepts or just rejects."""
    name = parse_operator_name(operator)
    assert name is not None  # an operator of a usable statement
    match OPERATORS[name.base.lower()].view:
        case View.NUMBER:
            yield from _numbers_near(text)
        case View.INSTANT:
            yield from _dates_near(text)
        case View.BOOLEAN:
            yield from ("true", "false")
        case View.PRESENCE:
            yield "x"
        case View.ADDRESS:
            yield from _addresses_near(text)
        case View.ARN:
            yield from resources_near(text)
        case View.BYTES:
            yield from (text, "eA==")
        case _:
            yield from texts_near(text)


def _numbers_near(text: str) -> Iterator[str]:
    from decimal import Decimal

    try:
        near = [Decimal(text) + shift for shift in (0, -1, 1, 2)]
    except ArithmeticError:
        return
    yield from map(str, near)


def _dates_near(text: str) -> Iterator[str]:
    from datetime import datetime, timedelta

    if text.removeprefix("-").replace(".", "").isdecimal():  # seconds since 1970
        yield from _numbers_near(text)
        return
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return
    for hours in (0, -1, 1, 25):
        try:
            shifted = (moment + timedelta(hours=hours)).isoformat()
        except OverflowError:
            continue
        yield shifted if moment.tzinfo else f"{shifted}Z"


def _addresses_near(text: str) -> Iterator[str]:
    from ipaddress import ip_network

    try:
        network = ip_network(text, strict=False)
    except ValueError:
        return
    address = type(network.network_address)
    first, last = int(network[0]), int(network[-1])
    size = last - first + 1
    most = 2**network.max_prefixlen
    for number in (first, last, last + 1, first - 1, last + size, first + size // 2, first - size):
        if 0 <= number < most:
            yield str(address(number))
