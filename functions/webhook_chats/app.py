"""POST /giosg_webhooks/chats: Giosg tells of a chat that was added, changed or removed.

Called by Giosg, with the secret in the query string. Answers 204 when the notification is stored or knowingly ignored,
400 when it is not one, 403 without a valid secret, and 503 when it could not be stored: Giosg then tries again. GET
and HEAD, which only try the address, do nothing.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http, webhooks
from visitor_chat.runtime import initialization


def take_chat(request: http.Request) -> http.Answer:
    notification = webhooks.receive(request, wiring.webhook_secret(), wiring.webhook_addresses())
    webhooks.settle(request, notification, wiring.notifications().take_chat(notification))
    return http.no_content()


ROUTES = webhooks.routes("/giosg_webhooks/chats", take_chat, wiring.webhook_secret)
handler = http.handler(ROUTES)
initialization.warm_up(wiring.notifications, wiring.socket_client, warm_up.read_webhook_secret, warm_up.read_visitors)
