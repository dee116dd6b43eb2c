"""Plans: the calls that someone is about to make, as plan documents and request files state them."""
