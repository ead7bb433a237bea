"""Scenarios that come with the package, run by `policy-eval check`."""
