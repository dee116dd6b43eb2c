"""Running git so that nothing that a repository brings along is run with it.

No hooks, no file system monitor, no external or text converting differ, no bare repository that lies in the work tree.
https://git-scm.com/docs/git-config
"""

from __future__ import annotations

import os
import subprocess

from preflight.errors import UsageError

_SAFELY = (
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "safe.bareRepository=explicit"),
    *("-c", "core.pager=cat"),
)
DIFF = ("diff", "--no-ext-diff", "--no-textconv", "--ignore-submodules")
"""Begins every `git diff`."""


def git_output(folder: str, *arguments: str, option: str) -> bytes | None:
    """Return what git prints in a folder; None where it fails.

    Raises `UsageError`, naming the option that wants git, where there is no git.
    """
    environment = {name: value for name, value in os.environ.items() if name != "GIT_EXTERNAL_DIFF"}
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_PAGER": "cat", "GIT_TERMINAL_PROMPT": "0"}
    try:
        done = subprocess.run(
            ["git", *_SAFELY, "-C", folder, *arguments], capture_output=True, check=False, env=environment
        )
    except OSError as error:
        raise UsageError(f"{option}: can't run git ({error.strerror}); install it") from None
    return done.stdout if done.returncode == 0 else None
