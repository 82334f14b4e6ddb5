"""Chats are compared with Giosg, so that what no webhook brought is here all the same.

Called by the repair queue, for single chats, and by a schedule, for the open chats that have waited longest. Answers
the queue with the chats that failed, so that one bad chat delays no other.
"""

from typing import Any

from visitor_chat import initialization, warming, wiring


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    if "Records" in event:
        return wiring.sweeping().sync_queued(event["Records"], context)
    return wiring.sweeping().sync_due(context)


initialization.warm_up(wiring.sweeping, warming.read_visitors, warming.read_giosg_token, warming.connect_to_giosg)
