"""How a visitor comes into Giosg's room, and what agents are told of them there."""

import hashlib
from concurrent.futures import Executor
from contextlib import suppress

from botocore.exceptions import BotoCoreError, ClientError

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgRefused, GiosgUnauthorized
from visitor_chat.auth.challenge import Challenge, NoChallenge
from visitor_chat.chats.start_journal import StartJournal
from visitor_chat.domain.records import PRESENCE_SECONDS, USERNAME, Credentials, StartRequest, Visitor
from visitor_chat.domain.rooms import Room
from visitor_chat.giosg.availability import RoomStatus
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.store.store import Store


class VisitorEntry:
    """Brings visitors into the room."""

    def __init__(
        self,
        store: Store,
        giosg: GiosgClient,
        visitor_tokens: VisitorTokens,
        *,
        room_status: RoomStatus,
        challenge: Challenge | NoChallenge,
        threads: Executor,
    ) -> None:
        self._store = store
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens
        self._room_status = room_status
        self._challenge = challenge
        self._threads = threads

    def introduce(self, request: StartRequest, journal: StartJournal) -> tuple[Visitor, Credentials]:
        """Make a visitor, and store them while they enter the room: both are done before there is a chat of theirs."""
        self._challenge.check(request.challenge_token)
        return self._settle(request, journal, self._make(request.room))

    def introduce_while_offline(self, request: StartRequest, journal: StartJournal) -> tuple[Visitor, Credentials]:
        """Make a visitor whose room nobody is in: Giosg takes visitors then too, only no chats."""
        self._challenge.check(request.challenge_token)
        return self._settle(request, journal, self._visitor_tokens.introduce())

    def _settle(
        self, request: StartRequest, journal: StartJournal, credentials: Credentials
    ) -> tuple[Visitor, Credentials]:
        entering = self._threads.submit(self._enter, credentials, request.room, credentials.access_token)
        keeping = self._threads.submit(self._store.credentials.keep, credentials)
        visitor = self._store.visitors.introduce(
            credentials.visitor_id, name=request.visitor_name, room_id=request.room.id
        )
        keeping.result()
        journal.checkpoint(visitor_id=visitor.id)
        try:
            entering.result()
        except GiosgUnauthorized:
            self.enter_room(credentials, request.room)
        except GiosgRefused as refusal:
            self._room_status.explain(request.room, refusal)
            raise
        return visitor, credentials

    def _make(self, room: Room) -> Credentials:
        """Make the visitor while the room is looked at; where it is known to be offline, nobody is stored."""
        introduced = self._threads.submit(self._visitor_tokens.introduce)
        self._room_status.refuse_when_offline(room)
        return introduced.result()

    def enter_room(self, credentials: Credentials, room: Room) -> None:
        """Show a visitor as present; whoever is there already stays there."""
        self._visitor_tokens.call(credentials, lambda token: self._enter(credentials, room, token))

    def enter_another_room(self, credentials: Credentials, room: Room) -> None:
        """Bring a visitor into a room where they have not been, and remember it: no chat can be made there before."""
        self.enter_room(credentials, room)
        self._store.visitors.remember(credentials.visitor_id, room_id=room.id)

    def _enter(self, credentials: Credentials, room: Room, access_token: str) -> None:
        self._giosg.create_room_visitor(
            room.id, credentials.visitor_id, access_token=access_token, presence_expires_in_seconds=PRESENCE_SECONDS
        )

    def tell_agents(self, request: StartRequest, visitor: Visitor) -> None:
        """Tell agents of the room the visitor's name and facts, as far as they do not know them.

        They are decoration: a failure does not cost the chat. What agents of another room were told is told here too.
        """
        variables, told = _variables(request, visitor), dict(visitor.told.get(request.room.id, {}))
        hashes = {key: _hash(value) for key, value in variables.items()}
        news = [key for key in variables if hashes[key] != told.get(key)]
        heard = [key for key in news if self._tell(request.room, visitor.id, key, variables[key])]
        if heard:
            told |= {key: hashes[key] for key in heard}
            with suppress(BotoCoreError, ClientError):
                self._store.visitors.note_told(visitor.id, variables=variables, room_id=request.room.id, hashes=told)

    def _tell(self, room: Room, visitor_id: str, key: str, value: str) -> bool:
        try:
            self._giosg.set_visitor_variable(room.id, visitor_id, key=key, value=value)
        except GiosgError:
            return False
        return True


def _variables(request: StartRequest, visitor: Visitor) -> dict[str, str]:
    """Return all that agents are to know of the visitor: the name first, which they see in their list."""
    variables = {**visitor.variables, **request.variables}
    name = request.visitor_name or request.variables.get(USERNAME) or visitor.name
    return {USERNAME: name} | variables | {USERNAME: name} if name else variables


def _hash(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]
