"""POST /realtime: a ticket for a socket.

Called by visitors' pages and apps. Answers 201 with an address that opens one socket, once, within a minute.
"""

from visitor_chat import endpoint, wiring

app = endpoint.api()


@app.post("/realtime")
def open_realtime() -> endpoint.Answer:
    caller = wiring.callers().identify(endpoint.token(app))
    ticket = wiring.tickets().issue(caller.visitor.id)
    return endpoint.answer(201, {"url": ticket.url, "expires_in_seconds": ticket.expires_in_seconds})


handler = endpoint.handler(app)
