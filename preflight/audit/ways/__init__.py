"""Ways to administrator: the search, and every way to gain more than one has."""
