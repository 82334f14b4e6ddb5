"""GET /push: what a browser needs to be told of answers with the page closed.

Called by visitors' pages. Answers 200 with the public key of this stack, 404 when it sends no push messages. Changes
nothing. The only function beside the sender that may read the secret that the key is derived from: it is asked once by
each container, ahead of any request.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.runtime import initialization


def get_push_key(_request: http.Request) -> http.Answer:
    return http.answer(200, {"public_key": wiring.vapid_key().public()})


ROUTES = {"GET /push": get_push_key}
handler = http.handler(ROUTES)
initialization.warm_up(warm_up.derive_push_key)
