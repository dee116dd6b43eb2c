"""Whatever AWS answers to whichever operation: a fact or an error that says what is wrong, never a defect.

Which operations there are is taken from preflight's own declarations and code, so that a new one is spoiled too.
"""

from __future__ import annotations

import json
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from preflight.account.facts import Absent, Ask, Known, Unknown
from preflight.account.live.account import LiveAccount
from preflight.account.live.clients import Clients, Connection
from preflight.account.live.role_credentials import AssumedRole
from preflight.account.live.sts import decode_authorization_message
from preflight.account.organization import read_organization
from preflight.account.snapshots.journal import Identity, SnapshotJournal
from preflight.audit.collecting import Also, collect, enabled_regions
from preflight.create import Creation, Pace, Patience
from preflight.create.creation import unclear
from preflight.create.results import results
from preflight.data_files import load_yaml
from preflight.declared.operations import Environment, all_operations, load_operation, operation_file
from preflight.declared.resource_kinds import ResourceKind, all_kinds, load_kind
from preflight.documents.plans.plan import Plan, PlannedRequest
from preflight.documents.text.document import Document
from preflight.errors import PreflightError
from tests.aws.answers import Answer, json_answer
from tests.fuzz.bounds import SECONDS, TooLong, at_most, ended
from tests.fuzz.modelled import ACCOUNT, Call, Modelled, installed
from tests.fuzz.mutating import Mutator
from tests.fuzz.operations import callable_operations, methods, model
from tests.fuzz.spoiling import SPOILS, large

FROM = int(os.environ.get("FUZZ_FROM", "0"))
ARN = f"arn:aws:iam::{ACCOUNT}:role/deployer"
HERE = Environment("aws", "us-east-1", ACCOUNT)
# What names a resource where "churn" would not do.
_NAMES = {
    "TypeName": "AWS::S3::Bucket",
    "AccountId": ACCOUNT,
    "ServiceCode": "sagemaker",
    "ServiceNamespace": "sagemaker",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    "PolicyType": "SERVICE_CONTROL_POLICY",
    "RegionName": "us-east-1",
    "QueueUrl": "https://sqs.us-east-1.amazonaws.com/111122223333/churn",
}

PLAN = json.dumps({"EndpointName": "new", "EndpointConfigName": "churn-config"})

Entry = Callable[[LiveAccount, Modelled], None]


@pytest.fixture(scope="module")
def aws() -> Iterator[Modelled]:
    made_of_models = Modelled()
    with pytest.MonkeyPatch.context() as patch:
        installed(made_of_models, patch)
        yield made_of_models


@pytest.fixture(scope="module")
def live(aws: Modelled) -> LiveAccount:
    """An account whose clients serve every test: making them is most of what a call costs."""
    return LiveAccount.open(Connection(region="us-east-1"), rereads=0)


@contextmanager
def afresh(live: LiveAccount) -> Iterator[LiveAccount]:
    """An account that remembers nothing, whose threads end with the block."""
    account = live.again()
    try:
        yield account
    finally:
        account.close()


def asks(kind: ResourceKind) -> Iterator[Ask]:
    """Give the questions about a kind: of one resource by each of its identities, by name and by ARN, and of all."""
    region = "" if kind.declared.get("global") else "us-east-1"
    for names in (kind.identity, *kind.declared.get("also-identified-by", ())):
        if names:
            named = {each: ARN if each.endswith("Arn") else _NAMES.get(each, "churn") for each in names}
            yield Ask.one(kind.id, region, named, expected=True)
            yield Ask.one(kind.id, region, {each: _NAMES.get(each, ARN) for each in names})
    scope = {name: _NAMES[name] for name in ("ServiceNamespace", "ServiceCode") if name in kind.identity}
    if "all" in (kind.section("read") or {}) or "derived" in (kind.section("read") or {}):
        yield Ask.all(kind.id, region, **scope)


def read(ask: Ask, live: LiveAccount, _: Modelled) -> None:
    assert isinstance(live.read(ask), Known | Absent | Unknown)


def collected(live: LiveAccount, _: Modelled) -> None:
    regions, unlisted = enabled_regions(live)
    also = frozenset(Also)
    collect(live, regions=regions[:1], also=also, unlisted=unlisted)


def assumed(_: LiveAccount, __: Modelled) -> None:
    Clients(Connection(region="us-east-1", role=AssumedRole(ARN)), connections=1)


