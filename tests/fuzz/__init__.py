"""Fuzzing of everything that reads a policy's text, guided by coverage."""
