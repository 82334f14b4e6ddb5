"""POST /giosg_webhooks/chats: Giosg tells of a chat that was added, changed or removed.

Called by Giosg, with the secret in the query string. Answers 204 when the notification is stored or knowingly ignored,
400 when it is not one, 403 without a valid secret, and 503 when it could not be stored: Giosg then tries again.
"""

from visitor_chat import endpoint, initialization, warming, webhooks, wiring

app = endpoint.api()


@app.post("/giosg_webhooks/chats")
def take_chat() -> endpoint.Answer:
    notification = webhooks.receive(app)
    webhooks.settle(notification, wiring.notifications().take_chat(notification))
    return endpoint.no_content()


handler = endpoint.handler(app)
initialization.warm_up(wiring.notifications, wiring.socket_client, warming.read_webhook_secret, warming.read_visitors)
