"""Lists in pages: all of it, when it is needed, and never anything sent to anybody else."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest
from tests.giosg_client import samples
from tests.giosg_client.conftest import MakeClient
from tests.giosg_client.raw_server import Connection, RawServer, answer, answering

from giosg_client import pages
from giosg_client.errors import GiosgBadResponse, GiosgNotFound

LIST = f"/api/v5/orgs/{samples.ORGANIZATION_ID}/owned_chats"


def page(*results: object, next_url: object = None) -> bytes:
    return answer(200, {"next": next_url, "previous": None, "results": list(results)})


@pytest.fixture
def elsewhere() -> Iterator[RawServer]:
    """Return a server that must never hear of us."""
    with RawServer(answering(page())) as server:
        yield server
        assert server.connections == 0


def paging(first_next: str) -> RawServer:
    """Return a server whose first page leads to `first_next`, in which {url} is its own."""

    def behave(connection: Connection) -> None:
        connection.receive()
        connection.send(page(samples.chat(), next_url=first_next.format(url=connection.server.url)))
        answering(page(samples.chat(is_ended=True)))(connection)

    return RawServer(behave)


class TestFollowing:
    def test_every_page_is_read_in_order(self, make_client: MakeClient) -> None:
        with paging("{url}" + LIST + "?cursor=a%2Fb%3D%3D") as server:
            chats = list(make_client(server.url).list_owned_chats())

            assert [chat.is_ended for chat in chats] == [False, True]
            assert server.targets == [f"GET {LIST}", f"GET {LIST}?cursor=a%2Fb%3D%3D"]
            assert all(samples.API_TOKEN.encode() in request for request in server.requests)

    def test_a_page_that_is_not_needed_is_not_read(self, make_client: MakeClient) -> None:
        with paging("{url}" + LIST + "?cursor=2") as server:
            chats = make_client(server.url).list_owned_chats()
            assert server.requests == []

            list(islice(chats, 1))

            assert len(server.requests) == 1

    def test_a_plain_list_is_its_only_page(self, make_client: MakeClient) -> None:
        with RawServer(answering(answer(200, [samples.online_user()]))) as server:
            (agent,) = make_client(server.url).list_online_users(samples.ROOM_ID, access_token=samples.ACCESS_TOKEN)

            assert agent.id == samples.USER_ID

    def test_a_list_below_a_path_is_followed_below_that_path(self, make_client: MakeClient) -> None:
        with paging("{url}/giosg" + LIST + "?cursor=2") as server:
            chats = list(make_client(f"{server.url}/giosg").list_owned_chats())

            assert len(chats) == 2
            assert server.targets[1] == f"GET /giosg{LIST}?cursor=2"

    @pytest.mark.parametrize("odd", [None, 7, "text", [], {}, {"id": None}, samples.chat(id=7)])
    def test_an_item_that_cannot_be_read_is_left_out_and_told_of(self, make_client: MakeClient, odd: object) -> None:
        told: list[tuple[str, int]] = []
        with RawServer(answering(page(samples.chat(), odd, samples.chat()))) as server:
            client = make_client(server.url, on_left_out=lambda call, number: told.append((call, number)))
            chats = client.list_owned_chats()

            assert [chat.id for chat in chats] == [samples.CHAT_ID] * 2
            assert (chats.left_out, told) == (1, [(f"GET {LIST}", 1)])

    def test_fields_of_a_page_that_are_not_needed_may_be_odd(self, make_client: MakeClient) -> None:
        document = {"results": [samples.chat()], "previous": 7, "count": [], "next": None}
        with RawServer(answering(answer(200, document))) as server:
            assert len(list(make_client(server.url).list_owned_chats())) == 1

    def test_an_empty_next_ends_the_list(self, make_client: MakeClient) -> None:
        with RawServer(answering(page(samples.chat(), next_url=""))) as server:
            assert len(list(make_client(server.url).list_owned_chats())) == 1


class TestRefused:
    @pytest.mark.parametrize(
        "next_url",
        [
            pytest.param("{elsewhere}" + LIST, id="another port"),
            pytest.param("http://localhost:{port}" + LIST, id="another name"),
            pytest.param("https://127.0.0.1:{port}" + LIST, id="another scheme"),
            pytest.param("http://127.0.0.1" + LIST, id="the scheme's own port"),
            pytest.param("http://127.0.0.1:{port}@{elsewhere_host}" + LIST, id="our host as the user"),
            pytest.param("http://me@127.0.0.1:{port}" + LIST, id="a user"),
            pytest.param("http://127.0.0.1:{port}\\@{elsewhere_host}" + LIST, id="a backslash"),
            pytest.param("http://127.0.0.1:{port}\n.elsewhere.test" + LIST, id="a line's end"),
            pytest.param("//{elsewhere_host}" + LIST, id="no scheme"),
            pytest.param(LIST, id="no host"),
            pytest.param("?cursor=2", id="no path"),
            pytest.param("http://127.0.0.1:{port}", id="only a host"),
            pytest.param("http://[::1", id="half an address"),
            pytest.param("http://127.0.0.1:99999999" + LIST, id="no such port"),
            pytest.param("http://127.0.0.1:\uff11" + LIST, id="a wide digit"),
            pytest.param("file:///etc/passwd", id="a file"),
            pytest.param("javascript:alert(1)", id="a script"),
        ],
    )
    def test_a_next_page_elsewhere(self, make_client: MakeClient, elsewhere: RawServer, next_url: str) -> None:
        def behave(connection: Connection) -> None:
            hosts = {"elsewhere": elsewhere.url, "elsewhere_host": elsewhere.url[7:], "port": connection.server.port}
            answering(page(samples.chat(), next_url=next_url.format(**hosts)))(connection)

        with RawServer(behave) as server:
            chats = make_client(server.url).list_owned_chats()
            next(chats)

            with pytest.raises(GiosgBadResponse) as caught:
                next(chats)

            assert caught.value.field == "next"
            assert len(server.requests) == 1

    @pytest.mark.parametrize("next_url", [7, True, [], {}])
    def test_a_next_page_that_is_no_url(self, make_client: MakeClient, next_url: object) -> None:
        with RawServer(answering(page(samples.chat(), next_url=next_url))) as server:
            chats = make_client(server.url).list_owned_chats()
            next(chats)
            with pytest.raises(GiosgBadResponse) as caught:
                next(chats)

            assert caught.value.field == "next"

    def test_a_next_page_that_was_read_before(self, make_client: MakeClient) -> None:
        def behave(connection: Connection) -> None:
            answering(page(next_url=connection.server.url + LIST + "?cursor=2"))(connection)

        with RawServer(behave) as server:
            with pytest.raises(GiosgBadResponse):
                list(make_client(server.url).list_owned_chats())

            assert len(server.requests) == 2

    def test_pages_without_end(self, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pages, "MOST_PAGES", 5)

        def behave(connection: Connection) -> None:
            while connection.receive():
                number = len(connection.server.requests)
                connection.send(page(next_url=f"{connection.server.url}{LIST}?cursor={number}"))

        with RawServer(behave) as server:
            with pytest.raises(GiosgBadResponse, match="without end"):
                list(make_client(server.url).list_owned_chats())

            assert len(server.requests) == 5

    @pytest.mark.parametrize(
        ("document", "field"),
        [
            ({}, "results"),
            ({"results": None}, "results"),
            ({"results": {"id": 1}}, "results"),
            ("text", "results"),
            ({"results": [7]}, "results"),
            ({"results": [None, "x"]}, "results"),
        ],
    )
    def test_a_page_that_makes_no_sense(self, make_client: MakeClient, document: Any, field: str) -> None:
        with RawServer(answering(answer(200, document))) as server:
            with pytest.raises(GiosgBadResponse) as caught:
                list(make_client(server.url).list_owned_chats())

            assert caught.value.field == field

    def test_a_page_that_fails_fails_the_list(self, make_client: MakeClient) -> None:
        def behave(connection: Connection) -> None:
            connection.receive()
            connection.send(page(samples.chat(), next_url=connection.server.url + LIST + "?cursor=2"))
            answering(answer(404))(connection)

        with RawServer(behave) as server:
            chats = make_client(server.url).list_owned_chats()
            next(chats)

            with pytest.raises(GiosgNotFound):
                next(chats)
