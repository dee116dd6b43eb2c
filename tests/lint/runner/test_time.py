"""A lint takes time in proportion to what it reads: texts made to be slow, each a kind that was."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SIZE = 8_000
BUCKET = "arn:aws:s3:::"


def policy(**members: Any) -> str:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}b/*", **members}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def template(value: Any) -> str:
    document = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": value}]}
    properties = {"PolicyName": "p", "PolicyDocument": document}
    return json.dumps({"Resources": {"P": {"Type": "AWS::IAM::Policy", "Properties": properties}}})


SLOW = {
    "openings": policy(Resource=BUCKET + "${" * SIZE),
    "openings with a key": policy(Resource=BUCKET + "${aws:" * SIZE),
    "openings with defaults": policy(Resource=BUCKET + "${a:b,'" * SIZE),
    "openings in a condition": policy(Condition={"StringLike": {"aws:PrincipalArn": "${" * SIZE}}),
    "openings in a key": policy(Condition={"StringLike": {"aws:PrincipalTag/" + "${" * SIZE: "x"}}),
    "stars": policy(Resource=BUCKET + "*a" * SIZE),
    "stars and one": policy(Resource=BUCKET + "?*" * SIZE),
    "stars in an action": policy(Action="s3:" + "*a" * SIZE),
    "angles": policy(Resource=BUCKET + "<a" * SIZE),
    "angles that end": policy(Condition={"StringLike": {"aws:PrincipalArn": "<a>" * SIZE}}),
    "braces": policy(Resource=BUCKET + "{{ " * SIZE),
    "underlines": policy(Resource=BUCKET + "__A" * SIZE),
    "spaces": policy(Action="s3:GetObject" + " " * SIZE),
    "Sub": template({"Fn::Sub": "${" * SIZE}),
    "Sub of names": template({"Fn::Sub": "${A" * SIZE}),
    "Sub of spaces": template({"Fn::Sub": "${ " + " " * SIZE}),
    "Sub of spaces apart": template({"Fn::Sub": "${ a" * SIZE}),
    "Sub of literals": template({"Fn::Sub": "${!" * SIZE}),
    "dynamic references": template({"Fn::Sub": "{{resolve:" * SIZE}),
}


@pytest.mark.parametrize("name", SLOW)
def test_no_text_takes_long(tmp_path: Path, name: str) -> None:
    (tmp_path / "x.json").write_text(SLOW[name])
    code = (
        "import resource, sys; from preflight.cli.app import invoke; "
        "code = invoke(['lint', '--no-cache', 'x.json', '--format', 'json']); "
        "used = resource.getrusage(resource.RUSAGE_SELF); "
        "print(code, used.ru_utime, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    exit_code, seconds = done.stderr.split()[-2:]
    assert exit_code in ("0", "1") and float(seconds) < 8, done.stderr


def test_a_check_of_a_template_made_to_be_slow(tmp_path: Path) -> None:
    for name, text in SLOW.items():
        if "Resources" in text:
            (tmp_path / f"{name.replace(' ', '-')}.json").write_text(text)
    for each in sorted(tmp_path.iterdir()):
        command = [sys.executable, "-m", "preflight", "check", each.name, "--snapshot", "none.json"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode in (0, 1, 2, 3), done.stderr
