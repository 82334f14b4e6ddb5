"""DELETE /visitor: a visitor has everything erased that is stored about them.

Called by visitors' pages and apps. Answers 204; the token is dead from then on, and what took longer than a request is
erased from the queue. What Giosg holds is Giosg's to erase.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.runtime import initialization


def erase_visitor(request: http.Request) -> http.Answer:
    caller = wiring.callers().identify(http.token(request), allow_erased=True)
    wiring.erasures().take(caller.visitor.id)
    return http.no_content()


ROUTES = {"DELETE /visitor": erase_visitor}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.callers, warm_up.read_visitors)
