"""How a visitor comes into Giosg's room, and what agents are told of them there."""

from concurrent.futures import Executor
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgRefused, GiosgUnauthorized
from visitor_chat.access import Access
from visitor_chat.availability import Room
from visitor_chat.challenge import Challenge
from visitor_chat.journals import Journal, StartRequest
from visitor_chat.records import Credentials, Visitor
from visitor_chat.store import Store

PRESENCE_SECONDS = 120
USERNAME = "username"


class Arriving:
    """Brings visitors into the room."""

    def __init__(
        self, store: Store, giosg: GiosgClient, access: Access, *, room: Room, challenge: Challenge, threads: Executor
    ) -> None:
        self._store = store
        self._giosg = giosg
        self._access = access
        self._room = room
        self._challenge = challenge
        self._threads = threads

    def introduce(self, request: StartRequest, journal: Journal) -> tuple[Visitor, Credentials]:
        """Make a visitor, and store them while they enter the room: both are done before there is a chat of theirs."""
        self._challenge.check(request.challenge_token)
        credentials = self._make()
        entering = self._threads.submit(self._enter, credentials, credentials.access_token)
        keeping = self._threads.submit(self._store.credentials.keep, credentials)
        visitor = self._store.visitors.remember(credentials.visitor_id, name=request.visitor_name)
        keeping.result()
        journal.note(visitor_id=visitor.id)
        try:
            entering.result()
        except GiosgUnauthorized:
            self.enter_room(credentials)
        except GiosgRefused as refusal:
            self._room.explain(refusal)
            raise
        return visitor, credentials

    def _make(self) -> Credentials:
        """Make the visitor while the room is looked at; where it is known to be offline, nobody is stored."""
        introduced = self._threads.submit(self._access.introduce)
        self._room.refuse_when_offline()
        return introduced.result()

    def enter_room(self, credentials: Credentials) -> None:
        """Show a visitor as present; whoever is there already stays there."""
        self._access.call(credentials, lambda token: self._enter(credentials, token))

    def _enter(self, credentials: Credentials, access_token: str) -> None:
        self._giosg.create_room_visitor(
            credentials.visitor_id, access_token=access_token, presence_expires_in_seconds=PRESENCE_SECONDS
        )

    def tell_agents(self, request: StartRequest, visitor: Visitor) -> None:
        """Tell agents the visitor's name and facts. They are decoration: a failure does not cost the chat."""
        facts = dict(request.variables)
        other_name = facts.pop(USERNAME, None)
        name = request.visitor_name or other_name
        if name is not None and name != visitor.told_name:
            with suppress(GiosgError, BotoCoreError, ClientError):
                self._tell_name(visitor.id, name)
        for key, value in facts.items():
            with suppress(GiosgError):
                self._giosg.set_visitor_variable(visitor.id, key=key, value=value)

    def _tell_name(self, visitor_id: str, name: str) -> None:
        """Tell agents a name, and remember that they know it, so that another chat need not tell them again."""
        self._giosg.set_visitor_variable(visitor_id, key=USERNAME, value=name)
        self._store.visitors.note_told_name(visitor_id, name)
