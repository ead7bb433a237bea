"""Mutation: change what decides, one place at a time, and see whether a test notices."""
