"""Decisions of whole tables of requests (needs the extra `columnar`)."""

from policy_eval.columnar.engine import Columnar
from policy_eval.columnar.results import SCHEMA, Decided, Refused

__all__ = ["SCHEMA", "Columnar", "Decided", "Refused"]
