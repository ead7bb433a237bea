"""Tests mirror the map of docs/architecture.md."""
