"""What has no sign of a placeholder has none: the quick look and the careful one agree."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from preflight.documents.policies.find import _may_have_placeholders
from preflight.documents.policies.found_policy import NO_FORMS
from preflight.documents.policies.placeholders import _PLACEHOLDER, _PSEUDO

PARTS = st.sampled_from(
    [*"{}$#%<>[]:._ ", "__", "{{", "}}", "a", "A", "aws:", "region", "AWS::", "self", "REPLACE_ME", "ACCOUNT", "YOUR-"]
)


@given(st.lists(PARTS, max_size=10).map("".join))
@example("<account-id>")
@example("{name}")
@example("%{name}")
@example("[NAME]")
@example("${file(x)}")
@example("__NAME__")
@example(":AWS_REGION:")
def test_every_placeholder_has_a_sign(text: str) -> None:
    if _PLACEHOLDER.search(text) or _PSEUDO.search(text):
        assert _may_have_placeholders(text, NO_FORMS)
