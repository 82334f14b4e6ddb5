"""$default: a client says something on its socket.

Called by API Gateway. The one thing that a client can say is `{"action": "ping"}`, which is answered with a pong on the
socket and keeps the visitor present for agents; all else is ignored.
"""

from visitor_chat import doorway, initialization, warming, wiring


def take(event: doorway.Event) -> int:
    if doorway.action(event) == "ping":
        wiring.sockets().answer_ping(doorway.connection_id(event))
    return 200


handler = doorway.handler(take)
initialization.warm_up(wiring.sockets, wiring.socket_client, warming.read_socket_owners)
