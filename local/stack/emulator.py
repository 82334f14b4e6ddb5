"""The emulator of AWS: ministack, on 127.0.0.1.

https://github.com/ministackorg/ministack
"""

import itertools
import json
import os
import socket
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from local.stack.paths import EMULATOR_PYTHON
from local.stack.programs import Program

MINISTACK = Path(__file__).with_name("mended_ministack.py")
HOST = "127.0.0.1"
SOCKET_HOST = "localhost"
REGION = "eu-north-1"
# The emulator knows this key as the root user's. A function gets a key of its own, for its role.
ACCESS_KEY_ID = "test"
SECRET_ACCESS_KEY = "test"  # noqa: S105 - it opens nothing but the emulator
START_SECONDS = 60.0
POLL_SECONDS = 0.05
PORTS = range(20_000, 30_000)
"""For programs that listen later: as they come, Linux and macOS give none of these to who leaves the choice to them."""
PORTS_OF_A_PROCESS = 20
"""So many processes in a row, such as those that share the tests, choose from ports of their own."""

_turns = itertools.count(os.getpid() * PORTS_OF_A_PROCESS)


class PortIsTaken(Exception):
    """Something listens on the port already."""


@dataclass(frozen=True, slots=True)
class Emulator:
    """An emulator that runs, and the port where it listens on 127.0.0.1."""

    port: int

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def execute_api_host(self) -> str:
        """Host and path below which every API has its address: `/<API's id>/<stage>`."""
        return f"{HOST}:{self.port}/_aws/execute-api"

    @property
    def execute_socket_host(self) -> str:
        """The same for sockets: on AWS no two APIs have one host, so that neither do they here."""
        return f"{SOCKET_HOST}:{self.port}/_aws/execute-api"

    @property
    def is_healthy(self) -> bool:
        try:
            return bool(json.load(open_url(f"{self.url}/_ministack/health")))
        except (OSError, ValueError):
            return False

    def client(self, service: str) -> Any:
        """Return a client with every right."""
        return client_at(self.url, service)


@cache
def client_at(url: str, service: str) -> Any:
    """Return the one client of this process: making one takes longer than most of what it is asked for."""
    make: Any = boto3.session.Session().client
    return make(
        service,
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        config=Config(proxies={}, retries={"total_max_attempts": 2}),
    )


class EmulatorProcess:
    """An emulator from its start to its end; nothing of it is left then.

    Args:
        port: where it listens.
        folder: for its logs.
        is_auth_enforced: whether the roles' policies are enforced.
        logs_into_files: whether the functions' lines go to files that rotate; CloudWatch Logs keeps the newest then.
    """

    def __init__(
        self, *, port: int, folder: Path, is_auth_enforced: bool = False, logs_into_files: bool = False
    ) -> None:
        refuse_taken_port(port)
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        self.emulator = Emulator(port)
        self._program = Program(
            [str(EMULATOR_PYTHON), "-P", str(MINISTACK), *([str(logs)] if logs_into_files else [])],
            environment=environment(port, is_auth_enforced=is_auth_enforced),
            log=logs / "emulator-output.log",
            folder=folder,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.stop()

    def wait_until_healthy(self) -> Emulator:
        """Wait for the first good answer.

        Raises:
            ProgramFailed: it ended, or did not answer in time.
        """
        deadline = time.monotonic() + START_SECONDS
        while not self.emulator.is_healthy:
            if not self._program.is_running or time.monotonic() > deadline:
                raise self._program.failure()
            time.sleep(POLL_SECONDS)
        return self.emulator

    def wait_for_end(self) -> None:
        """Wait until it ends by itself, which it never should.

        Raises:
            ProgramFailed: it did.
        """
        self._program.finish()
        raise self._program.failure()


def environment(port: int, *, is_auth_enforced: bool) -> Mapping[str, str]:
    """Return all that the emulator is told: functions see the whole of it."""
    return {
        "PATH": f"{EMULATOR_PYTHON.parent}:/usr/bin:/bin",
        "BIND_HOST": HOST,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "AUTH": str(is_auth_enforced).lower(),
    }


def open_url(url: str) -> Any:
    """Open a URL of this machine, whatever proxy the environment names."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return opener.open(url, timeout=5)


def refuse_taken_port(port: int) -> None:
    """Look whether a port can be listened on.

    Raises:
        PortIsTaken: it cannot.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortIsTaken(f"port {port} is taken: choose another, as in PORT=4600 make run") from error


def free_port() -> int:
    """Choose a port for a program that will listen on it: until then nobody else is given it.

    Raises:
        PortIsTaken: each of them is.
    """
    for turn in itertools.islice(_turns, len(PORTS)):
        port = PORTS[turn % len(PORTS)]
        with suppress(PortIsTaken):
            refuse_taken_port(port)
            return port
    raise PortIsTaken(f"no port from {PORTS[0]} to {PORTS[-1]} is free")
