"""What visitors do in one line each: they start chats, send, read, end and erase, through the functions' handlers."""

from dataclasses import dataclass
from typing import Any

from tests.aws import Functions, Reply

UNKNOWN_CHAT = "00000000-0000-4000-8000-000000000000"
UNKNOWN_TOKEN = f"{'0' * 32}.{'0' * 16}.{'A' * 43}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chatting:
    """A visitor in a chat, and the calls that they make."""

    functions: Functions
    chat_id: str
    token: str
    started: Reply

    @property
    def visitor_id(self) -> str:
        return self.token.partition(".")[0]

    @property
    def path(self) -> str:
        return f"/chats/{self.chat_id}"

    @property
    def messages_path(self) -> str:
        return f"{self.path}/messages"

    def send(self, message: str, **fields: Any) -> Reply:
        body = {"message": message, **fields}
        return self.functions.call("send_message", "POST", self.messages_path, token=self.token, body=body)

    def read(self, **query: str) -> Reply:
        return self.functions.call("list_messages", "GET", self.messages_path, token=self.token, query=query)

    def texts(self) -> list[str | None]:
        return [message["message"] for message in self.read(limit="200").json["messages"]]

    def chat(self) -> Reply:
        return self.functions.call("get_chats", "GET", self.path, token=self.token)

    def chats(self, **query: str) -> Reply:
        return self.functions.call("get_chats", "GET", "/chats", token=self.token, query=query)

    def end(self) -> Reply:
        return self.functions.call("end_chat", "POST", f"{self.path}/end", token=self.token)

    def erase(self) -> Reply:
        return self.functions.call("erase_visitor", "DELETE", "/visitor", token=self.token)


def ask_to_start(functions: Functions, *, token: str | None = None, key: str | None = None, **body: Any) -> Reply:
    """Ask for a chat, under an Idempotency-Key if there is one."""
    headers = {} if key is None else {"idempotency-key": key}
    return functions.call("start_chat", "POST", "/chats", token=token, body=body, headers=headers)


def start(functions: Functions, *, token: str | None = None, key: str | None = None, **body: Any) -> Chatting:
    """Start a chat that must start."""
    reply = ask_to_start(functions, token=token, key=key, **body)
    assert reply.status in {200, 201}, reply.text
    known_token = token or reply.json["visitor_token"]
    return Chatting(functions=functions, chat_id=reply.json["chat"]["id"], token=known_token, started=reply)


def refused_fields(reply: Reply) -> list[str]:
    """Return the fields that an answer names, which must be a refusal of the input."""
    assert reply.status == 400, reply.text
    assert reply.json["code"] == "invalid_request"
    return [each["field"] for each in reply.json["errors"]]


def codes(*replies: Reply) -> list[tuple[int, str | None]]:
    """Return the status and code of each answer; None where it is no error."""
    return [(reply.status, reply.json.get("code") if reply.text else None) for reply in replies]
