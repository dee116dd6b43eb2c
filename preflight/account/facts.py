"""What is known of AWS, in three answers: known, known to be absent, or unknown with a reason.

Everything that reads facts (a snapshot file, a live account, a plan laid over either) answers `Ask`s with `Fact`s.
An `Ask` names a resource kind declared in `rules/resources/`, a region and either the identifying parameters of one
resource or nothing, for all of the kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from preflight.sentence import sentence

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Known(Generic[T_co]):
    """The fact is known. `reads` is how many reads it took (more than one after stale reads)."""

    value: T_co
    reads: int = 1


@dataclass(frozen=True, slots=True)
class Absent:
    """What was asked for is known not to exist, after `reads` reads. `detail` is AWS's own message, if any."""

    detail: str = ""
    reads: int = 1


@dataclass(frozen=True, slots=True)
class Unknown:
    """It could not be found out.

    `reason` says why (lower case, no full stop); `resolution` says what would change that: a permission to grant, an
    input to give, a step to take. `code` is AWS's error code, if any (`AccessDenied`, `RegionDisabledException`).
    `asked` is false where the facts have no place for it: nothing was asked about such resources.
    """

    reason: str
    resolution: str = ""
    code: str = ""
    asked: bool = field(default=True, compare=False)

    @property
    def remedy(self) -> str:
        """The resolution as a sentence, for a result; nothing for nothing."""
        return sentence(self.resolution)


Fact: TypeAlias = Known[T_co] | Absent | Unknown


def resolution_in(entry: Mapping[str, Any]) -> str:
    """Return the resolution that an entry of a snapshot gives; snapshots of early versions call it `settle`."""
    return str(next((entry[name] for name in ("resolution", "Resolution", "settle", "Settle") if name in entry), ""))


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to an account: `kind` is a resource kind (`sagemaker:endpoint`), `region` is empty for a global one.

    `key` holds the identifying parameters by their AWS names, sorted; empty asks for all resources of the kind.
    `expected` says that the plan relies on it: an eventually consistent read that finds nothing is tried again.
    """

    kind: str
    region: str
    key: tuple[tuple[str, str], ...] = ()
    expected: bool = False

    @classmethod
    def one(cls, kind: str, region: str, key: Mapping[str, str], *, expected: bool = False) -> Ask:
        """Ask for one resource by its identifying parameters; the answer's value is its AWS shape, a dict."""
        return cls(kind, region, tuple(sorted(key.items())), expected)

    @classmethod
    def all(cls, kind: str, region: str, **scope: str) -> Ask:
        """Ask for every resource of a kind; the answer's value is a list of AWS shapes. `scope` narrows the list."""
        return cls(kind, region, tuple(sorted(scope.items())))

    def __getitem__(self, name: str) -> str:
        return dict(self.key)[name]


class Account(Protocol):
    """Facts about one AWS account."""

    @property
    def partition(self) -> str:
        """`aws`, `aws-cn`, `aws-us-gov`, ..."""
        ...

    @property
    def source(self) -> str:
        """Where the facts come from, for messages: a file's name, or `the live account`."""
        ...

    @property
    def waits(self) -> bool:
        """Whether a read costs waiting, so that reads are worth asking for together and beforehand."""
        ...

    def home_region(self) -> Fact[str]:
        """Return the region of calls that name none; unknown where there are several, or none."""
        ...

    def account_id(self) -> Fact[str]:
        """Return the twelve digits of the account that is looked at."""
        ...

    def caller(self) -> Fact[str]:
        """Return the ARN of the identity whose credentials are in use; unknown from a snapshot."""
        ...

    def read(self, ask: Ask) -> Fact[Any]:
        """Answer one question. Never raises for what AWS says: that becomes `Absent` or `Unknown`. Never repeats."""
        ...

    def read_many(self, asks: Sequence[Ask]) -> list[Fact[Any]]:
        """Answer several questions in order; a live account asks AWS all of them at the same time."""
        ...
