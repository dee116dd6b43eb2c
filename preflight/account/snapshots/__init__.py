"""Facts from a file, and how such files are written."""
