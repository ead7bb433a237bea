"""`python -m tests.property CASES`: the JSON readers on so many generated texts, half damaged.

The same properties as in test_json_readers_agree.py, on more and fresh examples.
"""

from __future__ import annotations

import sys

from hypothesis import HealthCheck, settings

from tests.property.test_json_readers_agree import (
    test_damaged_json_is_read_alike,
    test_generated_json_is_read_alike,
)


def main() -> None:
    """Run both properties."""
    cases = int(sys.argv[1]) // 2
    many = settings(
        max_examples=cases, deadline=None, database=None, suppress_health_check=[*HealthCheck]
    )
    for law in (test_generated_json_is_read_alike, test_damaged_json_is_read_alike):
        many(law)()
        print(f"{law.__name__}: {cases} texts", flush=True)


if __name__ == "__main__":
    main()
