"""Held messages become chats, once agents are online in their rooms.

Called by a schedule, once a minute. Looks at Giosg only if something is held, and answers with what it has done.
"""

from typing import Any

from visitor_chat import warm_up, wiring
from visitor_chat.api import events
from visitor_chat.runtime import initialization, telemetry


def deliver_held_messages(_event: events.Event, context: Any) -> dict[str, int]:
    result = wiring.held_delivery().run(context)
    telemetry.note(due=result.waiting, done=result.delivered, failed=result.failed)
    return {"waiting": result.waiting, "delivered": result.delivered, "expired": result.expired}


handler = events.handler("held messages", deliver_held_messages)
initialization.warm_up(wiring.held_delivery, warm_up.read_visitors)
