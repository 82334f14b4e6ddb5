"""A visitor who is away is told that an agent has answered: an example of what the event bus is for.

Called by the bus for each `chat.message.added` of an agent's. Says so on a topic if the visitor has no open socket.
"""

import json
from typing import Any

from visitor_chat import initialization, telemetry, warming, wiring


def handler(event: dict[str, Any], _context: Any) -> None:
    telemetry.begin()
    detail = event["detail"]
    is_here = bool(wiring.store().connections.of_visitor(detail["visitor_id"]))
    if not is_here:
        _notify(detail)
    telemetry.outcome("notice", chat_id=detail["chat_id"], message_id=detail["message_id"], is_sent=not is_here)


def _notify(detail: dict[str, Any]) -> None:
    """Hand the notice on. This is the place for FCM, APNs or an SNS platform endpoint of the visitor's device.

    A real one looks the device up by `visitor_id` and says no more than "You have an answer": the text stays behind the
    visitor's token. The event may come twice with the same `id`, which those services take to collapse repeats.
    """
    ids = {name: detail[name] for name in ("id", "visitor_id", "chat_id", "message_id")}
    wiring.aws("sns").publish(TopicArn=wiring.settings().notices_topic_arn, Message=json.dumps(ids))


initialization.warm_up(lambda: wiring.aws("sns"), warming.read_sockets)
