"""Terraform's own language: policies in `.tf` files as far as they are known before a plan. Loaded for those only."""
