"""POST /realtime: a ticket for a socket.

Called by visitors' pages and apps. Answers 201 with an address that opens one socket, once, within a minute.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.auth.quotas import Act
from visitor_chat.runtime import initialization


def open_realtime(request: http.Request) -> http.Answer:
    token = http.token(request)
    caller = wiring.callers().identify(token)
    permit = wiring.quotas().ask(Act.OPEN_SOCKET, address=request.source_ip, visitor_id=caller.visitor.id)
    ticket = wiring.tickets().issue(caller.visitor.id, session_id=token.session_id)
    permit()
    return http.answer(201, {"url": ticket.url, "expires_in_seconds": ticket.expires_in_seconds})


ROUTES = {"POST /realtime": open_realtime}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.tickets, wiring.quotas, warm_up.read_visitors)
