"""$disconnect: a socket was closed.

Called by API Gateway, at its best effort. Answers 200 and forgets the socket.
"""

from visitor_chat import doorway, initialization, warming, wiring


def disconnect(event: doorway.Event) -> int:
    connection_id = doorway.connection_id(event)
    visitor_id = wiring.store().connections.owner(connection_id)
    if visitor_id is not None:
        wiring.store().connections.close(visitor_id, connection_id)
    return 200


handler = doorway.handler(disconnect)
initialization.warm_up(warming.read_socket_owners)
