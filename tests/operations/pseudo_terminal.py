"""A command in a pseudo-terminal, and somebody who reads it and types."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from local.stack.paths import ROOT

READ_BYTES = 4096


@dataclass(slots=True)
class Screen:
    """What a command has shown so far, and the keyboard before it."""

    master: int
    process: "subprocess.Popen[bytes]"
    shown: str = ""
    _seen: int = field(default=0)

    def wait_for(self, text: str, *, seconds: float = 180.0) -> str:
        """Read until a text appears that was not waited for before, and return what came up to it."""
        deadline = time.monotonic() + seconds
        while (place := self.shown.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline, f"waited in vain for {text!r}:\n{self.shown}"
            assert self._read(), f"ended without {text!r}:\n{self.shown}"
        before, self._seen = self.shown[self._seen : place], place + len(text)
        return before

    def answer(self, question: str, text: str) -> None:
        self.wait_for(question)
        os.write(self.master, f"{text}\n".encode())

    def finish(self, *, seconds: float = 180.0) -> int:
        """Read to the end, and return the exit status."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self._read():
            pass
        return self.process.wait(timeout=10)

    def _read(self) -> bool:
        """Read what is there, for a moment; return whether more may come."""
        ready, _, _ = select.select([self.master], [], [], 0.5)
        if not ready:
            return self.process.poll() is None
        try:
            read = os.read(self.master, READ_BYTES)
        except OSError:  # Linux says so when the other end is closed
            return False
        self.shown += read.decode(errors="replace").replace("\r\n", "\n")
        return bool(read)


@contextmanager
def typing(command: list[str], environment: Mapping[str, str]) -> Iterator[Screen]:
    """Run `python -m operations` with a command in a pseudo-terminal."""
    master, slave = pty.openpty()
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "operations", *command],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**environment, "PYTHONPATH": str(ROOT / "layers/giosg_client"), "TERM": "xterm"},
        cwd=ROOT,
        start_new_session=True,
    )
    os.close(slave)
    try:
        yield Screen(master, process)
    finally:
        process.kill()
        process.wait()
        os.close(master)
