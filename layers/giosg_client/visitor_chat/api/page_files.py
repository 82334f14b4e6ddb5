"""The files of the visitor's page, as a layer holds them: how they are cached, compressed and kept safe."""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from visitor_chat.runtime.settings import Settings, read_settings

PAGE = "index.html"
ONE_YEAR_SECONDS = 31_536_000
ENTRY_SECONDS = 300
HASHED_NAME = re.compile(r"(\w+)\.\w{16}\.(\w+)")


@cache
def manifest() -> dict[str, dict[str, Any]]:
    described: dict[str, dict[str, Any]] = json.loads(content_of("manifest.json"))
    return described


@cache
def content_of(name: str) -> bytes:
    return (resources.files("visitor_page") / name).read_bytes()


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def content_security_policy(settings: Settings, *, is_secure: bool) -> str:
    """Allow the page its own files, its API and socket, and pictures, which come from wherever agents keep them.

    The one type that is trusted names the service worker, which tells visitors with the page closed.
    Plain http pictures are allowed only where the page itself came that way, on a developer's own machine.
    """
    embedders = sorted(settings.allowed_origins - {"*"})
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            " ".join(["img-src", "'self'", "https:", *([] if is_secure else ["http:"])]),
            f"connect-src 'self' {origin_of(settings.socket_url)}",
            "base-uri 'none'",
            "form-action 'none'",
            " ".join(["frame-ancestors", "'self'", *embedders]),
            "require-trusted-types-for 'script'",
            "trusted-types visitor-chat",
        ]
    )


def page_headers(*, is_secure: bool) -> dict[str, str]:
    return {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": content_security_policy(read_settings(), is_secure=is_secure),
        "Cross-Origin-Opener-Policy": "same-origin",
    }


def file_headers(*, is_lasting: bool) -> dict[str, str]:
    """Let any site load the files: that is embedding. An HTTP API with CORS of its own replaces that header."""
    lasting = f"public, max-age={ONE_YEAR_SECONDS}, immutable"
    return {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": lasting if is_lasting else f"public, max-age={ENTRY_SECONDS}",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


def common_headers(etag: str) -> dict[str, str]:
    return {
        "ETag": etag,
        "Vary": "Accept-Encoding, Origin",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "Strict-Transport-Security": f"max-age={ONE_YEAR_SECONDS}",
    }


def stored_name(name: str, names: Iterable[str]) -> str | None:
    """Return the file to answer with, or None.

    A page that was opened before a deployment asks for a hashed name that is gone: it gets what took its place.
    """
    if name in names:
        return name
    asked = HASHED_NAME.fullmatch(name)
    return next((other for other in names if asked and is_successor(asked, other)), None)


def is_successor(asked: re.Match[str], other: str) -> bool:
    match = HASHED_NAME.fullmatch(other)
    return match is not None and match.groups() == asked.groups()


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    for offer in headers.get("accept-encoding", "").lower().split(","):
        coding, _, weight = offer.partition(";")
        if coding.strip() in ("gzip", "*"):
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", weight)
    return False


def is_known(etag: str, headers: Mapping[str, str]) -> bool:
    """https://www.rfc-editor.org/rfc/rfc9110#section-13.1.2: weak comparison, any of a list."""
    tags = [tag.strip().removeprefix("W/") for tag in headers.get("if-none-match", "").split(",")]
    return etag in tags or "*" in tags


def response(name: str, request: Mapping[str, str], headers: dict[str, str]) -> dict[str, Any]:
    described = manifest()[name]
    is_gzip = accepts_gzip(request)
    headers |= common_headers(f'"{described["etag"]}{"-gzip" if is_gzip else ""}"')
    if is_known(headers["ETag"], request):
        return {"statusCode": 304, "headers": headers}
    headers["Content-Type"] = described["content_type"]
    if not is_gzip:
        return {"statusCode": 200, "headers": headers, "body": content_of(name).decode()}
    headers["Content-Encoding"] = "gzip"
    body = base64.b64encode(content_of(f"{name}.gz")).decode()
    return {"statusCode": 200, "headers": headers, "body": body, "isBase64Encoded": True}


def no_such_file() -> dict[str, Any]:
    problem = {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": "No such file",
        "code": "not_found",
    }
    headers = {
        "Content-Type": "application/problem+json",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return {"statusCode": 404, "headers": headers, "body": json.dumps(problem)}


def serve(event: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a request for the page, or for one of its files."""
    request = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    asked = (event.get("pathParameters") or {}).get("file")
    if asked is None:
        return response(PAGE, request, page_headers(is_secure=request.get("x-forwarded-proto") == "https"))
    name = stored_name(asked, [known for known in manifest() if known != PAGE])
    if name is None:
        return no_such_file()
    is_lasting = name == asked and manifest()[name]["is_immutable"]
    return response(name, request, file_headers(is_lasting=is_lasting))
