"""Steps that functions take ahead of their first request: the first use of a table, of a secret, of Giosg.

A first use costs more than all that follow: clients are made, connections opened, credentials and endpoints looked up.
What is looked for here does not exist.
"""

from contextlib import suppress

from visitor_chat import wiring
from visitor_chat.domain.errors import PushIsOff
from visitor_chat.store.coordination import availability_key

NOBODY = "warm-up"


def read_visitors() -> None:
    wiring.store().visitors.find(NOBODY)


def read_sockets() -> None:
    wiring.store().connections.of_visitor(NOBODY)


def read_socket_owners() -> None:
    wiring.store().connections.owner(NOBODY)


def read_availability() -> None:
    wiring.store().coordination.read(availability_key(wiring.rooms().default.id))


def read_webhook_secret() -> None:
    wiring.webhook_secret_value().get()


def derive_push_key() -> None:
    with suppress(PushIsOff):
        wiring.vapid_key().public()


def read_giosg_token() -> None:
    wiring.giosg_token().get()


def connect_to_giosg() -> None:
    wiring.giosg().connect()
