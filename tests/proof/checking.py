"""What must be true at the end of a run, whatever has happened in it: Giosg, the tables and every reader agree."""

import json
from collections import Counter
from typing import Any

from tests.proof.checking_held import check_held
from tests.proof.checking_rooms import check_rooms
from tests.proof.healing import read_all
from tests.proof.people import Person, Reader, Wish
from tests.proof.run import Run

from visitor_chat.domain.merging import PUBLIC_TYPES

TABLES = ("ChatsTable", "MessagesTable", "VisitorsTable", "CoordinationTable", "CredentialsTable")


def check(run: Run) -> None:
    """Compare everything with everything."""
    for chat_id, person in run.visitors.chats.items():
        _check_chat(run, chat_id, person)
    _check_numbers(run)
    _check_starts(run)
    for wish in run.visitors.wishes:
        _check_said(run, wish)
    _check_counts(run)
    check_held(run)
    check_rooms(run)
    _check_gone(run)


def _check_chat(run: Run, chat_id: str, person: Person) -> None:
    fresh = Reader(person, chat_id)
    read_all(run, fresh, limit=50)
    giosg_chat = next((chat for chat in run.stack.giosg.chats() if chat["id"] == chat_id), None)
    if giosg_chat is None:
        assert fresh.chat is None, "a removed chat can still be read"
        return
    assert fresh.chat is not None, f"a chat cannot be read: {chat_id}"
    assert run.rooms[fresh.chat["room"]] == giosg_chat["room_id"], "a chat is shown in another room"
    expected = {each["id"]: _as_visitors_see(each) for each in run.stack.giosg.messages(chat_id) if _is_public(each)}
    there = {each["id"]: _comparable(each) for each in fresh.seen.values() if not each["is_removed"]}
    assert there == expected, f"the stored chat differs from Giosg's: {_difference(there, expected)}"
    for removed in (each for each in fresh.seen.values() if each["is_removed"]):
        _check_removed(removed)
    if (reader := run.readers.get(chat_id)) is not None:
        assert reader.seen == fresh.seen, f"a reader has missed something: {_difference(reader.seen, fresh.seen)}"
        assert reader.chat == fresh.chat
    _check_status(fresh.chat, giosg_chat)


def _check_numbers(run: Run) -> None:
    """No two changes of a chat have one number, and none has a number that is still to come."""
    seqs = run.stack.seqs()
    placed = [each for each in run.stack.records("MessagesTable") if "seq" in each]
    numbers = [(each["chat_id"]["S"], int(each["seq"]["N"])) for each in placed]
    assert len(numbers) == len(set(numbers)), "two messages have the same number"
    assert all(number <= seqs[chat_id] for chat_id, number in numbers)
    firsts = [(each["chat_id"]["S"], each["sequence"]["N"]) for each in placed]
    assert len(firsts) == len(set(firsts)), "two messages of an instant have no order"


def _is_public(message: dict[str, Any]) -> bool:
    if message["type"] == "system" and not message["message"] and not message["attachments"]:
        return message["sensitive_data_purged_at"] is not None
    return message["type"] in PUBLIC_TYPES


def _as_visitors_see(message: dict[str, Any]) -> dict[str, Any]:
    """Return what visitors must see of a message of Giosg's; a purge takes every name along."""
    is_purged = message["sensitive_data_purged_at"] is not None
    senders = {"user": "agent", "visitor": "visitor", "rule": "system"}
    return {
        "type": PUBLIC_TYPES[message["type"]],
        "sender_type": senders[message["sender_type"]],
        "sender_name": None if is_purged else message["sender_public_name"],
        "message": message["message"],
        "attachments": [each["title"] for each in message["attachments"] or []],
        "created_at": message["created_at"],
    }


def _comparable(message: dict[str, Any]) -> dict[str, Any]:
    names = ("type", "sender_type", "sender_name", "message", "created_at")
    attachments = [each["title"] for each in message["attachments"]]
    return {name: message[name] for name in names} | {"attachments": attachments}


def _check_removed(message: dict[str, Any]) -> None:
    left = {name for name in ("message", "sender_name", "sender_avatar_url", "attachments") if message[name]}
    assert not left, f"a removed message still shows {left}"


