"""What must be true of held messages at the end of a run: each is delivered once or not at all, as was said of it."""

import json
from datetime import datetime
from typing import Any

from tests.proof.held import WAITS, Hold
from tests.proof.run import Run


def check_held(run: Run) -> None:
    stored = [each for each in run.stack.records("ChatsTable") if each["pk"]["S"].startswith("held#")]
    for wish in run.visitors.held:
        _check_told(run, wish)
        _check_said(run, wish)
        if wish.seen is None or wish.seen["status"] == "withdrawn":
            assert f'"{wish.text}"' not in json.dumps(stored), "a text that nobody holds is stored"
    _check_counted(stored)
    _check_chats_of_deliveries(run)


def _check_told(run: Run, wish: Hold) -> None:
    """What is shown at the end is what the visitor was told before."""
    status = wish.seen["status"] if wish.seen else None
    assert status != WAITS, "a held message waits for ever"
    assert not wish.is_withdrawn or status in {"withdrawn", "expired"}, f"taken back, and {status}"
    assert not wish.is_said_to_be_delivered or status == "delivered", f"said to be delivered, and {status}"
    if status == "withdrawn":
        assert wish.withdrawals, "nobody has taken it back"
    if status == "expired":
        assert datetime.fromisoformat(wish.seen["expires_at"]) <= run.stack.scheduler.now, "it has expired too early"


def _check_said(run: Run, wish: Hold) -> None:
    """Giosg has a message once, in its chat; elsewhere only in chats that agents removed before that was settled."""
    said = [each["chat_id"] for each in run.post.created if each["message"] == wish.text]
    undone = run.agents.removed_unsettled
    elsewhere = [each for each in said if each != wish.where]
    lost = [each for each in elsewhere if not run.post.has_chat(each) or (each, wish.text) in undone]
    assert elsewhere == lost, f"{wish.text!r}, {wish.seen and wish.seen['status']}, was also said in {elsewhere}"
    if wish.where is not None:
        times = len(said) - len(elsewhere)
        assert 1 <= times <= 1 + undone.count((wish.where, wish.text)), f"{wish.text!r} was said {times} times"


def _check_counted(stored: list[Any]) -> None:
    """Nothing waits any more, in the index or in the count that bounds how much a visitor may hold."""
    assert not [each for each in stored if "held_queue" in each], "something is still in the queue"
    counted = {each["pk"]["S"]: each["waiting"]["N"] for each in stored if each["sk"]["S"] == "count"}
    assert set(counted.values()) <= {"0"}, f"still counted as waiting: {counted}"


def _check_chats_of_deliveries(run: Run) -> None:
    """A delivery makes as many chats in a room as it may, and none that a visitor does not know, unless it was lost."""
    by_invocation: dict[Any, list[str]] = {}
    for chat_id, task in run.post.chats_made.items():
        if task in run.held_deliveries:
            by_invocation.setdefault(task, []).append(chat_id)
    for chats in by_invocation.values():
        rooms = [run.post.rooms[chat_id] for chat_id in chats]
        assert max(map(rooms.count, rooms)) <= run.most_held_in_a_room, "agents were given more than they may be"
