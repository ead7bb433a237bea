"""A request as it was described: who, what, on which resource, in which context."""
