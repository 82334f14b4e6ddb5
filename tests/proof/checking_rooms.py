"""What must be true of rooms at the end of a run: each is offered as it is, and none has closed another one's doors."""

from datetime import timedelta
from functools import partial

from tests.aws import http_event
from tests.proof.held import Hold
from tests.proof.invocations import reply_of
from tests.proof.people import NOBODY_THERE
from tests.proof.run import Run
from tests.proof.visitors import UNDISTURBED

LOOK_LASTS = timedelta(seconds=10)


def check_rooms(run: Run) -> None:
    _check_doors(run)
    run.stack.scheduler.now += LOOK_LASTS
    run.set_doors(1, are_open=False)
    run.invocations.begin("list_rooms", http_event("GET", "/rooms"), UNDISTURBED, partial(_check_list, run))
    run.finish()


def _check_doors(run: Run) -> None:
    """Nobody was sent away from a room that was always open, or could leave a message there."""
    for wish in run.visitors.wishes:
        if not wish.begins_chat or wish.room in run.ever_closed:
            continue
        assert not isinstance(wish, Hold) or not wish.success, f"a message is held, and {wish.room} was always open"
        assert not wish.was_told(NOBODY_THERE), f"a start was refused, and {wish.room} was always open"


def _check_list(run: Run, answer: object) -> None:
    reply = reply_of(answer)
    assert reply is not None
    shown = {each["room"]: each["is_online"] for each in reply.json["rooms"]}
    world = run.stack.giosg.world
    there = {name: world.is_online(world.rooms[room_id]) for name, room_id in run.rooms.items()}
    assert shown == there, f"{shown} is shown, and {there} is there"
