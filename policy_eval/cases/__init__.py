"""Expected decisions in files: `*.iamtest.yaml`, and scenarios without expectations."""
