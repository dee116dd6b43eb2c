"""`preflight server`: the Language Server Protocol, for editors."""

from __future__ import annotations

import sys
from typing import Annotated

import typer


def server(
    snapshot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Check requests, plans and templates against this snapshot.")
    ] = None,
    region: Annotated[
        str | None, typer.Option(metavar="NAME", help="The Region of requests that don't name one.")
    ] = None,
) -> None:
    """Serve an editor over stdin and stdout (Language Server Protocol): findings as you type, fixes, help, completion.

    Needs the extra: pip install "aws-preflight[lsp]". docs/editors.md says how to set up an editor.
    """
    from preflight.errors import UsageError

    try:
        from preflight.server.language_server import serve
    except ImportError:
        raise UsageError('the language server needs an extra: pip install "aws-preflight[lsp]"') from None
    if sys.stdin is None:
        raise UsageError("stdin is closed; let an editor start preflight server")
    serve(region=region, snapshot=snapshot)
