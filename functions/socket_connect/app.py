"""$connect: a client opens a socket.

Called by API Gateway. Answers 200 and stores the socket when its ticket is good and its page is of an allowed origin,
else 401 or 403: then there is no socket. Nothing can be sent to a socket from here, as it is not open yet.
"""

from visitor_chat import doorway, wiring


def connect(event: doorway.Event) -> int:
    if not doorway.is_allowed(event, wiring.settings().allowed_origins):
        return 403
    visitor_id = wiring.tickets().redeem(doorway.query(event, "ticket"))
    if visitor_id is None:
        return 401
    wiring.push().close_oldest(visitor_id)
    wiring.store().connections.open(visitor_id, doorway.connection_id(event))
    return 200


handler = doorway.handler(connect)
