"""Tokens of visitors and of the organisation: given out, checked, expired, revoked."""

import base64
import json
from dataclasses import dataclass
from datetime import timedelta

from local.giosg.state.records import JSON, Visitor
from local.giosg.state.world import World, iso

MINIMAL_BAR_VERSION = 3
WEBHOOK_TOKEN_SECONDS = 300


class UnknownSecret(Exception):
    """Somebody came back with a secret that no visitor has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a token stands for; None as `expires_epoch` (seconds) means never."""

    owner_id: str
    expires_epoch: float | None


class Credentials:
    """The platform's tokens; callers hold the world's lock.

    Attributes:
        token_lifetime_seconds: how long a visitor's access token is good for.
        app_id, app_secret: the installed app's credentials, for the exchange of a code.
        refuses_unknown_secrets: whether a secret that nobody has is refused; else it makes a new visitor.
    """

    def __init__(self, world: World, *, token_lifetime_seconds: int) -> None:
        self.world = world
        self.token_lifetime_seconds = token_lifetime_seconds
        self.refuses_unknown_secrets = False
        self._visitors: dict[str, Grant] = {}
        self._organization: dict[tuple[str, str], Grant] = {}
        self._ids_by_secret: dict[str, str] = {}
        self.app_id = world.new_id()
        self.app_secret = world.new_hex(40)
        self.app_user_codes: dict[str, str] = {}

    def add_api_token(self, token: str, *, user_id: str) -> None:
        self._organization["Token", token] = Grant(owner_id=user_id, expires_epoch=None)

    def authenticate(self, secret_id: str | None) -> JSON:
        """Answer a visitor who is new, or who comes back with the secret."""
        visitor = self._visitor_with(secret_id) if secret_id else None
        if secret_id and not visitor and self.refuses_unknown_secrets:
            raise UnknownSecret
        return self._grant(visitor or self.add_visitor())

    def _visitor_with(self, secret_id: str) -> Visitor | None:
        return self.world.visitors.get(self._ids_by_secret.get(secret_id, ""))

    def add_visitor(self) -> Visitor:
        visitor = Visitor(id=self.world.new_hex(32), secret_id=self.world.new_hex(50))
        self.remember(visitor)
        return visitor

    def remember(self, visitor: Visitor) -> None:
        self.world.visitors[visitor.id] = visitor
        self._ids_by_secret[visitor.secret_id] = visitor.id

    def _grant(self, visitor: Visitor) -> JSON:
        """Make an access token: https://docs.giosg.com/api_reference/giosg_live/giosg_public_http_api/general."""
        expires_at = self.world.clock() + timedelta(seconds=self.token_lifetime_seconds)
        token = self._token(visitor.id, expires_at.timestamp())
        self._visitors[token] = Grant(owner_id=visitor.id, expires_epoch=expires_at.timestamp())
        return {
            "visitor_id": visitor.id,
            "visitor_secret_id": visitor.secret_id,
            "organization_id": self.world.organization_id,
            "socket_url": self.world.url("/router"),
            "access_token": token,
            "expires_at": iso(expires_at),
            "expires_in": self.token_lifetime_seconds,
            "minimal_bar_version": MINIMAL_BAR_VERSION,
        }

    def _token(self, owner_id: str, expires_epoch: float) -> str:
        """Make a token in the look of a JWT; its signature is random, because clients take it as opaque."""
        parts = ({"alg": "HS256", "typ": "JWT"}, {"sub": owner_id, "exp": int(expires_epoch)})
        encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts]
        return ".".join([*encoded, self.world.new_hex(64)])

    def visitor_of(self, scheme: str, token: str) -> str | None:
        """Return the id of the visitor whose good access token this is."""
        return self._owner(self._visitors.get(token)) if scheme == "Bearer" else None

    def user_of(self, scheme: str, token: str) -> str | None:
        """Return the id of the user whose good organisation token this is."""
        return self._owner(self._organization.get((scheme, token)))

    def _owner(self, grant: Grant | None) -> str | None:
        if grant is None or (grant.expires_epoch is not None and grant.expires_epoch <= self.world.epoch()):
            return None
        return grant.owner_id

    def revoke_visitor_tokens(self, visitor_id: str | None = None) -> None:
        """Make the access tokens of one visitor, or of all, worthless at once."""
        kept = {token: grant for token, grant in self._visitors.items() if visitor_id not in (None, grant.owner_id)}
        self._visitors = kept

    def issue_app_user_code(self, user_id: str) -> str:
        """Return out a code that the app exchanges, once, for a persistent token of its bot user."""
        code = self.world.new_hex(32)
        self.app_user_codes[code] = user_id
        return code

    def app_user_auth(self, user_id: str) -> JSON:
        """Make the live credential that webhooks of an app with a bot user carry."""
        expires_epoch = self.world.epoch() + WEBHOOK_TOKEN_SECONDS
        token = self._token(user_id, expires_epoch)
        self._organization["Bearer", token] = Grant(owner_id=user_id, expires_epoch=expires_epoch)
        return {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": WEBHOOK_TOKEN_SECONDS,
            "user_id": user_id,
            "organization_id": self.world.organization_id,
        }
