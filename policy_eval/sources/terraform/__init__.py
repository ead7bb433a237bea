"""Terraform and OpenTofu: plans and states, as `terraform show -json` prints them."""
