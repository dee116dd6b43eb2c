"""Whether a file in a directory is worth reading: what may hold a policy says so somewhere in its bytes."""

from __future__ import annotations

from preflight.documents.policies.files import HCL

# A policy has statements with effects, or says its version; what holds policies names their places; a template and a
# plan may have one in each resource. What is escaped may be any of it.
_MARKS = (b"tatement", b"2012-10-17", b"2008-10-17", b"AWS::", b"PolicyDocument", b'"policy"', b"Effect",
          b":aws:policy/", b"terraform_version", b"\\u00", b"\\x", b"aws_iam_", b"::MODULE", b"Custom::")  # fmt: skip
_HCL_MARKS = (b"olicy", b"tatement", b"module")


def may_hold_policy(data: bytes, path: str) -> bool:
    """Say whether the bytes of a file that was not itself named may hold a policy."""
    if path.endswith(HCL):
        return any(part in data for part in _HCL_MARKS)
    plain = data.replace(b"\0", b"") if b"\0" in data[:4] else data  # UTF-16
    return any(part in plain for part in _MARKS)
