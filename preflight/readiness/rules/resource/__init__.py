"""Rules of the resources and calls that no operation is declared of: what is derived of them is judged."""
