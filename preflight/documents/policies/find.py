"""Every policy in a document: the document itself, what AWS's commands print around one, or the many that others hold.

A kind of document that holds policies is one line of `_HOLDERS`, with a module of its own, loaded when it is met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from preflight.documents.policies.cli_output import next_wrapper
from preflight.documents.policies.found_policy import (
    NO_FORMS,
    ORGANIZATION_TYPES,
    FoundPolicies,
    FoundPolicy,
    PassedOver,
    PolicyDocumentType,
    Problem,
    ProjectForms,
)
from preflight.documents.policies.in_string import (
    looks_like_policy,
    policy_in_string,
    repeated_problem,
    syntax_problem,
)
from preflight.documents.policies.policy_type import OtherType, doubt_of, service_of, type_of
from preflight.documents.text.document import Document
from preflight.documents.text.load import load_text
from preflight.documents.text.repeated import Repeated
from preflight.errors import InputError
from preflight.json_pointer import escape

if TYPE_CHECKING:
    from preflight.documents.policies.placeholders import PlaceholderForms

Finder: TypeAlias = Callable[[Document], Iterable[FoundPolicy | PassedOver]]

# What a document holds if it looks so, and `module:function`, a `Finder`. The first that fits is asked.
_HOLDERS: tuple[tuple[Callable[[Mapping[str, Any]], bool], str], ...] = (
    (lambda value: _has_types(value.get("Resources")), "preflight.documents.policies.in_templates:of_template"),
    (
        lambda value: "service" in value and isinstance(value.get("provider"), dict),
        "preflight.documents.policies.in_serverless:of_serverless",
    ),
    (
        lambda value: "format_version" in value and ("planned_values" in value or "resource_changes" in value),
        "preflight.documents.policies.in_terraform:of_terraform_plan",
    ),
    (
        lambda value: "terraform_version" in value and ("resources" in value or "values" in value),
        "preflight.documents.policies.in_terraform:of_terraform_state",
    ),
    (
        lambda value: isinstance(value.get("steps"), list) or isinstance(value.get("deployment"), dict),
        "preflight.documents.policies.in_pulumi:of_pulumi",
    ),
    (lambda value: "version" in value and "account" in value, "preflight.documents.policies.in_accounts:of_snapshot"),
    (
        lambda value: any(name in value for name in ("RoleDetailList", "UserDetailList", "GroupDetailList")),
        "preflight.documents.policies.in_accounts:of_authorization_details",
    ),
)
# What is in every text that has placeholders, and the forms that it then has: most policies need not load
# policies/placeholders.py. Each is searched for alone: a pattern of all forms takes ten times as long, as does one that
# begins with any number of letters, before which its end is searched for.
_PLACEHOLDER_SIGNS: tuple[tuple[str, ...], ...] = (
    ("{{",),
    ("<", r"<[A-Za-z]"),
    ("\\u003", r"\\u003[cC]"),
    ("{", r"\{[A-Za-z_][^:{}]*\}"),
    ("[", r"\[[A-Z]"),
    ("${", r"\$\{(?:(?:self|opt|env|param|sls|cf|file)[:.(]|aws:(?:accountId|region)\}|\w+::)"),
    ("__", r"__[A-Z]"),
    ("egion", r"egion[\w-]*:", r":[\w-]*[Rr]egion[\w-]*:"),
    ("ccount", r"ccount[\w-]*:", r":[\w-]*[Aa]ccount[\w-]*:"),
    *((word,) for word in ("REPLACE", "CHANGE", "YOUR", "ACCOUNT", "REGION")),
)
# What begins another document of a YAML file (YAML 1.1, 9.2), and what in one is more than comments.
_NEXT_DOCUMENT = re.compile(r"(?<=\n)---(?=\s|\Z)")
_SOMETHING = re.compile(r"^(?!---|\s*#|%)[^\n]*\S|^---[ \t]+[^\s#]", re.MULTILINE)
_MOST_DOCUMENTS = 200


def read_policies(
    text: str, path: str, wanted: PolicyDocumentType | None = None, own: ProjectForms = NO_FORMS
) -> list[FoundPolicy]:
    """Return every policy in a file's text, as `read_all` does, without what of it could not be looked at."""
    return read_all(text, path, wanted, own).found


