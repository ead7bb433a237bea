"""Files of requests in, files of decisions out (needs the extra `columnar`)."""

import policy_eval.columnar  # noqa: F401 - it says what is missing where it is not installed
