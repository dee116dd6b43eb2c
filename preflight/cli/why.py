"""`preflight why`: what AWS refused, and what to change."""

from __future__ import annotations

from typing import Annotated

import typer

from preflight.cli.options import EndpointUrl, Output, Profile, TextFormat, TextOrJson
from preflight.cli.output import deliver, require_writable, width

_NOT_A_REFUSAL = 2
_EXIT_CODES = {"explained": 0, "allowed": 1, "open": 3}


def why(
    message: Annotated[
        str,
        typer.Argument(
            metavar="MESSAGE|FILE|-",
            help="An error message, log or CloudTrail record, or a file that contains it; - reads stdin.",
        ),
    ],
    snapshot: Annotated[str | None, typer.Option(metavar="FILE", help="Find the statement in a snapshot.")] = None,
    live: Annotated[
        bool, typer.Option("--live", help="Find the statement in the account of the current credentials.")
    ] = False,
    decode: Annotated[
        bool, typer.Option("--decode", help="Have AWS decode an encoded authorization message (needs credentials).")
    ] = False,
    profile: Profile = None,
    region: Annotated[str | None, typer.Option(metavar="NAME", help="The Region to call.")] = None,
    endpoint_url: EndpointUrl = None,
    format_: TextFormat = TextOrJson.TEXT,
    output: Output = None,
) -> None:
    """Explain an access denied message: who was denied what, by which type of policy, and the smallest fix.

    Uses the message alone without --snapshot or --live. Exit code 0: explained; 1: the facts allow the request; 2: not
    an access denied message; 3: the message and the facts are not enough.
    """
    from preflight.api import why as explained
    from preflight.report import why as report

    require_writable(output)
    found = explained(
        message,
        snapshot=snapshot,
        live=live,
        profile=profile,
        region=region,
        endpoint_url=endpoint_url,
        decode=decode,
    )
    if not found.explanations:
        if format_ is TextOrJson.JSON:
            deliver(report.rendered_json(found), output)
        said = f": {found.other[:1].lower()}{found.other[1:]}" if found.other else ""
        typer.echo(f"preflight why: no refusal of authorization was recognized{said}", err=True)
        raise typer.Exit(_NOT_A_REFUSAL)
    made = report.rendered_json(found) if format_ is TextOrJson.JSON else report.rendered_text(found, width(output))
    deliver(made, output)
    if code := _EXIT_CODES[found.verdict]:
        raise typer.Exit(code)
