"""The options of `preflight audit`, and which of them go together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from preflight.api import Level
from preflight.cli.output import Color
from preflight.errors import UsageError

BINARY = ("parquet",)
_ANSWERS = ("text", "json", "jsonl", "csv")


class EngineName(StrEnum):
    """Where to run the audits of many accounts."""

    THREADS = "threads"
    DASK = "dask"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOptions:
    """What the command was told; lists are taken apart."""

    snapshot: str | None
    regions: tuple[str, ...]
    who_can: str | None
    on: str | None
    can: str | None
    since: str | None
    fail_on_new: bool
    resource_policies: bool
    last_accessed: bool
    running: bool
    organization: bool
    accounts: str | None
    into: str | None
    role_name: str | None
    external_id: str | None
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    threads: int
    engine: EngineName
    scheduler: str | None
    again: bool
    keep_snapshots: bool
    profile: str | None
    endpoint_url: str | None
    format: str
    table: str
    output: str | None
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    fail_on: Level
    allow_open: bool
    quiet: bool
    verbose: bool
    color: Color

    @property
    def question(self) -> bool:
        """Whether only a question is to be answered."""
        return self.who_can is not None or self.can is not None or self.since is not None

    @property
    def many(self) -> bool:
        """Whether it is about many accounts."""
        folder = self.snapshot is not None and Path(self.snapshot).is_dir()
        return self.organization or self.accounts is not None or folder

    def require_sound(self) -> None:
        """Raise `UsageError` for options that do not go together."""
        questions = [f"--{each}" for each in ("who-can", "can", "since") if getattr(self, each.replace("-", "_"))]
        if len(questions) > 1:
            raise UsageError(f"{' and '.join(questions)} are separate questions; ask one at a time")
        if self.fail_on_new and self.since is None:
            raise UsageError("--fail-on-new is about what is new since an older snapshot; add --since OLD")
        if self.on is not None and self.who_can is None:
            raise UsageError("--on says on which resource --who-can asks; add --who-can ACTION")
        if self.snapshot is not None and (self.profile is not None or self.endpoint_url is not None):
            raise UsageError("--snapshot can't be combined with --profile or --endpoint-url")
        self._require_read_beside()
        self._require_of_many()
        self._require_format()

    def _require_read_beside(self) -> None:
        for name in ("resource_policies", "last_accessed", "running"):
            if not getattr(self, name):
                continue
            option = f"--{name.replace('_', '-')}"
            if self.snapshot is not None:
                raise UsageError(f"{option} reads from AWS; give it to preflight snapshot, or leave out --snapshot")
            if self.many or self.question:
                raise UsageError(f"{option} is for the audit of one account; leave it out")

    def _require_of_many(self) -> None:
        wholes = {"--organization": self.organization, "--accounts": self.accounts, "--snapshot": self.snapshot}
        told = [name for name, given in wholes.items() if given]
        if len(told) > 1:
            raise UsageError(f"{' and '.join(told)} can't be combined; give one of them")
        if self.many:
            if self.question:
                raise UsageError("--who-can, --can and --since are asked of one account; name its --snapshot FILE")
            if self.into is None:
                raise UsageError("--into DIR says where the accounts' documents go; add it")
        else:
            alone = {
                "--into": self.into, "--role-name": self.role_name, "--external-id": self.external_id,
                "--again": self.again, "--keep-snapshots": self.keep_snapshots,
            }  # fmt: skip
            for name, given in alone.items():
                if given:
                    raise UsageError(
                        f"{name} is for many accounts; add --organization or --accounts FILE, or leave it out"
                    )
        if (self.include or self.exclude) and not self.organization:
            raise UsageError("--include and --exclude choose accounts of an organization; add --organization")
        if (self.engine is EngineName.DASK) != (self.scheduler is not None):
            raise UsageError("--engine dask and --scheduler ADDRESS go together; add the other, or leave out both")
        if self.engine is EngineName.DASK and not self.many:
            raise UsageError("--engine dask is for many accounts; add --organization or --accounts FILE")

    def _require_format(self) -> None:
        from preflight.report import audit, audit_many

        known = _ANSWERS if self.question else audit_many.FORMATS if self.many else audit.FORMATS
        if self.format not in known:
            from difflib import get_close_matches

            near = get_close_matches(self.format.lower(), known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            raise UsageError(f"unknown format {self.format!r} for this; {hint}")
        from preflight.report.audit_rows import TABLES

        if self.table not in TABLES:
            raise UsageError(f"unknown table {self.table!r}; there are {', '.join(TABLES)}")
        if self.table != "results" and (self.format != "csv" or self.question):
            raise UsageError("--table chooses what --format csv writes of an audit; add --format csv, or leave it out")
        if self.format in BINARY and self.output is None:
            raise UsageError(f"--format {self.format} writes a binary file; add --output FILE")
