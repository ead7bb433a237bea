"""An independent, naive oracle for identity-based policies, written from the spec alone."""
