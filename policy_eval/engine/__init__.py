"""Engines: sets and bits. They know nothing of IAM; what AWS says is in `semantics`."""
