"""What is said on the simulated Giosg, and what becomes of it."""

from typing import Any

import pytest
from local.giosg import ChatIsEnded, SimulatedGiosg
from tests.local.giosg_caller import Caller


def read(caller: Caller, chat_id: str) -> list[dict[str, Any]]:
    return [message for page in caller.all_pages(f"{caller.chat_path(chat_id)}/messages") for message in page]


class TestSend:
    def test_the_answer_is_the_message(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat()

        response = caller.say(chat_id, "Onko punaista? 🍒")

        message = response.json()
        assert response.status_code == 201
        assert (message["message"], message["sender_type"], message["sender_id"]) == (
            "Onko punaista? 🍒",
            "visitor",
            caller.id,
        )
        assert message["id"] == giosg.messages(chat_id)[0]["id"]
        assert read(caller, chat_id) == [message]

    @pytest.mark.parametrize(
        ("text", "status"),
        [
            ("a" * 2000, 201),
            ("a" * 2001, 400),
            ("🍒" * 1000, 201),
            ("🍒" * 1001, 400),
            ("", 400),
            (" \n", 400),
            (None, 400),
            (7, 400),
            ("a\0b", 400),
            ("\ud800", 400),
        ],
        ids=["2000", "2001", "1000 pairs", "1001 pairs", "empty", "blank", "null", "number", "NUL", "surrogate"],
    )
    def test_the_text_is_checked(self, caller: Caller, text: Any, status: int) -> None:
        assert caller.say(caller.start_chat(), text).status_code == status

    @pytest.mark.parametrize("message_type", ["join", "", None, 3])
    def test_a_visitor_sends_messages_only(self, caller: Caller, message_type: Any) -> None:
        assert caller.say(caller.start_chat(), "Hi", type=message_type).status_code == 400

    def test_the_type_is_required(self, caller: Caller) -> None:
        path = f"{caller.chat_path(caller.start_chat())}/messages"

        assert caller.call("POST", path, {"message": "Hi"}).json() == {"type": ["This field is required."]}

    def test_pressing_a_button_answers_the_attachment(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        giosg.agent.say(chat_id, None, attachments=[{"title": "Which?", "actions": [{"text": "Red", "value": "r"}]}])
        asked = read(caller, chat_id)[-1]
        attachment = asked["attachments"][0]
        pressed = {
            "response_to_message_id": asked["id"],
            "response_to_attachment_id": attachment["id"],
            "response_to_action_id": attachment["actions"][0]["id"],
            "response_value": "r",
        }

        answer = caller.say(chat_id, None, type="action", **pressed)
        unknown = caller.say(chat_id, None, type="action", **pressed | {"response_to_action_id": chat_id})

        assert (answer.status_code, answer.json()["response_text"]) == (201, "Red")
        assert unknown.status_code == 400

    def test_following_a_link_is_a_press_without_an_action(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        url = "https://example.com/hours"
        giosg.agent.say(chat_id, None, attachments=[{"title": "Hours", "title_link_url": url}])
        asked = read(caller, chat_id)[-1]
        followed = {"response_to_message_id": asked["id"], "response_to_attachment_id": asked["attachments"][0]["id"]}

        answer = caller.say(chat_id, None, type="action", response_value=url, **followed).json()

        assert (answer["response_value"], answer["response_to_action"]) == (url, None)


class TestAgent:
    def test_visitors_see_the_public_name_only(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")

        giosg.agent.say(chat_id, "Hello")

        assert [message["type"] for message in read(caller, chat_id)] == ["msg", "join", "msg"]
        assert read(caller, chat_id)[-1]["sender_public_name"] == "Customer care"
        assert "Oona Operator" not in str(read(caller, chat_id))
        assert giosg.messages(chat_id)[-1]["sender_name"] == "Oona Operator"

    def test_another_agent_has_another_name(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")

        giosg.add_agent("Ylva Youngster", alias="Ylva", avatar_url="https://cdn.example.test/y.png").say(chat_id, "Hej")

        said = read(caller, chat_id)[-1]
        assert (said["sender_public_name"], said["sender_avatar"]["url"]) == ("Ylva", "https://cdn.example.test/y.png")

    def test_an_edit_changes_the_text(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        message_id = giosg.agent.say(chat_id, "Helo")

        giosg.agent.edit(message_id, "Hello")

        assert read(caller, chat_id)[-1]["message"] == "Hello"

    def test_a_removed_message_is_gone_and_not_counted(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        message_id = giosg.agent.say(chat_id, "Oops")

        giosg.agent.remove(message_id)

        assert message_id not in [message["id"] for message in read(caller, chat_id)]
        assert giosg.chats()[0]["message_count"] == 1

    def test_a_purge_erases_texts_and_the_visitors_names(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("My number is 7")
        giosg.agent.say(chat_id, "Thank you")

        giosg.agent.purge(chat_id)

        messages = giosg.messages(chat_id)
        assert {message["message"] for message in messages} == {None}
        assert all(message["sensitive_data_purged_at"] for message in messages)

    def test_nobody_speaks_in_an_ended_chat(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        giosg.agent.end(chat_id)

        with pytest.raises(ChatIsEnded):
            giosg.agent.say(chat_id, "Too late")

    def test_the_platform_still_does(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        giosg.agent.end(chat_id)

        giosg.agent.tag(chat_id, "sales")

        assert giosg.messages(chat_id)[-1]["type"] == "tag_created"

    def test_typing_shows_in_the_memberships(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")
        giosg.agent.join(chat_id)

        giosg.agent.typing(chat_id)

        members = caller.call("GET", f"{caller.chat_path(chat_id)}/memberships").json()["results"]
        assert [member["composing_status"] for member in members] == ["idle", "typing"]

    def test_an_encrypted_message_has_no_text(self, giosg: SimulatedGiosg, caller: Caller) -> None:
        chat_id = caller.start_chat("Hi")

        giosg.agent.say(chat_id, "Secret", is_encrypted=True)

        assert (read(caller, chat_id)[-1]["message"], read(caller, chat_id)[-1]["is_encrypted"]) == (None, True)

    @pytest.mark.parametrize("act", ["autosuggest", "rule_says"])
    def test_automatic_lines_have_text(self, giosg: SimulatedGiosg, caller: Caller, act: str) -> None:
        chat_id = caller.start_chat()

        getattr(giosg.agent, act)(chat_id, "Can I help?")

        assert read(caller, chat_id)[0]["message"] == "Can I help?"
