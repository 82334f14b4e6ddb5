"""$disconnect: a socket was closed.

Called by API Gateway, at its best effort. Answers 200 and forgets the socket.
"""

from visitor_chat import doorway, initialization, warming, wiring


def disconnect(event: doorway.Event) -> int:
    wiring.store().connections.close_of_anybody(doorway.connection_id(event))
    return 200


handler = doorway.handler(disconnect)
initialization.warm_up(warming.read_socket_owners)
