"""POST /giosg_webhooks/messages: Giosg tells of a message that was added, changed or removed.

Called by Giosg, with the secret in the query string. Answers 204 when the notification is stored or knowingly ignored,
400 when it is not one, 403 without a valid secret, and 503 when it could not be stored: Giosg then tries again.
"""

from visitor_chat import endpoint, initialization, warming, webhooks, wiring

app = endpoint.api()


@app.post("/giosg_webhooks/messages")
def take_message() -> endpoint.Answer:
    notification = webhooks.receive(app)
    webhooks.settle(notification, wiring.notifications().take_message(notification))
    return endpoint.no_content()


handler = endpoint.handler(app)
initialization.warm_up(wiring.notifications, wiring.socket_client, warming.read_webhook_secret, warming.read_visitors)
