"""Linting many files: in this process, or on all cores where they are more than a few hundred; always in one order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from preflight.documents.policies.files import FoundFile
from preflight.engine.cores import cores
from preflight.lint.runner.one_file import Files, LintedFile, Settings

# Below this, starting a process costs more than it saves.
MANY = 300
# Files that are beside each other are much alike: a process is given many of them, at the end fewer, so that all are
# done at the same time. An interruption waits for what was given.
_MOST, _LEAST = 256, 8
_OBJECTS = 500_000

_files: Files | None = None


def lint_files(files: Sequence[FoundFile], settings: Settings, jobs: int | None = None) -> Iterator[LintedFile]:
    """Yield what each file gives, in the order of the files; on `jobs` processes at most, where there are many."""
    processes = min(cores(), 8) if jobs is None else jobs
    if len(files) <= MANY or processes < 2 or any(file.path == "-" for file in files):
        here = Files(settings)
        yield from map(here.lint, files)
        return
    yield from _at_once(files, settings, processes)


def _at_once(files: Sequence[FoundFile], settings: Settings, processes: int) -> Iterator[LintedFile]:
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    done = 0
    try:
        with ProcessPoolExecutor(processes, initializer=_begin, initargs=(settings,)) as pool:
            try:
                for some in pool.map(_lint, _shares(files, processes)):
                    done += len(some)
                    yield from some
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    except BrokenProcessPool:
        # A process was killed, by lack of memory as a rule: the rest is linted here, one after the other.
        here = Files(settings)
        yield from map(here.lint, files[done:])


def _shares(files: Sequence[FoundFile], processes: int) -> Iterator[Sequence[FoundFile]]:
    at = 0
    while at < len(files):
        size = min(max((len(files) - at) // (2 * processes), _LEAST), _MOST)
        yield files[at : at + size]
        at += size


def _begin(settings: Settings) -> None:
    import gc

    from preflight.worker_process import serve_parent

    serve_parent()
    # What is read of AWS's reference stays, and policies leave next to no cycles: looking for some took a sixteenth of
    # the time.
    gc.set_threshold(_OBJECTS)
    global _files
    _files = Files(settings)


def _lint(files: Sequence[FoundFile]) -> list[LintedFile]:
    assert _files is not None
    return list(map(_files.lint, files))
