"""The visitor API on 127.0.0.1, with the page that belongs to it, able to misbehave when asked."""

import base64
import json
import re
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

from functions.web_page import app as web_page
from tests.web.chats import Agent, Chat, Chats, Json
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve
from werkzeug import Request, Response
from werkzeug.serving import WSGIRequestHandler, make_server

# The emulator's addresses have a path in front, and the page must not mind.
ROOT = "/_aws/execute-api/a1b2c3/$default"

# A test that fails lets nobody go.
LONGEST_HOLD_SECONDS = 15
POST_MESSAGE = "POST chats/.*/messages"
"""Sends a text, as faults name calls."""

Planned = TypeVar("Planned")


class Refused(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, retry_after: int | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.retry_after = status, code, retry_after


class QuietHandler(WSGIRequestHandler):
    """Keeps the test's log for what went wrong."""

    def log_request(self, *_: object) -> None:
        pass


@dataclass
class Faults:
    """What goes wrong: refusals, lost answers and what happens meanwhile are used up one by one, the rest holds.

    `meanwhile` happens while a call that matches is on its way, so that nobody can have heard of it before.
    """

    refusals: list[tuple[str, Refused]] = field(default_factory=list)
    lost_answers: list[str] = field(default_factory=list)
    meanwhile: list[tuple[str, Callable[[], object]]] = field(default_factory=list)
    delay_seconds: float = 0.0
    has_socket: bool = True
    loses_frames: bool = False
    # So many of the next sockets are not known to the stack: it tells them nothing, and closes them at a ping.
    unknown_sockets: int = 0

    def refuse(self, call: str, refused: Refused, *, times: int = 1) -> None:
        """Refuse the next calls that match, such as `POST .*/messages`."""
        self.refusals += [(call, refused)] * times

    def hold(self, call: str) -> threading.Event:
        """Let the next call that matches wait until what is returned is set."""
        let_go = threading.Event()
        self.meanwhile.append((call, lambda: let_go.wait(LONGEST_HOLD_SECONDS)))
        return let_go

    def before(self, call: str) -> None:
        time.sleep(self.delay_seconds)
        if event := self._used_up(self.meanwhile, call):
            event()
        if refused := self._used_up(self.refusals, call):
            raise refused

    def is_lost(self, call: str) -> bool:
        for pattern in self.lost_answers:
            if re.fullmatch(pattern, call):
                self.lost_answers.remove(pattern)
                return True
        return False

    @staticmethod
    def _used_up(planned: list[tuple[str, Planned]], call: str) -> Planned | None:
        """Take the first that is planned for a call out of a list."""
        for each in planned:
            if re.fullmatch(each[0], call):
                planned.remove(each)
                return each[1]
        return None


@dataclass
class VisitorApi:
    """Use it as a context manager. `requests` are the calls so far, as `POST chats`.

    `preflights` are those that a browser asked leave for. `challenge` is what a new visitor must have passed; None for
    a stack that asks for nothing.
    """

    faults: Faults = field(default_factory=Faults)
    requests: list[str] = field(default_factory=list)
    preflights: list[str] = field(default_factory=list)
    chats: Chats = field(default_factory=Chats)
    challenge: str | None = None

    def __post_init__(self) -> None:
        self.chats.tell = self._tell
        self.agent = Agent(self.chats)
        self._sockets: dict[ServerConnection, str] = {}
        self._tickets: dict[str, str] = {}
        self._http = make_server("127.0.0.1", 0, self._wsgi, threaded=True, request_handler=QuietHandler)
        self._live = serve(self._listen, "127.0.0.1", 0, close_timeout=1)  # whoever has gone answers no close
        self.root = f"http://127.0.0.1:{self._http.server_port}{ROOT}"
        self.page_url = f"{self.root}/chat"
        self.socket_url = f"ws://127.0.0.1:{self._live.socket.getsockname()[1]}/live"

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=serve.serve_forever) for serve in (self._http, self._live)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.drop_sockets()
        self._http.shutdown()
        self._live.shutdown()
        for thread in self._threads:
            thread.join()
        self._http.server_close()

    def reset(self) -> None:
        """Forget everybody, and behave."""
        self._tickets.clear()  # a page may have gone while its socket opened: nobody is to come with its ticket
        self.drop_sockets()
        self.faults = Faults()
        self.requests = []
        self.preflights = []
        self.challenge = None
        self.chats = Chats(tell=self._tell)
        self.agent = Agent(self.chats)

    # --- The socket

    @property
    def socket_count(self) -> int:
        return len(self._sockets)

    def drop_sockets(self) -> None:
        for connection in list(self._sockets):
            connection.close()

    def _listen(self, connection: ServerConnection) -> None:
        request = connection.request
        visitor_id = self._tickets.pop(request.path.partition("ticket=")[2], None) if request else None
        if visitor_id is None:
            return
        if self.faults.unknown_sockets:
            self.faults.unknown_sockets -= 1
            connection.recv()
            return
        self._sockets[connection] = visitor_id
        try:
            for _ping in connection:
                connection.send(json.dumps({"event": "pong", "cursors": self._cursors(visitor_id)}))
        except ConnectionClosed:
            pass
        finally:
            self._sockets.pop(connection, None)

    def _cursors(self, visitor_id: str) -> dict[str, str]:
        return {chat.id: chat.cursor for chat in self.chats.chats.values() if chat.visitor_id == visitor_id}

    def _tell(self, visitor_id: str, frame: Json) -> None:
        for connection, owner in list(self._sockets.items()):
            if owner == visitor_id and not self.faults.loses_frames:
                try:
                    connection.send(json.dumps(frame))
                except ConnectionClosed:
                    continue

    # --- The calls

    def _wsgi(self, environ: Json, start_response: Callable[..., Any]) -> Iterable[bytes]:
        request = Request(environ)
        call = f"{request.method} {request.path.removeprefix(ROOT).lstrip('/')}"
        response = self._answer(request, call)
        if self.faults.is_lost(call):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        return response(environ, start_response)

    def _answer(self, request: Request, call: str) -> Response:
        if request.method == "OPTIONS":
            time.sleep(self.faults.delay_seconds)
            self.preflights.append(call)
            return self._with_cors(Response(status=204))
        if page := re.fullmatch(r"GET chat(?:/(.+))?", call):
            return page_response(page[1], request)
        self.requests.append(call)
        try:
            self.faults.before(call)
            status, answer = self._act(request, call)
            response = Response(json.dumps(answer) if answer else None, status, content_type="application/json")
        except Refused as refused:
            response = problem(refused)
        return self._with_cors(response)

    def _with_cors(self, response: Response) -> Response:
        response.headers["Access-Control-Allow-Origin"] = "*"
        response.headers["Access-Control-Allow-Headers"] = "authorization,content-type,idempotency-key"
        response.headers["Access-Control-Allow-Methods"] = "*"
        response.headers["Access-Control-Expose-Headers"] = "Retry-After"
        response.headers["Access-Control-Max-Age"] = "86400"
        return response

    def _act(self, request: Request, call: str) -> tuple[int, Json | None]:
        with self.chats.lock:
            return self._act_for_anybody(request, call) or self._act_for_visitor(request, call)

    def _act_for_anybody(self, request: Request, call: str) -> tuple[int, Json | None] | None:
        if call == "GET availability":
            return 200, self._availability(request.args.get("room", "default"))
        if call == "GET rooms":
            return 200, {"rooms": [self._availability(room) | {"is_default": False} for room in self.chats.rooms]}
        if call == "GET push":
            return 200, {"public_key": self._push_key()}
        if call == "POST chats":
            return self._start(request)
        if call == "POST held_messages":
            return self._hold(request)
        return None

    def _act_for_visitor(self, request: Request, call: str) -> tuple[int, Json | None]:
        visitor_id = self._visitor(request)
        if held_call := re.fullmatch(r"(GET|DELETE) held_messages(?:/(.+))?", call):
            return self._held(visitor_id, held_call[2])
        if call.endswith("push/subscription"):
            return self._subscribe(visitor_id, request)
        if call == "POST realtime":
            return self._ticket(visitor_id)
        if call == "DELETE visitor":
            self.chats.erase(visitor_id)
            return 204, None
        chat_call = re.fullmatch(r"(\w+) chats/([\w-]+)(/\w+)?", call)
        chat = self.chats.chats.get(chat_call[2]) if chat_call else None
        if chat_call is None or chat is None or chat.visitor_id != visitor_id:
            raise Refused(404, "chat_not_found")
        return self._act_in(chat, f"{chat_call[1]} {chat_call[3]}", request)

    def _push_key(self) -> str:
        if self.chats.push_key is None:
            raise Refused(404, "push_is_off")
        return self.chats.push_key

    def _subscribe(self, visitor_id: str, request: Request) -> tuple[int, None]:
        self._push_key()
        body, known = request.get_json(), self.chats.subscriptions.setdefault(visitor_id, {})
        if request.method == "PUT":
            known[body["endpoint"]] = body
        else:
            known.pop(body["endpoint"], None)
        return 204, None

    def _availability(self, room: str) -> Json:
        state: Json = {"is_online": self.chats.rooms.get(room, self.chats.is_online)}
        state |= {"estimated_waiting_time_seconds": self.chats.waiting_seconds}
        return {"room": room, "holds_messages": self.chats.holds_messages} | state

    def _hold(self, request: Request) -> tuple[int, Json]:
        body = request.get_json()
        visitor_id = self._visitor(request) if "Authorization" in request.headers else None
        is_known = any(
            held["id"] == body["client_message_id"] for messages in self.chats.held.values() for held in messages
        )
        if not is_known and self._availability(body.get("room", "default"))["is_online"]:
            raise Refused(409, "agents_online")
        waiting = [each for each in self.chats.held.get(visitor_id or "", []) if each["status"] == "held"]
        if not is_known and len(waiting) == 3:
            raise Refused(409, "too_many_held")
        held, token, is_new = self.chats.hold(visitor_id, body)
        return (202 if is_new else 200), {"held_message": held, "visitor": {}, "visitor_token": token}

    def _held(self, visitor_id: str, held_id: str | None) -> tuple[int, Json | None]:
        messages = self.chats.held.get(visitor_id, [])
        if held_id is None:
            return 200, {"held_messages": messages}
        held = next((each for each in messages if each["id"] == held_id), None)
        if held is None:
            raise Refused(404, "held_message_not_found")
        if held["status"] == "delivered":
            raise Refused(409, "already_delivered")
        self.chats.change_held(held, status="withdrawn", message=None)
        return 204, None

    def _visitor(self, request: Request) -> str:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if token not in self.chats.tokens:
            raise Refused(401, "invalid_visitor_token")
        return self.chats.tokens[token]

    def _ticket(self, visitor_id: str) -> tuple[int, Json]:
        if not self.faults.has_socket:
            raise Refused(404, "not_found")
        ticket = uuid.uuid4().hex
        self._tickets[ticket] = visitor_id
        return 201, {"url": f"{self.socket_url}?ticket={ticket}", "expires_in_seconds": 60}

    def _start(self, request: Request) -> tuple[int, Json]:
        key = request.headers.get("Idempotency-Key")
        body = request.get_json()
        if key in self.chats.started:
            return 200, self._started(self.chats.chats[self.chats.started[key]], body)
        visitor_id = self._visitor(request) if "Authorization" in request.headers else None
        if visitor_id is None and self.challenge not in {None, body.get("challenge_token")}:
            raise Refused(403, "challenge_failed")
        if not self._availability(body.get("room", "default"))["is_online"]:
            raise Refused(409, "no_agents_online")
        chat, _ = self.chats.start(visitor_id, body.get("visitor_name"), room=body.get("room", "default"))
        if key:
            self.chats.started[key] = chat.id
        return 201, self._started(chat, body)

    def _started(self, chat: Chat, body: Json) -> Json:
        token = next(token for token, owner in self.chats.tokens.items() if owner == chat.visitor_id)
        message, _ = self.chats.say(chat, body["message"], body.get("client_message_id"))
        visitor = {"id": chat.visitor_id, "name": self.chats.names[chat.visitor_id]}
        return {"chat": chat.view, "visitor": visitor, "visitor_token": token, "message": message}

    def _act_in(self, chat: Chat, call: str, request: Request) -> tuple[int, Json]:
        if call == "POST /messages":
            return self._say(chat, request.get_json())
        if call == "GET /messages":
            limit = request.args.get("limit", 50, int)
            return 200, self.chats.read(chat, after=request.args.get("after"), limit=limit)
        if call == "POST /end":
            self.chats.end(chat)
        return 200, chat.view

    def _say(self, chat: Chat, body: Json) -> tuple[int, Json]:
        if "action" in body:
            return self._press(chat, body)
        if not 1 <= len(body["message"].encode("utf-16-le")) // 2 <= 2000:
            raise Refused(400, "invalid_request")
        if chat.view["status"] == "ended":
            raise Refused(409, "chat_ended")
        message, is_new = self.chats.say(chat, body["message"], body.get("client_message_id"))
        return (201 if is_new else 200), message

    def _press(self, chat: Chat, body: Json) -> tuple[int, Json]:
        action = self.chats.pressed(chat, body["action"])
        if action is None:
            raise Refused(404, "action_not_found")
        known = {"type": "action", "action": action}
        message, is_new = self.chats.say(chat, None, body.get("client_message_id"), **known)
        return (201 if is_new else 200), message


def problem(refused: Refused) -> Response:
    body = {"type": "about:blank", "title": refused.code, "status": refused.status, "code": refused.code}
    response = Response(json.dumps(body), refused.status, content_type="application/problem+json")
    if refused.retry_after is not None:
        response.headers["Retry-After"] = str(refused.retry_after)
    return response


def page_response(file: str | None, request: Request) -> Response:
    """Answer as API Gateway would have the page's function answer."""
    event = {"headers": dict(request.headers), "pathParameters": {"file": file} if file else None}
    answer = web_page.handler(event, None)
    response = Response(status=answer["statusCode"], headers=answer["headers"])
    if answer.get("isBase64Encoded"):
        response.data = base64.b64decode(answer["body"])
    else:
        response.data = answer.get("body", "")
    return response
