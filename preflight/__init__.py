"""preflight: will this AWS call work, and is what allows it safe?"""

__version__ = "0.1.0"
