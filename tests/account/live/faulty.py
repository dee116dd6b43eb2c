"""A local HTTP server that answers AWS's JSON services as it is told: refusals, throttling, silence."""

from __future__ import annotations

import json
import math
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = """<GetSessionTokenResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetSessionTokenResult><Credentials>
<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>very-secret</SecretAccessKey><SessionToken>very-secret</SessionToken>
<Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></GetSessionTokenResult></GetSessionTokenResponse>"""

STS = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/ann</Arn><UserId>AIDA</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>"""


class Faulty:
    """`answers` maps an operation (`DescribeModel`) to (status, body) or to several, taken one after another.

    Each answer takes `latency`, until `gather` requests are under way at once: from then on none does.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        self.latency, self.gather = 0.0, math.inf
        self.over = threading.Event()
        self.seen: Counter[str] = Counter()
        self.most = self.under_way = 0
        self.lock = threading.Lock()
        self.url = ""

    def answer(self, operation: str) -> tuple[int, bytes, str]:
        if operation == "GetCallerIdentity":
            return 200, STS.encode(), "text/xml"
        if operation == "GetSessionToken":
            return 200, TOKEN.encode(), "text/xml"
        with self.lock:
            answers = self.answers.get(operation) or [(400, {"__type": "AccessDeniedException", "Message": "denied"})]
            status, body = answers.pop(0) if len(answers) > 1 else answers[0]
        return status, json.dumps(body).encode(), "application/x-amz-json-1.1"


@contextmanager
def faulty() -> Iterator[Faulty]:
    """Serve on a free port of this machine until the block ends."""
    faults = Faulty()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            target = self.headers.get("X-Amz-Target", "")
            operation = target.rpartition(".")[2] or text.partition("Action=")[2].partition("&")[0]
            with faults.lock:
                faults.seen[operation] += 1
                faults.under_way += 1
                faults.most = max(faults.most, faults.under_way)
                if faults.under_way >= faults.gather:
                    faults.over.set()
            faults.over.wait(faults.latency)
            with faults.lock:
                faults.under_way -= 1
            status, body, kind = faults.answer(operation)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False
        request_queue_size = 128

        def handle_error(self, request: Any, client_address: Any) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    faults.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield faults
    finally:
        faults.over.set()
        server.shutdown()
        server.server_close()
