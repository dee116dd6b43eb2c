"""The checks of readiness rules, one module a question; none imports another."""
