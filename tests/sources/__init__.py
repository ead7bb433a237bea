"""Tests of what is read into the model of accounts."""
