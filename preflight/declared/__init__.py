"""What `rules/` and `schemas/` declare of AWS: operations, kinds of resources, partitions, and expressions."""
