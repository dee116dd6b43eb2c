"""`simulate`: decisions for cases, and unit tests for policies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from preflight.api.facts import require_one_source, require_one_stdin
from preflight.errors import UsageError

if TYPE_CHECKING:
    from preflight.account.facts import Account
    from preflight.simulate.coverage import Coverage
    from preflight.simulate.simulate import Answer


def simulate(
    *cases: str,
    snapshot: str | None = None,
    live: bool = False,
    profile: str | None = None,
    endpoint_url: str | None = None,
    coverage: Coverage | None = None,
) -> Iterator[Answer]:
    """Decide the cases of files (`-` for stdin), one after the other; each answer is given when it is decided.

    With a snapshot, or the live account, the policies that a case does not give are those that its principal has there.
    A case that cannot be read is an answer with an `error`. `coverage` takes in which statements decided. Raises
    `UsageError` for arguments that do not go together, before the first answer.
    """
    require_one_stdin(cases)
    require_one_source(snapshot, profile, endpoint_url)
    if snapshot is not None and live:
        raise UsageError("--snapshot can't be combined with --live")
    is_live = live or bool(profile or endpoint_url)
    return _decided(cases, snapshot, profile, endpoint_url, coverage, is_live=is_live)


def _decided(
    cases: Sequence[str],
    snapshot: str | None,
    profile: str | None,
    endpoint_url: str | None,
    coverage: Coverage | None,
    *,
    is_live: bool,
) -> Iterator[Answer]:
    from preflight.simulate.case_files import read_cases
    from preflight.simulate.simulate import simulate as decide_all

    with _facts(snapshot, profile, endpoint_url, live=is_live) as account:
        for answer in decide_all(read_cases(cases), account):
            if coverage is not None and answer.decision is not None:
                coverage.add(answer.policies, answer.decision)
            yield answer


@contextmanager
def _facts(
    snapshot: str | None, profile: str | None, endpoint_url: str | None, *, live: bool
) -> Iterator[Account | None]:
    if snapshot is None and not live:
        yield None
        return
    from preflight.api.facts import facts_of

    with facts_of(None, snapshot, profile, endpoint_url) as facts:
        yield facts
