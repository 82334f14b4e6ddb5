"""The functions behind their routes, in one process, where a thousand requests take seconds."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import pytest
from local.giosg import SimulatedGiosg
from tests import aws
from tests.aws import IDENTITY_SECRET, WEBHOOK_SECRET, Functions, Reply, deployed, http_event
from tests.template import routes
from tests.toolkit.clock import Clock, run_by
from tests.toolkit.identities import signed
from tests.toolkit.webhooks import answers_to

from visitor_chat import wiring

NO_ROUTE = Reply(404, {"content-type": "application/json"}, '{"message":"Not Found"}')


@dataclass(frozen=True)
class Gateway:
    """Leads requests to functions as API Gateway does, and Giosg's webhooks as soon as there are some."""

    giosg: SimulatedGiosg
    functions: Functions
    webhook_secret: str = WEBHOOK_SECRET
    _functions: Mapping[str, str] = field(
        default_factory=lambda: {" ".join(key): name for key, name in routes().items()}
    )

    def request(
        self, method: str, path: str, *, headers: Mapping[str, str], query: Mapping[str, str] | None, body: bytes | None
    ) -> Reply:
        """Return the answer to a request whose path is encoded for its URL."""
        try:
            aws.route(method, path)
        except LookupError:
            return NO_ROUTE
        event = http_event(
            method, path, body=body, query=query, headers={name.lower(): headers[name] for name in headers}
        )
        event["pathParameters"] = {name: unquote(value) for name, value in event["pathParameters"].items()}
        reply = self.functions.invoke(self._functions[event["routeKey"]], event)
        answers_to(self.giosg.webhooks.take(), self.functions)
        return reply

    @staticmethod
    def identity_token(subject: str, *, key: str | None = None, **claims: Any) -> str:
        """Sign a token for a person, as the company's backend does."""
        return signed(subject, key or IDENTITY_SECRET, **claims)


@contextmanager
def open_gateway(**variables: str) -> Iterator[Gateway]:
    """Deploy the stack in this process, with known users, and whatever else its functions are told."""
    with (
        run_by(Clock()) as clock,
        SimulatedGiosg(clock=clock) as giosg,
        deployed(giosg) as functions,
        pytest.MonkeyPatch.context() as patch,
    ):
        for name, value in ({"KNOWN_USERS": "on"} | variables).items():
            patch.setenv(name, value)
        wiring.reset()
        yield Gateway(giosg, functions)
