"""GET and HEAD /health: is the stack alive?

Called by whoever watches over it. Answers 200 without asking anybody, so that it costs nothing and needs no permission.
"""

from visitor_chat.api import http
from visitor_chat.runtime import initialization


def get_health(_request: http.Request) -> http.Answer:
    return http.answer(200, {"status": "ok"})


ROUTES = {"GET /health": get_health, "HEAD /health": get_health}
handler = http.handler(ROUTES)
initialization.warm_up()
