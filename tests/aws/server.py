"""The server: one for each worker process, on a free port, with a state that each test begins anew."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from tests.aws.overlay import Overlay, World


@contextmanager
def serving(world: World) -> Iterator[str]:
    """Serve on 127.0.0.1 until the block ends; gives the URL. Importing moto is left to here: it takes a moment."""
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # they cost every reset 0.2 s
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    class Quiet(MotoRequestHandler):
        def log(self, type: str, message: str, *args: Any) -> None:
            return

        def connection_dropped(self, error: BaseException, environ: Any = None) -> None:
            return

    application: Any = Overlay(DomainDispatcherApplication(create_backend_app), world)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.block_on_close = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        world.faults.clear()
        server.shutdown()
        server.server_close()


def forget_moto() -> None:
    """Empty moto's own state."""
    from moto.core.base_backend import BackendDict
    from moto.core.model_instances import reset_model_data

    BackendDict.reset()
    reset_model_data()


def load_managed_policies(account: str, partition: str, names: Iterable[str]) -> None:
    """Put AWS managed policies into moto's IAM. moto itself would load all fourteen hundred, for each account."""
    from moto.iam.models import AWSManagedPolicy, iam_backends

    backend = iam_backends[account][partition]
    for name in names:
        policy = AWSManagedPolicy.from_data(name, account, backend.region_name, _managed_policies()[name])
        backend.aws_managed_policies.append(policy)
        backend.managed_policies[policy.arn] = policy


@cache
def _managed_policies() -> dict[str, Any]:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    loaded: dict[str, Any] = json.loads(aws_managed_policies_data)
    return loaded
