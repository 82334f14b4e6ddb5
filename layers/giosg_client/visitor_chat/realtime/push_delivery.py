"""Push messages to browsers' push services: one POST each, and what its answer means.

https://www.rfc-editor.org/rfc/rfc8030#section-5. What is repeated does no harm: a message with a topic takes the place
of the one before it (section 5.4), and so does what the browser shows.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

from giosg_client.answers import retry_after_seconds
from visitor_chat.domain.push_services import PushServices, from_base64url, to_base64url
from visitor_chat.domain.push_subscriptions import PushSubscription
from visitor_chat.domain.push_texts import Notice, answered, delivered
from visitor_chat.realtime.push_notices import DELIVERED, PushOrder
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.store import Store

TIMEOUT_SECONDS = (2.0, 5.0)
TOPIC_BYTES = 24
"""32 characters, the most that a topic may have (RFC 8030, section 5.4)."""
GONE = frozenset({404, 410})
SUCCESS = range(200, 300)
TOO_MANY_REQUESTS = 429
SERVER_ERROR = 500
FIRST_PAUSE_SECONDS = 30.0
LONGEST_PAUSE_SECONDS = 900.0


class Signer(Protocol):
    """What signs for push services (`web_push.vapid.Sender`)."""

    def authorization(self, service: str, now: datetime) -> str: ...


class Encrypt(Protocol):
    """What encrypts for a browser (`web_push.encryption.encrypt`)."""

    def __call__(self, plaintext: bytes, *, browser_key: bytes, auth_secret: bytes) -> bytes: ...


class PushDelivery:
    """Delivers orders."""

    def __init__(
        self,
        store: Store,
        services: PushServices,
        *,
        signer: Callable[[], Signer],
        encrypt: Encrypt,
        session: Any,
        has_text: bool,
        clock: Clock,
    ) -> None:
        """Take a session of `requests`; what signs is made when something is to be signed."""
        self._store = store
        self._services = services
        self._signer = signer
        self._encrypt = encrypt
        self._has_text = has_text
        self._clock = clock
        self._session = session

    def deliver(self, order: PushOrder, *, attempt: int) -> float | None:
        """Tell a browser, unless that is of no use any more; return after how many seconds to try again, if at all."""
        telemetry.note(visitor_id=order.visitor_id, chat_id=order.chat_id, resource_id=order.subscription_id)
        subscription = self._store.push_subscriptions.find(order.visitor_id, order.subscription_id)
        service = self._services.origin_of(subscription.endpoint) if subscription else None
        notice = self._notice(order, subscription) if subscription and self._is_of_use(order) else None
        if subscription is None or service is None or notice is None:
            telemetry.note(is_sent=False)
            return None
        return self._post(order, subscription, service, notice, attempt)

    def _is_of_use(self, order: PushOrder) -> bool:
        return self._clock() < order.until and not self._store.connections.of_visitor(order.visitor_id)

    def _notice(self, order: PushOrder, subscription: PushSubscription) -> Notice | None:
        """Return what to say; nothing of an answer that was removed meanwhile, as far as that is looked at."""
        if order.kind == DELIVERED:
            return delivered(subscription.language)
        if not self._has_text or order.message_id is None:
            return answered(subscription.language, None)
        message = self._store.messages.find(order.chat_id, order.message_id)
        return None if message is None or message.is_removed else answered(subscription.language, message)

    def _post(
        self, order: PushOrder, subscription: PushSubscription, service: str, notice: Notice, attempt: int
    ) -> float | None:
        import requests  # noqa: PLC0415 - it takes long, and every function builds what is needed from one module

        body = self._encrypt(
            _document(order, notice, subscription.language),
            browser_key=from_base64url(subscription.browser_key) or b"",
            auth_secret=from_base64url(subscription.auth_secret) or b"",
        )
        try:
            answer = self._session.post(
                subscription.endpoint,
                data=body,
                headers=self._headers(order, service),
                timeout=TIMEOUT_SECONDS,
                allow_redirects=False,
                stream=True,
            )
        except requests.RequestException:
            return self._again(order, attempt, None)
        with answer:
            return self._outcome(order, answer.status_code, answer.headers, attempt)

    def _headers(self, order: PushOrder, service: str) -> dict[str, str]:
        now = self._clock()
        return {
            "Authorization": self._signer().authorization(service, now),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(max(0, int((order.until - now).total_seconds()))),
            "Topic": _topic(order.chat_id),
            # Somebody waits for this answer: a phone that sleeps is woken for it.
            "Urgency": "high",
        }

    def _outcome(self, order: PushOrder, status: int, headers: Mapping[str, str], attempt: int) -> float | None:
        telemetry.note(status=status, is_sent=status in SUCCESS)
        if status in SUCCESS:
            telemetry.count("PushesSent")
        elif status in GONE:
            self._store.push_subscriptions.remove(order.visitor_id, order.subscription_id)
        elif status == TOO_MANY_REQUESTS or status >= SERVER_ERROR:
            return self._again(order, attempt, retry_after_seconds(headers, self._clock()))
        else:
            telemetry.count("PushesRefused")
        return None

    def _again(self, order: PushOrder, attempt: int, asked_seconds: float | None) -> float | None:
        """Return when to try again; never when it will not be worth while then."""
        telemetry.note(is_sent=False)
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
        wait = max(pause, asked_seconds or 0.0)
        return wait if wait < (order.until - self._clock()).total_seconds() else None


def _document(order: PushOrder, notice: Notice, language: str) -> bytes:
    """Return what the service worker is told (web/view/worker.js)."""
    told: dict[str, Any] = {
        "visitor_chat": 1,
        "chat_id": order.chat_id,
        "title": notice.title,
        "body": notice.body,
        "lang": language,
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _topic(chat_id: str) -> str:
    return to_base64url(hashlib.sha256(chat_id.encode()).digest()[:TOPIC_BYTES])