def _check_status(chat: dict[str, Any], giosg_chat: dict[str, Any]) -> None:
    assert (chat["status"] == "ended") == giosg_chat["is_ended"], f"{chat['status']} is not what Giosg says"
    assert chat["ended_at"] == giosg_chat["ended_at"]
    if giosg_chat["user_member_count"] and not giosg_chat["is_ended"]:
        assert chat["status"] == "active"
    if giosg_chat["visitor_message_count"]:
        assert chat["status"] != "new"


def _check_starts(run: Run) -> None:
    """Each start, and each held message, has made one chat, and there is no chat that nobody has started."""
    starts = [wish for wish in run.visitors.wishes if wish.is_start]
    answered = [wish.where for wish in run.visitors.wishes if wish.begins_chat and wish.where]
    assert len(answered) == len(set(answered)), "two starts were given the same chat"
    unclear = sum(1 for wish in starts if wish.key is None and wish.is_unclear)
    refused = sum(1 for wish in starts if wish.key is not None and not wish.success)
    extra = run.post.chats_made.keys() - set(answered) - _lost_by_deliveries(run)
    assert len(extra) <= unclear + refused, f"{len(extra)} chats that nobody has started"


def _lost_by_deliveries(run: Run) -> set[str]:
    """Return the chats in which a held message could not be said, removed or ended before: it has another."""
    open_chats = {chat["id"] for chat in run.stack.giosg.chats() if not chat["is_ended"]}
    return {chat_id for chat_id, task in run.post.chats_made.items() if task in run.held_deliveries} - open_chats


def _check_said(run: Run, wish: Wish) -> None:
    """A message that was sent with an id is in the chat once, under that id."""
    message_id = wish.body.get("client_message_id")
    if message_id is None or not wish.success or not run.post.has_chat(wish.where):
        return
    fresh = Reader(wish.person, wish.where or "")
    read_all(run, fresh, limit=50)
    found = [each for each in fresh.seen.values() if each["client_message_id"] == message_id]
    assert len(found) == 1, f"{len(found)} messages with the id {message_id}"


def _check_counts(run: Run) -> None:
    """Giosg has each text of each chat as often as it was sent."""
    sure: Counter[tuple[str | None, str | None]] = Counter()
    perhaps: Counter[tuple[str | None, str | None]] = Counter(run.agents.removed_unsettled)
    for wish in run.visitors.wishes:
        if wish.text is not None and wish.where is not None:
            (sure if wish.success else perhaps)[wish.where, wish.text] += _weight(wish)
    made = Counter((each["chat_id"], each["message"]) for each in run.post.created if each["sender_type"] == "visitor")
    for place, count in made.items():
        if place[0] in run.visitors.chats:
            assert sure[place] <= count <= sure[place] + perhaps[place], (
                f"{place[1]} was said {count} times at Giosg, and {sure[place]} (+ {perhaps[place]}) times here"
            )
    assert all(made[place] for place, count in sure.items() if count), "something that was answered was never said"


def _weight(wish: Wish) -> int:
    """Say how many messages a wish can have made: without an id, one for each time that it was asked."""
    if wish.success or wish.is_repeatable:
        return int(not wish.is_refused)
    return wish.unanswered + sum(reply.status in {502, 503, 504} for reply in wish.replies)


def _check_gone(run: Run) -> None:
    """No text that Giosg has erased is anywhere in the tables, and nothing of chats that are not ours."""
    giosg = run.stack.giosg
    present = {message["message"] for chat in giosg.chats() for message in giosg.messages(chat["id"])}
    stored = json.dumps([run.stack.records(table) for table in TABLES])
    for text in run.agents.gone_texts - present:
        assert f'"{text}"' not in stored, f"{text!r} is gone at Giosg, and still stored here"
    assert "said elsewhere" not in stored, "a text of a foreign chat is stored"
    for chat in giosg.chats():
        is_ours = chat["room_id"] in run.rooms.values()
        assert is_ours or chat["id"] not in stored, "a chat of another room is stored"


def _difference(here: dict[str, Any], there: dict[str, Any]) -> str:
    keys = [key for key in here.keys() | there.keys() if here.get(key) != there.get(key)]
    return "; ".join(f"{key[:8]}: {here.get(key)} instead of {there.get(key)}" for key in sorted(keys))
