"""From nothing to a chat that is proved, and back, as an operator who has never seen this code types it."""

import os
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from local.giosg import SimulatedGiosg, Target
from local.stack.emulator import EmulatorProcess, free_port
from operations.stacks import kept
from operations.stacks.deployed import find_stack
from tests.operations.pseudo_terminal import Screen, typing

ORIGIN = "https://shop.example.com"


@dataclass(frozen=True, slots=True)
class Desk:
    """A machine with an account, in which nothing is deployed yet: an emulator stands for AWS."""

    giosg: SimulatedGiosg
    environment: dict[str, str]
    stack: str

    def run(self, *command: str) -> str:
        """Run a command that asks nothing, and return what it showed."""
        with typing([*command, "--stack", self.stack, "--yes"], self.environment) as screen:
            assert screen.finish() == 0, screen.shown
        return screen.shown

    def refused(self, *command: str) -> str:
        with typing([*command, "--stack", self.stack], self.environment) as screen:
            assert screen.finish() == 1, screen.shown
        return screen.shown


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    port, folder = free_port(), tmp_path_factory.mktemp("desk")
    stack = f"trial-{secrets.token_hex(4)}"
    with SimulatedGiosg() as giosg, EmulatorProcess(port=port, folder=folder) as process:
        emulator = process.wait_until_healthy()
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "AWS_ENDPOINT_URL": emulator.url}
        yield Desk(giosg, environment | {"GIOSG_BASE_URL": giosg.base_url}, stack)
    for left in kept.FOLDER.glob(f"{stack}.*"):
        left.unlink()


def deployed_by_hand(desk: Desk) -> Screen:
    """Deploy as a newcomer does: with two mistakes, a chat page that works, and webhooks that are entered in Giosg."""
    with typing(["deploy", "--stack", desk.stack], desk.environment) as screen:
        screen.answer("organisation's id", desk.giosg.organization_id)
        screen.answer("room's id", desk.giosg.organization_id)
        screen.answer("Your websites", f"{ORIGIN}/")
        screen.answer("API token", desk.giosg.api_token)
        screen.wait_for("This organisation has no room")
        screen.answer("room's id", desk.giosg.room_id)
        screen.wait_for("Visitors chat at ")
        page = screen.wait_for("\n")
        urls = [re.search(r"Endpoint URL +(\S+)", screen.wait_for("Channel pattern")) for _ in range(2)]
        chats_url, messages_url = (url[1] for url in urls if url)
        screen.wait_for("Waiting for Giosg's first webhooks")
        desk.giosg.webhooks.deliver_to(Target(chats_url=chats_url, messages_url=messages_url))
        assert requests.post(page.removesuffix("/chat") + "/chats", json={"message": "Hello"}, timeout=30).ok
        screen.wait_for("received")
        screen.wait_for("received")
        assert screen.finish() == 0
    return screen


@pytest.mark.long
def test_a_newcomer_gets_from_nothing_to_a_proved_chat_and_back(desk: Desk) -> None:
    shown = deployed_by_hand(desk).shown
    assert desk.giosg.api_token not in shown
    assert re.search(r"The first webhook about messages: \S*received\S*, after \d+ s", shown)
    assert not [file for file in kept.FOLDER.glob(f"*{desk.stack}*") if desk.giosg.api_token in file.read_text()]

    again = desk.run("deploy", "--parameters", "RetentionDays=7")
    assert "organisation's id" not in again
    stack = find_stack(desk.stack, region=None, environment=desk.environment)
    assert (stack.parameters["RetentionDays"], stack.parameters["AllowedOrigins"]) == ("7", ORIGIN)
    assert stack.read_secret("GiosgTokenSecretArn") == desk.giosg.api_token

    assert "All is well" in desk.run("doctor", "--round-trip")

    with typing(["delete", "--stack", desk.stack], desk.environment) as screen:
        screen.answer(f"Type {desk.stack} to go on", "local")
        assert screen.finish() == 1
    assert "Nothing was changed" in screen.shown

    assert f"table {desk.stack}-ChatsTable-" in desk.run("delete")
    assert "DATA=1 erases what it has left" in desk.refused("delete")
    assert "ERASED for good" in desk.run("delete", "--data")
    assert "nothing that one has left" in desk.refused("delete")
