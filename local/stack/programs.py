"""Child processes that end with this one, however it ends."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

GUARD = Path(__file__).with_name("guard.py")
# Each function of the emulator unpacks a thousand files, which takes a disk a second and memory a moment.
MEMORY = Path("/dev/shm")  # noqa: S108 - the folders in it are made by mkdtemp
MEMORY_BYTES = 4_000_000_000
SHOWN_LINES = 30


class ProgramFailed(Exception):
    """A program ended as it should not have; the text ends with the last lines of its output."""


class Program:
    """A running program; its own children stop with it.

    Args:
        command: what to run.
        environment: all that it is told.
        log: where its output goes.
        folder: where it runs.

    Attributes:
        temporary: a folder for it alone that goes when it ends: its TMPDIR, and its HOME if it is told no other.
    """

    def __init__(self, command: list[str], *, environment: Mapping[str, str], log: Path, folder: Path) -> None:
        self.command = command
        self.log = log
        self.temporary = Path(tempfile.mkdtemp(prefix="local-stack-", dir=temporary_root(folder)))
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-I", str(GUARD), str(self.temporary), *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={"HOME": str(self.temporary), **environment, "TMPDIR": str(self.temporary)},
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
        return ProgramFailed("\n".join([f"{self.log.stem} failed. The end of {self.log}:", *lines]))

    def stop(self) -> None:
        """Kill the program and its children, and wait until they are gone."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()
        shutil.rmtree(self.temporary, ignore_errors=True)


def run(command: list[str], *, environment: Mapping[str, str], log: Path, folder: Path) -> None:
    """Run a program to its end.

    Raises:
        ProgramFailed: the exit code is not 0.
    """
    with Program(command, environment=environment, log=log, folder=folder) as program:
        program.finish()


def temporary_root(otherwise: Path) -> Path:
    """Return where temporary files go: in memory if there is plenty."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= MEMORY_BYTES:
        return MEMORY
    return otherwise
