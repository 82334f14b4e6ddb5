"""What a room's state means to visitors.

A room is online while its service hours run and a user of one of its routers is online:
https://docs.giosg.com/api_reference/giosg_live/giosg_http_api/rooms, https://support.giosg.com/knowledge/routers
"""

from giosg_client.models import Room
from operations.doctor.findings import Finding, note, ok, wrong

CHECK = "giosg.online"
LONG_WAIT_SECONDS = 300


def state_of(room: Room) -> Finding:
    """Say whether visitors can start chats; why not is told by fields that only the organisation sees, if it does."""
    if room.is_online:
        return _online(room)
    says, advice = _reason(room)
    facts = {"is_open": room.is_open, "is_humans_online": room.is_humans_online}
    return wrong(CHECK, f"No visitor can start a chat now: {says}", advice, is_online=False, **facts)


def _online(room: Room) -> Finding:
    if room.is_humans_online is False:
        return note(CHECK, "The room is online, but only bots are there", is_online=True, is_humans_online=False)
    waiting_seconds = room.estimated_waiting_time_seconds or 0
    if waiting_seconds >= LONG_WAIT_SECONDS:
        says = f"The room is online, but visitors wait for about {waiting_seconds // 60} min, Giosg says"
        return note(CHECK, says, "more agents in its router help", is_online=True, waiting_seconds=waiting_seconds)
    return ok(CHECK, "The room is online: visitors can start chats", is_online=True)


def _reason(room: Room) -> tuple[str, str]:
    if room.is_open is False:
        return "the room is outside of its service hours", "wait, or change the hours in the room's settings in Giosg"
    if room.is_humans_online:
        advice = "add the room to a router in Giosg, with users who are online in one of its steps"
        return "agents are online, but no router leads to them from this room", advice
    return "no agent is online", "let an agent of this room's router log in to Giosg and press Start"
