"""A function as Lambda runs it: the runtime client in a process of its own, with the packaged layer on its path."""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runtime_api import FunctionFailed, RuntimeApi, runtime_api

VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
_COLLECTED = re.compile(r"Collected : (\d+)")
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")


MakeEvent = Callable[[], tuple[Mapping[str, object], int | None]]
"""Makes an event, and says what status its answer must have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A function's folder, and what is imported from."""

    python: Path
    folder: Path
    path: Sequence[Path]
    variables: Mapping[str, str]
    handler: str = "app.handler"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How long a cold start took, in milliseconds, and the most memory that it needed, in MB."""

    initialisation: float
    first_answer: float
    memory: float


@contextmanager
def running(package: Package, *wrapper: str, log: Path | None = None) -> Iterator[RuntimeApi]:
    """Run a function until the block ends; `wrapper` is a command to run it under, `log` takes what it writes."""
    with runtime_api() as api, (log or Path(os.devnull)).open("wb") as output:
        variables = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(str(folder) for folder in (package.folder, *package.path)),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONHASHSEED": "0",
            "LAMBDA_TASK_ROOT": str(package.folder),
            "AWS_LAMBDA_RUNTIME_API": api.address,
            "AWS_LAMBDA_FUNCTION_NAME": package.folder.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_EXECUTION_ENV": "AWS_Lambda_python3.13",
            **package.variables,
        }
        command = [*wrapper, str(package.python), "-S", "-m", "awslambdaric", package.handler]
        api.began_at = time.monotonic()
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
        api.process_id = process.pid
        watch = threading.Thread(target=_report_end, args=(process, api))
        watch.start()
        api.process_id = process.pid
        try:
            yield api
        finally:
            process.terminate()
            watch.join()
            # Let go of who waits for a next event on behalf of the process.
            api.events.put({})


def _report_end(process: subprocess.Popen[bytes], api: RuntimeApi) -> None:
    """Keep nobody waiting for the answers of a process that has ended."""
    api.answers.put(FunctionFailed(f"the process ended with {process.wait()}"))


def instructions(package: Package, make_event: MakeEvent) -> float:
    """Count the instructions, in millions, from the start of the process to its answer to a first event.

    The event is made when the function asks for it: it may be good for a short time only.
    """
    with tempfile.NamedTemporaryFile() as log:
        with running(package, *VALGRIND, log=Path(log.name)) as api:
            api.wait_until_ready()
            event, status = make_event()
            answer = api.invoke(event)
        text = Path(log.name).read_text(errors="replace")
    _check(answer, status, said=text)
    return int(_COLLECTED.findall(text)[-1]) / 1e6


def start(package: Package, make_event: MakeEvent) -> Start:
    """Start a fresh process; take the time until it is initialised, and from there to its answer to a first event."""
    with running(package) as api:
        ready_at = api.wait_until_ready()
        event, status = make_event()
        handed_over_at = time.monotonic()
        answer = api.invoke(event)
        answered_at = time.monotonic()
        memory = _peak_memory(api.process_id)
    _check(answer, status)
    return Start(
        initialisation=(ready_at - api.began_at) * 1000,
        first_answer=(answered_at - handed_over_at) * 1000,
        memory=memory,
    )


def _check(answer: Any, status: int | None, *, said: str = "") -> None:
    if status is not None and (answer or {}).get("statusCode") != status:
        raise FunctionFailed(f"answered {answer} instead of {status}\n{said[-3000:]}")


def _peak_memory(process_id: int) -> float:
    text = Path(f"/proc/{process_id}/status").read_text()
    return int(_PEAK.findall(text)[0]) / 1024
