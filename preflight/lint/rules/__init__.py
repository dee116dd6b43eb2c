"""The checks of lint rules, one module a question; none imports another."""
