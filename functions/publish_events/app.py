"""What has changed in the tables becomes events on the bus.

Called by the change streams of chats and messages, in order for each chat. Answers nothing; a failure makes the stream
deliver the batch again, in smaller parts, and in the end hand what cannot be published to the failure queue.
"""

from typing import Any

from visitor_chat import wiring
from visitor_chat.api import events
from visitor_chat.runtime import initialization, telemetry


def publish_events(event: events.Event, _context: Any) -> None:
    published = wiring.event_bus().publish(event["Records"])
    telemetry.note(records=len(event["Records"]), events=published)


handler = events.handler("published", publish_events)
initialization.warm_up(lambda: wiring.aws("events"))
