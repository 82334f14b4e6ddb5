"""TLS: whom the client talks to, and that a failed handshake has sent nothing."""

from pathlib import Path

import pytest
from tests.giosg_client import samples
from tests.giosg_client.certificates import Certificate
from tests.giosg_client.conftest import MakeClient
from tests.giosg_client.raw_server import Connection, RawServer, answer, answering, dropping, silent

from giosg_client.errors import GiosgTimeout, GiosgUnreachable
from giosg_client.retries import RetryPolicy

ONCE = RetryPolicy(attempts=1)
OK_ROOM = answering(answer(200, samples.room()))


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    return Certificate(tmp_path, address="127.0.0.1")


def test_a_trusted_certificate_of_the_right_host_is_taken(make_client: MakeClient, certificate: Certificate) -> None:
    with RawServer(OK_ROOM, tls=certificate.server_context()) as server:
        client = make_client(server.url, session=certificate.trusting_session())

        assert client.get_room(samples.ROOM_ID).is_online
        assert client.get_room(samples.ROOM_ID).is_online

        assert server.connections == 1


def test_the_connection_that_connect_opens_is_the_one_that_is_used(
    make_client: MakeClient, certificate: Certificate
) -> None:
    with RawServer(OK_ROOM, tls=certificate.server_context()) as server:
        client = make_client(server.url, session=certificate.trusting_session())

        client.connect()
        client.get_room(samples.ROOM_ID)

        assert server.connections == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(make_client: MakeClient, certificate: Certificate) -> None:
    with RawServer(OK_ROOM, tls=certificate.server_context()) as server:
        with pytest.raises(GiosgUnreachable, match="certificate verify failed"):
            make_client(server.url, retry=ONCE).get_room(samples.ROOM_ID)

        assert server.requests == []


def test_a_certificate_of_another_host_is_refused(make_client: MakeClient, tmp_path: Path) -> None:
    other = Certificate(tmp_path, address="127.0.0.9")
    with RawServer(OK_ROOM, tls=other.server_context()) as server:
        with pytest.raises(GiosgUnreachable, match="certificate verify failed"):
            make_client(server.url, session=other.trusting_session(), retry=ONCE).get_room(samples.ROOM_ID)

        assert server.requests == []


def test_an_expired_certificate_is_refused(make_client: MakeClient, tmp_path: Path) -> None:
    expired = Certificate(tmp_path, address="127.0.0.1", days=-1)
    with RawServer(OK_ROOM, tls=expired.server_context()) as server:
        with pytest.raises(GiosgUnreachable, match="expired"):
            make_client(server.url, session=expired.trusting_session(), retry=ONCE).get_room(samples.ROOM_ID)

        assert server.requests == []


def _plain_answer(connection: Connection) -> None:
    connection.send(b"HTTP/1.1 400 The plain HTTP request was sent to HTTPS port\r\n\r\n")
    connection.hang()


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(silent, id="never answered"),
        pytest.param(dropping, id="dropped"),
        pytest.param(_plain_answer, id="answered without TLS"),
    ],
)
def test_a_handshake_that_fails_has_sent_nothing(make_client: MakeClient, behaviour: object) -> None:
    def handshake(connection: Connection) -> None:
        connection.sock.recv(1)
        assert callable(behaviour)
        behaviour(connection)

    with RawServer(handshake) as server:
        url = server.url.replace("http:", "https:")

        with pytest.raises(GiosgUnreachable):
            make_client(url, connect_timeout_seconds=0.2, retry=ONCE).authenticate_visitor()


def test_a_connection_that_ends_after_the_handshake_may_have_taken_the_request(
    make_client: MakeClient, certificate: Certificate
) -> None:
    with RawServer(dropping, tls=certificate.server_context()) as server:
        client = make_client(server.url, session=certificate.trusting_session())

        with pytest.raises(GiosgTimeout):
            client.authenticate_visitor()

        assert len(server.requests) == 1
