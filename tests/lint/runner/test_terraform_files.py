"""Linting `.tf` files: findings at their lines, comments that suppress, and what could not be looked at."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.running import Command

TEXT = """
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:GetObjekt", "s3:PutObjekt"]
    resources = ["*"]
  }
}

resource "aws_iam_policy" "p" {
  # preflight: ignore[IAM101] a test
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:ListObjekts", Resource = "*" }]
  })
}

resource "aws_iam_policy" "q" {
  policy = var.policy
}
"""


def test_findings_and_what_was_not_looked_at(tmp_path: Path, preflight: Command) -> None:
    (tmp_path / "main.tf").write_text(TEXT)
    (tmp_path / "none.tf").write_text('resource "aws_s3_bucket" "b" {}\n')
    (tmp_path / "broken.tf").write_text('resource "aws_iam_policy" "b" {\n')
    ran = preflight("lint", str(tmp_path), "--select", "IAM101", "--format", "json")
    report = json.loads(ran.out)
    places = [(each["rule"], each["location"]["line"], each["location"]["column"]) for each in report["results"]]
    assert places == [("IAM101", 4, 18), ("IAM101", 4, 34)]
    assert report["examined"]["policies"] == 2
    reasons = {(Path(each["path"]).name, each["reason"]) for each in report["examined"]["skipped"]}
    assert reasons == {
        ("broken.tf", "it is not valid HCL"),
        ("main.tf", "broken.tf of its module could not be read"),
        ("main.tf", "line 18: policy of aws_iam_policy.q is not known before a plan: it depends on var.policy"),
        ("none.tf", "no policy in it"),
    }


def test_nothing_of_the_parser_is_loaded_for_other_files(tmp_path: Path) -> None:
    import subprocess
    import sys

    (tmp_path / "p.json").write_text('{"Version": "2012-10-17", "Statement": []}')
    script = (
        "import sys; from preflight.api import lint\n"
        f"lint({str(tmp_path)!r})\n"
        "assert not any(each.startswith(('tree_sitter', 'preflight.documents.hcl')) for each in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
