"""A visitor who is away is told that an agent has answered: an example of what the event bus is for.

Called by the bus for each `chat.message.added` of an agent's. Says so on a topic if the visitor has no open socket.
"""

import json
from typing import Any

from visitor_chat import warm_up, wiring
from visitor_chat.api import events
from visitor_chat.runtime import initialization, telemetry


def notify_visitor(event: events.Event, _context: Any) -> None:
    detail = event["detail"]
    telemetry.note(chat_id=detail["chat_id"], message_id=detail["message_id"])
    telemetry.note(**{name: detail[name] for name in ("trace_id",) if name in detail})
    is_here = bool(wiring.store().connections.of_visitor(detail["visitor_id"]))
    if not is_here:
        _notify(detail)
    telemetry.note(is_sent=not is_here)


def _notify(detail: dict[str, Any]) -> None:
    """Hand the notice on. This is the place for FCM, APNs or an SNS platform endpoint of the visitor's device.

    A real one looks the device up by `visitor_id` and says no more than "You have an answer": the text stays behind the
    visitor's token. The event may come twice with the same `id`, which those services take to collapse repeats.
    """
    ids = {name: detail[name] for name in ("id", "visitor_id", "chat_id", "message_id")}
    wiring.aws("sns").publish(TopicArn=wiring.settings().notices_topic_arn, Message=json.dumps(ids))


handler = events.handler("notice", notify_visitor)
initialization.warm_up(lambda: wiring.aws("sns"), warm_up.read_sockets)
