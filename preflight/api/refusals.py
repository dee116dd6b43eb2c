"""`preflight why`: what AWS refused, by which kind of policy, and with facts by which statement and what to change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from preflight.errors import InputError, UsageError

if TYPE_CHECKING:
    from preflight.why.explain import Why

_MOST_BYTES = 64 << 20
_LONGEST_NAME = 4096


def why(
    message: str,
    *,
    snapshot: str | None = None,
    live: bool = False,
    profile: str | None = None,
    region: str | None = None,
    endpoint_url: str | None = None,
    decode: bool = False,
) -> Why:
    """Explain the refusals that a text tells of.

    `message` is what AWS said: an error message, a log, a CloudTrail record, a CloudFormation or Terraform failure, the
    name of a file that holds it, or `-` for stdin. With `snapshot` (a file) or `live` (the account of the credentials)
    each is decided against the account's facts. `decode` asks AWS to decode encoded authorization messages
    (sts:DecodeAuthorizationMessage). Raises `UsageError` for options that exclude each other, `InputError` for a file
    that cannot be read.
    """
    if snapshot is not None and (live or profile is not None or endpoint_url is not None or decode):
        raise UsageError("--snapshot can't be combined with --live, --profile, --endpoint-url or --decode")
    from preflight.why.explain import explain

    text = _text(message)
    if snapshot is not None:
        from preflight.account.snapshots.snapshot import Snapshot

        return explain(text, Snapshot.load(snapshot))
    if not live and not decode:
        if profile is not None or endpoint_url is not None:
            raise UsageError("--profile and --endpoint-url need --live or --decode")
        return explain(text)
    from preflight.account.live.account import LiveAccount
    from preflight.account.live.clients import Connection

    account = LiveAccount.open(Connection(profile, region, endpoint_url))
    try:
        if decode:
            from preflight.account.live.sts import decode_authorization_message

            text = _decoded(text, lambda encoded: decode_authorization_message(account, encoded))
        return explain(text, account if live else None)
    finally:
        account.close()


def _text(message: str) -> str:
    from preflight.documents.text.load import read_bytes

    if message == "-":
        return _whole(read_bytes("-"), "stdin")
    if not message.strip():
        raise UsageError("the message is empty; give the error message, a file that contains it, or - for stdin")
    if len(message) <= _LONGEST_NAME and "\n" not in message and "\0" not in message:
        path = Path(message)
        try:
            if path.is_file():
                if path.stat().st_size > _MOST_BYTES:
                    raise InputError(
                        message, "is larger than 64 MiB", mend="give the part with the access denied message"
                    )
                return _whole(read_bytes(message), message)
        except OSError:
            return message
        if " " not in message and path.suffix in (".json", ".log", ".txt", ".jsonl", ".gz"):
            raise InputError(message, "there is no such file", mend="check the path")
    return message


def _whole(data: bytes, name: str) -> str:
    if len(data) > _MOST_BYTES:
        raise InputError(name, "is larger than 64 MiB", mend="give the part with the access denied message")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    return data.decode(encoding, "replace")


def _decoded(text: str, decode: Callable[[str], str]) -> str:
    """Put decoded messages in place of the text, where it has encoded ones."""
    from preflight.why.recognize import recognize

    encoded = [each.encoded for each in recognize(text).refusals if each.encoded]
    return "\n".join(decode(each) for each in dict.fromkeys(encoded)) if encoded else text
