"""Proving claims about policies in files: which policies there are, which belong together, and what was shown."""
