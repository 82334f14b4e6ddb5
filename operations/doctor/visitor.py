"""A visitor of the doctor's: the calls that a page makes, each with the time that it took."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from operations.doctor.edge import StackApi, code_of

FRAME_SECONDS = 15.0


class StepFailed(Exception):
    """A step did not do what it should; the text says which one and what happened instead.

    Attributes:
        code: the API's stable code, or what else tells the case.
    """

    def __init__(self, step: str, code: str) -> None:
        super().__init__(f"{step}: {code}")
        self.step = step
        self.code = code


@dataclass(slots=True)
class ProbeVisitor:
    """One visitor with one chat; who starts one ends and erases it.

    Attributes:
        seconds: how long each step took.
    """

    api: StackApi
    seconds: dict[str, float] = field(default_factory=dict)
    chat_id: str = ""
    _token: str = ""
    _socket: ClientConnection | None = None
    _opened: ExitStack = field(default_factory=ExitStack)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time a step, and name it when it fails."""
        began_at = time.monotonic()
        try:
            yield
        except (requests.RequestException, WebSocketException, OSError) as error:
            raise StepFailed(name, type(error).__name__) from error
        self.seconds[name] = time.monotonic() - began_at

    def start(self) -> None:
        """Start a chat in which nothing is said: agents do not see it."""
        with self.step("start"):
            answer = self.api.call("POST", "/chats", json={})
            made = self._expect("start", answer, requests.codes.created)
        self.chat_id, self._token = made["chat"]["id"], made["visitor_token"]

    def open_socket(self) -> None:
        """Open a socket with a ticket; a pong says that it is known."""
        with self.step("socket"):
            ticket = self._expect("ticket", self._call("POST", "/realtime"), requests.codes.created)
            opening = connect(ticket["url"], open_timeout=FRAME_SECONDS, close_timeout=1, proxy=None)
            self._socket = self._opened.enter_context(opening)
            self._socket.send(json.dumps({"action": "ping"}))
            self.wait_for_frame("pong", lambda frame: frame.get("event") == "pong")

    def send(self, text: str) -> str:
        """Send a message and return its id."""
        with self.step("send"):
            body = {"message": text, "client_message_id": str(uuid.uuid4())}
            answer = self._call("POST", f"/chats/{self.chat_id}/messages", json=body)
            message_id: str = self._expect("send", answer, requests.codes.created)["id"]
        return message_id

    def wait_for_message(self, message_id: str) -> None:
        with self.step("frame"):
            self.wait_for_frame("frame", lambda frame: (frame.get("message") or {}).get("id") == message_id)

    def wait_for_frame(self, step: str, is_wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Wait for a frame; those that come before it are left.

        Raises:
            StepFailed: it did not come in time.
        """
        deadline = time.monotonic() + FRAME_SECONDS
        while self._socket is not None:
            try:
                frame = json.loads(self._socket.recv(timeout=max(0.0, deadline - time.monotonic())))
            except TimeoutError as error:
                raise StepFailed(step, f"nothing within {FRAME_SECONDS:.0f} s") from error
            if is_wanted(frame):
                return

    def message_ids(self) -> list[str]:
        """Read the chat to its end, and return the ids of what the visitor has said."""
        ids: list[str] = []
        query: dict[str, str] = {}
        has_more = True
        while has_more:
            answer = self._call("GET", f"/chats/{self.chat_id}/messages", params={"limit": 200, **query})
            page = self._expect("read", answer, requests.codes.ok)
            ids += [each["id"] for each in page["messages"] if each["sender_type"] == "visitor"]
            query, has_more = {"after": page["next"]}, page["has_more"]
        return ids

    def end(self) -> None:
        with self.step("end"):
            self._expect("end", self._call("POST", f"/chats/{self.chat_id}/end"), requests.codes.ok)

    def leave(self) -> None:
        """Close the socket and erase everything about this visitor, as far as it has come."""
        self._opened.close()
        if self._token:
            with self.step("erase"):
                self._expect("erase", self._call("DELETE", "/visitor"), requests.codes.no_content)

    def _call(self, method: str, path: str, **arguments: Any) -> requests.Response:
        return self.api.call(method, path, headers={"Authorization": f"Bearer {self._token}"}, **arguments)

    def _expect(self, step: str, answer: requests.Response, status: int) -> Any:
        if answer.status_code != status:
            raise StepFailed(step, code_of(answer))
        return answer.json() if answer.content else None
