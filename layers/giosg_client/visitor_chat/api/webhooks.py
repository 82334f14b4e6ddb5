"""Webhook endpoint: authenticate, then parse, then dispatch.

Giosg documents no signature, so the secret is in the URL (https://docs.giosg.com/tutorials/messaging/external_visitor_chat/).
Neither it nor a body is ever logged or echoed: both could be read in Giosg's own log of our answers.
"""

from collections.abc import Callable
from datetime import timedelta

from giosg_client.readers import lenient
from giosg_client.times import instant
from giosg_client.webhooks import Notification, parse_notification
from visitor_chat.api import bodies, http
from visitor_chat.api.routing import Answer, Request, Route, Routes
from visitor_chat.api.webhook_addresses import AnyAddress, WebhookAddresses
from visitor_chat.api.webhook_secret import WebhookSecret
from visitor_chat.domain.errors import WebhookForbidden
from visitor_chat.runtime import clock, telemetry
from visitor_chat.sync.notifications import Outcome

LARGEST_BODY_BYTES = 1024 * 1024
BYTE_ORDER_MARK = "\ufeff"
_METRICS = {
    Outcome.STORED: "WebhookStored",
    Outcome.REPEATED: "WebhookRepeated",
    Outcome.FOREIGN: "WebhookForeign",
    Outcome.IGNORED: "WebhookIgnored",
    Outcome.UNUSABLE: "WebhookUnusable",
    Outcome.QUEUED: "WebhookQueued",
}
_NEWS = {Outcome.STORED, Outcome.REPEATED}


def routes(path: str, take: Route, secret: Callable[[], WebhookSecret]) -> Routes:
    """Return what answers at a webhook's address, with and without a slash at its end.

    GET and HEAD are what platforms and monitors send to try an address: the secret is checked, and nothing is done. No
    route of an HTTP API can end with a slash, but a greedy parameter may stand for nothing
    (https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html).
    """

    def try_out(request: Request) -> Answer:
        secret().check(request.query.get("secret"))
        return http.no_content()

    def answer(request: Request) -> Answer:
        act = None if request.path.get("rest") else acts.get(request.method)
        return act(request) if act else http.no_such_route()

    acts = {"POST": take, "GET": try_out, "HEAD": try_out}
    return {f"ANY {path}": answer, f"ANY {path}/{{rest+}}": answer}


def receive(request: Request, secret: WebhookSecret, addresses: WebhookAddresses | AnyAddress) -> Notification:
    """Return the notification of an authentic request.

    Raise WebhookForbidden, RequestTooLarge, UnsupportedEncoding, InvalidRequest or InvalidDocument.
    """
    try:
        secret.check(request.query.get("secret"))
    except WebhookForbidden:
        telemetry.count("WebhookForbidden")
        raise
    addresses.check(request.source_ip)
    return parse_notification(bodies.text(request, largest_bytes=LARGEST_BODY_BYTES).removeprefix(BYTE_ORDER_MARK))


def settle(request: Request, notification: Notification, outcome: Outcome) -> None:
    """Note what became of a notification, by its ids, and how long it took."""
    telemetry.note(
        kind=notification.kind,
        chat_id=notification.chat_id,
        resource_id=notification.resource_id if notification.kind else None,
        outcome=outcome.value,
    )
    telemetry.count(_METRICS[outcome])
    _count_times(request, notification, outcome)


def _count_times(request: Request, notification: Notification, outcome: Outcome) -> None:
    """Count how old news of ours was when it came, and how long the visitor's sockets waited for it from then on.

    What has changed or was removed does not say when. News from the future is that of a clock which is off.
    """
    arrived_at = request.arrived_at
    if arrived_at is None or outcome not in _NEWS:
        return
    created_at = lenient(instant)((notification.resource or {}).get("created_at"))
    if notification.action == "added" and created_at is not None:
        telemetry.count("WebhookAge", (arrived_at - created_at).total_seconds(), unit=telemetry.SECONDS)
    if telemetry.has_noted("sockets"):
        took = clock.now() - arrived_at
        telemetry.count("WebhookToFrame", took / timedelta(milliseconds=1), unit=telemetry.MILLISECONDS)
