"""People whom the company's backend vouches for, and those who only say so."""

import base64
import json
import time
from collections.abc import Callable
from typing import Any

import boto3
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from local.giosg import SimulatedGiosg
from tests.aws import IDENTITY_SECRET, REGION, Functions, Reply
from tests.functions.conftest import stored_items
from tests.toolkit.identities import signed
from tests.toolkit.visitors import Chatting, ask_to_start, start

from visitor_chat import wiring


@pytest.fixture
def giosg(known: tuple[SimulatedGiosg, Functions]) -> SimulatedGiosg:
    return known[0]


@pytest.fixture
def functions(known: tuple[SimulatedGiosg, Functions]) -> Functions:
    return known[1]


def exchange(functions: Functions, identity_token: Any, *, token: str | None = None) -> Reply:
    return functions.call("open_session", "POST", "/sessions", token=token, body={"identity_token": identity_token})


def visitor_id(reply: Reply) -> str:
    assert reply.status == 201, reply.text
    return str(reply.json["visitor"]["id"])


def test_a_person_has_the_same_chats_on_every_device(functions: Functions) -> None:
    phone = exchange(functions, signed("one"))
    chatting = start(functions, token=phone.json["visitor_token"], message="Hello")

    laptop = exchange(functions, signed("one"))

    assert visitor_id(laptop) == visitor_id(phone)
    elsewhere = Chatting(
        functions=functions, chat_id=chatting.chat_id, token=laptop.json["visitor_token"], started=laptop
    )
    assert elsewhere.texts() == ["Hello"]
    assert visitor_id(exchange(functions, signed("two"))) != visitor_id(phone)


def test_an_anonymous_visitor_becomes_the_person_once(functions: Functions) -> None:
    chatting = start(functions, message="Before I logged in")
    joined = exchange(functions, signed("joining"), token=chatting.token)

    assert visitor_id(joined) == chatting.started.json["visitor"]["id"]
    own = Chatting(
        functions=functions, chat_id=chatting.chat_id, token=joined.json["visitor_token"], started=chatting.started
    )
    assert own.texts() == ["Before I logged in"]

    somebody_else = exchange(functions, signed("the next at this computer"), token=joined.json["visitor_token"])
    assert visitor_id(somebody_else) != visitor_id(joined)


def test_whoever_began_an_anonymous_session_loses_it_when_it_is_joined(functions: Functions) -> None:
    planted = start(functions, key="a-key-that-the-attacker-knows")
    exchange(functions, signed("victim"), token=planted.token)

    assert planted.read().status == 401
    repeat = ask_to_start(functions, key="a-key-that-the-attacker-knows")
    assert repeat.status == 401


def test_the_browser_cannot_replace_what_the_backend_says(functions: Functions, giosg: SimulatedGiosg) -> None:
    session = exchange(functions, signed("named", name="Aino", variables={"tier": "gold"}))
    reply = start(
        functions,
        token=session.json["visitor_token"],
        visitor_name="The Director",
        variables={"username": "The Director", "tier": "platinum", "page": "/home"},
    ).started

    assert reply.json["visitor"]["name"] == "Aino"
    assert giosg.variables(visitor_id(session)) == {"username": "Aino", "tier": "gold", "page": "/home"}


def test_erasing_forgets_the_person_too(functions: Functions) -> None:
    session = exchange(functions, signed("leaving"))
    gone = visitor_id(session)
    start(functions, token=session.json["visitor_token"]).erase()

    left = [item for item in stored_items("VisitorsTable") if gone in json.dumps(item, default=str)]
    assert [item["record"] for item in left] == ["visitor"]
    assert visitor_id(exchange(functions, signed("leaving"))) != gone


def unsigned(claims: dict[str, Any], algorithm: str) -> str:
    parts = ({"alg": algorithm, "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def claims(**others: Any) -> dict[str, Any]:
    return {"sub": "customer-7", "aud": "visitor-chat", "exp": now() + 600, **others}


def now() -> int:
    return int(time.time())


# Made when the test runs: what is not valid yet would be by the end of a long run.
UNFIT: dict[str, Callable[[], str]] = {
    "nonsense": lambda: "nonsense",
    "three parts of nothing": lambda: "a.b.c",
    "not signed, and says so": lambda: unsigned(claims(), "none"),
    "not signed": lambda: unsigned(claims(), "HS256"),
    "not signed by RSA": lambda: unsigned(claims(), "RS256"),
    "another key": lambda: signed(key="another-key-" + "0" * 40),
    "a key of noughts": lambda: signed(key="0" * 64),
    "expired": lambda: signed(exp=now() - 120),
    "valid for too long": lambda: signed(exp=now() + 10_000),
    "valid for ever": lambda: signed(exp=None),
    "for another stack": lambda: signed(aud="another-stack"),
    "for no stack": lambda: signed(aud=None),
    "for a list of others": lambda: signed(aud=["another-stack"]),
    "of nobody": lambda: jwt.encode({"aud": "visitor-chat", "exp": now() + 60}, IDENTITY_SECRET),
    "of an empty name": lambda: signed(""),
    "of a long name": lambda: signed("x" * 300),
    "of a number": lambda: jwt.encode(claims(sub=7), IDENTITY_SECRET),
    "a number as name": lambda: signed(name=7),
    "a number as variable": lambda: signed(variables={"tier": 7}),
    "not valid yet": lambda: signed(nbf=now() + 600),
    "issued in the future": lambda: signed(iat=now() + 600),
    "expires at infinity": lambda: signed(exp=1e400),
    "expires in words": lambda: signed(exp="never"),
    "another algorithm": lambda: jwt.encode(claims(), IDENTITY_SECRET, algorithm="HS512"),
    "a pair of keys": lambda: jwt.encode(claims(), RSA_KEY, algorithm="RS256"),
    "an extension that must be understood": lambda: jwt.encode(claims(), IDENTITY_SECRET, headers={"crit": ["exp"]}),
    "twice": lambda: f"{signed()}.{signed()}",
}


@pytest.mark.parametrize("make", UNFIT.values(), ids=UNFIT)
def test_a_forged_or_unfit_token_is_refused(functions: Functions, make: Callable[[], str]) -> None:
    reply = exchange(functions, make())

    assert (reply.status, reply.json["code"]) == (401, "invalid_identity_token")


def test_an_emptied_place_of_the_former_key_lets_nobody_in(functions: Functions) -> None:
    secrets, arn = boto3.client("secretsmanager", REGION), wiring.settings().identity_secret_arn
    former = secrets.get_secret_value(SecretId=arn)["SecretString"]
    secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"current": IDENTITY_SECRET, "previous": None}))
    wiring.reset()

    answered = [exchange(functions, token).status for token in (signed(), signed(key="0" * 64))]

    secrets.put_secret_value(SecretId=arn, SecretString=former)
    wiring.reset()
    assert answered == [201, 401]


def test_every_flipped_bit_makes_a_token_worthless(functions: Functions) -> None:
    whole = signed()
    for place in range(0, len(whole) - 1, 7):
        flipped = whole[:place] + chr(ord(whole[place]) ^ 2) + whole[place + 1 :]
        assert exchange(functions, flipped).status == 401


@pytest.mark.parametrize("identity_token", [None, 7, "", ["a"], "x" * 9000])
def test_a_request_without_a_usable_token_is_refused(functions: Functions, identity_token: Any) -> None:
    assert exchange(functions, identity_token).status == 400


def test_known_users_are_off_by_default(functions: Functions, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KNOWN_USERS", "off")
    wiring.reset()

    assert exchange(functions, signed()).status == 401

    monkeypatch.undo()
    wiring.reset()
