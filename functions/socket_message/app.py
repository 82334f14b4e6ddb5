"""$default: a client says something on its socket.

Called by API Gateway. The one thing that a client can say is `{"action": "ping"}`, which is answered with a pong on the
socket and keeps the visitor present for agents; all else is ignored.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import websocket
from visitor_chat.runtime import initialization


def take(event: websocket.Event) -> int:
    if websocket.action(event) == "ping":
        wiring.sockets().answer_ping(websocket.connection_id(event))
    return 200


handler = websocket.handler(take)
initialization.warm_up(wiring.sockets, wiring.socket_client, warm_up.read_socket_owners)
