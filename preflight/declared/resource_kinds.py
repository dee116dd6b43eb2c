"""Resource kinds as `rules/resources/` declares them, loaded one file at a time when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from preflight.data_files import folder, head_and_examples, load_yaml
from preflight.declared.expressions import evaluate, fill
from preflight.errors import PreflightError


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """One kind of AWS resource. `declared` is its whole file; the rooms above read their own sections from there."""

    id: str
    declared: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, ...]:
        """The parameters that identify one resource of the kind, by AWS's names."""
        return tuple(self.declared["identity"])

    @property
    def ignores_case(self) -> bool:
        """Whether AWS holds two names that differ only in case to be the same."""
        return bool(self.declared.get("compare") == "case-insensitive")

    @property
    def label(self) -> str:
        """What a message calls a resource of the kind: `endpoint configuration`."""
        return str(self.declared.get("label") or self.id.partition(":")[2].replace("-", " "))

    def section(self, name: str) -> Any:
        """Return a section of the declaration (`read`, `snapshot`, `references`, ...), or None if it has none."""
        return self.declared.get(name)

    def named_by(self, name: str) -> list[str]:
        """Return the members of a described resource that hold an identifying parameter, any of which may be there."""
        return members_of(self._path_to(name))

    def key_in(self, entry: Mapping[str, Any]) -> dict[str, str]:
        """Return the identity of a described resource; of members that may hold a parameter, the first that is there,
        and an empty text where none is.
        """
        found = {}
        for name in self.identity:
            value = evaluate(self._path_to(name), entry)
            values = value if isinstance(value, list) else [value]
            found[name] = str(next((each for each in values if each is not None), ""))
        return found

    def arn_in(self, entry: Mapping[str, Any], *, partition: str, region: str, account: str) -> str:
        """Return the ARN of a described resource: as AWS describes it, else as declared; empty for none."""
        own = entry.get(self.section("described-arn") or "")
        return str(own or self.arn(self.key_in(entry), partition=partition, region=region, account=account) or "")

    def _path_to(self, name: str) -> str:
        paths: Mapping[str, str] = (self.section("snapshot") or {}).get("key", {})
        return paths.get(name, name)

    def identifies(self, key: Mapping[str, Any]) -> bool:
        """Say whether a key names one resource, rather than narrowing the list of all."""
        alternatives = (self.identity, *self.declared.get("also-identified-by", ()))
        return any(set(key) >= set(names) for names in alternatives)

    def arn(self, key: Mapping[str, Any], *, partition: str, region: str, account: str) -> str | None:
        """Return the ARN of the resource with this identity; None for a kind that has none, or an incomplete key."""
        template = self.declared.get("arn")
        if template is None or (self.identity and not any(key.values())):
            return None
        return fill(template, {**key, "Partition": partition, "Region": region, "Account": account})


def members_of(path: str) -> list[str]:
    """Return the members that the path of a key is about: itself, or each that it lists (`[KeyId, Arn]`)."""
    return [name for each in path.strip("[]").split(",") if (name := each.strip()).isidentifier()]


@cache
def load_kind(kind: str) -> ResourceKind:
    """Load `rules/resources/<service>/<type>.yaml` for the kind `service:type`.

    Raises `PreflightError` for a kind that is not declared, naming the nearest one that is.
    """
    return ResourceKind(kind, load_yaml(head_and_examples(kind_file(kind).read_text(encoding="utf-8"))[0]))


def kind_file(kind: str) -> Path:
    """Return the file that declares a kind. Raises `PreflightError` as `load_kind` does."""
    service, _, resource = kind.partition(":")
    path = folder("rules") / "resources" / service / f"{resource}.yaml"
    if not path.is_file():
        from difflib import get_close_matches

        near = get_close_matches(kind, all_kinds(), n=1)
        raise PreflightError(
            f"no resource kind {kind!r} is declared in rules/resources/"
            + (f"; did you mean {near[0]!r}?" if near else "")
        )
    return path


def all_kinds() -> list[str]:
    """Return the ids of every declared kind, sorted."""
    root = folder("rules") / "resources"
    return sorted(f"{path.parent.name}:{path.stem}" for path in root.glob("*/*.yaml"))
