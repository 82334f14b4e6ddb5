"""$connect: a client opens a socket.

Called by API Gateway. Answers 200 and stores the socket when its ticket is good and its page is of an allowed origin,
else 401 or 403: then there is no socket. Nothing can be sent to a socket from here, as it is not open yet.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import websocket
from visitor_chat.realtime.tickets import Admission
from visitor_chat.runtime import initialization


def connect(event: websocket.Event) -> int:
    if not websocket.is_allowed(event, wiring.settings().allowed_origins):
        return 403
    admission = wiring.tickets().redeem(websocket.query(event, "ticket"))
    return 200 if admission is not None and _open(admission, websocket.connection_id(event)) else 401


def _open(admission: Admission, connection_id: str) -> bool:
    """Store the socket, in the place of the oldest if there are many; False if its session has ended.

    The session is looked at last: who ends it ends first the session, and then the sockets that are stored.
    """
    visitor_id, connections = admission.visitor_id, wiring.store().connections
    making_room = wiring.threads().submit(wiring.push().close_oldest, visitor_id, but=connection_id)
    connections.open(visitor_id, connection_id)
    making_room.result()
    if wiring.store().visitors.has_session(visitor_id, admission.session_id):
        return True
    connections.close(visitor_id, connection_id)
    return False


handler = websocket.handler(connect)
initialization.warm_up(wiring.tickets, warm_up.read_visitors)
