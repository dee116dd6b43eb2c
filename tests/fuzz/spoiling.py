"""What makes another answer of an answer: a page of a portal, a part, other values, too much, nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from tests.aws.answers import Answer
from tests.fuzz.modelled import cbor
from tests.fuzz.mutating import Mutator

Spoil = Callable[[Answer], Answer]

PORTAL = b"<!DOCTYPE html><html><body><h1>Sign in</h1><a href='/'>x</a></body></html>"
_BODIES = (b"", b"{}", b"[]", b"null", b"<a/>", b"7", b'"x"', b"\xff\xfe{}", b"\xa0", b"[" * 3000, b'{"a":' * 3000)
_STATUSES = (204, 301, 400, 403, 404, 409, 429, 500, 503)
_TYPES = ("", "text/plain", "text/html", "application/xml", "application/cbor", "application/x-amz-json-1.1", "\u00e9")
_LARGE = 200


def portal(mutator: Mutator, answer: Answer) -> Answer:
    """A captive portal answers."""
    return replace(answer, status=mutator.random.choice((200, 302, 403, 503)), body=PORTAL, content_type="text/html")


def cut(mutator: Mutator, answer: Answer) -> Answer:
    """The answer ends before its end."""
    return replace(answer, body=answer.body[: mutator.random.randrange(len(answer.body) + 1)])


def nothing(mutator: Mutator, answer: Answer) -> Answer:
    """The answer is one without members, or none at all."""
    return replace(answer, body=mutator.random.choice(_BODIES))


def status(mutator: Mutator, answer: Answer) -> Answer:
    """Whatever is answered, its status is another."""
    return replace(answer, status=mutator.random.choice(_STATUSES))


def content_type(mutator: Mutator, answer: Answer) -> Answer:
    """The answer says that it is something else."""
    return replace(answer, content_type=mutator.random.choice(_TYPES))


def foreign(mutator: Mutator, answer: Answer) -> Answer:
    """The answer is written as those of another service are."""
    value = mutator.random.choice(({}, {"Error": {"Code": "x"}}, {"__type": 7, "message": []}, {"nextToken": "x"}))
    xml = b"<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>"
    return replace(answer, body=mutator.random.choice((json.dumps(value).encode(), xml, cbor(value))))


def members(mutator: Mutator, answer: Answer) -> Answer:
    """Members are missing, moved, or of other types."""
    if answer.body.startswith(b"{"):
        text = json.dumps(mutator.document(json.loads(answer.body)))
        return replace(answer, body=text.encode())
    return replace(
        answer, body=mutator.xml(answer.body) if answer.body.startswith(b"<") else mutator.bytes(answer.body)
    )


def octets(mutator: Mutator, answer: Answer) -> Answer:
    """A few bytes are others."""
    return replace(answer, body=mutator.bytes(answer.body))


def headers(mutator: Mutator, answer: Answer) -> Answer:
    """Headers hold other texts, or are not there."""
    # As the bytes of a text come over the wire: the stand-in's server answers nothing to a header that it can't encode.
    words = (
        mutator.word()[:300].replace("\n", "").encode("utf-8", "replace").decode("latin-1") for _ in answer.headers
    )
    kept = tuple((name, word) for (name, _), word in zip(answer.headers, words, strict=True))
    return replace(answer, headers=mutator.random.choice(((), kept)))


def more(mutator: Mutator, answer: Answer) -> Answer:
    """There is always more: the same token for the next part, again and again."""
    if answer.body.startswith(b"{"):
        tokens = dict.fromkeys(("NextToken", "nextToken", "Marker", "NextMarker", "LastEvaluatedTableName"), "x")
        return replace(answer, body=json.dumps({**json.loads(answer.body), **tokens}).encode())
    tokens = b"".join(
        b"<%s>%s</%s>" % (name, text, name)
        for name, text in ((b"NextToken", b"x"), (b"nextToken", b"x"), (b"Marker", b"x"), (b"IsTruncated", b"true"))
    )
    at = answer.body.find(b"Result>") + len(b"Result>") if b"Result>" in answer.body else answer.body.find(b">") + 1
    return replace(answer, body=answer.body[:at] + tokens + answer.body[at:])


def large(mutator: Mutator, answer: Answer) -> Answer:
    """Every list is long, or a text."""
    if not answer.body.startswith(b"{"):
        return replace(answer, body=answer.body.replace(b">x<", b">" + b"x" * 20 * _LARGE + b"<", 3))
    value = json.loads(answer.body)
    for name, each in value.items():
        if isinstance(each, list):
            value[name] = each * _LARGE
        elif isinstance(each, str):
            value[name] = each * 20 * _LARGE
    return replace(answer, body=json.dumps(value).encode())


SPOILS = (portal, cut, nothing, status, content_type, foreign, members, members, octets, headers, more, large)


def spoil(number: int) -> Spoil:
    """Return what spoils answers, the same for the same number."""
    mutator = Mutator(number)
    how = mutator.random.choice(SPOILS)
    return lambda answer: how(mutator, answer)
