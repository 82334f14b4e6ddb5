"""Two invocations that meet inside of each other, step by step: the stack agrees with Giosg after each meeting."""

from collections.abc import Callable, Iterable
from itertools import product
from typing import Any

import pytest
from tests.proof.checking import check
from tests.proof.healing import heal
from tests.proof.plan import Again, End, Hold, Invocation, Plan, Send, Start, Turns, Wait, Withdraw
from tests.proof.run import Run
from tests.proof.visitors import UNDISTURBED
from tests.toolkit.faults import Faulty
from tests.toolkit.simulation import Stack

Act = Callable[[Invocation], Any]

ENOUGH = (0,) * 80
"""Turns until whatever is under way has come to its end."""
FIRST_STEPS = range(1, 7)
SECOND_STEPS = (2, 3, 4, 5, 100)
MEETINGS = ((1, 2), (2, 4), (2, 5), (3, 100), (4, 2), (5, 4), (6, 100))
"""How many steps the first makes before the second begins, and how many that makes at once then."""
FURTHER_MEETINGS = tuple(each for each in product(FIRST_STEPS, SECOND_STEPS) if each not in MEETINGS)


def _started(run: Run) -> None:
    """Let somebody start a chat with a message, and an agent take it."""
    for event in (Start(0, has_key=True, text=0, has_message_id=True, how=UNDISTURBED), Turns(ENOUGH)):
        run.happen(event)
    run.agents.do("join", 0, 0)


def _same_message(run: Run) -> tuple[Act, Act]:
    _started(run)
    return lambda how: run.happen(Send(0, 1, has_message_id=True, how=how)), lambda how: run.happen(Again(0, how))


def _same_text(run: Run) -> tuple[Act, Act]:
    _started(run)
    send = lambda how: run.happen(Send(0, 1, has_message_id=True, how=how))  # noqa: E731 - it is said twice
    return send, send


def _same_start(run: Run) -> tuple[Act, Act]:
    _started(run)
    start = Start(1, has_key=True, text=1, has_message_id=True, how=UNDISTURBED)
    return (
        lambda how: run.happen(Start(start.who, has_key=True, text=1, has_message_id=True, how=how)),
        lambda how: run.happen(Again(0, how)),
    )


def _unclear_message(run: Run) -> tuple[Act, Act]:
    """A message that was claimed and not sent, asked for again by two, when its lease has run out."""
    _started(run)
    killed = Invocation(aws=(Faulty(1, "killed after"),), steps=100)
    run.happen(Send(0, 1, has_message_id=True, how=killed))
    run.happen(Wait(40))
    return lambda how: run.happen(Again(0, how)), lambda how: run.happen(Again(0, how))


def _message_and_its_echo(run: Run) -> tuple[Act, Act]:
    """A message is sent while the webhook about it, which is faster than Giosg's answer, is delivered."""
    _started(run)
    silent = Invocation(giosg=(Faulty(0, "done then silent"),), steps=100)
    run.happen(Send(0, 1, has_message_id=True, how=silent))
    run.happen(Wait(10))
    return lambda how: run.happen(Again(0, how)), _delivery(run, "added")


def _added_and_removed(run: Run) -> tuple[Act, Act]:
    _started(run)
    run.agents.do("say", 0, 0)
    added = _delivery(run, "added")
    run.agents.do("remove", 0, len(run.stack.giosg.messages(next(iter(run.visitors.chats)))) - 1)
    return added, _delivery(run, "removed")


def _two_changes(run: Run) -> tuple[Act, Act]:
    _started(run)
    run.agents.do("say", 0, 0)
    run.post.take_last("added")
    run.agents.do("edit", 0, 0)
    changed = _delivery(run, "changed")
    run.agents.do("edit", 0, 0)
    return changed, _delivery(run, "changed")


def _two_answers(run: Run) -> tuple[Act, Act]:
    _started(run)
    run.agents.do("say", 0, 0)
    first = _delivery(run, "added")
    run.agents.do("say", 0, 0)
    return first, _delivery(run, "added")


def _answer_and_sync(run: Run) -> tuple[Act, Act]:
    """A chat is compared with Giosg while a webhook tells of what the comparison finds as well."""
    _started(run)
    run.agents.do("say", 0, 0)
    said = _delivery(run, "added")
    run.happen(Wait(400))
    return said, run.sweep


