"""The simulated Giosg as a visitor's client sees it, over real HTTP."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.local.giosg_caller import Caller


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def giosg(clock: Clock) -> Iterator[SimulatedGiosg]:
    with SimulatedGiosg(clock=clock) as running:
        yield running


class TestAuthentication:
    def test_a_new_visitor_gets_an_identity_a_secret_and_a_token(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        visitor = caller.visitor

        assert re.fullmatch("[0-9a-f]{32}", visitor["visitor_id"])
        assert re.fullmatch("[0-9a-f]{50}", visitor["visitor_secret_id"])
        assert visitor["organization_id"] == giosg.organization_id
        assert visitor["expires_at"] == "2030-01-01T10:30:00.000Z"
        assert visitor["expires_in"] == 1800

    def test_the_secret_brings_the_same_visitor_back(self, caller: Caller) -> None:
        before = caller.visitor

        caller.authenticate(before["visitor_secret_id"])

        assert caller.visitor["visitor_id"] == before["visitor_id"]
        assert caller.visitor["access_token"] != before["access_token"]

    def test_an_unknown_secret_makes_another_visitor(self, caller: Caller) -> None:
        before = caller.visitor

        response = caller.authenticate("0" * 50)

        assert response.status_code == 200
        assert caller.visitor["visitor_id"] != before["visitor_id"]

    def test_an_unknown_secret_is_refused_on_request(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.credentials.refuses_unknown_secrets = True

        assert caller.authenticate("0" * 50).status_code == 400

    def test_a_forgotten_visitor_is_unknown(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        before = caller.visitor
        giosg.forget_visitor(caller.id)

        caller.authenticate(before["visitor_secret_id"])

        assert caller.visitor["visitor_id"] != before["visitor_id"]

    def test_a_token_expires(self, clock: Clock, caller: Caller) -> None:
        clock.go_on(1799)
        assert caller.call("GET", caller.public_room).status_code == 200

        clock.go_on(1)

        assert caller.call("GET", caller.public_room).status_code == 401

    def test_tokens_can_be_revoked(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.credentials.revoke_visitor_tokens(caller.id)

        assert caller.call("GET", caller.public_room).status_code == 401

    @pytest.mark.parametrize("header", [None, "Bearer", "Bearer nonsense", "JWT {token}", "Token {token}"])
    def test_only_a_bearer_token_opens_the_public_api(self, caller: Caller, header: str | None) -> None:
        header = header and header.format(token=caller.visitor["access_token"])

        response = caller.call("GET", caller.public_room, headers={"Authorization": header})

        assert response.status_code == 401
        assert "detail" in response.json()

    def test_another_organization_is_not_found(self, caller: Caller) -> None:
        path = "public/orgs/00000000-0000-4000-8000-000000000000/auth"

        assert caller.call("POST", path, {}).status_code == 404

    def test_a_client_has_to_accept_json(self, caller: Caller) -> None:
        assert caller.call("GET", caller.public_room, headers={"Accept": "*/*"}).status_code == 406


class TestRoomVisitor:
    def test_entering_a_room_again_is_200(self, giosg: SimulatedGiosg) -> None:
        with Caller.new(giosg, is_in_room=False) as caller:
            answers = [caller.enter_room(presence_expires_in=120) for _ in range(2)]

            assert [answer.status_code for answer in answers] == [201, 200]
            assert answers[0].json() == {"id": caller.id, "room_id": giosg.room_id, "presence_expires_in": 120}

    @pytest.mark.parametrize("body", [{}, {"id": 7}, {"id": "x"}, [], "text"])
    def test_a_bad_body_is_400(self, caller: Caller, body: Any) -> None:
        assert caller.call("POST", f"{caller.public_room}/visitors", body).status_code == 400

    def test_somebody_else_is_403(self, caller: Caller) -> None:
        assert caller.call("POST", f"{caller.public_room}/visitors", {"id": "0" * 32}).status_code == 403

    @pytest.mark.parametrize("method", ["PUT", "PATCH"])
    def test_presence_lasts_as_long_as_said(self, clock: Clock, caller: Caller, method: str) -> None:
        chat_id = caller.start_chat()
        path = f"{caller.public_room}/visitors/{caller.id}"

        assert caller.call(method, path, {"presence_expires_in": 300}).status_code == 200

        present = []
        for seconds in (299, 1):
            clock.go_on(seconds)
            chat = caller.call("GET", caller.chat_path(chat_id)).json()
            present.append(chat["present_visitor_participant_count"])
        assert present == [1, 0]

    @pytest.mark.parametrize("value", [None, "60", -1, True])
    def test_bad_presence_is_400(self, caller: Caller, value: Any) -> None:
        path = f"{caller.public_room}/visitors/{caller.id}"

        assert caller.call("PUT", path, {"presence_expires_in": value}).status_code == 400

    def test_an_unknown_room_is_404(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        path = f"public/orgs/{giosg.organization_id}/rooms/00000000-0000-4000-8000-000000000000/visitors"

        assert caller.call("POST", path, {"id": caller.id}).status_code == 404


class TestRoom:
    def test_it_is_online_while_an_agent_is(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        online = [caller.call("GET", caller.public_room).json()["is_online"]]
        for agent in giosg.agents:
            agent.go_offline()
        online.append(caller.call("GET", caller.public_room).json()["is_online"])

        assert online == [True, False]

    def test_it_is_offline_outside_service_hours(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.agent.set_service_hours(giosg.room_id, is_open=False)

        assert caller.call("GET", caller.public_room).json()["is_online"] is False

    def test_online_users_show_public_names_only(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        users = caller.call("GET", f"{caller.public_room}/online_users").json()["results"]

        assert [user["public_name"] for user in users] == ["Customer care", "Pekka"]
        assert giosg.agent.record.name not in str(users)

    def test_it_has_no_brand(self, caller: Caller) -> None:
        assert caller.call("GET", f"{caller.public_room}/brand").status_code == 404


class TestPaths:
    def test_a_wrong_method_is_405(self, caller: Caller) -> None:
        assert caller.call("DELETE", caller.public_room).status_code == 405

    @pytest.mark.parametrize("path", ["nowhere", "public/orgs", "users/me/"])
    def test_an_unknown_path_is_404(self, caller: Caller, path: str) -> None:
        assert caller.call("GET", path).status_code == 404

    def test_a_body_that_is_not_json_is_400(self, caller: Caller) -> None:
        path = f"{caller.giosg.base_url}/api/v5/{caller.public_room}/visitors"
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {caller.visitor['access_token']}"}

        assert caller.session.post(path, data="{", headers=headers, timeout=5).status_code == 400

    def test_a_form_is_415(self, caller: Caller) -> None:
        path = f"{caller.giosg.base_url}/api/v5/{caller.public_room}/visitors"
        headers = {"Authorization": f"Bearer {caller.visitor['access_token']}"}

        assert caller.session.post(path, data={"id": caller.id}, headers=headers, timeout=5).status_code == 415
