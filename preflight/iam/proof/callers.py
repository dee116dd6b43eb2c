"""The callers that a set of policies tells apart, where policies name callers: each with what its request says of it.

Every account that is mentioned and one that is not, with its root, users, roles, sessions and federated users;
services, identity providers and everyone. Names are found by running all patterns for `aws:PrincipalArn`,
`aws:PrincipalAccount` and `aws:username`, and all principals that are listed, together.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from preflight.iam.conditions import Condition
from preflight.iam.context import RequestContext
from preflight.iam.identity_providers import providers_of_people, shared_providers
from preflight.iam.principals import Caller, PrincipalError, caller
from preflight.iam.proof.keys import OF_THE_CALLER
from preflight.iam.proof.patterns.automaton import words
from preflight.iam.proof.patterns.symbols import COLON, ONE, RUN, SLASH, Symbol, Symbols, arn_symbols, literal, symbols
from preflight.iam.proof.sought import examples, names_a_session, roles_of_sessions, session_names, unclear_sessions
from preflight.iam.proof.values import candidates
from preflight.iam.request import Context, Request
from preflight.iam.statement import Principals
from preflight.iam.variables import Missing, as_tokens
from preflight.iam.wildcard import tokens

FRESH_ACCOUNTS = ("444455556666", "777788889999", "222233334444", "555566667777", "888899990000")
_ACCOUNT = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])", re.ASCII)
_PARTITION = re.compile(r"arn:(aws[a-z-]*):")
_UNIQUE_IDS = ("AROA", "AIDA")


class Person(NamedTuple):
    """A caller, and the keys that its request has beside those that follow from it."""

    who: Caller
    given: tuple[tuple[str, str], ...] = ()


class Crowd(NamedTuple):
    """The callers; `missing` says which kind may be lacking, empty where none is."""

    people: tuple[Person, ...]
    missing: str = ""


def lookup_of(person: Person) -> RequestContext:
    """Return a lookup of the keys that the caller determines, as the engine has them."""
    request = Request(person.who.text, "kms:Decrypt", "*", context=Context(dict(person.given)))
    return RequestContext(request, person.who, "")


def mentioned_accounts(principals: Iterable[Principals], conditions: Iterable[Condition]) -> frozenset[str]:
    """Return the accounts that Principal elements, and conditions on keys of the caller, name."""
    texts = [value for each in principals for _, value in each.entries]
    texts += [value for each in conditions if each.key in OF_THE_CALLER for value in each.values]
    return frozenset(number for text in texts for number in _ACCOUNT.findall(text))


def crowd(
    principals: Sequence[Principals], conditions: Sequence[Condition], sought: Sequence[str] = (), *, thorough: bool
) -> Crowd:
    """Return the callers that Principal elements, conditions on keys of the caller and the patterns of those that are
    `sought` can tell apart.
    """
    entries = tuple(dict.fromkeys(entry for each in principals for entry in each.entries))
    listed = [value for kind, value in entries if kind == "AWS"]
    texts = [*listed, *sought, *(value for each in conditions for value in each.values)]
    partitions = tuple(dict.fromkeys(("aws", *(name for text in texts for name in _PARTITION.findall(text)))))
    accounts = mentioned_accounts(principals, conditions).union(*map(_ACCOUNT.findall, sought))
    fresh = next((each for each in FRESH_ACCOUNTS if each not in accounts), "000000000001")
    found = ["*"]
    for account, partition in product((fresh, *sorted(accounts)), partitions):
        found += _of_account(partition, account)
    found += [value for _, value in entries if value != "*"]
    found += [value for each in conditions if each.key == "aws:principalarn" for value in each.values]
    sessions = session_names(sought, listed)
    found += [session for text in found for session in _sessions(text, sessions)]
    found += ["example.amazonaws.com", *_services(entries, conditions)]
    found += [*providers_of_people(), f"arn:aws:iam::{fresh}:saml-provider/example"]
    if ("Federated", "*") in entries:
        found += [
            f"arn:aws:iam::{fresh}:oidc-provider/{host}"
            for host in shared_providers()
            if host not in providers_of_people()
        ]
    found += examples(sought)
    missing = ""
    if thorough:
        names, missing = _names(listed, conditions, partitions, sought)
        found += names
        found += [session for text in names for session in _sessions(text, sessions)]
    missing = missing or unclear_sessions(sought)
    services = [value for each in conditions if each.key == "aws:principalservicename" for value in each.values]
    if sum("*" in value or "?" in value for value in (*services, *(sought if services else ()))) > 1:
        missing = missing or "there are too many patterns for aws:PrincipalServiceName"
    people = [Person(each) for each in _callers(dict.fromkeys(found))]
    of_id = [each for each in conditions if each.key == "aws:userid"]
    unique = [value for value in listed if value.startswith(_UNIQUE_IDS)]
    if (of_id or unique) and names_a_session(sought):
        missing = missing or "aws:userid and the names of sessions"
    if of_id or unique:
        ids = candidates("aws:userid", of_id, thorough=thorough)
        missing = missing or ids.missing
        whole = (each if each.startswith("AIDA") or ":" in each else f"{each}:session" for each in unique)
        values = [*ids.values, *((each,) for each in whole)]
        people = [each for person in people for each in _with_ids(person, values)]
    return Crowd(tuple(people), missing)


def _of_account(partition: str, account: str) -> list[str]:
    iam, sts = f"arn:{partition}:iam::{account}", f"arn:{partition}:sts::{account}"
    return [
        f"{iam}:role/example",
        f"{iam}:user/example",
        f"{sts}:assumed-role/example/session",
        f"{iam}:root",
        f"{sts}:federated-user/example",
    ]


def _sessions(text: str, names: Iterable[str]) -> Iterator[str]:
    """Yield sessions of the names, if the text is a role's ARN."""
    head, _, name = text.partition(":role/")
    if name and head.startswith("arn:"):
        role = f"{head.replace(':iam:', ':sts:')}:assumed-role/{name.rpartition('/')[2]}"
        yield from (f"{role}/{each}" for each in names)


