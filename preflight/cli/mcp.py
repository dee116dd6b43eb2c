"""`preflight mcp`: the Model Context Protocol, for agents."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from preflight.cli.options import EndpointUrl, Profile


def mcp(
    root: Annotated[
        list[str] | None,
        typer.Option(
            metavar="DIR", help="Let tools read files in this directory; repeatable. Default: the current one."
        ),
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(metavar="FILE", help="Use the facts of this snapshot in calls that name none.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Let tools read the account of the current credentials.")
    ] = False,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
) -> None:
    """Serve preflight's answers to agents, over stdin and stdout (Model Context Protocol). All tools are read-only.

    Needs the extra: pip install "aws-preflight[mcp]".
    """
    from preflight.errors import UsageError
    from preflight.mcp.server import serve

    if sys.stdin is None:
        raise UsageError("stdin is closed; let an agent start preflight mcp")
    serve(root or (".",), snapshot=snapshot, live=live, profile=profile, endpoint_url=endpoint_url)
