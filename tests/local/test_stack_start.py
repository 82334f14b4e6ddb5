"""Around the start of a local stack: its settings, its addresses, its child processes."""

import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from local.stack import emulator, paths, stack_file
from local.stack.emulator import HOST, PortIsTaken, free_port, refuse_taken_port
from local.stack.parameters import declared
from local.stack.programs import Program, ProgramFailed, run
from local.stack.settings import InvalidSetting, Settings
from local.stack.stack_file import Addresses
from local.stack.up import chosen_parameters
from local.stack.webhook_urls import WebhookUrls

ADDRESSES = Addresses(
    api_url="http://127.0.0.1:4566/api",
    chat_page_url="http://127.0.0.1:4566/api/chat",
    webhook_chats_url="http://127.0.0.1:4566/api/giosg_webhooks/chats?secret=s",
    webhook_messages_url="http://127.0.0.1:4566/api/giosg_webhooks/messages?secret=s",
    giosg_url="http://127.0.0.1:5566",
    agent_console_url=None,
    pid=os.getpid(),
)
POLL_SECONDS = 0.01
ROOM_ID = "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042"
OWN_GIOSG = {"GIOSG_ORGANIZATION_ID": "organization", "GIOSG_ROOM_ID": "room", "GIOSG_API_TOKEN": "token"}


@pytest.fixture
def local_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(paths, "LOCAL", tmp_path)
    return tmp_path


def test_an_empty_environment_asks_for_the_simulated_giosg_on_the_default_port() -> None:
    assert Settings.from_environment({}) == Settings(port=4566, giosg=None, has_quotas=False)


def test_a_giosg_of_ones_own_takes_the_simulated_ones_place() -> None:
    settings = Settings.from_environment({**OWN_GIOSG, "QUOTAS": "on", "PORT": "4600"})

    assert settings.giosg
    assert settings.giosg.base_url == "https://service.giosg.com"
    assert (settings.port, settings.has_quotas) == (4600, True)


@pytest.mark.parametrize("name", OWN_GIOSG)
def test_half_a_giosg_of_ones_own_is_refused_with_the_missing_name(name: str) -> None:
    with pytest.raises(InvalidSetting, match=name):
        Settings.from_environment({key: value for key, value in OWN_GIOSG.items() if key != name})


def test_the_simulated_giosg_has_a_room_beside_the_default_one() -> None:
    assert list(Settings.from_environment({}).rooms) == ["sales"]


def test_rooms_are_read_by_name_and_for_a_giosg_of_ones_own_too() -> None:
    rooms = f"support={ROOM_ID}, b2b={ROOM_ID}"

    assert Settings.from_environment({"GIOSG_ROOMS": rooms}).rooms == {"support": ROOM_ID, "b2b": ROOM_ID}
    own = Settings.from_environment({"GIOSG_ROOMS": rooms, **OWN_GIOSG}).giosg
    assert own
    assert own.rooms == {"support": ROOM_ID, "b2b": ROOM_ID}
    assert Settings.from_environment(OWN_GIOSG).giosg == replace(own, rooms={})


@pytest.mark.parametrize("rooms", ["support", f"Support={ROOM_ID}", f"support={ROOM_ID.upper()}", f"a={ROOM_ID},"])
def test_rooms_that_make_no_sense_are_refused(rooms: str) -> None:
    with pytest.raises(InvalidSetting, match="GIOSG_ROOMS"):
        Settings.from_environment({"GIOSG_ROOMS": rooms})


def test_a_parameter_that_the_template_does_not_know_is_left_out() -> None:
    settings = Settings.from_environment({"HELD_MESSAGE_HOURS": "12", "HELD_MESSAGES_PER_MINUTE": "3"})
    chosen = chosen_parameters(settings)

    assert (chosen["HeldMessageHours"], chosen["HeldMessagesPerMinute"]) == ("12", "3")
    assert declared({"Parameters": {"HeldMessageHours": {}}}, chosen) == {"HeldMessageHours": "12"}


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(InvalidSetting, match="PORT"):
        Settings.from_environment({"PORT": port})


def test_a_secret_is_escaped_in_the_webhook_urls() -> None:
    assert WebhookUrls.of("http://api", secret="a&b /").chats == "http://api/giosg_webhooks/chats?secret=a%26b%20%2F"


def test_the_addresses_are_announced_for_the_port_and_as_the_latest(local_folder: Path) -> None:
    stack_file.write(ADDRESSES, port=4566)

    for file in (local_folder / "stack.json", local_folder / "4566/stack.json"):
        assert json.loads(file.read_text())["agent_console_url"] is None
        assert file.stat().st_mode & 0o077 == 0


def test_a_stack_that_ends_takes_back_only_its_own_addresses(local_folder: Path) -> None:
    stack_file.write(ADDRESSES, port=4566)
    (local_folder / "stack.json").write_text(json.dumps({"pid": os.getppid()}))

    stack_file.remove(port=4566)

    assert (local_folder / "stack.json").exists()
    assert not (local_folder / "4566/stack.json").exists()


def test_addresses_that_a_killed_stack_has_left_are_removed(local_folder: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        pass
    (local_folder / "stack.json").write_text(json.dumps({"pid": killed.pid}))

    stack_file.remove(port=4566)

    assert not (local_folder / "stack.json").exists()


def test_a_taken_port_is_noticed() -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]

        with pytest.raises(PortIsTaken, match=str(port)):
            refuse_taken_port(port)


def test_two_programs_that_listen_later_get_two_ports() -> None:
    assert free_port() != free_port()


def test_a_port_on_which_somebody_listens_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    first = free_port()
    monkeypatch.setattr(emulator, "_turns", itertools.count(emulator.PORTS.index(first)))

    with socket.create_server((HOST, first)):
        assert free_port() != first


def test_a_failed_program_shows_the_end_of_its_output(tmp_path: Path) -> None:
    script = "print('what went wrong'); raise SystemExit(3)"

    with pytest.raises(ProgramFailed, match="what went wrong"):
        run([sys.executable, "-c", script], environment={}, log=tmp_path / "log", folder=tmp_path)


# Starts a child of its own, says both ids, and waits for ever.
FAMILY = """
import os, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(os.getpid(), child.pid, flush=True)
child.wait()
"""


def family_of(log: Path) -> list[int]:
    while not (words := log.read_text().split()):
        time.sleep(POLL_SECONDS)
    return [int(word) for word in words]


def is_running(pid: int) -> bool:
    """Say whether a process runs: one that has ended may vanish between two looks at it, also while it is read."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def wait_until_gone(pid: int) -> None:
    while is_running(pid):
        time.sleep(POLL_SECONDS)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_stopped_program_leaves_no_child_and_no_temporary_file(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Program([sys.executable, "-c", FAMILY], environment={}, log=log, folder=tmp_path) as program:
        family = family_of(log)

    for pid in family:
        wait_until_gone(pid)
    assert not program.temporary.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_program_ends_when_its_starter_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    starter = f"""
import sys, time
from dataclasses import replace
from pathlib import Path
from local.stack.parameters import declared
from local.stack.programs import Program
Program([sys.executable, "-c", {FAMILY!r}], environment={{}}, log=Path({str(log)!r}), folder=Path({str(tmp_path)!r}))
time.sleep(600)
"""
    log.touch()
    with subprocess.Popen([sys.executable, "-c", starter], cwd=paths.ROOT) as process:  # noqa: S603 - our own text
        family = family_of(log)
        process.send_signal(signal.SIGKILL)

    for pid in family:
        wait_until_gone(pid)
