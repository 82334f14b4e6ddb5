"""A visitor's access to Giosg: the stored token while it is good, a new one by one caller at a time when it is not.

Tokens are renewed with the visitor's permanent secret; there is no other way
(https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/general).
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from giosg_client.client import GiosgClient
from giosg_client.errors import GiosgUnauthorized
from giosg_client.models import VisitorCredentials
from visitor_chat.domain.errors import GiosgFailed, InvalidVisitorToken, TryAgain
from visitor_chat.domain.records import Credentials
from visitor_chat.runtime.clock import Clock
from visitor_chat.store.credentials import CredentialsStore
from visitor_chat.store.tables import ConditionFailed

RENEWAL_LEASE = timedelta(seconds=12)
LARGEST_MARGIN = timedelta(seconds=60)
POLL_SECONDS = 0.15

Answer = TypeVar("Answer")


class AnotherVisitor(GiosgFailed):
    """Giosg took a visitor's secret and answered with somebody else: their chats must not be mixed."""


class VisitorTokens:
    """Gives calls to Giosg a token that works."""

    def __init__(
        self,
        giosg: GiosgClient,
        credentials: CredentialsStore,
        *,
        clock: Clock,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._giosg = giosg
        self._credentials = credentials
        self._clock = clock
        self._sleep = sleep

    def introduce(self) -> Credentials:
        """Make a new visitor at Giosg. Nothing is stored yet: the caller must do so before anything else."""
        return self._from_giosg(self._giosg.authenticate_visitor())

    def call(self, credentials: Credentials, act: Callable[[str], Answer]) -> Answer:
        """Do a call with the visitor's token; one that Giosg refuses is renewed, and the call done again, once."""
        fresh = self.fresh(credentials)
        try:
            return act(fresh.access_token)
        except GiosgUnauthorized:
            return act(self._renewed(fresh).access_token)

    def fresh(self, credentials: Credentials) -> Credentials:
        """Return credentials whose token is good for a while."""
        return credentials if credentials.renew_at > self._clock() else self._renewed(credentials)

    def _renewed(self, rejected: Credentials) -> Credentials:
        deadline = self._clock() + RENEWAL_LEASE
        while self._clock() < deadline:
            if self._credentials.lease_renewal(rejected, self._clock() + RENEWAL_LEASE):
                return self._renew(rejected)
            current = self._credentials.find(rejected.visitor_id)
            if current is None:
                raise InvalidVisitorToken("the visitor was erased")
            if current.access_token != rejected.access_token:
                return current
            self._sleep(POLL_SECONDS)
        raise TryAgain("another caller is renewing the visitor's access token")

    def _renew(self, rejected: Credentials) -> Credentials:
        try:
            answer = self._giosg.authenticate_visitor(rejected.visitor_secret_id)
        except Exception:
            self._credentials.release_renewal(rejected.visitor_id)
            raise
        if answer.visitor_id != rejected.visitor_id:
            raise AnotherVisitor("Giosg answered another visitor_id than the stored one")
        renewed = self._from_giosg(answer)
        try:
            self._credentials.renew(renewed)
        except ConditionFailed:
            raise InvalidVisitorToken("the visitor was erased") from None
        return renewed

    def _from_giosg(self, answer: VisitorCredentials) -> Credentials:
        return Credentials(
            visitor_id=answer.visitor_id,
            visitor_secret_id=answer.visitor_secret_id,
            access_token=answer.access_token,
            renew_at=self._renew_at(answer.expires_at),
        )

    def _renew_at(self, expires_at: datetime) -> datetime:
        """Leave a margin: the smaller of a minute and a tenth of the token's life."""
        return expires_at - min(LARGEST_MARGIN, (expires_at - self._clock()) / 10)
