"""DELETE /visitor."""

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.functions.conftest import stored_items
from tests.toolkit.visitors import Chatting, ask_to_start, codes, start
from tests.toolkit.webhooks import deliver

pytestmark = pytest.mark.usefixtures("empty_tables")


@pytest.fixture
def chatting(functions: Functions) -> Chatting:
    return start(functions, visitor_name="Swordfish", message="My number is 5550123")


def stored_about(chatting: Chatting) -> str:
    visitor_id = chatting.visitor_id
    return str([item for item in stored_items() if visitor_id in str(item) or chatting.chat_id in str(item)])


def test_names_texts_and_credentials_are_gone(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    giosg.agent.say(chatting.chat_id, "5550123, thank you")
    deliver(giosg, functions)
    start(functions, token=chatting.token, message="5550123 again")

    erased = chatting.erase()

    assert (erased.status, erased.text) == (204, "")
    left = stored_about(chatting)
    assert [word for word in ("Swordfish", "5550123", "access_token", "secret") if word in left] == []


def test_the_token_is_dead_from_then_on(functions: Functions, chatting: Chatting) -> None:
    chatting.erase()

    again = functions.call("start_chat", "POST", "/chats", token=chatting.token)
    assert (
        codes(again, chatting.chats(), chatting.chat(), chatting.read(), chatting.end(), chatting.erase())
        == [(401, "invalid_visitor_token")] * 6
    )


def test_what_comes_later_is_not_stored(giosg: SimulatedGiosg, functions: Functions, chatting: Chatting) -> None:
    giosg.agent.say(chatting.chat_id, "Is 5550123 right?")
    chatting.erase()
    giosg.agent.say(chatting.chat_id, "Are you there, 5550123?")
    deliver(giosg, functions)

    assert "5550123" not in stored_about(chatting)


def test_other_visitors_keep_everything(functions: Functions, chatting: Chatting) -> None:
    other = start(functions, visitor_name="Eino", message="Hello?")

    chatting.erase()

    assert other.texts() == ["Hello?"]
    assert other.send("Still here").status == 201


def test_an_erased_visitors_key_leads_nowhere(functions: Functions) -> None:
    chatting = start(functions, key="a-key-of-the-erased", message="Hello?")
    chatting.erase()

    repeat = ask_to_start(functions, key="a-key-of-the-erased", message="Hello?")

    assert codes(repeat) == [(401, "invalid_visitor_token")]
