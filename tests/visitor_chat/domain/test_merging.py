"""What an event means for a message, whatever order events come in."""

from typing import Any

import pytest
from tests.visitor_chat.domain.messages import (
    ADDED,
    CHAT,
    CHAT_ID,
    MESSAGE_ID,
    PURGE,
    REMOVED,
    SAID_AT,
    WHOLE,
    changed,
    event,
    known,
    merged,
)  # fmt: skip

from visitor_chat.domain import merging
from visitor_chat.domain.merging import Action, MessageEvent
from visitor_chat.domain.records import StoredMessage


def test_a_message_is_told_whole_when_it_is_added() -> None:
    stored = known(ADDED)

    assert (stored.content, stored.version, stored.seq) == (WHOLE, 1, None)


def test_a_repeated_addition_changes_nothing() -> None:
    assert merging.merge_message(known(ADDED), ADDED) is None


def test_a_later_change_wins_over_the_addition_that_comes_after_it() -> None:
    stored = known(changed("text 1"), ADDED)

    assert stored.content == WHOLE | {"message": "text 1"}


def test_an_older_change_does_not_undo_a_newer_one() -> None:
    newer, older = changed("text 2", updated_at="2030-01-01T10:05:00.000Z"), changed("text 1", updated_at=SAID_AT)

    assert known(ADDED, newer, older).content["message"] == "text 2"


@pytest.mark.parametrize("events", [(ADDED, REMOVED), (REMOVED, ADDED), (ADDED, REMOVED, changed("text 1"), ADDED)])
def test_a_removed_message_stays_removed_and_says_nothing(events: tuple[MessageEvent, ...]) -> None:
    stored = known(*events)

    assert stored.is_removed
    assert not any(stored.content.get(name) for name in ("message", "sender_public_name", "sender_avatar_url"))


@pytest.mark.parametrize("later", [ADDED, changed("text 1"), event(Action.FOUND, WHOLE)])
def test_a_purged_text_never_comes_back(later: MessageEvent) -> None:
    stored = known(ADDED, event(Action.CHANGED, PURGE), later)

    assert stored.content["message"] is None
    assert stored.content["sender_public_name"] is None


def test_a_purge_that_comes_first_erases_what_comes_after_it() -> None:
    stored = known(event(Action.CHANGED, PURGE), ADDED)

    assert (stored.content["message"], stored.content["type"]) == (None, "msg")


def test_what_was_found_at_giosg_replaces_what_was_pieced_together() -> None:
    stored = known(changed("text 1"), event(Action.FOUND, WHOLE))

    assert stored.content == WHOLE


def test_what_was_found_does_not_replace_what_was_committed_meanwhile() -> None:
    stored = StoredMessage(chat_id=CHAT_ID, id=MESSAGE_ID, content=WHOLE | {"message": "text 1"}, seq=5, version=2)

    assert merging.merge_message(stored, event(Action.FOUND, WHOLE, as_of=4)) is None
    assert merging.merge_message(stored, event(Action.FOUND, WHOLE, as_of=5)) is not None


def test_the_attempt_that_made_a_message_is_known_although_it_was_removed_first() -> None:
    stored = known(REMOVED, event(Action.ADDED, WHOLE, claim_id="claim"))

    assert (stored.is_removed, stored.claim_id, stored.content["message"]) == (True, "claim", None)
    assert merging.is_complete(stored.content)


def test_an_attempt_that_is_known_is_not_replaced() -> None:
    stored = known(event(Action.ADDED, WHOLE, claim_id="claim"), event(Action.ADDED, WHOLE, claim_id="other"))

    assert stored.claim_id == "claim"


@pytest.mark.parametrize(
    ("before", "late"),
    [
        pytest.param([], changed("text 1"), id="before the message itself"),
        pytest.param([changed("text 1")], changed("text 2"), id="a second one before the message itself"),
        pytest.param([ADDED, changed("text 1")], changed("text 2"), id="a second one"),
        pytest.param([ADDED, changed("text 1")], changed("text 1"), id="a repeat"),
        pytest.param([ADDED, changed("text 0")], changed("text 1"), id="after one that changed the text back"),
        pytest.param([event(Action.FOUND, WHOLE)], changed("text 1"), id="after a look at Giosg"),
        pytest.param([ADDED, changed("2", updated_at="2030-01-02")], changed("1", updated_at="2030-01-01"), id="older"),
    ],
)
def test_only_giosg_can_settle_a_change(before: list[MessageEvent], late: MessageEvent) -> None:
    assert merging.is_doubtful(merged(*before), late)


@pytest.mark.parametrize(
    ("before", "late"),
    [
        pytest.param([ADDED], changed("text 1"), id="the first one"),
        pytest.param([ADDED, changed("text 1")], event(Action.CHANGED, PURGE), id="a purge"),
        pytest.param([ADDED, changed("text 1")], event(Action.CHANGED), id="nothing that is kept"),
        pytest.param([ADDED, changed("1", updated_at="2030-01-01")], changed("2", updated_at="2030-01-02"), id="newer"),
        pytest.param([REMOVED], changed("text 1"), id="of a removed message"),
        pytest.param([], ADDED, id="an addition"),
    ],
)
def test_a_change_is_taken_at_its_word(before: list[MessageEvent], late: MessageEvent) -> None:
    assert not merging.is_doubtful(merged(*before), late)


@pytest.mark.parametrize(
    ("content", "is_public"),
    [
        ({"type": "msg", "message": None, "attachments": [{"title": "A"}]}, True),
        ({"type": "system", "message": None, "attachments": []}, False),
        ({"type": "system", "message": "Welcome"}, True),
        ({"type": "tag_created", "message": "sales"}, False),
        ({"type": "shoppingcart_locked"}, False),
        ({"type": "of tomorrow"}, False),
        ({}, False),
    ],
)
def test_visitors_see_only_what_is_meant_for_them(content: dict[str, Any], is_public: bool) -> None:  # noqa: FBT001
    assert merging.is_public(content) is is_public


def test_a_purged_message_takes_the_visitors_name_from_the_chat() -> None:
    purged = known(ADDED, event(Action.CHANGED, PURGE))

    assert merging.with_message(CHAT, purged).visitor_name is None


def test_a_notice_is_not_the_last_message() -> None:
    joined = known(event(Action.ADDED, WHOLE | {"type": "join", "message": None}))

    chat = merging.with_message(CHAT, joined)

    assert (chat.last_message_at, chat.status) == (None, "active")
