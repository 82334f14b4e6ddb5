"""POST /realtime: a ticket for a socket.

Called by visitors' pages and apps. Answers 201 with an address that opens one socket, once, within a minute.
"""

from visitor_chat import endpoint, initialization, warming, wiring
from visitor_chat.quotas import Act

app = endpoint.api()


@app.post("/realtime")
def open_realtime() -> endpoint.Answer:
    token = endpoint.token(app)
    caller = wiring.callers().identify(token)
    permit = wiring.quotas().ask(Act.OPEN_SOCKET, address=endpoint.address(app), visitor_id=caller.visitor.id)
    ticket = wiring.tickets().issue(caller.visitor.id, session_id=token.session_id)
    permit()
    return endpoint.answer(201, {"url": ticket.url, "expires_in_seconds": ticket.expires_in_seconds})


handler = endpoint.handler(app)
initialization.warm_up(wiring.tickets, wiring.quotas, warming.read_visitors)
