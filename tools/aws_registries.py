"""Write rules/aws-registries.json: the ECR registries of AWS's own SageMaker images, by sort and region.

usage: git clone https://github.com/aws/sagemaker-python-sdk && python tools/aws_registries.py sagemaker-python-sdk

The tables are those that AWS's SDK finds images by (`image_uri_config`); AWS's page of registry paths lists the same:
https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

TARGET = Path(__file__).parents[1] / "rules" / "aws-registries.json"
# Registries that hold images of these are of frameworks, unless they hold a built-in algorithm as well.
FRAMEWORKS = {
    "autogluon", "chainer", "djl-deepspeed", "djl-lmi", "huggingface", "mxnet", "pytorch", "pytorch-smp", "ray-pytorch",
    "ray-tensorflow", "tensorflow",
}  # fmt: skip
ALGORITHMS = {"kmeans", "sklearn", "xgboost"}


def registries(value: Any) -> Iterator[tuple[str, str]]:
    """Give the regions and accounts of every table of registries inside a configuration."""
    if isinstance(value, dict):
        if isinstance(value.get("registries"), dict):
            yield from value["registries"].items()
        for each in value.values():
            yield from registries(each)
    elif isinstance(value, list):
        for each in value:
            yield from registries(each)


def main(checkout: str) -> None:
    """Read the tables of a checkout (a clone, or a bare repository) and write the file."""

    def git(*arguments: str) -> str:
        return subprocess.run(["git", "-C", checkout, *arguments], capture_output=True, text=True, check=True).stdout

    holds: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in git("ls-tree", "-r", "--name-only", "HEAD").splitlines():
        if "/image_uri_config/" in path and path.endswith(".json"):
            for region, account in registries(json.loads(git("show", f"HEAD:{path}"))):
                holds[region, account].add(Path(path).stem)
    found: dict[str, dict[str, list[str]]] = {"deep-learning-containers": {}, "built-in": {}}
    for (region, account), images in sorted(holds.items()):
        frameworks = images & FRAMEWORKS and not images & ALGORITHMS
        sort = "deep-learning-containers" if frameworks else "built-in"
        found[sort].setdefault(region, []).append(account)
    commit, date = git("log", "-1", "--format=%H %cs").split()
    document = {
        "sources": [
            f"https://github.com/aws/sagemaker-python-sdk/tree/{commit}/sagemaker-core/src/sagemaker/core/image_uri_config",
            "https://docs.aws.amazon.com/sagemaker/latest/dg-ecr-paths/sagemaker-algo-docker-registry-paths.html",
        ],
        "date": date,
        **found,
    }
    TARGET.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
