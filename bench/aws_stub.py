"""AWS at HTTP level on 127.0.0.1, for functions that run in processes of their own.

The tables, secrets and queues are moto's, in this process: what is measured in the other process is our code, botocore
and the system's network, and what the answers cost to make is not in it.
"""

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import botocore.session
from botocore import xform_name
from botocore.exceptions import ClientError

SERVICES = {
    "DynamoDB_20120810": "dynamodb",
    "secretsmanager": "secretsmanager",
    "AmazonSQS": "sqs",
    "AWSEvents": "events",
}
UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PUBLISHED = b"<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>"


class AwsStub(ThreadingHTTPServer):
    """Answers what the functions ask of AWS; `operations` counts it. Who holds `turn` has the tables alone."""

    daemon_threads = True

    def __init__(self, region: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.operations: Counter[str] = Counter()
        session = botocore.session.get_session()
        self.clients = {name: session.create_client(name, region) for name in SERVICES.values()}
        self.turn = threading.Lock()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of connections that ended with the process that had opened them."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        """Do an operation that is named by its target; moto is not made for several threads."""
        prefix, _, operation = target.rpartition(".")
        with self.turn:
            self.operations[operation] += 1
            try:
                answer = getattr(self.clients[SERVICES[prefix]], xform_name(operation))(**json.loads(body))
            except ClientError as error:
                return 400, _encode(_problem(error))
        answer.pop("ResponseMetadata", None)
        return 200, _encode(answer)


class _Handler(BaseHTTPRequestHandler):
    server: AwsStub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        target = self.headers.get("X-Amz-Target")
        if target:
            self._send(*self.server.answer(target, body))
        else:
            self._send(200, b"" if "/@connections/" in self.path else PUBLISHED)

    def do_DELETE(self) -> None:
        self._send(204, b"")

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Say nothing."""


def _problem(error: ClientError) -> dict[str, Any]:
    details = {name: value for name, value in error.response.items() if name not in {"Error", "ResponseMetadata"}}
    return {"__type": error.response["Error"]["Code"], "message": error.response["Error"]["Message"], **details}


def _encode(document: dict[str, Any]) -> bytes:
    return json.dumps(document, default=str).encode()


class CannedStub(AwsStub):
    """Answers as it has answered the first time: a read that differs in its ids alone, and every write."""

    def __init__(self, region: str) -> None:
        super().__init__(region)
        self._answers: dict[tuple[str, bytes], tuple[int, bytes]] = {}

    def answer(self, target: str, body: bytes) -> tuple[int, bytes]:
        asked = (target, b"" if "Write" in target else UUID.sub(b"", body))
        if asked not in self._answers:
            self._answers[asked] = super().answer(target, body)
        return self._answers[asked]


Stub = TypeVar("Stub", bound=AwsStub)


@contextmanager
def serving(stub: Stub) -> Iterator[Stub]:
    """Serve the mocked AWS, which must be active already."""
    thread = threading.Thread(target=stub.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield stub
    finally:
        stub.shutdown()
        thread.join()
        stub.server_close()
