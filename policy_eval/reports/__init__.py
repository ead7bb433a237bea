"""Reports of a test run for other programs, one module a format; loaded when one is written."""
