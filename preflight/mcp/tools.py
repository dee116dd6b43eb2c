"""The tools: one method each, which calls the function of `preflight.api` that the command of that kind calls.

Their docstrings are what an agent reads to choose and to call them.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from preflight import api
from preflight.errors import PreflightError, UsageError
from preflight.mcp.answers import (
    CheckAnswer,
    DecideAnswer,
    ExplainAnswer,
    LintAnswer,
    PolicyAnswer,
    ProveAnswer,
    WhyAnswer,
    check_answer,
    shown,
)
from preflight.mcp.inputs import MOST_FILES, Roots, Text, handed_over

_WIDTH = 100
_MOST_FIXES = 200_000
_MOST_ERRORS = 10

ClaimName: TypeAlias = Literal["no-new-access", "not-granted", "not-public", "not-administrator"]
ContextValues: TypeAlias = dict[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Facts:
    """Where the facts of accounts come from: the server's snapshot, and the live account if it may be read."""

    snapshot: str | None = None
    live: bool = False
    profile: str | None = None
    endpoint_url: str | None = None


class Tools:
    """The seven tools, which read files under the roots. One call is worked on at a time."""

    def __init__(self, roots: Roots, facts: Facts) -> None:
        self.roots = roots
        self._facts = facts
        self._lock = threading.Lock()

    @property
    def turn(self) -> AbstractContextManager[bool]:
        """What a call holds while it is worked on: caches of rules and policies are not made for several threads."""
        return self._lock

    def check_request(
        self,
        document: Text | None = None,
        paths: list[str] | None = None,
        operation: str | None = None,
        principal: str | None = None,
        region: str | None = None,
        snapshot: str | None = None,
        live: bool = False,
        include_passes: bool = False,
    ) -> CheckAnswer:
        """Say whether an AWS call, plan or template will work before it is made: permissions, names, quotas, references
        and the request itself. Makes no changes.

        Give either `document` (the parameters of a call, a plan, a CloudFormation template; as JSON or text) or `paths`
        (files or a cdk.out directory). `operation` names the call where the document doesn't, as
        sagemaker:CreateEndpoint. Facts come from `snapshot` (a file of `preflight snapshot`), or with `live` from the
        account of the server's credentials, if the server was started with --live.
        """
        facts = self._facts_for(snapshot, live=live)
        if not facts:
            raise UsageError(
                "a check needs facts about the account: give snapshot, a file of preflight snapshot, or live, "
                "if the server was started with --live"
            )
        with self._given(document, paths) as (files, name):
            told = self._told(facts)
            facts.pop("live", None)
            done = api.check(*files, operation=operation, principal=principal, region=region, **facts)
            return check_answer(done.report, told, name, passes=include_passes)

    def lint_policy(
        self, document: Text | None = None, paths: list[str] | None = None, type: api.PolicyDocumentType | None = None
    ) -> LintAnswer:
        """Find what is wrong with IAM policies: names that don't exist, what AWS refuses, what grants too much. Reads
        policies, CloudFormation and SAM templates, Terraform plans and .tf files. Writes nothing; fixes are a diff.

        Give either `document` (one policy or template, as JSON or text) or `paths` (files or directories). `type` says
        what a policy is for where nothing around it does.
        """
        with self._given(document, paths) as (files, name):
            done = api.lint(*files, type=type, fix="show", jobs=1)
            errors = [_renamed(each, files, name) for each in done.errors]
            if errors and not (done.report.examined and done.report.examined.policies):
                raise UsageError("; ".join(errors[:_MOST_ERRORS]))
            findings, left_out = shown(done.report.results, name, passes=False)
            examined = done.report.examined
            skipped = [] if examined is None else [f"{name(each.path)}: {each.reason}" for each in examined.skipped]
            skipped += [f"{name(each)}: no policy in it" for each in done.without]
            return LintAnswer(
                verdict="open" if errors and not findings else done.report.verdict.value,
                policies=0 if examined is None else examined.policies,
                skipped=skipped[:MOST_FILES],
                findings=findings,
                left_out=left_out,
                errors=errors[:MOST_FILES],
                fixes=_diff(done.fixes, files, name),
            )

    def explain(self, rule: str) -> ExplainAnswer:
        """Explain a rule of preflight by its id (IAM201, PRE110) or name, or a constraint of PRE304 by its name: why it
        exists, how to fix a failure, examples that pass and fail, and AWS's pages about it.
        """
        from preflight.report.rule_page import constraint_page, page

        if "/" in rule:
            one = api.explain_constraint(rule)
            text = constraint_page(one.declared_by, one.constraint, one.examples, _WIDTH)
            said = one.constraint
            return ExplainAnswer(rule, "error", said.message, text, [said.page])
        found = api.explain(rule)
        text = page(found.rule, found.examples, _WIDTH, whole=True, constraints=found.constraints)
        about = found.rule
        return ExplainAnswer(about.id, about.level.value, about.summary, text, list(about.references))

    def decide(
        self,
        principal: str,
        action: str,
        resource: str,
        identity_policies: list[Text] | None = None,
        resource_policy: Text | None = None,
        permissions_boundaries: list[Text] | None = None,
        session_policies: list[Text] | None = None,
        service_control_policies: list[list[Text]] | None = None,
        resource_control_policies: list[list[Text]] | None = None,
        vpc_endpoint_policies: list[Text] | None = None,
        context: ContextValues | None = None,
        resource_account: str | None = None,
        snapshot: str | None = None,
        live: bool = False,
    ) -> DecideAnswer:
        """Decide one request as AWS does: allowed, denied explicitly or implicitly, or unknown with the reason, and by
        which statement.

        `action` is as sagemaker:CreateEndpoint, `resource` an ARN or *. Policies that are not given come from
        `snapshot`, or with `live` from the account (if the server was started with --live); without either there are
        none. Service and resource control policies are one list for each level of the organization: root, OUs, account.
        `context` has values of condition keys.
        """
        from preflight.report.simulation import document as details_of
        from preflight.report.simulation import explain

        case: dict[str, Any] = {"id": "request", "principal": principal, "action": action, "resource": resource}
        members: Mapping[str, list[Text] | None] = {
            "identity_policies": identity_policies,
            "permissions_boundaries": permissions_boundaries,
            "session_policies": session_policies,
            "vpc_endpoint_policies": vpc_endpoint_policies,
        }
        case |= {member: _named(given, member) for member, given in members.items() if given is not None}
        levels = {
            "service_control_policies": service_control_policies,
            "resource_control_policies": resource_control_policies,
        }
        case |= {
            member: [_named(each, member) for each in given] for member, given in levels.items() if given is not None
        }
        if resource_policy is not None:
            case["resource_policy"] = _data(resource_policy, "resource_policy")
        case |= {"context": context} if context else {}
        case |= {"resource_account": resource_account} if resource_account else {}
        with handed_over({"request": case}) as written:
            facts = self._facts_for(snapshot, live=live)
            (answer,) = api.simulate(written["request"], **facts)
            if answer.decision is None:
                raise UsageError(_renamed(str(answer.error), [written["request"]], lambda _: "request"))
            details = details_of(answer)
            return DecideAnswer(str(answer.decision.outcome), explain(answer).strip(), details)

    def why_denied(self, message: str, snapshot: str | None = None, live: bool = False) -> WhyAnswer:
        """Explain an access denied message of AWS, a log or a CloudTrail record that has one: who was denied what, by
        which type of policy, and the smallest change that helps, with the place to make it.

        With `snapshot`, or `live` if the server was started with --live, also by which statement.
        """
        from preflight.report.why import document, rendered_text

        with handed_over({"message.txt": message}) as written:
            if not message.strip():
                raise UsageError("the message is empty; give the error message")
            facts = self._facts_for(snapshot, live=live)
            found = api.why(written["message.txt"], **facts)
        verdict = found.verdict if found.explanations else "open"
        text = rendered_text(found, _WIDTH) if found.explanations else ""
        refusals = document(found)["refusals"]
        return WhyAnswer(str(verdict), refusals, text, found.other or ("" if refusals else "no refusal was recognized"))

    def prove(
        self,
        claim: ClaimName,
        policy: Text | None = None,
        path: str | None = None,
        old_policy: Text | None = None,
        old_path: str | None = None,
        type: api.PolicyDocumentType | None = None,
        actions: list[str] | None = None,
        resources: list[str] | None = None,
        principals: list[str] | None = None,
        assume: ContextValues | None = None,
    ) -> ProveAnswer:
        """Prove a claim about a policy for every possible request, or show requests for which it fails.

        Claims: no-new-access (the policy grants nothing that the old one doesn't), not-granted (none of `actions` on
        `resources` to `principals`, patterns with wildcards), not-public, not-administrator. Give `policy` or `path`;
        for no-new-access also `old_policy` or `old_path`. `assume` fixes condition keys.
        """
        from preflight.report.proof import document

        if (policy is None) == (path is None):
            raise UsageError("give either policy or path")
        if claim == "no-new-access" and (old_policy is None) == (old_path is None):
            raise UsageError("no-new-access compares with an old policy: give either old_policy or old_path")
        if claim != "no-new-access" and not (old_policy is None and old_path is None):
            raise UsageError(f"old_policy and old_path go with no-new-access, not with {claim}")
        texts = {name: given for name, given in (("old", old_policy), ("new", policy)) if given is not None}
        with handed_over(texts) as written:
            files = [] if claim != "no-new-access" else [self._one(written, "old", old_path)]
            files.append(self._one(written, "new", path))
            answer = api.prove(
                claim, files, type_=type, actions=actions or (),
                resources=resources or (), principals=principals or (), assume=assume,
            )  # fmt: skip
            names = {file: each for each, file in written.items()}
            found = _plain_names(document(answer), files, lambda path: names.get(path) or self.roots.shown(path))
        skipped = [f"{each['path']}: {each['reason']}" for each in found["examined"]["skipped"]]
        return ProveAnswer(
            found["verdict"], found["counterexamples"], found["unknown"], found["examined"]["policies"], skipped
        )

    def least_privilege_policy(
        self,
        document: Text | None = None,
        paths: list[str] | None = None,
        operation: str | None = None,
        region: str | None = None,
        account: str | None = None,
        snapshot: str | None = None,
        live: bool = False,
    ) -> PolicyAnswer:
        """Work out the smallest IAM policy with which an AWS call, plan or template can be deployed.

        Give either `document` or `paths`, as for check_request. The document alone suffices, with `region` and
        `account`; `snapshot`, or `live` if the server was started with --live, adds what only the account knows. What
        could not be accounted for is in `open`.
        """
        facts = self._facts_for(snapshot, live=live)
        with self._given(document, paths) as (files, _):
            found = api.policy(*files, operation=operation, region=region, account=account, **facts)
        offer = found.offer
        return PolicyAnswer(
            policies=[dict(each.document) for each in offer.policies],
            fits=all(each.fits for each in offer.policies),
            open=[f"{each.message}; {each.resolution}" if each.resolution else each.message for each in offer.doubts],
        )

    def _facts_for(self, snapshot: str | None, *, live: bool) -> dict[str, Any]:
        """Return where a call's facts come from, as arguments; none without any. Raises `UsageError` for what the
        server may not do.
        """
        if live and snapshot is not None:
            raise UsageError("snapshot can't be combined with live")
        if live:
            if not self._facts.live:
                raise UsageError("the server may not read the live account; start it with preflight mcp --live")
            return {"live": True, "profile": self._facts.profile, "endpoint_url": self._facts.endpoint_url}
        if snapshot is not None:
            return {"snapshot": self.roots.file(snapshot)}
        return {} if self._facts.snapshot is None else {"snapshot": self._facts.snapshot}

    def _told(self, facts: Mapping[str, Any]) -> str:
        return f"the snapshot {self.roots.shown(facts['snapshot'])}" if "snapshot" in facts else "the live account"

    @contextmanager
    def _given(
        self, document: Text | None, paths: Sequence[str] | None
    ) -> Iterator[tuple[list[str], Callable[[str], str]]]:
        """Yield the files that a call is about, and a function that names them as the call does."""
        if (document is None) == (not paths):
            raise UsageError("give either document or paths")
        if document is None:
            if len(paths or ()) > MOST_FILES:
                raise UsageError(f"{len(paths or ())} paths are too many; a tool takes up to {MOST_FILES}")
            files = [self.roots.path(each) for each in paths or ()]
            with _errors_name(files, self.roots.shown):
                yield files, self.roots.shown
            return
        with handed_over({"document": document}) as written:
            (file,) = written.values()
            name = lambda path: "document" if path == file else self.roots.shown(path)  # noqa: E731
            with _errors_name([file], name):
                yield [file], name

    def _one(self, written: Mapping[str, str], name: str, path: str | None) -> str:
        return self.roots.path(path) if path is not None else written[name]


