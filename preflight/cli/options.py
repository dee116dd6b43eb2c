"""The options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, TypeAlias

import typer

from preflight.api import Level
from preflight.cli import completing
from preflight.cli.output import FORMAT_NAMES, Color
from preflight.errors import UsageError


class TypeName(StrEnum):
    """What a policy is for; `auto` recognizes it by its elements."""

    AUTO = "auto"
    IDENTITY = "identity"
    RESOURCE = "resource"
    TRUST = "trust"
    SCP = "scp"
    RCP = "rcp"
    BOUNDARY = "boundary"
    SESSION = "session"
    VPC_ENDPOINT = "vpc-endpoint"


class TextOrJson(StrEnum):
    """The formats of what is for people first."""

    TEXT = "text"
    JSON = "json"


Requests: TypeAlias = Annotated[
    list[str],
    typer.Argument(
        metavar="REQUEST...",
        help="Requests, plans, CloudFormation templates, Terraform plans or cdk.out; - reads stdin.",
    ),
]
OperationOption: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="The operation of a bare request, such as create-endpoint-config.")
]
Parameters: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--parameters",
        "--parameter",
        metavar="NAME=VALUE|FILE",
        help="A template parameter, or a file of parameters; repeatable.",
    ),
]
Principal: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--principal",
        "--role",
        metavar="ARN",
        help="The role or user that makes the calls.",
    ),
]
Region: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="The Region of the calls.")]
AccountId: TypeAlias = Annotated[str | None, typer.Option(metavar="ID", help="The account ID of the calls.")]
ContextOption: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="KEY=VALUE", help="A condition key value of the calls; repeatable.")
]
SessionPolicies: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--session-policy", metavar="FILE", help="A session policy; repeatable."),
]
SessionTags: TypeAlias = Annotated[
    list[str] | None, typer.Option("--session-tag", metavar="KEY=VALUE", help="A session tag; repeatable.")
]
SourceIdentity: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="The session's source identity.")]
StsActive: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        metavar="REGION", help="Assume that STS is active in this Region, which no AWS call shows; repeatable."
    ),
]
AllowUnchecked: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="TYPE-PATTERN", help="Resource types to accept unchecked, such as Custom::*; repeatable."),
]
Deployed: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="The deployed template or a change set, to check an update.")
]
StackName: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="NAME", help="The stack's name; the calls that deploy the stack are checked too."),
]
StackTags: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--stack-tag", metavar="KEY=VALUE", help="A tag that the stack is deployed with; repeatable."),
]
ServiceRole: TypeAlias = Annotated[
    str | None,
    typer.Option(
        metavar="ARN",
        help="The role that CloudFormation deploys with; --principal is then the role or user that calls.",
    ),
]
Profile: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="The AWS CLI profile to use.")]
EndpointUrl: TypeAlias = Annotated[str | None, typer.Option(metavar="URL", help="Send AWS calls to this endpoint.")]
LiveProfile: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME", help="The AWS CLI profile to use; implies --live.")
]
LiveEndpointUrl: TypeAlias = Annotated[
    str | None, typer.Option(metavar="URL", help="Send AWS calls to this endpoint; implies --live.")
]
Output: TypeAlias = Annotated[str | None, typer.Option(metavar="FILE", help="Write to this file instead of stdout.")]
ReportFormat: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar=FORMAT_NAMES,
        help="Output format; defaults to text, or github in GitHub Actions.",
        autocompletion=completing.formats,
    ),
]
TextFormat: TypeAlias = Annotated[TextOrJson, typer.Option("--format", help="Output format.")]
Select: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="ID,...", help="Check only these rules (IDs or prefixes).", autocompletion=completing.ids),
]
Ignore: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="ID,...", help="Skip these rules (IDs or prefixes).", autocompletion=completing.ids),
]
FailOn: TypeAlias = Annotated[Level, typer.Option(help="The lowest level that fails the run.")]
AllowOpen: TypeAlias = Annotated[bool, typer.Option("--allow-open", help="Exit 0 even if something is UNKNOWN.")]
ConfigRetries: TypeAlias = Annotated[
    int, typer.Option(metavar="N", min=0, help="How many times to read again a resource that isn't visible yet.")
]
ConfigRetryDelay: TypeAlias = Annotated[
    float, typer.Option(metavar="SECONDS", min=0, help="Delay before the first retry; grows with each retry.")
]
ChangedOnly: TypeAlias = Annotated[
    str | None, typer.Option(metavar="REF", help="Only files changed since this git ref.")
]
Summary: TypeAlias = Annotated[
    str | None, typer.Option(metavar="FILE", help="Also write verdict, counts and rules to this file, as JSON.")
]
PolicyTypeOption: TypeAlias = Annotated[
    TypeName, typer.Option("--type", help="The type of policies, if the file doesn't show it.")
]
Quiet: TypeAlias = Annotated[bool, typer.Option("--quiet", "-q", help="Hide progress and passed results.")]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every result in full, and the AWS calls made.")
]
ColorWhen: TypeAlias = Annotated[Color, typer.Option("--color", help="When to use color.")]


def nothing_changed(ref: str | None) -> str:
    """Return the line that says so where nothing is left to look at."""
    return f"none of the given files has changed since {ref}"


def listed(given: Sequence[str] | None) -> tuple[str, ...]:
    """Return the entries of an option that may be given again and may hold several, with commas between them."""
    return tuple(part for each in given or () for piece in each.split(",") if (part := piece.strip()))


def context_of(given: Sequence[str] | None) -> dict[str, str | list[str]]:
    """Return the context keys of `--context KEY=VALUE` options; a key given again has several values.

    Raises `UsageError` for an option without `=` or without a key.
    """
    found: dict[str, tuple[str, list[str]]] = {}
    for option in given or ():
        key, equals, value = option.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"--context {option!r} is not key=value; write for example aws:SourceIp=10.0.0.1")
        found.setdefault(key.strip().casefold(), (key.strip(), []))[1].append(value)
    return {key: values[0] if len(values) == 1 else values for key, values in found.values()}


def tags_of(given: Sequence[str] | None, option: str = "--session-tag") -> dict[str, str] | None:
    """Return the tags of an option's `KEY=VALUE`, None where there are none. Raises `UsageError`."""
    if not given:
        return None
    found: dict[str, str] = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key:
            raise UsageError(f"{option} {each!r} is not KEY=VALUE; write for example team=forecast")
        if found.setdefault(key, value) != value:
            raise UsageError(f"{option} {key} is given twice with different values; keep one")
    return found