def _services(entries: Iterable[tuple[str, str]], conditions: Iterable[Condition]) -> Iterator[str]:
    yield from (value for kind, value in entries if kind == "Service")
    for each in conditions:
        if each.key == "aws:principalservicename":
            yield from (value.replace("*", "example").replace("?", "x") for value in each.values)


def _callers(texts: Iterable[str]) -> Iterator[Caller]:
    for text in texts:
        try:
            yield caller(text)
        except PrincipalError:
            continue


def _with_ids(person: Person, ids: Iterable[tuple[str, ...]]) -> Iterator[Person]:
    found = lookup_of(person)("aws:userid")
    if isinstance(found, tuple):
        yield person
        return
    for values in ids:
        if values:
            yield Person(person.who, (("aws:userid", values[0]),))
        elif found is Missing.ABSENT:
            yield person


def _names(
    listed: Sequence[str], conditions: Sequence[Condition], partitions: Sequence[str], sought: Sequence[str]
) -> tuple[list[str], str]:
    """Return ARNs of callers that show every combination of patterns that can occur."""
    texts = (*listed, *sought, *(value for each in conditions for value in each.values))
    written = {letter for text in texts for letter in text}
    usual = [letter for letter in "4567890123" if letter not in written][:1]
    digits = Symbol("is", frozenset([*usual, *(letter for letter in written if letter in "0123456789")]))
    forms: list[list[Symbols]] = []
    kinds = [("iam", "role/", True), ("iam", "user/", True), ("sts", "federated-user/", True), ("iam", "root", False)]
    if sought:
        kinds += [("iam", "saml-provider/", True), ("iam", "oidc-provider/", True)]
    for partition, (service, kind, named) in product(partitions, kinds):
        head = (*literal(f"arn:{partition}:{service}::"), *(digits,) * 12, *literal(f":{kind}"))
        forms.append([(*head, *_name_of(kind)) if named else head])
    groups = [[*_entry(value)] for value in listed]
    groups += [[*_views(each)] for each in conditions]
    groups += [[symbols(tokens(each)), _of(symbols(tokens(each), COLON))] for each in sought]
    groups += [[symbols(tokens(each), COLON)] for each in roles_of_sessions(sought)]
    flat = [each for form in forms for each in form]
    # A role's session shows the role without its path.
    plain: list[Symbols] = [
        (*form[0][:-2], Symbol("one", SLASH), Symbol("run", SLASH)) for form in forms if form[0][-1] is RUN
    ]
    wanted = [True, *(None for _ in (*forms, *groups, 0))]
    shown = words([flat, *forms, *groups, plain], wanted)
    return list(shown.words.values()), "" if shown.whole else "the patterns for callers overlap in too many ways"


def _name_of(kind: str) -> Symbols:
    """Return what may follow a kind of principal. Users and roles have a path and a name; the others have no colon in
    their names, and federated users and SAML providers no slash.

    Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetFederationToken.html and
    https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateSAMLProvider.html
    """
    if kind in ("role/", "user/"):
        return ONE, RUN
    barred = COLON if kind == "oidc-provider/" else COLON | SLASH
    return Symbol("one", barred), Symbol("run", barred)


def _entry(value: str) -> Iterator[Symbols]:
    account = value if value.isdigit() else value.split(":")[4] if value.endswith(":root") else ""
    if account:
        yield _of(symbols(tokens(account)))
    elif value != "*":
        yield literal(value)
        head, kind, name = value.partition(":role/")
        if kind and "/" in name:
            yield literal(f"{head}:role/{name.rpartition('/')[2]}")


def _of(account: Symbols) -> Symbols:
    """Return every ARN of an account as symbols."""
    part = Symbol("run", COLON)
    head = (*literal("arn:"), part, *literal(":"), part, *literal(":"), part, *literal(":"))
    return (*head, *account, *literal(":"), RUN)


def _views(condition: Condition) -> Iterator[Symbols]:
    """Yield the values of a condition on the caller as patterns for its ARN."""
    arn = condition.base.positive.startswith("Arn")
    exact = condition.base.positive not in ("StringLike", "ArnLike", "ArnEquals")
    for each in condition.templates:
        pattern = as_tokens(each.parts)
        text = literal(each.text) if exact else None
        if condition.key == "aws:principalarn":
            found = arn_symbols(pattern) if arn else text or symbols(pattern)
            if found is not None:
                yield found
        elif condition.key in ("aws:principalaccount", "kms:calleraccount"):
            yield _of(text or symbols(pattern, COLON))
        elif condition.key == "aws:username":
            name = text or symbols(pattern, SLASH)
            for path in ((), (RUN, *literal("/"))):
                part = Symbol("run", COLON)
                head = (*literal("arn:"), part, *literal(":iam::"), part, *literal(":user/"))
                yield (*head, *path, *name)
