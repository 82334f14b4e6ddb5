"""Bodies with a Content-Encoding, and bodies that API Gateway has taken for a text."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import WEBHOOK_SECRET, Functions, Reply, http_event
from tests.toolkit import notifications
from tests.toolkit.visitors import Chatting, codes, refused_fields

SAID = {"message": "Hyv\u00e4\u00e4 p\u00e4iv\u00e4\u00e4 \U0001f600"}
JSON = json.dumps(SAID, ensure_ascii=False).encode()
MEBIBYTE = 1024 * 1024


@pytest.fixture
def post(functions: Functions, talking: Chatting) -> Callable[..., Reply]:
    """Post the bytes of a body with a Content-Encoding."""

    def send(raw: bytes, coding: str) -> Reply:
        headers = {"content-encoding": coding}
        return functions.call(
            "send_message", "POST", talking.messages_path, token=talking.token, body=raw, headers=headers
        )

    return send


def webhook(functions: Functions, kind: str, raw: bytes, coding: str) -> Reply:
    path, headers = f"/giosg_webhooks/{kind}", {"content-encoding": coding}
    return functions.call(f"webhook_{kind}", "POST", path, body=raw, headers=headers, query={"secret": WEBHOOK_SECRET})


@pytest.mark.parametrize(
    ("coding", "raw"),
    [
        ("gzip", gzip.compress(JSON, mtime=0)),
        ("GZip", gzip.compress(JSON, mtime=0)),
        ("x-gzip", gzip.compress(JSON, mtime=0)),
        (" gzip ,", gzip.compress(JSON, mtime=0)),
        ("identity, gzip", gzip.compress(JSON, mtime=0)),
        ("deflate", zlib.compress(JSON)),
        ("identity", JSON),
        ("", JSON),
        ("utf-8", JSON),
    ],
)
def test_a_body_is_unpacked(post: Callable[..., Reply], coding: str, raw: bytes) -> None:
    reply = post(raw, coding)

    assert (reply.status, reply.json["message"]) == (201, SAID["message"])


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip, gzip", "deflate, br", "aws-chunked", "x" * 5000])
def test_what_is_not_unpacked_is_refused_as_such(post: Callable[..., Reply], coding: str) -> None:
    reply = post(gzip.compress(JSON, mtime=0), coding)

    assert codes(reply) == [(415, "unsupported_encoding")]
    assert reply.headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("coding", "raw"),
    [
        ("gzip", JSON),
        ("deflate", JSON),
        ("gzip", zlib.compress(JSON)),
        ("deflate", gzip.compress(JSON, mtime=0)),
        ("gzip", gzip.compress(JSON, mtime=0)[:-1]),
        ("gzip", gzip.compress(JSON, mtime=0)[:12]),
        ("gzip", gzip.compress(JSON, mtime=0) + b"{}"),
        ("gzip", gzip.compress(JSON, mtime=0)[:-8] + b"\0" * 8),
        ("gzip", b"\x1f"),
        ("gzip", gzip.compress(b"no JSON", mtime=0)),
        ("gzip", gzip.compress(b"[]", mtime=0)),
        ("gzip", gzip.compress(b"\xff\xfe", mtime=0)),
        ("gzip", gzip.compress(gzip.compress(JSON, mtime=0), mtime=0)),
    ],
    ids=lambda part: repr(part)[:20],
)
def test_an_encoding_that_lies_is_refused(post: Callable[..., Reply], coding: str, raw: bytes) -> None:
    assert refused_fields(post(raw, coding)) == ["body"]


@pytest.mark.parametrize("size", [16 * 1024 + 1, 10 * MEBIBYTE])
def test_a_packed_body_is_bounded_by_what_is_in_it(post: Callable[..., Reply], size: int) -> None:
    assert codes(post(gzip.compress(b" " * size, mtime=0), "gzip")) == [(413, "request_too_large")]


def test_a_packed_body_may_hold_as_much_as_any_other(post: Callable[..., Reply]) -> None:
    assert post(gzip.compress(JSON + b" " * (16 * 1024 - len(JSON)), mtime=0), "gzip").status == 201


def test_no_body_cannot_be_packed_wrongly(functions: Functions) -> None:
    headers = {"content-encoding": "gzip"}

    assert functions.call("start_chat", "POST", "/chats", headers=headers).status == 201


@pytest.mark.parametrize("kind", ["chats", "messages"])
def test_a_packed_webhook_is_taken(giosg: SimulatedGiosg, functions: Functions, kind: str) -> None:
    raw = json.dumps(notifications.about_an_unknown_chat(giosg, kind)).encode()

    replies = [
        webhook(functions, kind, gzip.compress(raw, mtime=0), "gzip"),
        webhook(functions, kind, raw, "gzip"),
        webhook(functions, kind, gzip.compress(raw, mtime=0), "br"),
        webhook(functions, kind, gzip.compress(b" " * (MEBIBYTE + 1), mtime=0), "gzip"),
    ]

    assert [reply.status for reply in replies] == [204, 400, 415, 413]


@pytest.mark.parametrize("kind", ["chats", "messages"])
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "latin-1"])
def test_a_webhook_that_is_not_utf_8_is_refused(
    giosg: SimulatedGiosg, functions: Functions, kind: str, encoding: str
) -> None:
    body = notifications.about_an_unknown_chat(giosg, kind) | {"other": "\u00e4"}

    reply = webhook(functions, kind, json.dumps(body, ensure_ascii=False).encode(encoding), "identity")

    assert refused_fields(reply) == ["body"]


@pytest.mark.parametrize("wrong", [b"\xff\xfe", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"])
@pytest.mark.parametrize("kind", ["chats", "messages"])
def test_a_text_in_a_webhook_that_is_not_utf_8_is_refused(
    giosg: SimulatedGiosg, functions: Functions, kind: str, wrong: bytes
) -> None:
    body = json.dumps(notifications.about_an_unknown_chat(giosg, kind) | {"other": "HERE"}).encode()

    assert refused_fields(webhook(functions, kind, body.replace(b"HERE", wrong), "")) == ["body"]


def test_a_webhook_may_begin_with_a_byte_order_mark(giosg: SimulatedGiosg, functions: Functions) -> None:
    raw = b"\xef\xbb\xbf" + json.dumps(notifications.about_an_unknown_chat(giosg, "chats")).encode()

    assert webhook(functions, "chats", raw, "").status == 204


@pytest.mark.parametrize(
    ("raw", "coding", "status"),
    [
        (b'{"message": "\xff\xfe"}', "", 400),
        (b'{"message": "\xc0\xaf"}', "", 400),
        (gzip.compress(JSON, mtime=0), "gzip", 415),
        (zlib.compress(JSON), "deflate", 415),
        (gzip.compress(JSON, mtime=0), "", 400),
        (JSON, "gzip", 400),
        ('{"message": "\ufffd\ufffd"}'.encode(), "", 201),
    ],
)
def test_bytes_that_a_gateway_took_for_a_text_are_not_stored(
    functions: Functions, talking: Chatting, raw: bytes, coding: str, status: int
) -> None:
    headers = {"content-length": str(len(raw)), "content-encoding": coding}
    taken_for_a_text = raw.decode("utf-8", "replace")
    event = http_event("POST", talking.messages_path, token=talking.token, body=taken_for_a_text, headers=headers)

    assert functions.invoke("send_message", event).status == status
    assert functions.invoke("send_message", _in_base64(event, raw)).status == (201 if status == 415 else status)


def _in_base64(event: dict[str, Any], raw: bytes) -> dict[str, Any]:
    return event | {"body": base64.b64encode(raw).decode(), "isBase64Encoded": True}
