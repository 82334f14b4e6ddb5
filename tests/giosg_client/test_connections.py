"""Failures on the way to Giosg: what was sent, what may have been done, what is tried again."""

import gzip
import logging
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from tests.giosg_client import samples
from tests.giosg_client.conftest import MakeClient
from tests.giosg_client.raw_server import Behaviour, Connection, RawServer, answer, answering, dropping, silent
from tests.toolkit.refusal import refusing_url

from giosg_client import connections, transport
from giosg_client.client import GiosgClient
from giosg_client.errors import (
    GiosgBadResponse,
    GiosgError,
    GiosgServerError,
    GiosgTimeout,
    GiosgUnavailable,
    GiosgUnreachable,
)
from giosg_client.models import Chat
from giosg_client.retries import RetryPolicy

OK_ROOM = answer(200, samples.room())
OK_MESSAGE = answer(201, samples.message())


def send_message(client: GiosgClient) -> Any:
    return client.send_message(
        samples.VISITOR_ID, samples.CHAT_ID, access_token=samples.ACCESS_TOKEN, text=samples.TEXT
    )


@pytest.fixture
def nowhere() -> Iterator[str]:
    with refusing_url() as url:
        yield url


class TestNothingWasSent:
    def test_a_refused_connection_is_unreachable(self, make_client: MakeClient, nowhere: str) -> None:
        with pytest.raises(GiosgUnreachable) as caught:
            send_message(make_client(nowhere))

        assert caught.value.status is None
        assert not caught.value.is_ambiguous

    def test_even_a_message_is_tried_again(self, make_client: MakeClient, waits: list[float], nowhere: str) -> None:
        client = make_client(nowhere, retry=RetryPolicy(attempts=3))

        with pytest.raises(GiosgUnreachable):
            send_message(client)

        assert len(waits) == 2
        assert 0.1 <= waits[0] <= 0.3
        assert 0.2 <= waits[1] <= 0.6

    def test_a_name_that_does_not_exist_is_unreachable(self, make_client: MakeClient) -> None:
        with pytest.raises(GiosgUnreachable):
            make_client("http://giosg.invalid").get_room(samples.ROOM_ID)


