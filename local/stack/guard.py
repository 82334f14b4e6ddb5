"""Run a program that cannot outlive the process that started it.

guard.py FOLDER COMMAND... runs the command in a session of its own. When standard input ends, which is when the starter
closes it or dies in whatever way, the command and all its children are killed: nothing that they hold is worth saving.
FOLDER, where they keep their temporary files, is removed after them.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
from threading import Thread

# https://man7.org/linux/man-pages/man2/PR_SET_PDEATHSIG.2const.html
PR_SET_PDEATHSIG = 1


def main(folder: str, command: list[str]) -> int:
    program = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_guard,  # noqa: PLW1509 - there is one thread yet
    )
    Thread(target=kill_at_end_of_input, args=(program.pid,), daemon=True).start()
    code = program.wait()
    kill_session(program.pid)
    shutil.rmtree(folder, ignore_errors=True)
    return code


def die_with_guard() -> None:
    """Ask Linux to kill the command even if the guard itself is killed; elsewhere that is left to chance."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def kill_at_end_of_input(leader: int) -> None:
    while os.read(0, 1):
        pass
    kill_session(leader)


def kill_session(leader: int) -> None:
    try:
        os.killpg(leader, signal.SIGKILL)
    except ProcessLookupError:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