def read_all(
    text: str, path: str, wanted: PolicyDocumentType | None = None, own: ProjectForms = NO_FORMS
) -> FoundPolicies:
    """Return every policy in a file's text, in the order in which they stand; `wanted` is the type of a bare one.

    A text that cannot be read, and has the look of a policy, is one policy with a problem and no value. The list is
    empty where there is none. Raises `InputError` for a text that cannot be read and does not look like one.
    """
    if parts := yaml_documents(text, path):
        return _of_each(parts, path, wanted, own)
    repeated: list[Repeated] = []
    try:
        document = load_text(text, path, repeated, short_forms=True)
    except InputError as error:
        if not looks_like_policy(text):
            raise
        if (filled := _with_bare_placeholders(text, path, wanted, own)) is not None:
            return filled
        problem = syntax_problem(error)
        return FoundPolicies([FoundPolicy(Document(path, None, text), None, wanted or "identity", problems=(problem,))])
    return all_in(document, wanted, repeated, own)


def _with_bare_placeholders(
    text: str, path: str, wanted: PolicyDocumentType | None, own: ProjectForms
) -> FoundPolicies | None:
    """Return the policies of a text that can be read once the placeholders outside its quotes are values."""
    from preflight.documents.text.bare_placeholders import quoted

    made = quoted(text)
    if made is None:
        return None
    repeated: list[Repeated] = []
    try:
        document = load_text(made.text, path, repeated, short_forms=True)
    except InputError:
        return None
    forms = own._replace(placeholders=(*own.placeholders, *made.placeholders))
    return all_in(document, wanted, repeated, forms)


def all_in(
    document: Document,
    wanted: PolicyDocumentType | None = None,
    repeated: Sequence[Repeated] = (),
    own: ProjectForms = NO_FORMS,
) -> FoundPolicies:
    """Return every policy in a document; `wanted` is the type of one that nothing around it tells the type of.

    `repeated` are the members of the document that stand twice: those in a policy are its problems.
    """
    holder = _holder(document.value)
    each_part = list(holder(document) if holder is not None else _bare(document, wanted))
    found = [each for each in each_part if isinstance(each, FoundPolicy)]
    passed_over = tuple(dict.fromkeys(each.reason for each in each_part if isinstance(each, PassedOver)))
    if found and (not document.text or _may_have_placeholders(document.text, own)):
        from preflight.documents.policies.placeholders import with_placeholders

        found = [with_placeholders(each, _where(document.value), own) for each in found]
    if repeated:
        found = [replace(each, problems=each.problems + tuple(_repetitions(each, repeated))) for each in found]
    return FoundPolicies(
        [each for each in found if not each.supposed], passed_over, tuple(each for each in found if each.supposed)
    )


def _may_have_placeholders(text: str, own: ProjectForms) -> bool:
    return own != NO_FORMS or any(
        sign in text and all(re.search(form, text) for form in forms) for sign, *forms in _PLACEHOLDER_SIGNS
    )


def _where(value: Any) -> PlaceholderForms:
    if isinstance(value, dict) and _has_types(value.get("Resources")):
        return "template"
    return "serverless" if isinstance(value, dict) and "service" in value and "provider" in value else "plain"


def yaml_documents(text: str, path: str) -> list[str]:
    """Return the documents of a YAML file that has several, each on the lines on which it stands; else nothing."""
    if "\n---" not in text or text.lstrip()[:1] in ("{", "["):
        return []
    starts = [0, *(found.start() for found in _NEXT_DOCUMENT.finditer(text))]
    if len(starts) > _MOST_DOCUMENTS:
        raise InputError(path, f"it holds more than {_MOST_DOCUMENTS} YAML documents", mend="split it")
    parts = [(text.count("\n", 0, start), text[start:end]) for start, end in pairwise([*starts, len(text)])]
    filled = ["\n" * lines + part for lines, part in parts if _SOMETHING.search(part)]
    return filled if len(filled) > 1 else []


def _of_each(parts: Sequence[str], path: str, wanted: PolicyDocumentType | None, own: ProjectForms) -> FoundPolicies:
    read = [read_all(each, path, wanted, own) for each in parts]
    return FoundPolicies(
        [one for each in read for one in each.found],
        tuple(one for each in read for one in each.passed_over),
        tuple(one for each in read for one in each.supposed),
    )


