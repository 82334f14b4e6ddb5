"""Whatever order events come in, and however often, the same is stored in the end."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.visitor_chat.domain.messages import ADDED, CHAT, PURGE, REMOVED, WHOLE, event, known, merged

from visitor_chat.domain import merging
from visitor_chat.domain.merging import Action, MessageEvent
from visitor_chat.domain.records import StoredMessage

EDITS = st.lists(st.sampled_from(["text 0", "text 1", "text 2"]), max_size=4)


@st.composite
def deliveries(draw: st.DrawFn, *, is_dated: bool) -> tuple[list[MessageEvent], MessageEvent]:
    """Make up what happened to a message, told in any order and any number of times, and what Giosg has in the end."""
    told, now = [ADDED], dict(WHOLE)
    for number, text in enumerate(draw(EDITS)):
        now |= {"message": text} | ({"updated_at": f"2030-01-01T10:1{number}:00.000Z"} if is_dated else {})
        told.append(event(Action.CHANGED, {name: now[name] for name in ("message", "updated_at") if now[name]}))
    if draw(st.booleans()):
        now |= PURGE
        told.append(event(Action.CHANGED, PURGE))
    last = event(Action.FOUND, now)
    if draw(st.booleans()):
        last = REMOVED
        told.append(REMOVED)
    repeated = [*told, *draw(st.lists(st.sampled_from(told), max_size=4))]
    return draw(st.permutations(repeated)), last


@given(deliveries(is_dated=False))
def test_with_a_look_at_giosg_every_order_gives_the_same_message(told: tuple[list[MessageEvent], MessageEvent]) -> None:
    events, last = told

    in_order, shuffled = known(ADDED, last), known(*events, last)

    assert shuffled.is_removed == in_order.is_removed
    assert visible(shuffled) == visible(in_order)


@given(deliveries(is_dated=True))
def test_dated_changes_need_no_look_at_giosg(told: tuple[list[MessageEvent], MessageEvent]) -> None:
    events, last = told

    assert visible(known(*events)) == visible(known(*events, last))


@given(deliveries(is_dated=False))
@settings(max_examples=300)
def test_whenever_an_order_can_give_another_message_it_is_known_to(
    told: tuple[list[MessageEvent], MessageEvent],
) -> None:
    events, last = told
    doubts = [merging.is_doubtful(merged(*events[:number]), each) for number, each in enumerate(events)]

    if not any(doubts):
        assert visible(known(*events)) == visible(known(*events, last))


def visible(stored: StoredMessage) -> dict[str, Any]:
    """Return what visitors can see of a message."""
    return {name: None if stored.is_removed else stored.content.get(name) for name in ("message", "sender_public_name")}


FACTS = [
    {"is_waiting": True},
    {"is_waiting": False, "user_member_count": 1},
    {"is_ended": True},
    {"is_ended": True, "ended_at": datetime(2030, 1, 2, tzinfo=UTC)},
    {"is_ended": False},
    {"visitor_message_count": 1},
]


@given(st.permutations(FACTS))
def test_what_is_said_of_a_chat_gives_the_same_chat_in_every_order(facts: list[dict[str, Any]]) -> None:
    chat = CHAT
    for each in facts:
        chat = merging.merge_chat(chat, each) or chat

    assert (chat.status, chat.ended_at, chat.has_agent) == ("ended", datetime(2030, 1, 2, tzinfo=UTC), True)
