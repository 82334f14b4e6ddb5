"""How the simulated Giosg misbehaves on request, and what its log of calls shows."""

import time
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
import requests
from local.giosg import Fault, SimulatedGiosg
from local.giosg.faults.faults import Kind
from tests.local.giosg_caller import Caller

MESSAGES = "/messages$"
HANG_SECONDS = 60


class TestAnswers:
    def test_a_refusal_does_nothing_once(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat()
        giosg.faults.answer(503, retry_after="7", method="POST", path=MESSAGES)

        refused, accepted = caller.say(chat_id, "Hi"), caller.say(chat_id, "Hi")

        assert (refused.status_code, refused.headers["Retry-After"], accepted.status_code) == (503, "7", 201)
        assert len(giosg.messages(chat_id)) == 1

    def test_a_fault_without_end_lasts_until_it_is_cleared(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.faults.add(Fault(kind="answer", status=500, times=None))
        during = [caller.call("GET", "users/me").status_code for _ in range(3)]

        giosg.faults.clear()

        assert (during, caller.call_as_organization("GET", "users/me").status_code) == ([500] * 3, 200)

    def test_chance_meets_some_calls(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        fault = giosg.faults.add(Fault(kind="answer", status=500, times=None, probability=0.5))

        statuses = {caller.call("GET", caller.public_room).status_code for _ in range(60)}

        assert statuses == {200, 500}
        assert 0 < fault.met < 60

    def test_other_calls_are_left_alone(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.faults.add(Fault(kind="answer", status=500, method="POST", path=MESSAGES))

        assert caller.call("GET", caller.public_room).status_code == 200

    def test_an_error_after_the_act_is_possible(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat()
        giosg.faults.add(Fault(kind="commit_then_answer", status=500, path=MESSAGES))

        assert caller.say(chat_id, "Hi").status_code == 500
        assert len(giosg.messages(chat_id)) == 1

    @pytest.mark.parametrize(("garbage", "body"), [("html", "<!doctype"), ("empty", ""), ("wrong_type", "[1")])
    def test_garbage_keeps_the_status(self, giosg: SimulatedGiosg, caller: Caller, garbage: str, body: str) -> None:
        giosg.faults.add(Fault(kind="garbage", garbage=garbage))  # type: ignore[arg-type]  # from the parameters

        response = caller.call("GET", caller.public_room)

        assert response.status_code == 200
        assert response.text.startswith(body)

    def test_truncated_json_does_not_parse(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.faults.add(Fault(kind="garbage", garbage="truncated"))

        with pytest.raises(requests.JSONDecodeError):
            caller.call("GET", caller.public_room).json()


class TestSilence:
    @pytest.mark.parametrize(("kind", "messages"), [("hang", 0), ("commit_then_hang", 1)])
    def test_a_hanging_call_has_no_answer_with_or_without_the_act(
        self, giosg: SimulatedGiosg, caller: Caller, kind: Kind, messages: int
    ) -> None:
        path = f"{caller.chat_path(caller.start_chat())}/messages"
        giosg.faults.add(Fault(kind=kind, seconds=HANG_SECONDS, path=MESSAGES))

        with pytest.raises(requests.Timeout):
            caller.call("POST", path, {"type": "msg", "message": "Hi"}, timeout=0.1)

        assert giosg.requests.wait_for(method="POST", path=MESSAGES, timeout_seconds=30).status is None
        assert giosg.chats()[0]["message_count"] == messages

    @pytest.mark.parametrize(("kind", "messages"), [("drop", 0), ("commit_then_drop", 1)])
    def test_a_dropped_call_has_no_answer_with_or_without_the_act(
        self, giosg: SimulatedGiosg, caller: Caller, kind: Kind, messages: int
    ) -> None:
        chat_id = caller.start_chat()
        giosg.faults.add(Fault(kind=kind, path=MESSAGES))

        with pytest.raises(requests.ConnectionError):
            caller.say(chat_id, "Hi")

        assert giosg.requests.all()[-1].status is None
        assert giosg.chats()[0]["message_count"] == messages

    def test_a_hanging_call_does_not_hold_the_stop_up(self) -> None:
        with SimulatedGiosg() as giosg, Caller.new(giosg) as caller:
            giosg.faults.add(Fault(kind="hang", seconds=HANG_SECONDS))
            with pytest.raises(requests.Timeout):
                caller.call("GET", caller.public_room, timeout=0.1)
            started = time.monotonic()

        assert time.monotonic() - started < HANG_SECONDS

    def test_a_delay_answers_late(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.faults.add(Fault(kind="delay", seconds=0.2))
        started = time.monotonic()

        assert caller.call("GET", caller.public_room).status_code == 200
        assert time.monotonic() - started >= 0.2

    def test_latency_per_connection_is_paid_once(self, giosg: SimulatedGiosg) -> None:
        giosg.faults.connection_latency_seconds = 0.2
        started = time.monotonic()

        with Caller.new(giosg):
            assert time.monotonic() - started >= 0.2
            assert len(giosg.requests.connections()) == 1


class TestConnections:
    def test_calls_share_a_connection(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        caller.start_chat("Hi", "Hi again")

        assert len(giosg.requests.connections()) == 1

    def test_idle_connections_can_be_closed(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        closed = giosg.faults.close_idle_connections()
        caller.call("GET", caller.public_room)

        assert (closed, len(giosg.requests.connections())) == (1, 2)

    def test_a_connection_can_close_after_its_answer(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.faults.add(Fault(kind="close"))
        headers = {"Authorization": f"Bearer {caller.visitor['access_token']}", "Accept": "application/json"}
        with closing(HTTPConnection(urlsplit(giosg.base_url).netloc, timeout=5)) as connection:
            connection.request("GET", f"/api/v5/{caller.public_room}", headers=headers)
            answer = connection.getresponse()
            answer.read()

            assert (answer.status, answer.headers["Connection"]) == (200, None)
            assert connection.sock.recv(1) == b""


class TestLog:
    def test_it_tells_the_scheme_and_not_the_token(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        caller.call_as_organization("GET", "users/me")

        (call,) = giosg.requests.matching(method="GET", path="users/me")
        assert (call.path, call.status, call.authorization_scheme) == ("/api/v5/users/me", 200, "Token")
        assert giosg.api_token not in str(giosg.requests.all())

    def test_it_can_be_cleared(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        caller.call("GET", caller.public_room)

        giosg.requests.clear()

        assert len(giosg.requests) == 0