def _change_and_sync(run: Run) -> tuple[Act, Act]:
    """A text is changed after the comparison has read it; the webhook about it may be faster than the comparison."""
    _started(run)
    run.agents.do("say", 0, 0)
    _delivery(run, "added")(UNDISTURBED)
    run.happen(Wait(400))

    def change(how: Invocation) -> None:
        run.agents.do("edit", 0, 0)
        _delivery(run, "changed")(how)

    return run.sweep, change


def _message_and_end(run: Run) -> tuple[Act, Act]:
    _started(run)
    return lambda how: run.happen(Send(0, 1, has_message_id=True, how=how)), lambda how: run.happen(End(0, how))


def _message_and_removed_chat(run: Run) -> tuple[Act, Act]:
    _started(run)
    run.agents.do("say", 0, 0)
    said = _delivery(run, "added")
    run.agents.do("remove chat", 0, 0)
    return said, _delivery(run, "removed", "chats")


def _held(run: Run) -> None:
    """Let somebody leave a message while nobody is there, and agents come."""
    run.happen(Hold(who=0, room=1, how=UNDISTURBED))
    run.happen(Turns(ENOUGH))
    run.set_doors(1, are_open=True)
    run.happen(Wait(60))


def _delivery_and_withdrawal(run: Run) -> tuple[Act, Act]:
    _held(run)
    return run.deliver_held, lambda how: run.happen(Withdraw(0, how))


def _two_deliveries(run: Run) -> tuple[Act, Act]:
    """The schedule calls while a run that began long ago, or was killed, has left its chat at Giosg."""
    _held(run)
    run.deliver_held(Invocation(giosg=(Faulty(1, "killed after"),), steps=100))
    run.happen(Wait(60))
    return run.deliver_held, run.deliver_held


def _delivery_and_closing(run: Run) -> tuple[Act, Act]:
    """Agents go while a message is delivered, whose visitor takes it back then."""
    _held(run)

    def close(how: Invocation) -> None:
        run.set_doors(1, are_open=False)
        run.happen(Withdraw(0, how))

    return run.deliver_held, close


def _delivery(run: Run, action: str, kind: str = "messages") -> Act:
    letter = run.post.take_last(action, kind)
    return lambda how: run.deliver(letter, how)


PAIRS = {
    "the same message": _same_message,
    "two messages of one text": _same_text,
    "the same start": _same_start,
    "an unclear message, asked for by two": _unclear_message,
    "an unclear message, and the webhook about it": _message_and_its_echo,
    "a message added, and removed": _added_and_removed,
    "two changes of a message": _two_changes,
    "two answers": _two_answers,
    "an answer, and a sync": _answer_and_sync,
    "a sync, and a change": _change_and_sync,
    "a message, and the end": _message_and_end,
    "an answer, and the removal of the chat": _message_and_removed_chat,
    "a delivery, and its being taken back": _delivery_and_withdrawal,
    "two deliveries": _two_deliveries,
    "a delivery, and agents who go": _delivery_and_closing,
}


@pytest.mark.parametrize("pair", PAIRS)
def test_two_invocations_may_meet_at_any_of_their_steps(stack: Stack, pair: str) -> None:
    _meet_at_each(stack, pair, MEETINGS)


@pytest.mark.long
@pytest.mark.parametrize("pair", PAIRS)
def test_two_invocations_may_meet_at_further_steps(stack: Stack, pair: str) -> None:
    _meet_at_each(stack, pair, FURTHER_MEETINGS)


def _meet_at_each(stack: Stack, pair: str, meetings: Iterable[tuple[int, int]]) -> None:
    for steps, others in meetings:
        _meet(stack, pair, Invocation(steps=steps), Invocation(steps=others))


def _meet(stack: Stack, pair: str, how: Invocation, other: Invocation) -> None:
    run = Run(stack, Plan(events=()))
    try:
        first, second = PAIRS[pair](run)
        first(how)
        run.watch()
        second(other)
        run.take_turns(ENOUGH)
        heal(run)
        check(run)
    except Exception as error:
        error.add_note(f"{pair}: the first after {how.steps} steps, the second after {other.steps}")
        raise
    finally:
        stack.scheduler.abandon()
