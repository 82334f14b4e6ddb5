"""Chats are compared with Giosg, so that what no webhook brought is here all the same.

Called by a schedule, which has the open chats whose turn it is handed to the sweep's queue; by that queue; and by the
repair queue, for single chats, erasures that go on, and webhooks that met too many others. Answers the queues with the
messages that failed, so that one bad chat delays no other.
"""

from typing import Any

from visitor_chat import warm_up, wiring
from visitor_chat.api import events
from visitor_chat.runtime import initialization


def sync_chats(event: events.Event, context: Any) -> dict[str, Any]:
    if "Records" in event:
        return wiring.repairs().take(event["Records"], context)
    return wiring.sweep().hand_over()


handler = events.handler("sweep", sync_chats)
initialization.warm_up(wiring.repairs, warm_up.read_visitors, warm_up.read_giosg_token, warm_up.connect_to_giosg)
