"""The command is run here as it is in `tests/cli`."""

from tests.cli.conftest import folder, preflight

__all__ = ["folder", "preflight"]
