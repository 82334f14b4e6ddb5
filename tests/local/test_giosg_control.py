"""The control of the simulated Giosg over HTTP, and its command."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg
from tests.local.giosg_caller import Caller

ROOT = Path(__file__).parents[2]


def control(giosg: SimulatedGiosg, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
    return requests.request(method, f"{giosg.base_url}/_sim/{path}", json=body, headers=headers, timeout=5)


class TestAgents:
    def test_an_agent_answers_a_chat(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")

        answers = [
            control(giosg, "POST", f"chats/{chat_id}/join", {"agent_id": giosg.agents[1].id}),
            control(giosg, "POST", f"chats/{chat_id}/typing"),
            control(giosg, "POST", f"chats/{chat_id}/messages", {"text": "Hello", "sample": "buttons"}),
            control(giosg, "POST", f"chats/{chat_id}/end"),
            control(giosg, "POST", f"chats/{chat_id}/messages", {"text": "Too late"}),
        ]

        assert [answer.status_code for answer in answers] == [204, 404, 201, 204, 409]
        said = [message for message in giosg.messages(chat_id) if message["sender_type"] == "user"]
        assert [message["type"] for message in said] == ["join", "join", "msg", "leave", "leave"]
        assert said[2]["attachments"][0]["actions"][0]["text"] == "Deliver it"

    def test_messages_are_edited_and_removed(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        edited, removed = (giosg.agent.say(chat_id, text) for text in ("Helo", "Oops"))

        control(giosg, "PATCH", f"messages/{edited}", {"text": "Hello"})
        control(giosg, "DELETE", f"messages/{removed}")

        assert [message["message"] for message in giosg.messages(chat_id)] == ["Hi", None, "Hello"]

    def test_all_agents_go_offline_at_once(self, giosg: SimulatedGiosg) -> None:
        control(giosg, "PUT", "agents", {"is_online": False})

        assert control(giosg, "GET", "state").json()["room"]["is_online"] is False

    @pytest.mark.parametrize("path", ["chats/none/join", "chats/none/nothing", "nowhere"])
    def test_what_does_not_exist_is_404(self, giosg: SimulatedGiosg, path: str) -> None:
        assert control(giosg, "POST", path).status_code == 404


class TestMisbehaviour:
    def test_a_fault_is_set_and_taken_back(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        fault = {"name": "down", "kind": "answer", "status": 503, "times": None}

        added = control(giosg, "POST", "faults", fault)
        during = caller.create_chat().status_code
        control(giosg, "DELETE", "faults?name=down")

        assert (added.status_code, during, caller.create_chat().status_code) == (201, 503, 201)

    @pytest.mark.parametrize(
        "fault", [{}, {"kind": "unknown"}, {"kind": "hang", "seconds": -1}, {"kind": "drop", "path": "("}]
    )
    def test_a_fault_that_makes_no_sense_is_400(self, giosg: SimulatedGiosg, fault: Any) -> None:
        assert control(giosg, "POST", "faults", fault).status_code == 400

    def test_webhooks_are_set_at_run_time_and_shown_without_their_secret(self, giosg: SimulatedGiosg) -> None:
        urls = {"chats_url": "http://127.0.0.1:9/c?secret=hush", "messages_url": "http://127.0.0.1:9/m?secret=hush"}

        shown = control(giosg, "PUT", "webhooks", urls | {"retry_seconds": []})

        assert shown.json()["chats_url"] == "http://127.0.0.1:9/c"
        assert "hush" not in control(giosg, "GET", "state").text
        assert giosg.webhooks.target
        assert giosg.webhooks.target.chats_url == urls["chats_url"]

    def test_a_mishap_meets_the_next_notification(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        control(giosg, "POST", "webhooks/mishaps", {"mishap": "drop", "endpoint_kind": "messages"})

        caller.start_chat("lost", "kept")

        taken = control(giosg, "POST", "webhooks/take").json()["notifications"]
        texts = [one["body"]["resource"]["message"] for one in taken if one["endpoint_kind"] == "messages"]
        assert texts == ["kept"]

    def test_the_log_of_calls_is_shown_and_cleared(self, giosg: SimulatedGiosg) -> None:
        Caller.new(giosg).close()

        shown = control(giosg, "GET", "requests").json()["requests"]
        control(giosg, "DELETE", "requests")

        assert [call["method"] for call in shown] == ["POST", "POST"]
        assert len(giosg.requests) == 0


class TestConsole:
    @pytest.mark.parametrize(
        ("path", "content_type"),
        [
            ("", "text/html"),
            ("/console.css", "text/css"),
            ("/console.js", "text/javascript"),
            ("/picture.svg", "image/svg+xml"),
        ],
    )
    def test_its_files_are_served(self, giosg: SimulatedGiosg, path: str, content_type: str) -> None:
        response = requests.get(f"{giosg.base_url}/console{path}", timeout=5)

        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith(content_type)

    def test_local_pages_may_frame_it(self, giosg: SimulatedGiosg) -> None:
        headers = requests.get(f"{giosg.base_url}/console", timeout=5).headers

        assert "X-Frame-Options" not in headers
        assert "http://127.0.0.1:*" in headers["Content-Security-Policy"]

    def test_an_agents_picture_is_drawn(self, giosg: SimulatedGiosg) -> None:
        with Caller.new(giosg) as caller:
            user = caller.call("GET", f"{caller.public_room}/online_users").json()["results"][0]

        assert ">CC</text>" in requests.get(user["avatar"]["url"], timeout=5).text

    def test_a_change_wakes_who_watches(self, giosg: SimulatedGiosg) -> None:
        with requests.get(f"{giosg.base_url}/_sim/events", stream=True, timeout=5) as events:
            lines = (line for line in events.iter_lines(chunk_size=1) if line)
            first = json.loads(next(lines).removeprefix(b"data: "))
            giosg.website_visitor.start_chat()
            second = json.loads(next(lines).removeprefix(b"data: "))

        assert second["version"] > first["version"]

    def test_who_watches_does_not_hold_the_stop_up(self) -> None:
        before = set(threading.enumerate())
        with SimulatedGiosg() as giosg:
            events = requests.get(f"{giosg.base_url}/_sim/events", stream=True, timeout=5)

        events.close()
        assert set(threading.enumerate()) <= before

    def test_a_page_of_another_site_controls_nothing(self, giosg: SimulatedGiosg) -> None:
        other_origin = control(giosg, "POST", "website_chats", Origin="https://evil.example.test")
        other_host = control(giosg, "GET", "state", Host="evil.example.test")

        assert [other_origin.status_code, other_host.status_code] == [403, 403]


class TestCommand:
    def start(self, *options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "local.giosg", "--port", "0", *options]
        return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own module

    @pytest.mark.parametrize("signal_number", [signal.SIGTERM, signal.SIGINT])
    def test_it_serves_until_it_is_told_to_stop(self, signal_number: signal.Signals) -> None:
        with self.start("--offline") as process:
            assert process.stdout
            base_url = process.stdout.readline().split()[-1]
            state = requests.get(f"{base_url}/_sim/state", timeout=5).json()
            process.send_signal(signal_number)

            assert process.wait(timeout=5) == 0
        assert state["room"]["is_online"] is False


class TestStateFile:
    def test_a_chat_goes_on_after_a_restart(self, tmp_path: Path) -> None:
        state_file = tmp_path / "giosg.json"
        with SimulatedGiosg(state_file=state_file) as giosg, Caller.new(giosg) as caller:
            chat_id = caller.start_chat("Hi")
            giosg.agent.say(chat_id, "Hello", attachments=[{"title": "A card"}])
            before = giosg.messages(chat_id)
            visitor = caller.visitor

        with SimulatedGiosg(state_file=state_file) as giosg, Caller(giosg, visitor) as caller:
            caller.authenticate(visitor["visitor_secret_id"])

            assert caller.id == visitor["visitor_id"]
            assert giosg.messages(chat_id) == before
            assert caller.say(chat_id, "Still there?").status_code == 201
            assert giosg.agent.say(chat_id, "Yes")

    def test_only_its_owner_can_read_it(self, tmp_path: Path) -> None:
        state_file = tmp_path / "giosg.json"
        with SimulatedGiosg(state_file=state_file):
            pass

        assert state_file.stat().st_mode & 0o077 == 0

    def test_another_organizations_state_is_left_alone(self, tmp_path: Path) -> None:
        state_file = tmp_path / "giosg.json"
        with SimulatedGiosg(state_file=state_file) as giosg:
            giosg.website_visitor.start_chat()

        with SimulatedGiosg(state_file=state_file, organization_id="00000000-0000-4000-8000-000000000000") as other:
            assert other.chats() == []
