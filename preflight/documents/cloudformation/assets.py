"""The assets of a cloud assembly (`*.assets.json`), which `cdk deploy` uploads before it deploys their stack.

The form: https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.cloud_assembly_schema.AssetManifest.html
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from preflight.documents.cloudformation.stack import Stack
from preflight.documents.plans.plan import Declared
from preflight.documents.text.document import Document
from preflight.documents.text.tree import Tree
from preflight.errors import InputError
from preflight.json_pointer import escape
from preflight.unresolved import DeployText

_MANIFEST = "cdk:asset-manifest"
_PLACEHOLDER = re.compile(r"\$\{(AWS::(?:Partition|AccountId|Region))\}")


def assets_of(manifest: Document, needs: Iterable[str], stack: Stack) -> Iterator[Declared]:
    """Give the objects and images that are uploaded for a stack; `needs` are the artifacts that it depends on.

    A manifest of assets that is not beside the assembly has none: what is missing is then reported where it is used.
    """
    for listed in _manifests(manifest, needs, stack.shared.tree):
        yield from _listed(listed, stack)


def publishing_roles(manifest: Document, needs: Iterable[str], stack: Stack) -> tuple[str, ...]:
    """Return the roles that `cdk deploy` assumes to upload the assets of a stack, each once."""
    every = (
        place.get("assumeRoleArn")
        for listed in _manifests(manifest, needs, stack.shared.tree)
        for section in ("files", "dockerImages")
        for _, place in _destinations(listed.value, section)
    )
    filled = dict.fromkeys(_filled(role, stack) for role in every if isinstance(role, str))
    return tuple(role for role in filled if not DeployText.partial(role))


def _manifests(manifest: Document, needs: Iterable[str], tree: Tree) -> Iterator[Document]:
    artifacts = manifest.value.get("artifacts")
    for name in needs:
        artifact = artifacts.get(name) if isinstance(artifacts, dict) else None
        properties = artifact.get("properties") if isinstance(artifact, dict) else None
        file = properties.get("file") if isinstance(properties, dict) else None
        if not isinstance(artifact, dict) or artifact.get("type") != _MANIFEST or not isinstance(file, str):
            continue
        try:
            listed = tree.load(os.path.join(os.path.dirname(manifest.path), file), manifest.path)  # noqa: PTH118, PTH120
            if listed is not None:
                yield listed
        except InputError as error:
            if error.position is not None:
                raise


def _listed(listed: Document, stack: Stack) -> Iterator[Declared]:
    region = stack.where.region
    for pointer, place in _destinations(listed.value, "files"):
        key = {"Bucket": _filled(place.get("bucketName"), stack), "Key": _filled(place.get("objectKey"), stack)}
        value = {"BucketRegion": place.get("region") or region} if place.get("region") or region else {}
        yield Declared("s3:object", key, value, listed, pointer)
    for pointer, place in _destinations(listed.value, "dockerImages"):
        key = {
            "registryId": _filled("${AWS::AccountId}", stack),
            "repositoryName": _filled(place.get("repositoryName"), stack),
            "imageTag": _filled(place.get("imageTag"), stack),
        }
        yield Declared("ecr:image", key, {}, listed, pointer)


def _destinations(value: Any, section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    assets = value.get(section) if isinstance(value, dict) else None
    for name, asset in assets.items() if isinstance(assets, dict) else ():
        places = asset.get("destinations") if isinstance(asset, dict) else None
        for id_, place in places.items() if isinstance(places, dict) else ():
            if isinstance(place, dict):
                yield f"/{section}/{escape(name)}/destinations/{escape(id_)}", place


def _filled(text: Any, stack: Stack) -> str:
    return _PLACEHOLDER.sub(lambda match: str(stack.pseudo[match[1]]), str(text))