def _holder(value: Any) -> Finder | None:
    if isinstance(value, dict) and "Statement" not in value:
        for looks_so, where in _HOLDERS:
            if looks_so(value):
                module, _, name = where.partition(":")
                holder: Finder = getattr(import_module(module), name)
                return holder
    return None


def _has_types(resources: Any) -> bool:
    """Say whether a value is the resources of a template: some have a type such as `AWS::IAM::Role`."""
    return isinstance(resources, dict) and any(
        "::" in str(each.get("Type")) if isinstance(each, dict) else name.startswith("Fn::ForEach::")
        for name, each in resources.items()
    )


def _bare(document: Document, wanted: PolicyDocumentType | None) -> Iterator[FoundPolicy | PassedOver]:
    """Yield the policy that a document is, or that AWS's commands have printed something around."""
    value, pointer, type_ = document.value, "", wanted
    while (name := next_wrapper(value)) is not None:
        type_ = _told(name, value) or type_
        pointer, value = f"{pointer}/{escape(name)}", value[name]
        if isinstance(value, str):
            if "tatement" not in value:
                return
            found = policy_in_string(document, pointer, type_, string=value)
            if _is_policy(found.value, inside=True) or (not found.readable and looks_like_policy(found.text or "")):
                yield replace(found, owner=_owner(found.value, found.type))
            return
    if not _is_policy(value, inside=bool(pointer)):
        from preflight.documents.policies.elsewhere import policies_elsewhere

        yield from policies_elsewhere(document.value, document.text)
        return
    told, type_ = type_, type_ or type_of(value, document.path)
    doubt = doubt_of(value, type_, document.path) if told is None else None
    if doubt is None:
        yield FoundPolicy(document, value, type_, pointer, owner=_owner(value, type_))
    else:
        yield FoundPolicy(document, value, type_, pointer, problems=(_doubted(doubt, type_),))


def _doubted(doubt: OtherType, type_: PolicyDocumentType) -> Problem:
    """Return what is said of a policy that may be of another type; nothing else is said that depends on it."""
    linted = "an identity-based policy" if type_ == "identity" else "a resource-based policy"
    remedy = f'If it is one, run with --type {doubt.type}, or set type = "{doubt.type}" for its path in the settings.'
    return Problem("doubt", f"{doubt.why}: linted as {linted}, without what depends on its type", remedy)


def _told(wrapper: str, value: Mapping[str, Any]) -> PolicyDocumentType | None:
    """Return the type that what stands around a policy tells."""
    if wrapper == "AssumeRolePolicyDocument":
        return "trust"
    if wrapper in ("policyText", "PolicyVersion"):
        return "resource" if wrapper == "policyText" else "identity"
    if wrapper == "Content" and isinstance(value.get("PolicySummary"), dict):
        return ORGANIZATION_TYPES.get(str(value["PolicySummary"].get("Type")))
    return None


def _is_policy(value: Any, *, inside: bool = False) -> bool:
    """Say whether a value is a policy, or was meant to be one: a misspelt Statement is for the rules to tell."""
    if not isinstance(value, dict):
        return False
    if "Statement" in value:
        return True
    if str(value.get("Version")) in ("2012-10-17", "2008-10-17"):
        return not set(value) & {"Resources", "Transform", "stages"}
    names = {name.lower(): each for name, each in value.items()}
    return any(
        inside or "version" in names or "id" in names or len(value) == 1 or _is_statements(names[name])
        for name in ("statement", "statements", "statment")
        if name in names
    )


def _is_statements(value: Any) -> bool:
    """Say whether a value is statements, in whatever case their elements are."""
    many = value if isinstance(value, list) else [value]
    return any(isinstance(each, dict) and "effect" in {name.lower() for name in each} for each in many)


def _owner(policy: Any, type_: PolicyDocumentType) -> Mapping[str, str]:
    service = service_of(policy) if type_ == "resource" else ""
    return {"service": service} if service else {}


def _repetitions(policy: FoundPolicy, repeated: Iterable[Repeated]) -> Iterator[Problem]:
    if policy.text is None:
        for pointer, line, column in repeated:
            if pointer.startswith(f"{policy.pointer}/"):
                yield repeated_problem(pointer[len(policy.pointer) :], line, column)
