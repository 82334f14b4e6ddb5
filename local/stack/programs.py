"""Child processes that end with this one, however it ends."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

GUARD = Path(__file__).with_name("guard.py")
SHOWN_LINES = 30


class ProgramFailed(Exception):
    """A program ended as it should not have; the text ends with the last lines of its output."""


class Program:
    """A running program whose output goes to a file.

    Its own children stop with it.
    """

    def __init__(self, command: list[str], *, environment: Mapping[str, str], log: Path, folder: Path) -> None:
        self.command = command
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(GUARD), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=dict(environment),
                cwd=folder,
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    def finish(self) -> None:
        """Wait for the end.

        Raises:
            ProgramFailed: the exit code is not 0.
        """
        if self._process.wait() != 0:
            raise self.failure()

    def failure(self) -> ProgramFailed:
        lines = self.log.read_text(errors="replace").splitlines()[-SHOWN_LINES:]
        return ProgramFailed("\n".join([f"{Path(self.command[0]).name} failed. The end of {self.log}:", *lines]))

    def stop(self) -> None:
        """Kill the program and its children, and wait until they are gone."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()


def run(command: list[str], *, environment: Mapping[str, str], log: Path, folder: Path) -> None:
    """Run a program to its end.

    Raises:
        ProgramFailed: the exit code is not 0.
    """
    with Program(command, environment=environment, log=log, folder=folder) as program:
        program.finish()
