"""Visitors who have agreed are told, with the page closed, that an agent has answered.

Called by a queue, with events of the bus, each of which becomes an order for each of the visitor's browsers, and with
those orders. Answers the queue with what is to come again, at a time that the push service has named.
"""

import json
from collections.abc import Mapping
from typing import Any

from visitor_chat import warm_up, wiring
from visitor_chat.api import events
from visitor_chat.realtime.push_notices import to_order
from visitor_chat.runtime import initialization, telemetry


def send_push(event: events.Event, _context: Any) -> dict[str, Any]:
    failed = [record["messageId"] for record in event["Records"] if not _is_done(record)]
    telemetry.note(records=len(event["Records"]), failed=len(failed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def _is_done(record: Mapping[str, Any]) -> bool:
    body = json.loads(record["body"])
    if "order" not in body:
        telemetry.note(events=wiring.push_notices().announce(body["detail-type"], body["detail"]))
        return True
    attempt = int(record["attributes"]["ApproximateReceiveCount"])
    seconds = wiring.push_delivery().deliver(to_order(body["order"]), attempt=attempt)
    if seconds is not None:
        wiring.push_queue().postpone(record["receiptHandle"], seconds=seconds)
    return seconds is None


handler = events.handler("push", send_push)
initialization.warm_up(wiring.push_delivery, warm_up.read_sockets)
