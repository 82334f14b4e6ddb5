"""The client as it is served, in Node and over the network: with a socket, and where there is none."""

import json
import shutil
import subprocess
import threading
from pathlib import Path

import pytest
from tests.web.chats import Json
from tests.web.visitor_api import VisitorApi

VISITOR = Path(__file__).with_name("node_visitor.mjs")
WITH_SOCKET = "--experimental-websocket"  # of Node 20; later ones have it without
WAIT_SECONDS = 60


@pytest.mark.parametrize("flags", [[WITH_SOCKET], []], ids=["with a socket", "as it is started"])
def test_a_visitor_in_node_talks_with_an_agent(
    api: VisitorApi, served_files: Path, tmp_path: Path, flags: list[str]
) -> None:
    node = shutil.which("node")
    assert node, "This test needs Node 20 or later"
    client = tmp_path / "client.mjs"
    shutil.copy(served_files / "client.js", client)
    said, tell = threading.Event(), api.chats.tell

    def tell_and_note(visitor_id: str, frame: Json) -> None:
        tell(visitor_id, frame)
        if frame["event"] == "message":  # the chat's own frame comes before
            said.set()

    api.chats.tell = tell_and_note
    command = [node, *flags, str(VISITOR), str(client), api.root]

    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as visitor:  # noqa: S603 - a test of ours
        assert said.wait(WAIT_SECONDS)
        api.agent.say("Hello to Node")
        out, err = visitor.communicate(timeout=WAIT_SECONDS)

    answer, status, messages = out.splitlines() or [err] * 3
    assert answer == "Hello to Node", err
    assert status == "ended"
    assert json.loads(messages) == [["Hello from Node", "sent"], ["Hello to Node", "sent"]]
