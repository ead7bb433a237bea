"""Settings of all tests: no property is judged by the clock; in CI the examples are fixed.

Fresh examples are tried on every run at a desk, and by `make fuzz`.
"""

import os

from hypothesis import settings

settings.register_profile("desk", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "desk")
