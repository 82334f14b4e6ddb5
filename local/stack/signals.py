"""How a stack learns that it has to end: Ctrl-C, SIGTERM, or the death of the make that started it."""

import os
import signal
import time
from threading import Thread

WATCH_SECONDS = 0.5


def end_on_signals() -> None:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt, as Ctrl-C does."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)


def ignore_signals() -> None:
    """Let nothing interrupt the end: whoever asks twice gets it all the same."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)


def end_with_parent() -> None:
    """Send this process SIGTERM when its parent dies without passing on a signal."""
    Thread(target=watch_parent, args=(os.getppid(),), daemon=True, name="parent-watch").start()


def watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(WATCH_SECONDS)
    os.kill(os.getpid(), signal.SIGTERM)