@contextmanager
def _errors_name(files: Sequence[str], name: Callable[[str], str]) -> Iterator[None]:
    """Have errors call files as the client does."""
    try:
        yield
    except PreflightError as error:
        raise UsageError(_renamed(str(error), files, name)) from None


def _named(policies: Sequence[Text], member: str) -> list[dict[str, Any]]:
    return [{"name": f"{member}[{at}]", "policy": _data(each, f"{member}[{at}]")} for at, each in enumerate(policies)]


def _data(policy: Text, name: str) -> Any:
    """Return a policy as data. Raises `UsageError` for text that is not JSON."""
    if not isinstance(policy, str):
        return policy
    try:
        return json.loads(policy)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{name} is not valid JSON: {error}") from None


def _renamed(text: str, files: Sequence[str], name: Callable[[str], str]) -> str:
    """Return a text in which files are called as the client knows them."""
    for file in sorted(files, key=len, reverse=True):
        text = text.replace(file, name(file))
    return text


def _plain_names(value: Any, files: Sequence[str], name: Callable[[str], str]) -> Any:
    """Return plain data in which files are called as the client knows them."""
    if isinstance(value, str):
        return _renamed(value, files, name)
    if isinstance(value, list):
        return [_plain_names(each, files, name) for each in value]
    if isinstance(value, dict):
        return {key: _plain_names(each, files, name) for key, each in value.items()}
    return value


def _diff(fixes: Sequence[Any], files: Sequence[str], name: Callable[[str], str]) -> str:
    from preflight.report.fixes import diff_of

    found = _renamed(diff_of(fixes, terminal=True), files, name)
    return found if len(found) <= _MOST_FIXES else f"{found[:_MOST_FIXES]}\n(cut off)\n"
