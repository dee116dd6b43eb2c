"""Names that are made up show the same combinations of patterns as going through all names does."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from preflight.iam.example_names import shown
from preflight.iam.pattern import combinations
from preflight.iam.wildcard import matcher, tokens

PATTERNS = st.lists(st.text("abc/*?", max_size=5), max_size=5, unique=True)


@settings(max_examples=200, deadline=None)
@given(PATTERNS, st.text("a/*?", max_size=4), st.sampled_from(["", "/"]))
def test_what_is_shown_is_what_occurs(patterns: list[str], within: str, barred: str) -> None:
    compiled = tuple(dict.fromkeys(tokens(each) for each in patterns))
    found = shown(compiled, tokens(within), barred)
    if found is None:
        return
    assert found.keys() == (combinations(compiled, tokens(within), barred=barred) or {}).keys()
    for matched, name in found.items():
        assert matcher(tokens(within))(name)
        assert tuple(matcher(each)(name) for each in compiled) == matched


def test_words_beside_prefixes_are_shown() -> None:
    """As AmazonSageMakerFullAccess has them beside policies of one's own: `combinations` looks at 547 states."""
    words = [f"arn:aws:s3:::*{word}*" for word in ("SageMaker", "Sagemaker", "sagemaker", "aws-glue")]
    prefixes = [f"arn:aws:s3:::data-{number}/*" for number in range(3)]
    found = shown(tuple(map(tokens, [*words, *prefixes, "arn:aws:s3:::*"])), tokens("arn:aws:s3:::?*/?*"), "")
    assert found is not None and len(found) == 2 ** len(words) * (len(prefixes) + 1)
    assert len(set(found.values())) == len(found) and not any(":" in name[13:] for name in found.values())
