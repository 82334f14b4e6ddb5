"""How long things live: as long as what needs them, and no longer than the visitor wants."""

from datetime import UTC, datetime, timedelta

import boto3
import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import REGION, Functions
from tests.toolkit.clock import Clock
from tests.toolkit.visitors import start
from tests.toolkit.webhooks import deliver
from tests.visitor_chat.scene import Scene

from visitor_chat import wiring
from visitor_chat.domain import message_events
from visitor_chat.domain.errors import InvalidVisitorToken
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.store.dynamodb_values import from_item

RETENTION = timedelta(days=30)


def expiries(table: str, **key: str) -> list[datetime]:
    """Return when the items end whose key begins like this."""
    items = [from_item(item) for item in boto3.client("dynamodb", REGION).scan(TableName=table)["Items"]]
    matching = [item for item in items if all(item[name].startswith(value) for name, value in key.items())]
    return [datetime.fromtimestamp(item["expires_at"], UTC) for item in matching]


def test_a_long_chat_stays_on_its_visitors_list(giosg: SimulatedGiosg, functions: Functions, clock: Clock) -> None:
    chat_id = start(functions, message="Hello").chat_id

    for _ in range(20):
        clock.instant += timedelta(days=3)
        giosg.agent.say(chat_id, "Still here")
        deliver(giosg, functions)
        wiring.reconciler().sync(chat_id)

    (listed,), (chat,) = expiries("ChatsTable", pk="visitor#"), expiries("ChatsTable", pk="chat#")
    assert chat > clock.instant + RETENTION - timedelta(seconds=1)
    assert listed > chat


def test_an_ended_chat_lives_no_longer_for_what_comes_after(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    chat_id = start(functions, message="Hello").chat_id
    giosg.agent.say(chat_id, "Goodbye")
    giosg.agent.end(chat_id)
    wiring.reconciler().sync(chat_id)
    before = expiries("ChatsTable", pk="chat#")

    clock.instant += timedelta(days=20)
    giosg.agent.purge(chat_id)
    wiring.reconciler().sync(chat_id)

    assert expiries("ChatsTable", pk="chat#") == before


def test_a_visitor_lives_as_long_as_they_come_back(functions: Functions, clock: Clock) -> None:
    chatting = start(functions, message="Hello")

    for _ in range(8):
        clock.instant += timedelta(days=10)
        assert chatting.chats().status == 200

    (visitor,) = expiries("VisitorsTable", record="visitor")
    assert visitor > clock.instant + RETENTION - timedelta(days=4)


def test_a_renewal_does_not_bring_an_erased_visitors_credentials_back(functions: Functions, clock: Clock) -> None:
    chatting = start(functions, message="Hello")
    credentials = wiring.store().credentials.find(chatting.visitor_id)
    assert credentials is not None
    access: VisitorTokens = wiring.visitor_tokens()
    chatting.erase()
    clock.instant += timedelta(hours=1)

    with pytest.raises(InvalidVisitorToken):
        access.fresh(credentials)

    assert wiring.store().credentials.find(chatting.visitor_id) is None


def test_a_huge_message_of_giosgs_still_fits_into_a_table(giosg: SimulatedGiosg, functions: Functions) -> None:
    chat_id = start(functions, message="Hello").chat_id
    giosg.webhooks.take()
    message = giosg.messages(chat_id)[0] | {
        "id": "b85d13fa-92c7-4e60-a1f4-7d09c3be2865",
        "sender_type": "user",
        "message": "x" * 300_000,
        "attachments": [{"id": f"a{number}", "title": "t", "text": "y" * 30_000} for number in range(20)],
    }
    notification = {
        "channel": f"/api/v5/orgs/{giosg.organization_id}/owned_chats/{chat_id}/messages",
        "action": "added",
        "resource_id": message["id"],
        "resource": message,
    }

    assert functions.webhook("messages", notification).status == 204
    stored = wiring.store().messages.find(chat_id, message["id"])
    assert stored is not None
    assert len(stored.content["message"]) == message_events.LONGEST_TEXT
    assert stored.content["attachments"]


def test_chats_that_fail_do_not_take_every_turn(giosg: SimulatedGiosg, functions: Functions, clock: Clock) -> None:
    scene = Scene(giosg, functions, clock)
    chat_id = start(functions, message="Hello").chat_id
    clock.instant += timedelta(minutes=10)
    giosg.faults.add(Fault(kind="answer", path=f"/owned_chats/{chat_id}", status=500, times=None))

    first = scene.sweep()
    at_once = scene.sweep()
    clock.instant += timedelta(minutes=3)
    later = scene.sweep()

    assert [swept["due"] for swept in (first, at_once, later)] == [1, 0, 1]


def test_the_end_of_a_chat_does_not_outlive_its_last_message(
    giosg: SimulatedGiosg, functions: Functions, clock: Clock
) -> None:
    chat_id = start(functions, message="Hello").chat_id
    clock.instant += timedelta(days=25)
    giosg.agent.end(chat_id)
    deliver(giosg, functions)

    (chat,), messages = expiries("ChatsTable", pk="chat#"), expiries("MessagesTable", record="message#")

    assert max(messages) > chat
