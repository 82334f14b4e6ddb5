"""Which push services are called, and what browsers hand in to be told through them.

A subscription is an address that this stack posts to (https://www.rfc-editor.org/rfc/rfc8030#section-5), and it comes
from outside: nothing but the known push services is ever called.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterable

from visitor_chat.domain import p256
from visitor_chat.domain.push_subscriptions import PushSubscription
from visitor_chat.domain.push_texts import language_of
from visitor_chat.domain.validation import Fields

LONGEST_ENDPOINT = 2000
LONGEST_KEY = 100
LONGEST_LANGUAGE = 35
"""Enough for any language tag (https://www.rfc-editor.org/rfc/rfc5646#section-4.4.1)."""
AUTH_SECRET_BYTES = 16
_ENDPOINT = re.compile(r"(https://([a-z0-9-]+(?:\.[a-z0-9-]+)+))/[\x21-\x7e]*")
"""No port, no user info, and a host that every reader of URLs reads alike."""
_BASE64URL = re.compile(r"[A-Za-z0-9_-]+")


class PushServices:
    """The push services that may be called: hosts, `*.` and a domain, or whole origins on this machine."""

    def __init__(self, known: Iterable[str]) -> None:
        self._origins = tuple(f"{entry}/" for entry in known if "://" in entry)
        self._hosts = frozenset(entry for entry in known if "://" not in entry and not entry.startswith("*."))
        self._domains = tuple(entry.removeprefix("*") for entry in known if entry.startswith("*."))

    def origin_of(self, endpoint: str) -> str | None:
        """Return the origin of a known push service's endpoint, None for any other address."""
        own = next((origin for origin in self._origins if endpoint.startswith(origin)), None)
        if own:
            return own.rstrip("/")
        found = _ENDPOINT.fullmatch(endpoint)
        is_known = found is not None and (found[2] in self._hosts or found[2].endswith(self._domains))
        return found[1] if found and is_known else None


def read_subscription(fields: Fields, services: PushServices) -> PushSubscription:
    """Read what a browser's `PushSubscription.toJSON()` says, and a language beside it; raise InvalidRequest."""
    endpoint = read_endpoint(fields)
    if endpoint and services.origin_of(endpoint) is None:
        fields.refuse("endpoint", "must be an address of a known push service")
    keys = fields.within("keys", is_required=True)
    browser_key = _key(keys, "p256dh", p256.is_public_key, expected="must be a point of P-256 in base64url")
    auth_secret = _key(keys, "auth", _is_secret, expected=f"must be {AUTH_SECRET_BYTES} bytes in base64url")
    language = fields.text("language", longest=LONGEST_LANGUAGE)
    fields.check()
    return PushSubscription(
        endpoint=endpoint or "",
        browser_key=browser_key,
        auth_secret=auth_secret,
        language=language_of(language),
    )


def read_endpoint(fields: Fields) -> str | None:
    return fields.text("endpoint", longest=LONGEST_ENDPOINT, is_required=True)


def _key(keys: Fields | None, name: str, is_fit: Callable[[bytes], bool], *, expected: str) -> str:
    text = keys.text(name, longest=LONGEST_KEY, is_required=True) if keys else None
    raw = from_base64url(text) if text else None
    if keys and text and (raw is None or not is_fit(raw)):
        keys.refuse(name, expected)
    return text or ""


def _is_secret(raw: bytes) -> bool:
    return len(raw) == AUTH_SECRET_BYTES


def from_base64url(text: str) -> bytes | None:
    """Return the bytes of base64url without padding, None if it is none."""
    if not _BASE64URL.fullmatch(text.rstrip("=")):
        return None
    try:
        return base64.urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except binascii.Error:
        return None


def to_base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
