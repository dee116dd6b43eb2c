"""One module per format: pure functions from a report to text."""
