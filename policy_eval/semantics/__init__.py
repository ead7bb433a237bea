"""What AWS decides: every rule of IAM, once. Nothing else in this package knows IAM."""