def denied(ask: Ask, live: LiveAccount, aws: Modelled) -> None:
    """Read where what is asked first may not be read: some kinds declare another way."""
    one = load_kind(ask.kind).section("read")["one"]
    aws.absent[_operation(one["service"], one["call"])] = _refusal("AccessDeniedException", "")
    try:
        read(ask, live, aws)
    finally:
        aws.absent.clear()


def created(operation: str, request: Mapping[str, Any], live: LiveAccount, aws: Modelled) -> None:
    """Make a call that creates something, find it again, and take it back."""
    call, one = load_operation(operation).call, load_operation(operation).kind.section("read")["one"]
    looked = _operation(one["service"], one["call"])
    coded = next((each for each in one["absent"] if "code" in each), None)
    gone = _refusal(coded["code"], coded.get("message", "")) if coded else json_answer({_listed(looked): []})
    aws.absent[looked] = gone
    aws.values[looked] = {**request, **({call.status: call.success[0]} if call.status else {})}
    aws.then[_operation(call.service, call.method)] = lambda: aws.absent.pop(looked, None) and None
    if call.undo:
        aws.then[_operation(call.service, call.undo)] = lambda: aws.absent.update({looked: gone})
    planned = PlannedRequest(operation, request, Document("plan.json", {}, "json"))
    plan, pace = Plan((planned,), region="us-east-1"), Pace(5, 30)
    creation = Creation(plan, live, HERE, pace=pace, patience=Patience(1, 1.0))
    try:
        creation.recognize(timeout=60)
        creation.carry_out(timeout=600)
        creation.standing()
        list(results(creation, awaited=True))
        with afresh(live) as again:
            Creation(plan, again, HERE).recognize(timeout=60)
        creation.take_back()
        list(unclear(creation.entries))
    finally:
        aws.absent.clear()
        aws.then.clear()
        del aws.values[looked]


def _refusal(code: str, message: str) -> Answer:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Answer(400, body, "application/x-amz-json-1.1", (("x-amzn-ErrorType", code),))


def _listed(operation: str) -> str:
    """Return the member of an answer that is a list."""
    service, _, name = operation.partition(":")
    members = model(service).operation_model(name).output_shape.members
    return next(each for each, shape in members.items() if shape.type_name == "list")


def entries() -> dict[str, Entry]:
    """Return all that makes calls, the cheapest first."""
    found: dict[str, Entry] = {}
    for kind in map(load_kind, all_kinds()):
        for number, ask in enumerate(asks(kind)):
            found[f"{kind.id} {number}"] = partial(read, ask)
            if "otherwise" in str(kind.section("read").get("one")) and kind.identifies(dict(ask.key)):
                found[f"{kind.id} {number}, denied"] = partial(denied, ask)
    for operation in all_operations():
        request = load_yaml(operation_file(operation).read_text()).get("examples", {}).get("request")
        if request and load_operation(operation).effect != "delete":
            found[operation] = partial(created, operation, request)
    found["decode"] = lambda live, _: (decode_authorization_message(live, "x"), None)[1]
    found["organization"] = lambda live, _: (read_organization(live), None)[1]
    found["assume"] = assumed
    found["collect"] = collected
    return found


@pytest.fixture(scope="module")
def reached(aws: Modelled, live: LiveAccount) -> dict[str, list[str]]:
    """What calls each operation where nothing is spoiled, by name."""
    found: dict[str, list[str]] = {}
    for name, entry in entries().items():
        aws.calls.clear()
        with suppress(PreflightError), afresh(live) as account:
            entry(account, aws)
        for operation in dict.fromkeys(aws.calls):
            found.setdefault(operation, []).append(name)
    return found


def test_every_operation_is_spoiled(reached: dict[str, list[str]]) -> None:
    """An operation that a declaration or a module adds is reached by what this file calls."""
    missed = sorted(callable_operations() - {*reached})
    assert not missed, missed


def spoiled(operation: str, entry: Entry, number: int, live: LiveAccount, aws: Modelled) -> Iterator[str]:
    """Spoil the answers to one operation, in the way of this number; gives what went wrong."""
    mutator, how = Mutator(number), SPOILS[number % len(SPOILS)]

    def spoil(call: Call, answer: Answer) -> Answer:
        return how(mutator, answer) if call.operation == operation else answer

    aws.spoil = spoil
    try:
        with at_most(SECONDS), suppress(PreflightError), afresh(live) as account:
            entry(account, aws)
    except (Exception, TooLong) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        yield f"{operation}, number {number}, {how.__name__}: {error!r} ({last.filename}:{last.lineno})"
    finally:
        aws.spoil = None


