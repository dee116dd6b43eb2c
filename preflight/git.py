"""Running git so that nothing that a repository brings along is run with it.

No hooks, no file system monitor, no external or text converting differ, no filters, nothing fetched on demand, and no
bare repository that lies in the work tree. https://git-scm.com/docs/git-config and .../gitattributes
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

from preflight.errors import UsageError

_SAFELY = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.pager=cat"),
)
# A configuration may name files that git reads, and that have no end.
_LONGEST = 300.0
DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules")
"""Begins every `git diff`."""


def git_output(folder: str, *arguments: str, option: str) -> bytes | None:
    """Return what git prints in a folder; None where it fails.

    Raises `UsageError`, naming the option that wants git, where there is no git or it does not answer.
    """
    environment = {name: value for name, value in os.environ.items() if name != "GIT_EXTERNAL_DIFF"}
    environment |= {
        "GIT_ALLOW_PROTOCOL": "",  # of a partial clone, what is missing would be fetched with a program that it names
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_PAGER": "cat",
        "GIT_TERMINAL_PROMPT": "0",
    }

    def run(more: Mapping[str, str], *given: str) -> bytes | None:
        command = ["git", *_SAFELY, "-C", folder, *given]
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                check=False,
                env={**environment, **more},
                stdin=subprocess.DEVNULL,
                timeout=_LONGEST,
            )
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"{option}: git didn't answer within {_LONGEST:g} seconds; look in .git/config for files without end"
            ) from None
        except OSError as error:
            raise UsageError(f"{option}: can't run git ({error.strerror}); install it") from None
        return done.stdout if done.returncode == 0 else None

    configured = run({}, "config", "--null", "--name-only", "--get-regexp", "^filter[.]")
    return run(_without_filters(configured or b"", environment), *arguments)


def _without_filters(names: bytes, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what turns off the filters of a configuration: programs that git runs on files to compare them."""
    count = environment.get("GIT_CONFIG_COUNT", "")
    settings = [
        (f"{filter_}.{variable}", value)
        for filter_, dot, last in (os.fsdecode(name).rpartition(".") for name in names.split(b"\0"))
        if dot and last in ("clean", "smudge", "process")
        for variable, value in ((last, ""), ("required", "false"))
    ]
    made: dict[str, str] = {}
    for number, (name, value) in enumerate(settings, start=int(count) if count.isdecimal() else 0):
        made |= {
            f"GIT_CONFIG_KEY_{number}": name,
            f"GIT_CONFIG_VALUE_{number}": value,
            "GIT_CONFIG_COUNT": str(number + 1),
        }
    return made
