"""Files of requests and of decisions."""
