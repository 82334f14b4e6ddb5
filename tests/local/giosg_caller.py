"""A client of Giosg's API with the plainest means, for the tests of the simulated Giosg."""

from typing import Any, Self

import requests
from local.giosg import SimulatedGiosg

TIMEOUT_SECONDS = 5


class Caller:
    """One visitor and the organisation behind one session; bodies of answers are in `json()`."""

    def __init__(self, giosg: SimulatedGiosg, visitor: dict[str, Any]) -> None:
        self.giosg = giosg
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Accept"] = "application/json"
        self.visitor = visitor
        self.public_room = f"public/orgs/{giosg.organization_id}/rooms/{giosg.room_id}"
        self.organization = f"orgs/{giosg.organization_id}"

    @classmethod
    def new(cls, giosg: SimulatedGiosg, *, is_in_room: bool = True) -> Self:
        """Authenticate a new visitor, and let them into the room."""
        caller = cls(giosg, {})
        caller.authenticate()
        if is_in_room:
            caller.enter_room()
        return caller

    def close(self) -> None:
        self.session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def id(self) -> str:
        return str(self.visitor["visitor_id"])

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        """Call a path below the version prefix, as the visitor unless `headers` say otherwise."""
        headers = {"Authorization": f"Bearer {self.visitor.get('access_token')}"} | options.pop("headers", {})
        url = path if path.startswith("http") else f"{self.giosg.base_url}/api/v5/{path}"
        return self.session.request(
            method, url, json=body, headers=headers, timeout=options.pop("timeout", TIMEOUT_SECONDS), **options
        )

    def call_as_organization(self, method: str, path: str, body: Any = None) -> requests.Response:
        return self.call(method, path, body, headers={"Authorization": f"Token {self.giosg.api_token}"})

    def authenticate(self, secret_id: str | None = None) -> requests.Response:
        path = f"public/orgs/{self.giosg.organization_id}/auth"
        response = self.call("POST", path, {"visitor_secret_id": secret_id}, headers={"Authorization": None})
        if response.ok:
            self.visitor = response.json()
        return response

    def enter_room(self, **fields: Any) -> requests.Response:
        return self.call("POST", f"{self.public_room}/visitors", {"id": self.id, **fields})

    def create_chat(self, body: Any = None, **options: Any) -> requests.Response:
        return self.call("POST", f"{self.public_room}/visitors/{self.id}/chats", body, **options)

    def start_chat(self, *texts: str) -> str:
        """Create a chat, say the texts, return the chat's id."""
        chat_id = str(self.create_chat().json()["id"])
        for text in texts:
            self.say(chat_id, text)
        return chat_id

    def chat_path(self, chat_id: str) -> str:
        return f"public/visitors/{self.id}/chats/{chat_id}"

    def say(self, chat_id: str, text: Any, **fields: Any) -> requests.Response:
        return self.call("POST", f"{self.chat_path(chat_id)}/messages", {"type": "msg", "message": text, **fields})

    def all_pages(self, path: str, *, as_organization: bool = False) -> list[list[dict[str, Any]]]:
        """Follow `next` to the end; return the results page by page."""
        pages = []
        following: str | None = path
        while following:
            page = (self.call_as_organization if as_organization else self.call)("GET", following).json()
            pages.append(page["results"])
            following = page["next"]
        return pages
