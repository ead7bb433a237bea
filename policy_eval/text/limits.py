"""How much is read at all. Far beyond what AWS stores; what is beyond them is refused by name.

The largest policy AWS takes has 20,480 characters (A.4); the policy simulator's API takes
131,072.
"""

LARGEST_POLICY = 1_048_576
"""Bytes of a file that holds a policy."""

LARGEST_YAML = LARGEST_POLICY // 4
"""Characters of a YAML text that is searched for a policy."""

LARGEST_SUITE = 8 * LARGEST_POLICY
"""Bytes of a file that holds tests or context keys."""

DEEPEST = 100
"""Objects and lists inside one another."""

MOST_STATEMENTS = 10_000
"""Statements of one document."""

LONGEST_VALUE = 20_480
"""Characters of one value in a policy: a whole policy of AWS's largest kind."""

LONGEST_NUMBER = 400
"""Characters of one number, or of a value that is read as one."""

MOST_PROBLEMS = 100
"""Problems of one document that are shown."""
