"""Accounts as people have them: exports, plans, templates and folders, as one model."""
