"""What resources and calls that no file of `rules/operations/` declares need: derived from AWS's own data."""
