"""Connections to Giosg stay open from one invocation to the next."""

from collections.abc import Iterator
from functools import partialmethod
from pathlib import Path

import pytest
from local.giosg import SimulatedGiosg
from tests.aws import Functions, deployed
from tests.giosg_client.certificates import Certificate
from tests.toolkit.visitors import start

from giosg_client.connections import GiosgAdapter

AT_ONCE = 2
"""A chat is made while something else is told."""


@pytest.fixture
def giosg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedGiosg]:
    """Return a Giosg behind TLS, whose certificate is trusted."""
    certificate = Certificate(tmp_path, address="127.0.0.1")
    trusting = partialmethod(GiosgAdapter.__init__, ca_bundle_path=str(certificate.path))
    monkeypatch.setattr(GiosgAdapter, "__init__", trusting)
    with SimulatedGiosg(tls=certificate.server_context()) as giosg:
        yield giosg


@pytest.fixture
def functions(giosg: SimulatedGiosg) -> Iterator[Functions]:
    with deployed(giosg, threads=None) as functions:
        yield functions


def test_messages_go_over_one_connection(giosg: SimulatedGiosg, functions: Functions) -> None:
    chatting = start(functions)
    giosg.requests.clear()

    for number in range(5):
        assert chatting.send(f"Message {number}").status == 201

    assert len(giosg.requests) == 5
    assert len(giosg.requests.connections()) == 1


def test_starts_need_no_more_connections_than_calls_at_once(giosg: SimulatedGiosg, functions: Functions) -> None:
    for _visitor in range(3):
        known = start(functions, visitor_name="Aino", message="Hello?")
        start(functions, token=known.token)

    assert len(giosg.requests) == 3 * (5 + 2) + 1
    assert len(giosg.requests.connections()) <= AT_ONCE
