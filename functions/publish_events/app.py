"""What has changed in the tables becomes events on the bus.

Called by the change streams of chats and messages, in order for each chat. Answers nothing; a failure makes the stream
deliver the batch again, in smaller parts, and in the end hand what cannot be published to the failure queue.
"""

from typing import Any

from visitor_chat import initialization, telemetry, wiring


def handler(event: dict[str, Any], _context: Any) -> None:
    published = wiring.publishing().publish(event["Records"])
    telemetry.begin()
    telemetry.outcome("published", records=len(event["Records"]), events=published)
    telemetry.finish()


initialization.warm_up(lambda: wiring.aws("events"))
