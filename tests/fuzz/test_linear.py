"""Twice the text is twice the work, whatever is repeated in it. Work is counted: a busy machine changes nothing."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest

from preflight.cli.app import invoke
from preflight.documents.policies.template_values import Shape

FEW, MOST = 300, 2.6
# Methods of a text that go through all of it, wherever they begin.
WHOLE = ("replace", "lower", "split", "splitlines", "translate", "casefold", "encode", "count")


def policy(**members: Any) -> dict[str, Any]:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **members}
    return {"Version": "2012-10-17", "Statement": [statement]}


def one_text(form: str) -> Callable[[int], Any]:
    return lambda count: policy(Resource="arn:aws:s3:::b/" + "".join(form % number for number in range(count)))


def template(count: int) -> Any:
    text = "arn:aws:s3:::b/" + "".join(f"${{A{number}}}" for number in range(count))
    properties = {"PolicyDocument": policy(Resource={"Fn::Sub": text})}
    return {
        "Parameters": {f"A{number}": {"Type": "String"} for number in range(count)},
        "Resources": {"P": {"Type": "AWS::IAM::ManagedPolicy", "Properties": properties}},
    }


DOCUMENTS: dict[str, Callable[[int], Any]] = {
    "placeholders": one_text("{{a%d}}"),
    "variables": one_text("${a%d}"),
    "policy variables": one_text("${aws:PrincipalTag/t%d}"),
    "Serverless variables": one_text("${self:a%d}"),
    "Fn::Sub": template,
    "texts": lambda count: policy(Resource=[f"arn:aws:s3:::b/<A{number}>" for number in range(count)]),
    "condition keys": lambda count: policy(
        Condition={"StringEquals": {f"aws:PrincipalTag/t{number}": "x" for number in range(count)}}
    ),
}


def work(run: Callable[[], object]) -> tuple[int, int]:
    """Return how many lines of Python run, and how many characters there are in the texts whose methods are called."""
    lines = characters = 0

    def traced(_: Any, event: str, __: Any) -> Any:
        nonlocal lines
        lines += event == "line"
        return traced

    def profiled(_: Any, event: str, called: Any) -> None:
        nonlocal characters
        if event == "c_call" and called.__name__ in WHOLE and isinstance(text := called.__self__, str):
            characters += len(text)

    before = sys.gettrace(), sys.getprofile()
    sys.settrace(traced)
    sys.setprofile(profiled)
    try:
        run()
    finally:
        sys.settrace(before[0])
        sys.setprofile(before[1])
    return lines, characters


@pytest.mark.parametrize("name", DOCUMENTS)
def test_twice_the_text_is_twice_the_work(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    def lint() -> None:
        with redirect_stdout(io.TextIOWrapper(io.BytesIO())), redirect_stderr(io.StringIO()):
            assert invoke(("lint", "--no-cache", "x.json")) in (0, 1)

    def done(count: int) -> tuple[int, int]:
        Path("x.json").write_text(json.dumps(DOCUMENTS[name](count)))
        return work(lint)

    done(1)  # what is loaded and made once
    few, many = done(FEW), done(2 * FEW)
    assert many[0] <= MOST * few[0]
    assert many[1] <= MOST * few[1]


def test_texts_are_put_back_into_a_message_however_many_there_are() -> None:
    def effort(count: int) -> int:
        shape = Shape(written={f"arn:aws:s3:::{number:06}": f"${{B{number}}}" for number in range(count)})
        message = "arn:aws:s3:::000001 and arn:aws:s3:::00000x and arn:aws:s3:::000002"
        assert shape.shown(message) == "${B1} and arn:aws:s3:::00000x and ${B2}"
        return sum(work(lambda: shape.shown(message)))

    assert effort(2 * FEW) == effort(FEW)
