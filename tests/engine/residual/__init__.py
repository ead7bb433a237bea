"""Tests of what answers hang on."""
