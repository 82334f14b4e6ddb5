"""The door for Giosg's webhooks: first the secret, then the form, and only then the content.

Giosg documents no signature, so the secret is in the URL (https://docs.giosg.com/tutorials/messaging/external_visitor_chat/).
Neither it nor a body is ever logged or echoed: both could be read in Giosg's own log of our answers.
"""

from giosg_client.webhooks import Notification, parse_notification
from visitor_chat import endpoint, inputs, telemetry, wiring
from visitor_chat.notifications import Outcome
from visitor_chat.routing import Api

LARGEST_BODY_BYTES = 1024 * 1024
_METRICS = {
    Outcome.STORED: "WebhookStored",
    Outcome.REPEATED: "WebhookRepeated",
    Outcome.FOREIGN: "WebhookForeign",
    Outcome.IGNORED: "WebhookIgnored",
    Outcome.QUEUED: "WebhookQueued",
}


def receive(app: Api) -> Notification:
    """Let a notification in; raise WebhookForbidden, RequestTooLarge, InvalidRequest or InvalidWebhook."""
    request = app.request
    wiring.webhook_lock().check(request.query.get("secret"))
    wiring.webhook_addresses().check(endpoint.address(app))
    raw = inputs.raw_body(request.body, is_base64=request.is_base64_encoded, largest_bytes=LARGEST_BODY_BYTES)
    return parse_notification(raw)


def settle(notification: Notification, outcome: Outcome) -> None:
    """Note what became of a notification, by its ids."""
    telemetry.note(
        kind=notification.kind,
        chat_id=notification.chat_id,
        resource_id=notification.resource_id if notification.kind else None,
        outcome=outcome.value,
    )
    telemetry.count(_METRICS[outcome])
