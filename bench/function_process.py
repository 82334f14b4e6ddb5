"""A function as Lambda runs it: the runtime client in a process of its own, with the packaged layer on its path."""

import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.runtime_api import FunctionFailed, RuntimeApi, runtime_api

VALGRIND = ("valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null")
_COLLECTED = re.compile(r"Collected : (\d+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A function's folder, and what is imported from."""

    python: Path
    folder: Path
    path: Sequence[Path]
    variables: Mapping[str, str]
    handler: str = "app.handler"


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
        process = subprocess.Popen(command, env=variables, stdout=output, stderr=output)
        api.process_id = process.pid
        watch = threading.Thread(target=_report_end, args=(process, api))
        watch.start()
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


def instructions(package: Package, event: Mapping[str, object], *, status: int | None) -> float:
    """Count the instructions, in millions, from the start of the process to its answer to a first event."""
    with tempfile.NamedTemporaryFile() as log:
        with running(package, *VALGRIND, log=Path(log.name)) as api:
            answer = api.invoke(event)
        text = Path(log.name).read_text(errors="replace")
    if status is not None and (answer or {}).get("statusCode") != status:
        raise FunctionFailed(f"{package.folder.name} answered {answer}\n{text[-3000:]}")
    return int(_COLLECTED.findall(text)[-1]) / 1e6