def test_a_few_answers_to_each(aws: Modelled, live: LiveAccount, reached: dict[str, list[str]]) -> None:
    all_entries, wrong = entries(), []
    for index, (operation, names) in enumerate(reached.items()):
        wrong += spoiled(operation, all_entries[names[0]], FROM + index, live, aws)
    assert not wrong, "\n".join(wrong)


@pytest.mark.nightly
def test_many_answers_to_each(aws: Modelled, live: LiveAccount, reached: dict[str, list[str]]) -> None:
    """Each operation in each way, wherever it is called."""
    all_entries, wrong = entries(), []
    count = int(os.environ.get("FUZZ_COUNT", 2 * len(SPOILS)))
    for operation, names in reached.items():
        for number in range(FROM, FROM + count):
            wrong += spoiled(operation, all_entries[names[number % len(names)]], number, live, aws)
    assert not wrong, "\n".join(wrong)


@cache
def _operation(service: str, method: str) -> str:
    return f"{service}:{methods(service)[method]}"


@pytest.fixture
def shared(live: LiveAccount, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let commands ask with the clients that are there, in a folder of their own."""
    monkeypatch.setattr(LiveAccount, "open", lambda *_, **__: live.again())
    monkeypatch.chdir(tmp_path)


def journal(live: LiveAccount, folder: Path) -> bytes:
    """Return the journal of a snapshot that was interrupted at its end."""
    kept = SnapshotJournal(folder / "s.json", Identity("aws", ACCOUNT, ARN))
    kept.open(resume=False)
    with afresh(live) as account:
        collect(account, regions=["us-east-1"], also=frozenset(Also), journal=kept.add)
    kept.close(done=False)
    text = kept.path.read_bytes()
    kept.path.unlink()
    return text


def resumed(numbers: range, live: LiveAccount, folder: Path) -> None:
    whole = journal(live, folder)
    for number in numbers:
        mutator = Mutator(number)
        # A few lines are as good as hundreds.
        lines = whole.splitlines(keepends=True)
        few = b"".join(lines[:1] + mutator.random.sample(lines[1:], 5))
        text = mutator.tokens(few.decode()) if number % 2 else mutator.bytes(mutator.bytes(few))
        (folder / "s.json.partial").write_bytes(text)
        ended(("snapshot", "--output", "s.json", "--region", "us-east-1", "--resume"), f"a journal, number {number}")
        for left in folder.glob("s.json*"):
            left.unlink()


@pytest.mark.usefixtures("shared")
def test_a_few_journals(live: LiveAccount, tmp_path: Path) -> None:
    resumed(range(FROM, FROM + 5), live, tmp_path)


@pytest.mark.nightly
@pytest.mark.usefixtures("shared")
def test_many_journals(live: LiveAccount, tmp_path: Path) -> None:
    resumed(range(FROM, FROM + int(os.environ.get("FUZZ_COUNT", 300))), live, tmp_path)


def commands(numbers: range, aws: Modelled, folder: Path) -> None:
    """Run whole commands on answers of which one in ten is spoiled."""
    folder.joinpath("plan.json").write_text(PLAN)
    live = ("--region", "us-east-1")
    wanted = (
        ("check", "plan.json", "--format", "json", "--config-retries", "0"),
        ("snapshot", "--output", "s.json", *live, "--resource-policies", "--last-accessed", "--running"),
        ("audit", *live, "--format", "json"),
        ("audit", *live, "--who-can", "s3:GetObject"),
        ("policy", "plan.json", "--for", "preflight"),
        ("create", "plan.json", "--yes", "--allow-open", "--rollback", "--timeout", "600", "--config-retries", "0"),
    )
    for number in numbers:
        mutator, how = Mutator(number), SPOILS[number // len(wanted) % len(SPOILS)]
        # Lists of hundreds, each with lists of hundreds, are as much work as they say: no hang.
        often = 0.02 if how is large else mutator.random.choice((0.02, 0.1, 0.5))
        aws.spoil = lambda _, answer, m=mutator, how=how, often=often: (
            how(m, answer) if m.random.random() < often else answer
        )
        try:
            ended(wanted[number % len(wanted)], f"a command, number {number}")
            if (folder / "s.json").exists():
                ended(("audit", "--snapshot", "s.json", "--format", "json"), f"its snapshot, number {number}")
        finally:
            aws.spoil = None
        for left in folder.glob("s.json*"):
            left.unlink()


@pytest.mark.nightly
@pytest.mark.usefixtures("shared")
def test_many_commands_on_spoiled_answers(aws: Modelled, tmp_path: Path) -> None:
    commands(range(FROM, FROM + int(os.environ.get("FUZZ_COUNT", 300))), aws, tmp_path)
