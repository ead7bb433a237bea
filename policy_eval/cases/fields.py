"""Fields of suites: they are read as those of every file that people write."""

from policy_eval.text.fields import Field, read_file

__all__ = ["Field", "read_file"]
