"""JSON and YAML text with its lines and columns, schemas that it is held to, and files that are written whole."""
