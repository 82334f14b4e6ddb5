"""Visitors whom the company's own backend vouches for: the same person is the same visitor on every device.

A person's first exchange of an identity token makes a visitor, or takes the anonymous one who is chatting already: then
all their earlier sessions end, since whoever began them need not be this person. Names and variables in the token come
from the backend; no browser replaces them.
"""

from dataclasses import replace

from giosg_client.client import GiosgClient
from visitor_chat.auth.identity_tokens import Identity
from visitor_chat.domain.errors import TryAgain
from visitor_chat.domain.records import PRESENCE_SECONDS, USERNAME, StartRequest, Visitor
from visitor_chat.domain.rooms import Rooms
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.store.known_people import KnownPeople, KnownVisitor
from visitor_chat.store.store import Store
from visitor_chat.store.tables import ConditionFailed

ATTEMPTS = 3


class KnownVisitors:
    """Keeps who is who."""

    def __init__(self, store: Store, giosg: GiosgClient, visitor_tokens: VisitorTokens, *, rooms: Rooms) -> None:
        self._store = store
        self._giosg = giosg
        self._visitor_tokens = visitor_tokens
        self._rooms = rooms

    def visitor_of(self, identity: Identity, anonymous: Visitor | None) -> tuple[Visitor, bool]:
        """Return the person's visitor, and whether it is the anonymous one, joined just now."""
        for _attempt in range(ATTEMPTS):
            try:
                return self._find_or_bind(identity, anonymous)
            except ConditionFailed:
                continue
        raise TryAgain("other requests are binding the same person")

    def _find_or_bind(self, identity: Identity, anonymous: Visitor | None) -> tuple[Visitor, bool]:
        known_id = self._store.known_people.find_visitor_id(identity.subject_hash)
        if known_id is not None and (visitor := self._update(known_id, identity)) is not None:
            return visitor, False
        visitor_id = self._unclaimed(anonymous)
        is_joined = anonymous is not None and anonymous.id == visitor_id
        return self._bind(visitor_id, identity, instead_of=known_id), is_joined

    def _update(self, visitor_id: str, identity: Identity) -> Visitor | None:
        """Bring what is known up to date; None when the visitor is gone."""
        visitor = self._store.visitors.find(visitor_id)
        if visitor is None or visitor.is_erased or self._store.credentials.find(visitor_id) is None:
            return None
        return self._bind(visitor_id, identity, instead_of=visitor_id)

    def _unclaimed(self, anonymous: Visitor | None) -> str:
        """Return the visitor who becomes this person: the anonymous one, unless that is somebody already."""
        if anonymous is not None and self._store.known_people.find(anonymous.id) is None:
            return anonymous.id
        return self._introduce()

    def _introduce(self) -> str:
        """Make a visitor who has entered the room, as all have who may start a chat with a token."""
        credentials = self._visitor_tokens.introduce()
        visitor_id = credentials.visitor_id
        self._giosg.create_room_visitor(
            self._rooms.default.id,
            visitor_id,
            access_token=credentials.access_token,
            presence_expires_in_seconds=PRESENCE_SECONDS,
        )
        self._store.credentials.keep(credentials)
        self._store.visitors.introduce(visitor_id, room_id=self._rooms.default.id)
        return visitor_id

    def _bind(self, visitor_id: str, identity: Identity, *, instead_of: str | None) -> Visitor:
        known = KnownVisitor(
            visitor_id=visitor_id,
            subject_hash=identity.subject_hash,
            name=identity.name,
            variables=identity.variables,
        )
        guard = self._store.visitors.check_not_erased(visitor_id)
        self._store.known_people.bind(known, instead_of=instead_of, guards=[guard])
        return self._store.visitors.remember(visitor_id, name=identity.name)


class NoKnownDetails:
    """What a start is told by a stack without known users."""

    def is_known(self, _visitor_id: str) -> bool:
        return False

    def protect(self, request: StartRequest) -> StartRequest:
        return request


class KnownDetails:
    """Tells a start what the backend has said of its visitor."""

    def __init__(self, known_people: KnownPeople) -> None:
        self._known_people = known_people

    def is_known(self, visitor_id: str) -> bool:
        return self._known_people.find(visitor_id) is not None

    def protect(self, request: StartRequest) -> StartRequest:
        """Put what the backend says of a known visitor in the place of what the browser says."""
        known = self._known_people.find(request.visitor.id) if request.visitor else None
        if known is None:
            return request
        own = set(known.variables) | ({USERNAME} if known.name else set())
        others = {key: value for key, value in request.variables.items() if key not in own}
        return replace(
            request, visitor_name=known.name or request.visitor_name, variables=others | dict(known.variables)
        )
