"""The agent console's page and the state behind it."""

import hashlib
import json
from collections.abc import Iterator
from html import escape
from pathlib import Path

from local.giosg.console.parts import Parts
from local.giosg.console.view import snapshot
from local.giosg.http.exchange import Answer, Request, json_answer, not_found

FILES = Path(__file__).with_name("page")
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# The page may be framed by what else runs on this machine, to stand beside the visitor's page.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' http: https:; "
    "base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:* http://*.localhost:*"
)
HEADERS = {"Cache-Control": "no-cache", "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}
EVENT_PAUSE_SECONDS = 0.1
KEEP_ALIVE_SECONDS = 15.0


def redirect(_: Parts, __: Request) -> Answer:
    return Answer(status=302, headers={"Location": "/console"})


def show_page(parts: Parts, request: Request) -> Answer:
    return show_file(parts, request, "index.html")


def show_file(_: Parts, __: Request, name: str) -> Answer:
    known = {path.name: path for path in FILES.iterdir() if path.suffix in CONTENT_TYPES}
    if name not in known:
        raise not_found()
    return _file(known[name].read_bytes(), known[name].suffix)


def _file(body: bytes, suffix: str) -> Answer:
    return Answer(status=200, body=body, headers={"Content-Type": CONTENT_TYPES[suffix], **HEADERS})


def show_avatar(parts: Parts, _: Request, agent_id: str) -> Answer:
    """Draw an agent's initials on a colour of their own."""
    agent = parts.world.agents[agent_id]
    initials = escape("".join(word[0] for word in (agent.alias or agent.name).split()[:2]).upper())
    hue = int(hashlib.sha256((agent.alias or agent.name).encode()).hexdigest()[:4], 16) % 360
    picture = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        f'<rect width="64" height="64" fill="hsl({hue} 45% 42%)"/><text x="32" y="33" fill="#fff" font-size="26" '
        'font-family="system-ui, sans-serif" font-weight="600" text-anchor="middle" dominant-baseline="central">'
        f"{initials}</text></svg>"
    )
    return _file(picture.encode(), ".svg")


def show_health(parts: Parts, _: Request) -> Answer:
    ids = {"organization_id": parts.world.organization_id, "room_id": parts.room_id, "rooms": dict(parts.rooms)}
    return json_answer({"status": "ok", **ids})


def show_state(parts: Parts, request: Request) -> Answer:
    return json_answer(snapshot(parts, request.query.get("chat")), headers={"Cache-Control": "no-store"})


def stream_events(parts: Parts, _: Request) -> Answer:
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    return Answer(status=200, headers=headers, stream=_events(parts))


def _events(parts: Parts) -> Iterator[bytes]:
    """Tell the newest version whenever there is one, some times a second at most; a stop ends the stream."""
    version = -1
    while not parts.stopping.is_set():
        version = parts.world.wait_for_change(version, timeout_seconds=KEEP_ALIVE_SECONDS)
        yield f"data: {json.dumps({'version': version})}\n\n".encode()
        parts.stopping.wait(EVENT_PAUSE_SECONDS)
