"""Questions about whole accounts."""
