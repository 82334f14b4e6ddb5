"""Processes that begin with the same libraries: one interpreter imports these once, and forks for each piece of code.

What a piece of code imports, sets or starts is seen by no other. What it must import by itself must not be among them.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

OF_AWS = (
    "botocore.session",
    "botocore.client",
    "botocore.retries.standard",
    "aws_lambda_powertools.logging",
    "aws_lambda_powertools.metrics",
)
"""What nearly every function imports, and what takes longest."""
SERVER = """
import json, os, sys
sys.path[:0] = json.loads(sys.argv[1])
for name in json.loads(sys.argv[2]):
    __import__(name)
for line in sys.stdin:
    asked = json.loads(line)
    if (child := os.fork()) == 0:
        break
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
else:
    sys.exit()
for number, file in enumerate(asked["files"], 1):
    os.dup2(os.open(file, os.O_WRONLY), number)
os.environ.clear()
os.environ.update(asked["variables"])
sys.path[:0] = asked["paths"]
exec(asked["code"], {"__name__": "__main__"})
"""


class Ran(NamedTuple):
    """What came of a piece of code."""

    returncode: int
    stdout: str
    stderr: str


class Interpreter:
    """Runs code in forks of an interpreter that finds nothing but the standard library and these folders."""

    def __init__(
        self, paths: Iterable[Path | str], *, imports: Sequence[str] = OF_AWS, flags: Sequence[str] = ()
    ) -> None:
        command = [
            sys.executable,
            "-I",
            "-S",
            *flags,
            "-c",
            SERVER,
            json.dumps([*map(str, paths)]),
            json.dumps(imports),
        ]
        self._server = subprocess.Popen(  # noqa: S603 - it is this interpreter
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={}
        )

    def run(self, code: str, *paths: Path, **variables: str) -> Ran:
        """Run code that finds these folders first, with these variables alone in its environment."""
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        with tempfile.NamedTemporaryFile() as said, tempfile.NamedTemporaryFile() as warned:
            asked = {
                "code": code,
                "paths": [*map(str, paths)],
                "variables": variables,
                "files": [said.name, warned.name],
            }
            print(json.dumps(asked), file=self._server.stdin, flush=True)
            returncode = int(self._server.stdout.readline())
            return Ran(returncode, said.read().decode(), warned.read().decode())

    def close(self) -> None:
        self._server.communicate()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
