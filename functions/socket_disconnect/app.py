"""$disconnect: a socket was closed.

Called by API Gateway, at its best effort. Answers 200 and forgets the socket.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import websocket
from visitor_chat.runtime import initialization


def disconnect(event: websocket.Event) -> int:
    wiring.store().connections.close_of_anybody(websocket.connection_id(event))
    return 200


handler = websocket.handler(disconnect)
initialization.warm_up(warm_up.read_socket_owners)
