"""The policies in files and directories to prove something about; what could not be read is told, not left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from preflight.documents.policies.files import HCL, FoundFile, files_in, may_hold_policy
from preflight.documents.policies.find import read_all
from preflight.documents.policies.found_policy import FoundPolicy, PolicyDocumentType
from preflight.documents.text.load import decode, read_bytes
from preflight.errors import InputError
from preflight.prove.claim import SkippedFile


@dataclass
class Read:
    """What was read: policies by the name of their file, texts by path, and what was skipped."""

    policies: dict[str, list[FoundPolicy]] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    skipped: list[SkippedFile] = field(default_factory=list)
    files: int = 0

    def add(self, name: str, path: str, data: bytes, type_: PolicyDocumentType | None, *, named: bool) -> None:
        """Take the policies of one file, which goes by `name`. Raises `InputError` where a file that is `named` cannot
        be read; others are skipped then.
        """
        try:
            text = decode(data, path)
            if path.endswith(HCL):
                raise InputError(
                    path,
                    "values in Terraform's own language are not known before a plan",
                    mend="prove it for the plan: terraform show -json",
                )
            found, passed_over, supposed = read_all(text, path, type_)
            _require_readable(found)
        except InputError as error:
            if named:
                raise
            self.skipped.append(SkippedFile(path, error.problem))
            return
        self.skipped += [SkippedFile(path, reason) for reason in passed_over]
        if found:
            self.files += 1
            self.policies[name] = [*found, *(each for each in supposed if each.readable)]
            self.sources[path] = text


def read(paths: Sequence[str], type_: PolicyDocumentType | None) -> Read:
    """Read what is given: files, and directories with all that they hold; each goes by its path."""
    found = Read()
    files, errors = files_in(paths)
    found.skipped += [SkippedFile(error.path, error.problem) for error in errors]
    for file in files:
        _take(found, file, file.path, type_)
    return found


def _take(found: Read, file: FoundFile, name: str, type_: PolicyDocumentType | None) -> None:
    try:
        data = read_bytes(file.path)
    except InputError as error:
        if file.named:
            raise
        found.skipped.append(SkippedFile(file.path, error.problem))
        return
    if file.named or not data.strip() or may_hold_policy(data, file.path):
        found.add(name, file.path, data, type_, named=file.named)


def _require_readable(found: Iterable[FoundPolicy]) -> None:
    for policy in found:
        for problem in policy.problems:
            place = f"line {problem.line}, column {problem.column or 1}" if problem.line else ""
            raise InputError(policy.document.path, problem.message, place=place, mend=problem.remedy.rstrip("."))
