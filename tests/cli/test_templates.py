"""Templates on the command line: their parameters, and what each command makes of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from preflight.unresolved import marked
from tests.cli.conftest import EXAMPLES
from tests.cli.running import Command

TEMPLATE = str(EXAMPLES / "cloudformation" / "endpoint.yaml")
PARAMETERS = str(EXAMPLES / "cloudformation" / "parameters.json")
DEPLOYER = "arn:aws:iam::111122223333:role/deployer"
FACTS = ["--snapshot", str(EXAMPLES / "snapshot.json")]
CHECK = ["check", TEMPLATE, *FACTS, "--principal", DEPLOYER]
ALLOWED = ["--identity-policy", str(EXAMPLES / "cloudformation" / "deployer.json")]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ([], 3),
        (["--parameters", PARAMETERS], 0),
        (["--parameter", "Release=v4"], 0),
        (["--parameters", PARAMETERS, "--parameters", "Release=v5"], 1),
        (["--parameters", "Release=v4", "--parameters", "InstanceCount=100"], 1),
        (["--allow-open"], 0),
    ],
)
def test_parameters(preflight: Command, options: list[str], code: int) -> None:
    assert preflight(*CHECK, *ALLOWED, *options).code == code


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--parameters", "Relase=v4"], "the template has no parameter 'Relase'"),
        (["--parameters", "nowhere.json"], "nowhere.json: there is no such file"),
        (["--parameters", "a/b=c"], "'a/b=c' is neither Name=value nor a file"),
        (["--operation", "create-endpoint"], "--operation create-endpoint is for a bare request"),
    ],
)
def test_what_does_not_fit(preflight: Command, options: list[str], said: str) -> None:
    ran = preflight(*CHECK, *options)
    assert ran.code == 2 and said in ran.line


def test_places_are_those_of_the_template(preflight: Command) -> None:
    ran = preflight(*CHECK, "--format", "json", "--parameters", "Release=v_4")
    results = json.loads(ran.out)["results"]
    wrong = next(each for each in results if "endpoint name" in each["message"] and each["kind"] == "fail")
    assert wrong["location"]["pointer"] == "/Resources/Endpoint/Properties/EndpointName"
    assert (wrong["location"]["line"], wrong["location"]["column"]) == (67, 21)


def test_a_remedy_is_given_once_however_it_was_found(preflight: Command) -> None:
    without_caller = [each for each in CHECK if each != "--principal" and not each.startswith("arn:")]
    results = json.loads(preflight(*without_caller, "--format", "json").out)["results"]
    remedies = {each["remedy"] for each in results if "--principal" in each["remedy"] and each["kind"] == "open"}
    assert len(remedies) == 1, remedies


def test_a_template_from_stdin(preflight: Command) -> None:
    with open(TEMPLATE, "rb") as stream:  # noqa: PTH123
        ran = preflight("check", "-", *CHECK[2:], *ALLOWED, "--parameters", PARAMETERS, stdin=stream.read())
    assert ran.code == 0


def test_a_template_and_a_request_together(preflight: Command) -> None:
    request = {"EndpointName": "churn-other", "EndpointConfigName": "churn-v4"}
    ran = preflight(*CHECK, "r.json", *ALLOWED, "--parameters", PARAMETERS, r__json=request)
    assert ran.code == 0 and "churn-v4` is created by" in ran.out


def test_the_policy_for_a_template(preflight: Command) -> None:
    ran = preflight("policy", TEMPLATE, "--region", "us-east-1", "--account", "111122223333", "--allow-open")
    statements: list[dict[str, Any]] = json.loads(ran.out)["Statement"]
    resources = {each["Sid"]: each["Resource"] for each in statements}
    assert resources["CreateModel"] == "arn:aws:sagemaker:us-east-1:111122223333:model/churn-*-model"
    assert resources["PassRoleForCreateModel"] == "arn:aws:iam::111122223333:role/churn-*-execution"
    assert "depends on parameter Release" in " ".join(ran.err.split())
    given = preflight("policy", TEMPLATE, *FACTS, "--parameters", PARAMETERS)
    assert (
        given.code == 0
        and "churn-v4-model" in given.out
        and "*" not in json.loads(given.out)["Statement"][0]["Resource"]
    )


@pytest.mark.parametrize(
    "options",
    [["--for", "preflight"], ["--diff", "deployer"], ["--format", "json"], []],
    ids=lambda options: " ".join(options),
)
@pytest.mark.parametrize("name", ["generated_names.json", "asynchronous.yaml", "cdk.out", "parameters.yaml"])
def test_no_policy_shows_what_stands_for_the_unknown(preflight: Command, name: str, options: list[str]) -> None:
    path = EXAMPLES.parent / "tests" / "documents" / "cloudformation" / "templates" / name
    ran = preflight("policy", str(path), *FACTS, *options)
    assert ran.code in (0, 1, 3) and not marked(ran.out + ran.err)


def test_a_check_of_a_request_does_not_pay_for_templates() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from preflight.documents.plans.requests import plan_of\n"
        "from preflight.documents.text.load import load_text\n"
        'plan_of([load_text(\'{"EndpointName": "e", "EndpointConfigName": "c"}\', \'r.json\')])\n'
        "print([name for name in sys.modules if 'cloudformation' in name or 'terraform' in name])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
