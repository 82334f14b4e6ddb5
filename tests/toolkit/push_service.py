"""A push service, and browsers that are subscribed to it: as strict as the standards let one be.

It reads everything with code of its own, by RFC 8030, 8188, 8291 and 8292.
"""

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE = ec.SECP256R1()
MOST_BODY_BYTES = 4096
TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
VAPID = re.compile(r"vapid t=([\w.-]+), ?k=([\w-]+)")
LONGEST_TOKEN = timedelta(hours=24)


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def point_of(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def hkdf(salt: bytes, material: bytes, info: bytes, length: int) -> bytes:
    """Derive at most one block (https://www.rfc-editor.org/rfc/rfc5869)."""
    extracted = hmac.digest(salt, material, "sha256")
    return hmac.digest(extracted, info + b"\x01", "sha256")[:length]


def decrypted(body: bytes, *, private_key: ec.EllipticCurvePrivateKey, auth_secret: bytes) -> bytes:
    """Read a body of one record as the browser does whose keys these are."""
    salt, record_bytes, key_bytes = body[:16], int.from_bytes(body[16:20], "big"), body[20]
    sender_key, ciphertext = body[21 : 21 + key_bytes], body[21 + key_bytes :]
    assert len(ciphertext) <= record_bytes
    shared = private_key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender_key))
    info = b"WebPush: info\x00" + point_of(private_key.public_key()) + sender_key
    material = hkdf(auth_secret, shared, info, 32)
    key = hkdf(salt, material, b"Content-Encoding: aes128gcm\x00", 16)
    nonce = hkdf(salt, material, b"Content-Encoding: nonce\x00", 12)
    plaintext, delimiter, padding = AESGCM(key).decrypt(nonce, ciphertext, None).rpartition(b"\x02")
    assert delimiter
    assert not padding.strip(b"\x00")
    return plaintext


@dataclass(frozen=True, slots=True)
class Pushed:
    """A message that was taken, as the browser reads it."""

    endpoint: str
    content: dict[str, Any]
    ttl: int
    topic: str
    urgency: str


@dataclass(slots=True)
class Browser:
    """A browser with a subscription: its private parts, and those that it hands in."""

    endpoint: str
    private_key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth_secret: bytes = b"sixteen bytes of"

    @property
    def subscription(self) -> dict[str, Any]:
        """What `PushSubscription.toJSON()` gives."""
        keys = {"p256dh": text_of(point_of(self.private_key.public_key())), "auth": text_of(self.auth_secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}


class Refused(Exception):
    """The service takes no such message."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class PushService:
    """The service, on a port of its own while it is entered."""

    def __init__(self, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._browsers: dict[str, Browser] = {}
        self.received: list[Pushed] = []
        self.refused: list[str] = []
        self.answers: list[tuple[int, Mapping[str, str]]] = []
        """What it answers next, in the place of taking the message."""
        self.calls = 0
        self.public_key = ""
        """The key that browsers have subscribed with."""

    def __enter__(self) -> Self:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = service.take(self.path, dict(self.headers.items()), body)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": "0"}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as it is called there
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, _kind: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def subscribe(self, name: str = "browser") -> Browser:
        """Return a new browser that is subscribed here."""
        browser = Browser(endpoint=f"{self.origin}/push/{name}-{len(self._browsers)}")
        self._browsers[browser.endpoint] = browser
        return browser

    def take(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str]]:
        """Return how a request is answered."""
        self.calls += 1
        if self.answers:
            return self.answers.pop(0)
        try:
            self.received.append(self._read(self.origin + path, headers, body))
        except Refused as refused:
            self.refused.append(str(refused))
            return refused.status, {}
        return 201, {"Location": f"{self.origin}/messages/{len(self.received)}"}

    def _read(self, endpoint: str, headers: Mapping[str, str], body: bytes) -> Pushed:
        browser = self._browsers.get(endpoint)
        self._require(browser is not None, 410, "no such subscription")
        assert browser is not None
        self._require(headers.get("TTL", "").isdecimal(), 400, "no TTL")
        self._require(headers.get("Content-Encoding") == "aes128gcm", 415, "not aes128gcm")
        self._require(len(body) <= MOST_BODY_BYTES, 413, "too long")
        self._require(bool(TOPIC.fullmatch(headers.get("Topic", ""))), 400, "no topic")
        self._check_sender(headers.get("Authorization", ""))
        plaintext = decrypted(body, private_key=browser.private_key, auth_secret=browser.auth_secret)
        return Pushed(
            endpoint=endpoint,
            content=json.loads(plaintext),
            ttl=int(headers["TTL"]),
            topic=headers["Topic"],
            urgency=headers.get("Urgency", "normal"),
        )

    def _check_sender(self, authorization: str) -> None:
        found = VAPID.fullmatch(authorization)
        self._require(found is not None, 401, "not vapid")
        assert found
        key = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, bytes_of(found[2]))
        try:
            options: Any = {"verify_exp": False, "require": ["aud", "exp", "sub"]}
            claims = jwt.decode(found[1], key, algorithms=["ES256"], audience=self.origin, options=options)
        except jwt.InvalidTokenError as error:
            raise Refused(401, f"the token is not valid: {error}") from None
        now = self._clock()
        lifetime = datetime.fromtimestamp(claims["exp"], UTC) - now
        self._require(timedelta(0) < lifetime <= LONGEST_TOKEN, 401, "exp is not within a day")
        self._require(bool(re.match(r"mailto:|https://", claims["sub"])), 401, "sub is no contact")
        self._require(found[2] == self.public_key, 403, "another key than the subscription's")

    @staticmethod
    def _require(is_so: bool, status: int, reason: str) -> None:  # noqa: FBT001 - what is required comes first
        if not is_so:
            raise Refused(status, reason)
