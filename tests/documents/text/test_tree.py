"""Files that a document names: inside the tree of the one that was named, regular, and only so many."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from preflight.documents.plans.requests import read_plan
from preflight.documents.text.tree import Tree
from preflight.errors import InputError

NESTED = {"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}


def template(*urls: str) -> str:
    return json.dumps(
        {
            "Resources": {
                f"N{number}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url}}
                for number, url in enumerate(urls)
            }
        }
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    inside = tmp_path / "repository" / "app"
    inside.mkdir(parents=True)
    for each in (inside, inside.parent, tmp_path):
        (each / "nested.json").write_text(json.dumps(NESTED))
    return inside


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("nested.json", True),
        ("./nested.json", True),
        ("../nested.json", False),
        ("../../nested.json", False),
        ("link.json", False),
        ("pipe.json", False),
        ("/dev/zero", False),
        ("/etc/passwd", False),
        ("app\0.json", False),
    ],
)
def test_only_regular_files_in_the_tree_are_read(folder: Path, name: str, read: bool) -> None:
    (folder / "link.json").symlink_to(folder.parent.parent / "nested.json")
    os.mkfifo(folder / "pipe.json")
    (folder / "t.json").write_text(template(name))
    plan = read_plan([str(folder / "t.json")])
    assert ("AWS::SQS::Queue" in {each.type for each in plan.resources}) is read
    assert bool(plan.gaps) is not read


def test_the_tree_is_the_work_tree_of_git(folder: Path) -> None:
    (folder.parent / ".git").mkdir()
    found = Tree(str(folder / "t.json"))
    assert found.load(str(folder / ".." / "nested.json"), "t.json") is not None
    assert found.load(str(folder / ".." / ".." / "nested.json"), "t.json") is None


def test_stacks_that_multiply_are_refused(folder: Path) -> None:
    for level in range(4):
        (folder / f"l{level}.json").write_text(template(*[f"l{level + 1}.json"] * 12))
    (folder / "l4.json").write_text(json.dumps(NESTED))
    with pytest.raises(InputError, match="refers to more than 1000 files"):
        read_plan([str(folder / "l0.json")])


def test_one_total_is_for_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.documents.text.tree._MOST_BYTES", 100)
    (folder / "t.json").write_text(template("nested.json", "nested.json", "nested.json"))
    with pytest.raises(InputError, match="refers to more than"):
        read_plan([str(folder / "t.json")])


def test_what_is_compressed_counts_as_what_it_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("preflight.documents.text.tree._MOST_BYTES", 2000)
    (folder / "nested.json.gz").write_bytes(gzip.compress(json.dumps(NESTED).encode() + b" " * 5000))
    (folder / "t.json").write_text(template("nested.json.gz"))
    with pytest.raises(InputError, match="refers to more than"):
        read_plan([str(folder / "t.json")])


@pytest.mark.parametrize("name", [".", "../cdk.out", "below/../../cdk.out"])
def test_an_assembly_that_holds_itself_is_refused(folder: Path, name: str) -> None:
    out = folder / "cdk.out"
    (out / "below").mkdir(parents=True)
    artifact = {"type": "cdk:cloud-assembly", "properties": {"directoryName": name}}
    (out / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"a": artifact}}))
    (folder / ".git").mkdir()
    with pytest.raises(InputError, match="the assembly holds itself"):
        read_plan([str(out)])


def test_an_assembly_names_nothing_outside(folder: Path) -> None:
    artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "../nested.json"}}
    out = folder / "cdk.out"
    out.mkdir()
    (out / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": {"a": artifact}}))
    with pytest.raises(InputError, match="there is no such file"):
        read_plan([str(out)])