class TestMayHaveBeenDone:
    def test_a_message_without_an_answer_is_sent_once(self, make_client: MakeClient, waits: list[float]) -> None:
        with RawServer(silent) as server:
            client = make_client(server.url, read_timeout_seconds=0.2)

            with pytest.raises(GiosgTimeout) as caught:
                send_message(client)

            assert caught.value.is_ambiguous
            assert len(server.wait_for_requests(1)) == 1
            assert waits == []

    def test_a_message_on_a_dropped_connection_is_sent_once(self, make_client: MakeClient) -> None:
        with RawServer(dropping, answering(OK_MESSAGE)) as server:
            with pytest.raises(GiosgTimeout) as caught:
                send_message(make_client(server.url))

            assert caught.value.is_ambiguous
            assert len(server.requests) == 1

    def test_a_message_on_a_reset_connection_is_sent_once(self, make_client: MakeClient) -> None:
        def reset(connection: Connection) -> None:
            connection.receive()
            connection.reset()

        with RawServer(reset, answering(OK_MESSAGE)) as server:
            with pytest.raises(GiosgTimeout):
                send_message(make_client(server.url))

            assert len(server.requests) == 1

    @pytest.mark.parametrize(
        "beginning",
        [
            pytest.param(b"", id="nothing"),
            pytest.param(b"HTTP/1.1 201 Cre", id="half a status line"),
            pytest.param(b"HTTP/1.1 201 Created\r\nContent-", id="half a header"),
            pytest.param(b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{", id="half a body"),
            pytest.param(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{", id="half a chunk"),
            pytest.param(
                b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{", id="a chunk of no size"
            ),
            pytest.param(b"SSH-2.0-OpenSSH_9.6\r\n", id="another protocol"),
            pytest.param(b"HTTP/1.1 201 Created\r\n" + b"A: b\r\n" * 200, id="headers without end"),
            pytest.param(b"HTTP/1.1 201 " + b"x" * 100_000, id="a status line without end"),
        ],
    )
    def test_half_an_answer_is_no_answer(self, make_client: MakeClient, beginning: bytes) -> None:
        def behave(connection: Connection) -> None:
            connection.receive()
            connection.send(beginning)

        with RawServer(behave) as server:
            with pytest.raises(GiosgError) as caught:
                send_message(make_client(server.url))

            assert caught.value.is_ambiguous
            assert len(server.requests) == 1

    @pytest.mark.parametrize("status", [500, 502, 504, 599])
    def test_a_server_error_on_a_message_is_not_repeated(self, make_client: MakeClient, status: int) -> None:
        with RawServer(answering(answer(status), OK_MESSAGE)) as server:
            with pytest.raises(GiosgServerError) as caught:
                send_message(make_client(server.url))

            assert caught.value.is_ambiguous
            assert len(server.requests) == 1


class TestReadingIsRepeated:
    @pytest.mark.parametrize(
        "behaviours",
        [
            pytest.param([dropping, answering(OK_ROOM)], id="dropped"),
            pytest.param([answering(answer(502), OK_ROOM)], id="server error"),
            pytest.param([answering(answer(429, headers={"Retry-After": "1"}), OK_ROOM)], id="slow down"),
            pytest.param([answering(answer(503), OK_ROOM)], id="unavailable"),
        ],
    )
    def test_the_second_attempt_counts(self, make_client: MakeClient, behaviours: list[Behaviour]) -> None:
        with RawServer(*behaviours) as server:
            assert make_client(server.url).get_public_room(samples.ROOM_ID, access_token="token").is_online

            assert len(server.requests) == 2

    def test_it_ends_after_the_attempts_of_the_policy(self, make_client: MakeClient, waits: list[float]) -> None:
        with RawServer(answering(answer(500))) as server:
            with pytest.raises(GiosgServerError):
                make_client(server.url, retry=RetryPolicy(attempts=4)).get_public_room(
                    samples.ROOM_ID, access_token="token"
                )

            assert len(server.requests) == 4
            assert len(waits) == 3

    def test_a_short_retry_after_is_waited_for(self, make_client: MakeClient, waits: list[float]) -> None:
        with RawServer(answering(answer(503, headers={"Retry-After": "2"}), OK_ROOM)) as server:
            make_client(server.url).get_public_room(samples.ROOM_ID, access_token="token")

        assert waits == [2.0]

    def test_a_long_retry_after_is_left_to_the_caller(self, make_client: MakeClient, waits: list[float]) -> None:
        with RawServer(answering(answer(429, headers={"Retry-After": "30"}), OK_ROOM)) as server:
            with pytest.raises(GiosgUnavailable) as caught:
                make_client(server.url).get_public_room(samples.ROOM_ID, access_token="token")

            assert caught.value.retry_after_seconds == 30
            assert waits == []

    def test_no_attempt_begins_that_could_not_end_in_time(self, make_client: MakeClient, waits: list[float]) -> None:
        with RawServer(answering(answer(503, headers={"Retry-After": "60"}), OK_ROOM)) as server:
            client = make_client(server.url, retry=RetryPolicy(longest_wait_seconds=120))

            with pytest.raises(GiosgUnavailable):
                client.get_public_room(samples.ROOM_ID, access_token="token")

            assert waits == []

    def test_a_message_is_not_repeated_when_giosg_asks_to_come_back(self, make_client: MakeClient) -> None:
        with RawServer(answering(answer(503), OK_MESSAGE)) as server:
            with pytest.raises(GiosgUnavailable) as caught:
                send_message(make_client(server.url))

            assert not caught.value.is_ambiguous
            assert len(server.requests) == 1


class TestAvailabilityIsAskedOnce:
    def test_a_failure_is_left_to_the_caller_who_knows_an_older_answer(self, make_client: MakeClient) -> None:
        with RawServer(answering(answer(500), OK_ROOM)) as server:
            with pytest.raises(GiosgServerError):
                make_client(server.url).get_room(samples.ROOM_ID)

            assert len(server.requests) == 1


class Silence(requests.Session):
    """A Giosg that never answers; its clock moves when somebody waits."""

    def __init__(self) -> None:
        super().__init__()
        self.attempts = 0
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def wait(self, seconds: float) -> None:
        self._now += seconds

    def request(self, *_request: Any, **options: Any) -> requests.Response:
        self.attempts += 1
        _, read_timeout_seconds = options["timeout"]
        self.wait(read_timeout_seconds)
        raise requests.ReadTimeout


class TestTimeIsBounded:
    @pytest.mark.parametrize(
        "beginning",
        [
            pytest.param(b"", id="from the status line on"),
            pytest.param(b"HTTP/1.1 200 OK\r\n", id="from the headers on"),
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n", id="from the body on"),
            pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", id="in a chunk's head"),
            pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1000\r\n", id="in a chunk"),
            pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", id="in a body without length"),
        ],
    )
    def test_a_server_that_drips_bytes_holds_nobody(self, make_client: MakeClient, beginning: bytes) -> None:
        has_ended = threading.Event()

        def behave(connection: Connection) -> None:
            connection.receive()
            connection.send(beginning)
            connection.drip(b"0" * 200)
            has_ended.set()

        with RawServer(behave) as server:
            client = make_client(server.url, connect_timeout_seconds=0.1, read_timeout_seconds=0.3)

            with pytest.raises(GiosgTimeout):
                client.get_public_room(samples.ROOM_ID, access_token="token")

            assert not has_ended.is_set()

    def test_repeats_are_within_the_bound(self, make_client: MakeClient) -> None:
        silence = Silence()
        client = make_client(
            "http://giosg.invalid",
            connect_timeout_seconds=0.6,
            read_timeout_seconds=0.4,
            retry=RetryPolicy(attempts=10, backoff_seconds=0.01),
            session=silence,
            monotonic=silence.monotonic,
            sleep=silence.wait,
        )

        with pytest.raises(GiosgTimeout):
            client.get_public_room(samples.ROOM_ID, access_token="token")

        assert silence.attempts == 3
        assert silence.monotonic() == pytest.approx(1.0)


class TestKeepAlive:
    def test_calls_share_a_connection(self, make_client: MakeClient) -> None:
        with RawServer(answering(OK_ROOM)) as server:
            client = make_client(server.url)

            for _ in range(3):
                client.get_room(samples.ROOM_ID)

            assert server.connections == 1

    @pytest.mark.parametrize("status", [400, 404, 500])
    def test_an_error_keeps_the_connection(self, make_client: MakeClient, status: int) -> None:
        with RawServer(answering(answer(status, {"detail": "No."}), OK_ROOM)) as server:
            client = make_client(server.url, retry=RetryPolicy(attempts=1))

            with pytest.raises(GiosgError):
                client.get_room(samples.ROOM_ID)
            client.get_room(samples.ROOM_ID)

            assert server.connections == 1

    def test_a_connection_that_was_closed_meanwhile_is_noticed(self, make_client: MakeClient) -> None:
        def once(connection: Connection) -> None:
            connection.receive()
            connection.send(OK_ROOM)

        with RawServer(once, answering(OK_MESSAGE)) as server:
            client = make_client(server.url)
            client.get_room(samples.ROOM_ID)
            server.closed.acquire()

            assert send_message(client).message == samples.TEXT

    def test_a_message_never_goes_over_a_connection_that_was_idle_for_long(
        self, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with RawServer(answering(OK_ROOM), answering(OK_MESSAGE)) as server:
            client = make_client(server.url)
            client.get_room(samples.ROOM_ID)

            monkeypatch.setattr(connections, "LONGEST_IDLE_SECONDS", 0.0)
            send_message(client)

            assert server.connections == 2

    def test_a_connection_that_dies_under_the_message_leaves_it_open_whether_it_was_sent(
        self, make_client: MakeClient
    ) -> None:
        def behave(connection: Connection) -> None:
            connection.receive()
            connection.send(OK_ROOM)
            connection.receive()

        with RawServer(behave, answering(OK_MESSAGE)) as server:
            client = make_client(server.url)
            client.get_room(samples.ROOM_ID)

            with pytest.raises(GiosgTimeout) as caught:
                send_message(client)

            assert caught.value.is_ambiguous
            assert len(server.requests) == 2

    def test_threads_share_a_client(self, make_client: MakeClient, caplog: pytest.LogCaptureFixture) -> None:
        with RawServer(answering(OK_ROOM)) as server, ThreadPoolExecutor(connections.POOL_SIZE) as pool:
            client = make_client(server.url)

            rooms = list(pool.map(lambda _: client.get_room(samples.ROOM_ID), range(100)))

            assert len(rooms) == 100
            assert server.connections <= connections.POOL_SIZE
        assert "pool is full" not in caplog.text


class TestConnect:
    def test_the_first_call_finds_the_connection_open(self, make_client: MakeClient) -> None:
        with RawServer(answering(answer(404), OK_ROOM)) as server:
            client = make_client(server.url)

            client.connect()
            client.get_room(samples.ROOM_ID)

            assert server.connections == 1
            assert server.targets[0] == "HEAD /"
            assert b"authorization" not in server.requests[0].lower()

    def test_a_failure_is_left_to_the_first_call(
        self, make_client: MakeClient, waits: list[float], nowhere: str
    ) -> None:
        make_client(nowhere).connect()

        assert waits == []


class TestAnswersThatMakeNoSense:
    @pytest.mark.parametrize(
        "garbage",
        [
            pytest.param(b"", id="empty"),
            pytest.param(b"<!doctype html><h1>Maintenance</h1>", id="a page"),
            pytest.param(b'{"id": ', id="half"),
            pytest.param(b"\xff\xfe\xfd", id="not text"),
            pytest.param(b'{"id": NaN}', id="not a number"),
            pytest.param(b"[" * 200_000, id="too deep"),
            pytest.param(b'{"id": ' + b"9" * 5000 + b"}", id="a number too long for Python"),
            pytest.param(b"null", id="null"),
            pytest.param(b"[]", id="a list"),
            pytest.param(b'"text"', id="a string"),
        ],
    )
    def test_the_answer_is_refused(self, make_client: MakeClient, garbage: bytes) -> None:
        with RawServer(answering(answer(200, garbage))) as server:
            with pytest.raises(GiosgBadResponse) as caught:
                make_client(server.url).get_room(samples.ROOM_ID)

            assert caught.value.status == 200
            assert not caught.value.is_ambiguous
            assert len(server.requests) == 1

    def test_the_error_names_the_field(self, make_client: MakeClient) -> None:
        with RawServer(answering(answer(201, samples.message(id=7)))) as server:
            with pytest.raises(GiosgBadResponse) as caught:
                send_message(make_client(server.url))

            assert caught.value.field == "id"
            assert caught.value.is_ambiguous

    def test_an_answer_that_is_too_large_is_not_read(self, make_client: MakeClient) -> None:
        huge = answer(200, b" " * (transport.LARGEST_ANSWER_BYTES + 1))
        with RawServer(answering(huge)) as server, pytest.raises(GiosgBadResponse, match="too large"):
            make_client(server.url).get_room(samples.ROOM_ID)

    def test_an_answer_that_unfolds_without_end_is_not_read(self, make_client: MakeClient) -> None:
        bomb = gzip.compress(b" " * (16 * transport.LARGEST_ANSWER_BYTES))
        packed = answer(200, bomb, {"Content-Encoding": "gzip"})
        with RawServer(answering(packed)) as server, pytest.raises(GiosgBadResponse, match="too large"):
            make_client(server.url).get_room(samples.ROOM_ID)

    def test_a_packed_answer_is_unpacked(self, make_client: MakeClient) -> None:
        packed = gzip.compress(answer(200, samples.room()).split(b"\r\n\r\n")[1])
        with RawServer(answering(answer(200, packed, {"Content-Encoding": "gzip"}))) as server:
            assert make_client(server.url).get_room(samples.ROOM_ID).is_online

    def test_an_answer_that_is_not_packed_as_it_says_is_refused(self, make_client: MakeClient) -> None:
        broken = answer(200, b"not gzip", {"Content-Encoding": "gzip"})
        with RawServer(answering(broken)) as server, pytest.raises(GiosgBadResponse):
            make_client(server.url).get_room(samples.ROOM_ID)

    def test_a_large_error_is_still_that_error(self, make_client: MakeClient) -> None:
        with RawServer(answering(answer(502, b" " * 1_000_000))) as server, pytest.raises(GiosgServerError):
            make_client(server.url, retry=RetryPolicy(attempts=1)).get_room(samples.ROOM_ID)

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, make_client: MakeClient, status: int) -> None:
        with RawServer(answering(OK_ROOM)) as elsewhere:
            moved = answer(status, headers={"Location": f"{elsewhere.url}/api/v5/users/me"})
            with RawServer(answering(moved)) as server, pytest.raises(GiosgBadResponse):
                make_client(server.url).get_room(samples.ROOM_ID)

            assert elsewhere.requests == []

    @pytest.mark.parametrize("status", [304, 600, 999])
    def test_an_odd_status_is_refused(self, make_client: MakeClient, status: int) -> None:
        with RawServer(answering(answer(status))) as server, pytest.raises(GiosgBadResponse):
            make_client(server.url).get_room(samples.ROOM_ID)


class TestSurroundings:
    def test_cookies_are_not_kept(self, make_client: MakeClient) -> None:
        tracking = answer(200, samples.room(), {"Set-Cookie": "session=one-visitor; Path=/"})
        with RawServer(answering(tracking)) as server:
            client = make_client(server.url)

            client.get_room(samples.ROOM_ID)
            client.get_room(samples.ROOM_ID)

            assert b"cookie" not in server.requests[1].lower()

    def test_proxies_of_the_environment_are_ignored(
        self, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, nowhere: str
    ) -> None:
        monkeypatch.setenv("http_proxy", nowhere)
        monkeypatch.setenv("HTTP_PROXY", nowhere)
        with RawServer(answering(OK_ROOM)) as server:
            assert make_client(server.url).get_room(samples.ROOM_ID).is_online

    def test_a_login_for_the_host_in_netrc_is_ignored(
        self, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
    ) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login someone password else\n")
        monkeypatch.setenv("NETRC", str(netrc))
        with RawServer(answering(answer(200, samples.credentials()))) as server:
            make_client(server.url).authenticate_visitor()

            assert b"authorization" not in server.requests[0].lower()


class TestSecrets:
    @pytest.mark.parametrize(
        "behaviour",
        [
            pytest.param(dropping, id="dropped"),
            pytest.param(answering(answer(400, {"detail": samples.TEXT, "token": samples.ACCESS_TOKEN})), id="refused"),
            pytest.param(answering(answer(201, samples.message(id=samples.ACCESS_TOKEN))), id="a wrong field"),
            pytest.param(answering(answer(201, samples.ACCESS_TOKEN.encode())), id="not JSON"),
            pytest.param(answering(samples.ACCESS_TOKEN.encode() + b"\r\n\r\n"), id="another protocol"),
            pytest.param(
                answering(
                    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + samples.ACCESS_TOKEN.encode() + b"\r\n"
                ),
                id="a chunk of no size",
            ),
        ],
    )
    def test_no_token_and_no_text_is_in_an_error_or_in_a_log(
        self, make_client: MakeClient, caplog: pytest.LogCaptureFixture, behaviour: Behaviour
    ) -> None:
        caplog.set_level(logging.DEBUG)
        server = RawServer(lambda connection: behaviour(_OneRequest(connection)))
        with server, pytest.raises(GiosgError) as caught:
            send_message(make_client(server.url))

        told = caplog.text + repr(caught.value) + "".join(traceback.format_exception(caught.value))
        assert samples.ACCESS_TOKEN not in told
        assert samples.TEXT not in told

    def test_an_error_says_what_was_called_and_what_came_of_it(self, make_client: MakeClient) -> None:
        refusal = answer(500, headers={"X-Request-Id": "req-7"})
        with RawServer(answering(refusal)) as server, pytest.raises(GiosgServerError) as caught:
            make_client(server.url, retry=RetryPolicy(attempts=1)).get_owned_chat(samples.CHAT_ID)

        path = f"/api/v5/orgs/{samples.ORGANIZATION_ID}/owned_chats/{samples.CHAT_ID}"
        assert (caught.value.method, caught.value.path, caught.value.status) == ("GET", path, 500)
        assert caught.value.request_id == "req-7"
        assert str(caught.value) == f"GET {path} -> 500: an error at Giosg [request req-7]"


class _OneRequest(Connection):
    """A connection that ends after one request."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection.sock, connection.server)
        self._received = False

    def receive(self) -> bytes:
        if self._received:
            return b""
        self._received = True
        return super().receive()


def test_a_session_of_ones_own_carries_the_calls(make_client: MakeClient) -> None:
    session = transport.open_session()
    session.headers["X-Origin"] = "ours"
    with RawServer(answering(answer(200, samples.chat()))) as server:
        chat = make_client(server.url, session=session).get_owned_chat(samples.CHAT_ID)

        assert isinstance(chat, Chat)
        assert b"X-Origin: ours" in server.requests[0]
