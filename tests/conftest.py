"""What tests of every part share: no AWS settings of the machine, and the stand-in for AWS."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.aws.control import StandIn
from tests.aws.overlay import World
from tests.aws.server import serving

# Where the tests run changes no report, unless a test says so.
for _name in ("GITHUB_ACTIONS", "GITHUB_WORKSPACE", "CI_PROJECT_DIR"):
    os.environ.pop(_name, None)
# Nothing is kept in the home folder of whoever runs the tests.
os.environ["PREFLIGHT_CACHE_DIR"] = tempfile.mkdtemp(prefix="preflight-tests-")
# The same examples in every run, so that a commit passes always or never; new ones: --hypothesis-profile=searching.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("searching", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def standing_in() -> Iterator[StandIn]:
    """The stand-in for AWS of this worker process; tests ask for `aws`, which begins anew for each."""
    world = World()
    with serving(world) as url:
        yield StandIn(url, world)


@pytest.fixture
def aws(standing_in: StandIn) -> Iterator[StandIn]:
    """A stand-in for AWS with an empty account in it."""
    standing_in.reset()
    yield standing_in
    standing_in.mend()
