"""What is raised for a policy that AWS would not take."""

from __future__ import annotations

from preflight.errors import PreflightError


class PolicyError(PreflightError):
    """AWS would refuse the document. `pointer` is a JSON pointer to the place, `mend` an imperative."""

    def __init__(self, pointer: str, problem: str, mend: str) -> None:
        self.pointer, self.problem, self.mend = pointer, problem, mend
        super().__init__(f"{pointer or '/'}: {problem}; {mend}")
