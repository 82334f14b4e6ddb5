"""The addresses of a local stack, for people and programs: .local/<port>/stack.json and .local/stack.json."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from local.stack import paths

NAME = "stack.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where everything is.

    Attributes:
        agent_console_url: None with a Giosg of one's own.
        pid: the process that ends the stack when it is told to.
    """

    api_url: str
    chat_page_url: str
    webhook_chats_url: str
    webhook_messages_url: str
    giosg_url: str
    agent_console_url: str | None
    pid: int


def write(addresses: Addresses, *, port: int) -> None:
    """Announce that all is up; .local/stack.json is the stack's that came up last."""
    for folder in (paths.stack_folder(port), paths.LOCAL):
        write_whole(folder / NAME, json.dumps(asdict(addresses), indent=2) + "\n")


def remove(*, port: int) -> None:
    """Take back what this stack wrote, or what one that was killed has left."""
    (paths.stack_folder(port) / NAME).unlink(missing_ok=True)
    writer = read_pid(paths.LOCAL / NAME)
    if writer == os.getpid() or not is_alive(writer):
        (paths.LOCAL / NAME).unlink(missing_ok=True)


def is_alive(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid is not None


def read_pid(file: Path) -> int | None:
    try:
        pid = json.loads(file.read_text())["pid"]
    except (OSError, ValueError, KeyError):
        return None
    return pid if isinstance(pid, int) else None


def write_whole(file: Path, text: str) -> None:
    """Replace a file in one step: a reader sees the old one or the new one. It holds a secret, so it is ours alone."""
    unfinished = file.with_name(f".{file.name}.{os.getpid()}")
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text(text)
    unfinished.replace(file)
