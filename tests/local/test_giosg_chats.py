"""The life of a chat on the simulated Giosg, from both sides."""

from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg
from tests.local.giosg_caller import Caller


class TestCreate:
    def test_a_new_chat_waits_for_nobody(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        response = caller.create_chat()

        chat = response.json()
        assert response.status_code == 201
        assert (chat["is_waiting"], chat["is_ended"], chat["ended_at"]) == (False, False, None)
        assert (chat["room_id"], chat["chat_type"]) == (giosg.room_id, "visitor")
        assert (chat["visitor_member_count"], chat["present_visitor_participant_count"]) == (1, 1)

    def test_nobody_online_is_a_refusal(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        for agent in giosg.agents:
            agent.go_offline()
        giosg.platform.offline_status = 409

        assert caller.create_chat().status_code == 409
        assert giosg.chats() == []

    def test_a_visitor_outside_the_room_is_404(self, giosg: SimulatedGiosg) -> None:
        with Caller.new(giosg, is_in_room=False) as caller:
            assert caller.create_chat().status_code == 404

    def test_a_banned_visitor_is_403(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.agent.ban(caller.id, giosg.room_id)

        assert caller.create_chat().status_code == 403

    def test_each_call_makes_another_chat(self, caller: Caller) -> None:
        assert caller.start_chat() != caller.start_chat()

    def test_auto_resume_returns_the_open_chat(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat()

        resumed = caller.create_chat(params={"auto_resume": "true"})
        giosg.agent.end(chat_id)
        renewed = caller.create_chat(params={"auto_resume": "true"})

        assert (resumed.status_code, resumed.json()["id"]) == (200, chat_id)
        assert renewed.status_code == 201

    @pytest.mark.parametrize("body", [{"chat_type": "operator"}, {"is_ended": 1}, {"user_member_ids": "x"}, []])
    def test_a_bad_body_is_400(self, caller: Caller, body: Any) -> None:
        assert caller.create_chat(body).status_code == 400


class TestLifecycle:
    def test_the_first_message_makes_it_wait(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")

        (chat,) = giosg.chats()
        assert (chat["is_waiting"], chat["is_pending"], chat["visitor_message_count"]) == (True, True, 1)
        assert chat["id"] == chat_id

    def test_an_agent_who_joins_ends_the_wait(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")

        giosg.agent.join(chat_id)

        (chat,) = giosg.chats()
        assert (chat["is_waiting"], chat["is_pending"], chat["user_member_count"]) == (False, False, 1)
        assert chat["visitor_wait_time"] is not None

    def test_the_visitor_can_end_it(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")

        response = caller.call("PATCH", caller.chat_path(chat_id), {"is_ended": True})

        assert response.status_code == 200
        assert response.json()["is_ended"] is True
        assert giosg.chats()[0]["duration"] == 0

    def test_an_end_is_final(self, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")
        caller.call("PATCH", caller.chat_path(chat_id), {"is_ended": True})

        assert caller.call("PATCH", caller.chat_path(chat_id), {"is_ended": False}).status_code == 400
        assert caller.call("PATCH", caller.chat_path(chat_id), {"is_ended": True}).status_code == 200
        assert caller.say(chat_id, "Still there?").status_code == 403

    def test_the_agents_leave_after_the_end(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")
        giosg.agent.say(chat_id, "Bye")

        giosg.agent.end(chat_id)

        last = giosg.messages(chat_id)[-1]
        assert last["type"] == "leave"
        assert last["created_at"] >= giosg.chats()[0]["ended_at"]

    def test_the_organization_can_end_it(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")
        path = f"{caller.organization}/owned_chats/{chat_id}"

        response = caller.call_as_organization("PATCH", path, {"is_ended": True})

        assert response.status_code == 200
        assert giosg.chats()[0]["is_ended"] is True

    def test_a_removed_chat_is_404(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")

        giosg.agent.remove_chat(chat_id)

        assert caller.call("GET", caller.chat_path(chat_id)).status_code == 404
        assert giosg.messages(chat_id) == []


class TestPrivacy:
    def test_another_visitors_chat_is_404(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")
        with Caller.new(giosg) as stranger:
            paths = [stranger.chat_path(chat_id), f"{stranger.chat_path(chat_id)}/messages", caller.chat_path(chat_id)]

            assert [stranger.call("GET", path).status_code for path in paths] == [404, 404, 404]
            assert stranger.say(chat_id, "Hi").status_code == 404

    def test_a_visitors_token_opens_nothing_of_the_organization(self, caller: Caller) -> None:
        assert caller.call("GET", f"{caller.organization}/owned_chats").status_code == 401

    def test_another_organization_is_403(self, caller: Caller) -> None:
        path = "orgs/00000000-0000-4000-8000-000000000000/owned_chats"

        assert caller.call_as_organization("GET", path).status_code == 403

    def test_the_token_of_a_webhook_opens_the_organization(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        giosg.webhooks.app_user_id = giosg.agent.id
        caller.start_chat()
        auth = giosg.webhooks.take()[0].body["app_user_auth"]

        header = f"{auth['token_type']} {auth['access_token']}"
        response = caller.call("GET", "users/me", headers={"Authorization": header})

        assert response.json()["id"] == giosg.agent.id


class TestOrganization:
    def test_users_me_names_the_organization(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        assert caller.call_as_organization("GET", "users/me").json()["organization_id"] == giosg.organization_id

    def test_its_room_tells_more_than_the_public_one(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        room = caller.call_as_organization("GET", f"{caller.organization}/rooms/{giosg.room_id}").json()

        assert (room["is_online"], room["is_open"], room["is_humans_online"]) == (True, True, True)

    def test_only_a_bot_online_is_no_human(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        for agent in giosg.agents:
            agent.go_offline()
        giosg.add_agent("Bertta Bot", alias="Bertta", is_bot=True).go_online()

        room = caller.call_as_organization("GET", f"{caller.organization}/rooms/{giosg.room_id}").json()

        assert (room["is_online"], room["is_humans_online"]) == (True, False)

    def test_username_names_the_visitor(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        path = f"{caller.organization}/rooms/{giosg.room_id}/visitors/{caller.id}/variables"
        chat_id = caller.start_chat("Before")

        for name in ("Aino", "Aino Example"):
            answer = caller.call_as_organization("POST", path, {"key": "username", "value": name})
            assert answer.status_code == 201

        assert caller.say(chat_id, "After").json()["sender_public_name"] == "Aino Example"
        assert giosg.variables(caller.id) == {"username": "Aino Example"}
        assert [message["sender_name"] for message in giosg.messages(chat_id)] == [None, "Aino Example"]

    @pytest.mark.parametrize("body", [{}, {"key": "x"}, {"key": "", "value": "x"}, {"key": "x", "value": 1}])
    def test_a_bad_variable_is_400(self, giosg: SimulatedGiosg, caller: Caller, body: Any) -> None:
        path = f"{caller.organization}/rooms/{giosg.room_id}/visitors/{caller.id}/variables"

        assert caller.call_as_organization("POST", path, body).status_code == 400

    def test_memberships_map_a_chat_to_its_visitor(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hello")
        giosg.agent.join(chat_id)

        (page,) = caller.all_pages(f"{caller.organization}/owned_chats/{chat_id}/memberships", as_organization=True)
        (public_page,) = caller.all_pages(f"{caller.chat_path(chat_id)}/memberships")

        assert [(member["member_type"], member["member_id"]) for member in page] == [
            ("visitor", caller.id),
            ("user", giosg.agent.id),
        ]
        assert page[1]["member_name"] == "Oona Operator"
        assert "Oona Operator" not in str(public_page)

    def test_chats_of_other_rooms_are_listed_too(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        ours = caller.start_chat("Hello")
        website = giosg.website_visitor.start_chat("Hi", name="Veli")
        agents = giosg.agent.start_chat(giosg.room_id)

        (owned,) = caller.all_pages(f"{caller.organization}/owned_chats", as_organization=True)
        (room,) = caller.all_pages(f"{caller.organization}/rooms/{giosg.room_id}/chats", as_organization=True)

        assert [chat["id"] for chat in owned] == [agents, website, ours]
        assert [chat["id"] for chat in room] == [agents, ours]
        assert owned[0]["visitor_member_count"] == 0


class TestBotUser:
    def exchange(self, giosg: SimulatedGiosg, code: str, secret: str) -> requests.Response:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "client_id": giosg.credentials.app_id,
            "client_secret": secret,
        }
        return requests.post(f"{giosg.base_url}/identity/token", data=form, timeout=5)

    def test_a_code_becomes_a_token_once(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        bot = giosg.add_agent("Bertta Bot", is_bot=True)
        code = giosg.credentials.issue_app_user_code(bot.id)

        first, again = (self.exchange(giosg, code, giosg.credentials.app_secret) for _ in range(2))

        header = f"{first.json()['token_type']} {first.json()['access_token']}"
        assert caller.call("GET", "users/me", headers={"Authorization": header}).json()["id"] == bot.id
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")

    def test_a_wrong_secret_is_refused(self, giosg: SimulatedGiosg) -> None:
        code = giosg.credentials.issue_app_user_code(giosg.agent.id)

        assert self.exchange(giosg, code, "wrong").json()["error"] == "invalid_client"


class TestPages:
    @pytest.mark.parametrize(("count", "sizes"), [(0, [0]), (2, [2]), (5, [2, 2, 1]), (4, [2, 2])])
    def test_every_chat_is_on_one_page(self, count: int, sizes: list[int]) -> None:
        with SimulatedGiosg(page_size=2) as giosg, Caller.new(giosg) as caller:
            ids = [caller.start_chat() for _ in range(count)]

            public = caller.all_pages(f"public/visitors/{caller.id}/chats")
            owned = caller.all_pages(f"{caller.organization}/owned_chats", as_organization=True)

        assert [len(page) for page in public] == sizes
        assert [chat["id"] for page in public for chat in page] == ids
        assert [chat["id"] for page in owned for chat in page] == ids[::-1]

    def test_previous_leads_back(self) -> None:
        with SimulatedGiosg(page_size=2) as giosg, Caller.new(giosg) as caller:
            for _ in range(5):
                caller.start_chat()
            for path in (f"public/visitors/{caller.id}/chats", f"{caller.public_room}/visitors/{caller.id}/chats"):
                first = caller.call("GET", path).json()
                second = caller.call("GET", first["next"]).json()

                assert first["previous"] is None
                assert caller.call("GET", second["previous"]).json()["results"] == first["results"]

    def test_what_comes_meanwhile_shifts_nothing(self) -> None:
        with SimulatedGiosg(page_size=2) as giosg, Caller.new(giosg) as caller:
            chat_id = caller.start_chat(*"abc")
            giosg.platform.lists_newest_messages_first = True
            first = caller.call("GET", f"{caller.chat_path(chat_id)}/messages").json()
            caller.say(chat_id, "d")

            second = caller.call("GET", first["next"]).json()

        assert [message["message"] for message in first["results"] + second["results"]] == ["c", "b", "a"]
