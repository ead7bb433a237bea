"""The marks at the head of a line: what holds, what fails, what is not known."""

HOLDS, FAILS, OPEN = "✓", "✗", "?"
MARKS = {True: HOLDS, False: FAILS, None: OPEN}
"""The mark of a test, of a layer's answer, and of a decision."""
PASSED_OVER = "·"
"""The mark of a layer that has no say."""
WARNS = "!"
"""The mark of what is worth a second look."""
