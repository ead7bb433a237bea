"""Pages that the package reads: `policy-eval rule` finds the rules in semantics.md."""
