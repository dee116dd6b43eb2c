"""The rule engine: what a rule is, loading `rules/`, selecting, running, and the `Result` that everything gives."""
