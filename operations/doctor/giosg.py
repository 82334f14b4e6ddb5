"""Giosg: is the token good, is the room there, can visitors chat, is it near?"""

import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgError, GiosgForbidden, GiosgNotFound, GiosgUnauthorized, InvalidCredential
from giosg_client.identifiers import is_uuid
from operations.doctor import room_state
from operations.doctor.findings import Finding, Look, ok, wrong
from operations.doctor.giosg_account import Account, Answers, client_of, clocks_apart
from operations.doctor.giosg_errors import TROUBLES, trouble

CALLS = 5
SLOW_SECONDS = 1.0
"""A new visitor's start is three such calls after one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """How to give another token, and another organisation or room, as the end of a sentence."""

    token: str
    ids: str


class GiosgLooks:
    """Looks at an account; what would fail for a reason that was found already is not looked at."""

    def __init__(self, account: Account, remedies: Remedies, *, slow_seconds: float = SLOW_SECONDS) -> None:
        self._account = account
        self._remedies = remedies
        self._slow_seconds = slow_seconds
        self.answers = Answers.from_host(account.base_url)
        self._is_reached = True
        self._is_admitted = False

    def all(self) -> Mapping[str, Look]:
        malformed = [*self._malformed()]
        if malformed:
            return {"giosg.ids": lambda: malformed}
        return {
            "giosg.token": self.token,
            "giosg.rights": self.rights,
            "giosg.room": self.room,
            "giosg.visitor": self.visitor,
            "giosg.clock": self.clock,
            "giosg.latency": self.latency,
        }

    @property
    def _client(self) -> GiosgClient:
        return client_of(self._account, self.answers)

    def _malformed(self) -> Iterator[Finding]:
        ids = {"organisation": self._account.organization_id, "room": self._account.room_id}
        ids |= {f"room {name}": room_id for name, room_id in self._account.rooms.items()}
        for name, value in ids.items():
            if not is_uuid(value):
                yield wrong("giosg.ids", f"The id of the {name} is not a UUID in small letters", self._remedies.ids)

    def token(self) -> Iterator[Finding]:
        """Ask whose token it is (https://docs.giosg.com/getting_started/get_api_token/)."""
        try:
            organization_id = self._client.get_current_user().organization_id
        except InvalidCredential:
            says = "The API token is empty, or has a character that no token has"
            yield wrong("giosg.token", says, f"copy it again, whole, and {self._remedies.token}")
        except GiosgError as error:
            self._is_reached = not isinstance(error, TROUBLES)
            yield self._refused_token(error)
        else:
            self._is_admitted = organization_id == self._account.organization_id
            yield self._owner(organization_id)

    def _owner(self, organization_id: str) -> Finding:
        if self._is_admitted:
            return ok("giosg.token", "Giosg knows the API token, and it is of this organisation")
        says = f"The API token is of organisation {organization_id}, not of {self._account.organization_id}"
        advice = f"take that id ({self._remedies.ids}), or a token of the right organisation"
        return wrong("giosg.organization", says, advice, organization_id=organization_id)

    def _refused_token(self, error: GiosgError) -> Finding:
        if isinstance(error, GiosgUnauthorized):
            advice = f"make another in Giosg under Settings, Company, Access tokens, and {self._remedies.token}"
            return wrong("giosg.token", "Giosg refuses the API token (401)", advice, status=401)
        if isinstance(error, GiosgForbidden):
            advice = "has the organisation's subscription ended, or lacks it the features Live and Giosg Apps?"
            return wrong("giosg.token", "Giosg allows the token's user nothing (403)", advice, status=403)
        return trouble("giosg.reach", error, self._account)

    def rights(self) -> Iterator[Finding]:
        """Read the organisation's first chats: what a user needs for that is not documented."""
        if not self._is_admitted:
            return
        try:
            next(self._client.list_owned_chats(), None)
        except (GiosgForbidden, GiosgNotFound) as error:
            says = f"The token's user may not read the organisation's chats ({error.status})"
            advice = (
                f"give that user rights to the room in Giosg, or take another user's token and {self._remedies.token}"
            )
            yield wrong("giosg.rights", says, advice, status=error.status)
        except GiosgError as error:
            yield trouble("giosg.rights", error, self._account)
        else:
            yield ok("giosg.rights", "The token's user may read the organisation's chats")

    @property
    def _grant(self) -> str:
        return f"give that user rights to the room in Giosg, or take another user's token and {self._remedies.token}"

    def room(self) -> Iterator[Finding]:
        """Read the rooms as the organisation does; those beside the default one are told apart by their names."""
        if not self._is_admitted:
            return
        yield from self._room(self._account.room_id)
        for name, room_id in self._account.rooms.items():
            for found in self._room(room_id):
                yield replace(found, check=f"{found.check}.{name}", says=f"Room {name}: {found.says}")

    def _room(self, room_id: str) -> Iterator[Finding]:
        try:
            room = self._client.get_room(room_id)
        except GiosgNotFound:
            says = f"This organisation has no room {room_id}"
            advice = f"copy the id from the address of the room's settings in Giosg, and {self._remedies.ids}"
            yield wrong("giosg.room", says, advice, room_id=room_id)
        except GiosgForbidden:
            yield wrong("giosg.room", "The token's user may not see the room (403)", self._grant, status=403)
        except GiosgError as error:
            yield trouble("giosg.room", error, self._account)
        else:
            yield ok("giosg.room", "The room is there")
            yield room_state.state_of(room)

    def visitor(self) -> Iterator[Finding]:
        """Make a visitor, who enters no room: agents do not see them."""
        if not self._is_reached:
            return
        try:
            self._client.authenticate_visitor()
        except TROUBLES as error:
            yield trouble("giosg.visitor", error, self._account)
        except GiosgError as error:
            says = f"Giosg lets no visitor of this organisation in ({error.status})"
            advice = (
                f"is the organisation's id right ({self._remedies.ids}), and has it the features Live and Giosg Apps?"
            )
            yield wrong("giosg.visitor", says, advice, status=error.status)
        else:
            yield ok("giosg.visitor", "Giosg lets visitors in")

    def clock(self) -> Iterator[Finding]:
        """Compare two clocks; whose is wrong, only a third one can tell."""
        offset = self.answers.clock_offset_seconds
        if offset is None:
            return
        says = clocks_apart("Giosg's", offset, "this machine's")
        if says is None:
            yield ok("giosg.clock", "This machine's clock and Giosg's agree", offset_seconds=round(offset, 1))
            return
        advice = (
            "if AWS's agrees with this machine's (doctor of a stack says), tell Giosg's support; else let this"
            " machine's set itself, as with timedatectl set-ntp true: AWS refuses who is five minutes off"
        )
        yield wrong("giosg.clock", says, advice, offset_seconds=round(offset, 1))

    def latency(self) -> Iterator[Finding]:
        if not self._is_admitted:
            return
        del self.answers.seconds[:]
        client = self._client
        try:
            for _ in range(CALLS):
                client.get_current_user()
        except GiosgError as error:
            yield trouble("giosg.latency", error, self._account)
            return
        yield self._latency(statistics.median(self.answers.seconds))

    def _latency(self, seconds: float) -> Finding:
        says = f"Giosg answers in {seconds * 1000:.0f} ms from here (p50 of {CALLS} calls)"
        if seconds < self._slow_seconds:
            return ok("giosg.latency", says, p50_seconds=round(seconds, 3))
        advice = "visitors will wait for several of these: is the way to Giosg long or busy? Else ask Giosg's support"
        return wrong("giosg.latency", says, advice, p50_seconds=round(seconds, 3))
