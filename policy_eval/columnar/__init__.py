"""Decisions of whole tables of requests (needs the extra `columnar`)."""

try:
    import numpy as np
    import pyarrow as pa
except ModuleNotFoundError as error:
    message = f"tables need {error.name}: pip install 'policy-eval[columnar]'"
    raise ModuleNotFoundError(message, name=error.name) from None

from policy_eval.columnar.engine import Columnar
from policy_eval.columnar.results import SCHEMA, Decided, Refused

del np, pa  # only whether they are there was asked

__all__ = ["SCHEMA", "Columnar", "Decided", "Refused"]
