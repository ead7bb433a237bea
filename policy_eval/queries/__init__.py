"""Questions about whole accounts: who can do this, what can this role do, who becomes whom."""
