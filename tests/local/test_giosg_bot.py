"""The bot of the simulated Giosg: it asks with buttons and understands what is pressed."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from local.giosg import SimulatedGiosg
from local.giosg.agents.bot import ANSWERS, CHOICE, GREETING, HANDOVER, NOT_UNDERSTOOD
from tests.local.giosg_caller import Caller

PATIENCE_SECONDS = 5.0


@pytest.fixture
def giosg() -> Iterator[SimulatedGiosg]:
    with SimulatedGiosg() as running:
        running.bot.thinking_seconds = 0.0
        yield running


def entries(giosg: SimulatedGiosg, chat_id: str) -> list[tuple[str, str, str | None]]:
    return [(each["sender_type"], each["type"], each["message"]) for each in giosg.messages(chat_id)]


def wait_for(giosg: SimulatedGiosg, condition: Callable[[], bool]) -> None:
    """Wait until the state of the simulation fulfils a condition."""
    version, over = -1, threading.Event()
    timer = threading.Timer(PATIENCE_SECONDS, over.set)
    timer.start()
    while not condition():
        assert not over.is_set(), "waited in vain"
        version = giosg.world.wait_for_change(version, timeout_seconds=0.1)
    timer.cancel()


def press(caller: Caller, chat_id: str, message: dict[str, Any], text: str) -> requests.Response:
    """Press the button of a message that has this text."""
    (attachment,) = message["attachments"]
    (button,) = [action for action in attachment["actions"] if action["text"] == text]
    pressed = {
        "type": "action",
        "response_to_message_id": message["id"],
        "response_to_attachment_id": attachment["id"],
        "response_to_action_id": button["id"],
        "response_value": button["value"],
    }
    return caller.call("POST", f"{caller.chat_path(chat_id)}/messages", pressed)


def asked(giosg: SimulatedGiosg, caller: Caller) -> tuple[str, dict[str, Any]]:
    """Return a chat in which the bot has asked, and its message as the visitor sees it."""
    chat_id = caller.start_chat("Hi")
    message_id = giosg.bot.ask(chat_id)
    messages = caller.call("GET", f"{caller.chat_path(chat_id)}/messages").json()["results"]
    return chat_id, next(each for each in messages if each["id"] == message_id)


def test_it_asks_with_buttons_that_say_when_they_are_dead(giosg: SimulatedGiosg, caller: Caller) -> None:
    chat_id, question = asked(giosg, caller)

    assert (question["message"], question["attachments"][0]["title"]) == (GREETING, CHOICE["title"])
    actions = {action["text"]: action for action in question["attachments"][0]["actions"]}
    assert actions["Opening hours"]["is_disabled_on_visitor_message"] is True
    assert actions["Talk to a person"]["is_disabled_on_selection"] is False
    assert actions["Read more"]["type"] == "link_button"
    (bot,) = [
        each
        for each in caller.call("GET", f"{caller.chat_path(chat_id)}/memberships").json()["results"]
        if each["is_bot"]
    ]
    assert bot["member_public_name"] == "Botti the bot"


def test_a_press_is_a_structured_message_and_gets_its_answer(giosg: SimulatedGiosg, caller: Caller) -> None:
    chat_id, question = asked(giosg, caller)

    pressed = press(caller, chat_id, question, "Opening hours").json()

    assert (pressed["type"], pressed["message"]) == ("action", None)
    assert (pressed["response_text"], pressed["response_value"]) == ("Opening hours", "hours")
    wait_for(giosg, lambda: len(entries(giosg, chat_id)) == 6)
    assert entries(giosg, chat_id)[3:] == [
        ("visitor", "action", None),
        ("user", "msg", ANSWERS["hours"]),
        ("user", "msg", None),
    ]
    assert giosg.messages(chat_id)[-1]["attachments"][0]["title"] == "Did that help?"


def test_a_person_is_fetched_on_request_and_the_chat_waits(giosg: SimulatedGiosg, caller: Caller) -> None:
    chat_id, question = asked(giosg, caller)

    press(caller, chat_id, question, "Talk to a person")

    wait_for(giosg, lambda: entries(giosg, chat_id)[-2:] == [("user", "msg", HANDOVER), ("user", "leave", None)])
    wait_for(giosg, lambda: bool(giosg.chats()[0]["is_waiting"]))


def test_a_text_is_answered_as_long_as_no_person_takes_part(giosg: SimulatedGiosg, caller: Caller) -> None:
    chat_id, _ = asked(giosg, caller)
    caller.say(chat_id, "Where is my parcel?")
    wait_for(giosg, lambda: entries(giosg, chat_id)[-1] == ("user", "msg", NOT_UNDERSTOOD))

    giosg.agent.join(chat_id)
    caller.say(chat_id, "Are you a person?")

    other_id, other = asked(giosg, caller)
    press(caller, other_id, other, "Opening hours")
    wait_for(giosg, lambda: len(entries(giosg, other_id)) == 6)  # it answers in order: it had nothing to say before
    assert entries(giosg, chat_id)[-1] == ("visitor", "msg", "Are you a person?")


def test_a_button_of_an_agents_is_none_of_its_business(giosg: SimulatedGiosg, caller: Caller) -> None:
    chat_id, question = asked(giosg, caller)
    giosg.agent.say(chat_id, "Choose", attachments=[{"actions": [{"text": "This", "value": "hours"}]}])
    messages = caller.call("GET", f"{caller.chat_path(chat_id)}/messages").json()["results"]

    press(caller, chat_id, messages[-1], "This")

    press(caller, chat_id, question, "Opening hours")
    wait_for(giosg, lambda: len(entries(giosg, chat_id)) == 9)
    assert [text for _, _, text in entries(giosg, chat_id)].count(ANSWERS["hours"]) == 1


def test_it_makes_no_room_online(giosg: SimulatedGiosg, caller: Caller) -> None:
    asked(giosg, caller)

    for agent in giosg.agents:
        if not agent.record.is_bot:
            agent.go_offline()

    assert caller.call("GET", caller.public_room).json()["is_online"] is False


def test_it_goes_with_the_simulation_even_while_it_thinks(giosg: SimulatedGiosg, caller: Caller) -> None:
    before = set(threading.enumerate())
    chat_id, question = asked(giosg, caller)
    giosg.bot.thinking_seconds = 600.0
    press(caller, chat_id, question, "Opening hours")

    giosg.stop()

    assert "bot" not in {thread.name for thread in set(threading.enumerate()) - before}
