"""Peers measured beside ours, each a process in an environment of its own (`make peers`)."""
