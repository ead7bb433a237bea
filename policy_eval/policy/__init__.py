"""The policy language as data: documents, statements, names and patterns."""
