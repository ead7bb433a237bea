"""Text: where things stand in a file, and how JSON and YAML become values."""
