"""Where a request is served: the state, the region and the account."""

from __future__ import annotations

from dataclasses import dataclass

from tests.aws.state import Hosting, State, arn


@dataclass(frozen=True, slots=True)
class Scope:
    """One request's account and region in the state."""

    state: State
    region: str
    account: str

    @property
    def hosting(self) -> Hosting:
        return self.state.hosting[self.account, self.region]

    def arn(self, resource: str) -> str:
        return arn(self.state, self.region, self.account, resource)
