"""Since when a visitor waits, whatever order messages come in."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from visitor_chat.domain.merging import MOST_UNANSWERED, with_message
from visitor_chat.domain.records import Chat, StoredMessage
from visitor_chat.runtime.clock import to_text

BEGAN_AT = datetime(2030, 1, 1, tzinfo=UTC)
CHAT = Chat(id="chat", visitor_id="visitor", visitor_name=None, created_at=BEGAN_AT, updated_at=BEGAN_AT)


def message(minute: int, sender: str, kind: str = "msg") -> StoredMessage:
    created_at = to_text(BEGAN_AT + timedelta(minutes=minute))
    content = {"type": kind, "sender_type": sender, "created_at": created_at, "message": "x"}
    return StoredMessage(chat_id="chat", id=f"{sender} {minute}", content=content)


def after(*messages: StoredMessage) -> Chat:
    chat = CHAT
    for each in messages:
        chat = with_message(chat, each)
    return chat


def minute_of(chat: Chat) -> int | None:
    since = chat.waiting_since
    return None if since is None else int((since - BEGAN_AT).total_seconds() // 60)


def test_nobody_waits_before_something_is_said() -> None:
    assert CHAT.waiting_since is None
    assert after(message(1, "user")).waiting_since is None


def test_a_visitor_waits_since_the_first_unanswered_message() -> None:
    assert minute_of(after(message(1, "visitor"), message(2, "visitor"))) == 1


def test_an_answer_ends_the_waiting_and_a_join_does_not() -> None:
    waiting = [message(1, "visitor")]

    assert minute_of(after(*waiting, message(2, "user", "join"))) == 1
    assert minute_of(after(*waiting, message(2, "user"))) is None


def test_a_visitor_waits_again_with_the_next_message() -> None:
    said = [message(1, "visitor"), message(2, "user"), message(3, "visitor", "action"), message(4, "visitor")]

    assert {minute_of(after(*order)) for order in permutations(said)} == {3}


def test_nobody_waits_in_an_ended_chat() -> None:
    assert replace(after(message(1, "visitor")), is_ended=True).waiting_since is None


def test_a_message_that_was_removed_waits_for_nothing() -> None:
    said = message(1, "visitor")

    assert after(said, replace(said, is_removed=True)).waiting_since is None


@given(st.lists(st.sampled_from(["visitor", "user"]), max_size=MOST_UNANSWERED - 1), st.randoms())
def test_the_order_in_which_messages_come_makes_no_difference(senders: list[str], randomness: object) -> None:
    said = [message(minute, sender) for minute, sender in enumerate(senders)]
    shuffled = sorted(said, key=lambda _each: randomness.random())  # type: ignore[attr-defined]

    assert after(*shuffled).waiting_since == after(*said).waiting_since


def test_what_is_kept_stays_bounded() -> None:
    chat = after(*(message(minute, "visitor") for minute in range(100)))

    assert len(chat.unanswered) == MOST_UNANSWERED
    assert minute_of(chat) == 0
