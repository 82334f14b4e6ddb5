"""Everybody against the stack, in any order: what one answer gave goes into others' next requests.

Each answer must be documented and no failure, tell nobody what is another's, and treat dead tokens and others' chats as
the document says. Each run makes the same requests; FUZZ_EXAMPLES=500 makes more, and others each time.
"""

import json
import os
import uuid
from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from local.giosg import ChatIsEnded
from tests import public_api
from tests.aws import Reply
from tests.security.gateway import Gateway, open_gateway
from tests.security.population import Population, Resident, mark
from tests.toolkit import notifications
from tests.toolkit.push_service import Browser
from tests.web.building import build_page

Route = tuple[str, str]

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
STEPS = 16
OPERATIONS = public_api.operations()
SECURITY = {route: json.dumps(each.get("security", [{"visitor_token": []}])) for route, each in OPERATIONS.items()}
PROBES = [route for route in OPERATIONS if route[0] == "HEAD" or route[1] == "/rooms" or route[1].startswith("/giosg_")]
"""What looks whether there is anything, and asks for nothing."""
REFUSED_UNREAD = {400, 413}
"""A request may be refused for its form before it is asked whose it is."""

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
LIKELY: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        "Hello",
        str(uuid.UUID(int=7)),
        "x" * 2001,
        "x" * 17_000,
        "\x00",
        "\u202e",
        {"page": "/"},
        {"": ""},
        [],
        -1,
    ]
)
FIELDS = ("message", "visitor_name", "client_message_id", "variables", "challenge_token", "identity_token", "action")
BODIES = st.dictionaries(st.sampled_from(FIELDS), LIKELY | VALUES, max_size=4).map(json.dumps) | VALUES.map(json.dumps)
RAW = BODIES.map(str.encode) | st.binary(max_size=60)
QUERIES = st.dictionaries(st.sampled_from(["after", "limit", "secret", "x"]), TEXT, max_size=3)
KEYS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=40).map(str.strip)
FILES = st.sampled_from(["widget.js", "chat.0123456789abcdef.js", "index.html", "manifest.json", "\u202e", "a\x00b"])
ODD_IDS = st.sampled_from(["", "%00", "%2f", "\u0660", "' OR 1=1", "x" * 300]).map(lambda tail: f"{uuid.uuid4()}{tail}")
"""Of chats that nobody has."""
KINDS = st.sampled_from(["chats", "messages"])
SECRETS = st.sampled_from(["right", "right", "right", "wrong", "none"])
FORGERIES: st.SearchStrategy[Any] = st.sampled_from(
    [*[{}] * 6, {"exp": 0}, {"aud": "another-stack"}, {"key": "0" * 64}]
)
LIMITS = st.sampled_from(["", "", "1", "100", "0", "1e3"])
MADE_UP = st.just("nonsense")
PERSONS = st.integers(1, 3)


class Everybody(RuleBasedStateMachine):
    """Visitors, persons, an agent, Giosg and strangers. `reached` are the operations that answered, in all examples."""

    gateway: ClassVar[Gateway]
    reached: ClassVar[set[Route]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.population = Population()
        self.example = uuid.uuid4().hex[:8]
        self.starts: dict[tuple[str, str], str] = {}
        self.sent: set[tuple[str, str]] = set()
        self.scopes: dict[str, str] = {}
        self.seen: dict[str, list[str]] = {kind: [] for kind in ("token", "chat_id", "cursor", "message_id", "key")}

    def teardown(self) -> None:
        """Ask once more with every token that there ever was, and those who live about everybody's chats."""
        for token in [*self.seen["token"], *map(forged, self.seen["token"][:1])]:
            answer = self.call(("GET", "/chats"), token=token, query={"limit": "100"})
            caller = self.population.whose(token)
            assert {chat["id"] for chat in answer.json.get("chats", [])} == (caller.chats if caller else set())
        for token, chat_id in product(self.alive()[:2], self.seen["chat_id"][:3]):
            self.call(("GET", "/chats/{chat_id}"), token=token, chat_id=chat_id)
            self.read_from(token, chat_id)
            self.read_from(token, chat_id, after=self.cursor_of_another(chat_id))

    def alive(self) -> list[str]:
        return [token for token in self.seen["token"] if self.population.whose(token)]

    def cursor_of_another(self, chat_id: str) -> str:
        return next((cursor for cursor, scope in self.scopes.items() if scope != chat_id), "")

    def some(self, data: st.DataObject, kind: str, others: st.SearchStrategy[Any], *, own: Iterable[str] = ()) -> Any:
        """Take something that an answer gave before, mostly what is one's own, or something made up."""
        choices = [st.sampled_from(found) for found in (list(own), list(own), self.seen[kind]) if found]
        return data.draw(st.one_of(*choices, others), label=kind)

    def token(self, data: st.DataObject, others: st.SearchStrategy[Any] = MADE_UP) -> Any:
        return self.some(data, "token", others, own=self.alive())

    def chat_id(self, data: st.DataObject, token: str | None = None) -> str:
        caller = self.population.whose(token)
        return str(self.some(data, "chat_id", ODD_IDS, own=sorted(caller.chats) if caller else ()))

    def cursor(self, data: st.DataObject, *, scope: str) -> str:
        own = [cursor for cursor, where in self.scopes.items() if where == scope]
        return str(self.some(data, "cursor", st.just("") | TEXT, own=["", *own]))

    @initialize()
    def two_visitors(self) -> None:
        """Have somebody to attack, and somebody who does."""
        for _visitor in range(2):
            self.begin(None, key=str(uuid.uuid4()), message_id=str(uuid.uuid4()))

    @initialize(file=FILES)
    def open_page(self, file: str) -> None:
        assert self.call(("GET", "/chat")).status == 200
        assert self.call(("GET", "/chat/{file}"), file=file).status in {200, 404}
        assert self.call(("GET", "/availability")).status == 200
        assert self.call(("GET", "/health")).status == 200
        assert self.call(("GET", "/push")).status == 200
        for probe in PROBES:
            self.call(probe)

    # What visitors do, each with whatever token and ids

    @rule(data=st.data(), has_key=st.booleans(), message_id=st.uuids().map(str))
    def start(self, data: st.DataObject, message_id: str, *, has_key: bool) -> None:
        token = self.token(data, st.none())
        key = self.some(data, "key", st.just(str(uuid.uuid4()))) if has_key else None
        self.begin(token, key=key, message_id=self.some(data, "message_id", st.just(message_id)))

    def begin(self, token: str | None, *, key: str | None, message_id: str) -> None:
        body = {"visitor_name": mark(), "message": mark(), "client_message_id": message_id}
        caller = self.population.whose(token)
        is_used = key is not None and (caller.id if caller else "", key) in self.starts
        answer = self.call(("POST", "/chats"), token=token, body=body, key=key)
        if caller is not None or token is None:
            assert answer.status == (409 if is_used else 201), "another's key is not one's own"
        if answer.ok and key is not None:
            repeat = self.call(("POST", "/chats"), token=token, body=body, key=key)
            assert repeat.status == 200, repeat.text
            self.seen["key"].append(key)

    @rule(data=st.data(), message_id=st.none() | st.uuids().map(str))
    def send(self, data: st.DataObject, message_id: str | None) -> None:
        token = self.token(data)
        chat_id = self.chat_id(data, token)
        body = {"message": mark(), "client_message_id": self.some(data, "message_id", st.just(message_id))}
        answer = self.call(("POST", "/chats/{chat_id}/messages"), token=token, chat_id=chat_id, body=body)
        place = chat_id, body["client_message_id"]
        if answer.status == 409 and answer.json["code"] == "client_message_id_reused":
            assert place in self.sent, "an id of another chat is not this one's"
        if answer.ok and body["client_message_id"]:
            self.sent.add(place)
            self.seen["message_id"].append(body["client_message_id"])

    @rule(data=st.data(), limit=LIMITS)
    def read(self, data: st.DataObject, limit: str) -> None:
        token = self.token(data)
        chat_id = self.chat_id(data, token)
        self.read_from(token, chat_id, after=self.cursor(data, scope=chat_id), limit=limit)

    def read_from(self, token: str, chat_id: str, *, after: str = "", limit: str = "") -> None:
        query = {name: value for name, value in (("after", after), ("limit", limit)) if value}
        answer = self.call(("GET", "/chats/{chat_id}/messages"), token=token, chat_id=chat_id, query=query)
        if answer.ok:
            assert self.scopes.get(after, chat_id) == chat_id, "a cursor of another list was taken"
            self.saw_cursor(answer.json["next"], scope=chat_id)

    @rule(data=st.data(), limit=LIMITS)
    def list_chats(self, data: st.DataObject, limit: str) -> None:
        token = self.token(data)
        caller = self.population.whose(token)
        query = {"after": self.cursor(data, scope=caller.id if caller else ""), "limit": limit}
        given = {name: value for name, value in query.items() if value}
        answer = self.call(("GET", "/chats"), token=token, query=given)
        if answer.ok:
            assert caller is not None
            assert {chat["id"] for chat in answer.json["chats"]} <= caller.chats
            assert self.scopes.get(query["after"], caller.id) == caller.id, "a cursor of another list was taken"
            self.saw_cursor(answer.json["next"], scope=caller.id)

    def saw_cursor(self, cursor: str | None, *, scope: str) -> None:
        if cursor is not None:
            self.scopes[cursor] = scope
            self.seen["cursor"].append(cursor)

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        token = self.token(data)
        self.call(("GET", "/chats/{chat_id}"), token=token, chat_id=self.chat_id(data, token))

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        token = self.token(data)
        self.call(("POST", "/chats/{chat_id}/end"), token=token, chat_id=self.chat_id(data, token))

    @rule(data=st.data(), message_id=st.uuids().map(str), is_anonymous=st.booleans())
    def hold(self, data: st.DataObject, message_id: str, *, is_anonymous: bool) -> None:
        token = None if is_anonymous else self.token(data)
        self.call(("POST", "/held_messages"), token=token, body={"message": mark(), "client_message_id": message_id})

    @rule(data=st.data())
    def look_at_held(self, data: st.DataObject) -> None:
        self.call(("GET", "/held_messages"), token=self.token(data))
        self.call(("DELETE", "/held_messages/{held_message_id}"), token=self.token(data))

    @rule(data=st.data(), number=st.integers(0, 2))
    def be_told(self, data: st.DataObject, number: int) -> None:
        subscription = Browser(f"https://fcm.googleapis.com/{number}").subscription
        for method in ("PUT", "DELETE"):
            self.call((method, "/push/subscription"), token=self.token(data), body=subscription)

    @rule(data=st.data())
    def open_realtime(self, data: st.DataObject) -> None:
        self.call(("POST", "/realtime"), token=self.token(data))

    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        self.call(("DELETE", "/visitor"), token=self.token(data))

    @rule(data=st.data(), number=PERSONS, forgery=FORGERIES)
    def log_in(self, data: st.DataObject, number: int, forgery: dict[str, Any]) -> None:
        person = f"{self.example}-{number}"
        body = {"identity_token": self.gateway.identity_token(person, **forgery)}
        token = self.token(data, st.none())
        answer = self.call(("POST", "/sessions"), token=token, body=body, person=person)
        assert answer.status == 401 or not forgery

    # What others do

    @rule(data=st.data(), is_removal=st.booleans())
    def agent_speaks(self, data: st.DataObject, *, is_removal: bool) -> None:
        chat_id, text = data.draw(st.sampled_from(self.seen["chat_id"])), mark()
        self.population.own(text, self.population.keeper(chat_id))
        try:
            message_id = self.gateway.giosg.agent.say(chat_id, text)
        except ChatIsEnded:
            return
        if is_removal:
            self.gateway.giosg.agent.remove(message_id)

    @rule(
        data=st.data(), kind=st.sampled_from(["chats", "messages"]), secret=SECRETS, is_hostile=st.booleans(), raw=RAW
    )
    def notify(self, data: st.DataObject, kind: str, secret: str, raw: bytes, *, is_hostile: bool) -> None:
        chat_id, text = self.chat_id(data), mark()
        self.population.own(text, self.population.keeper(chat_id))
        giosg, message_id = self.gateway.giosg, str(uuid.uuid4())
        whole = notifications.whole_message(giosg, text)
        made = {
            "messages": notifications.of_message(giosg, "added", chat_id, message_id, whole),
            "chats": notifications.of_chat(giosg, "changed", chat_id, {"updated_at": "2030-01-01T10:00:00.000Z"}),
        }
        shown = {"right": self.gateway.webhook_secret, "wrong": "a-wrong-secret", "none": None}[secret]
        query = {"secret": shown} if shown else {}
        answer = self.call(("POST", f"/giosg_webhooks/{kind}"), body=raw if is_hostile else made[kind], query=query)
        assert (answer.status == 403) == (secret != "right")

    @rule(data=st.data(), route=st.sampled_from(list(OPERATIONS)), body=RAW, query=QUERIES, key=st.none() | KEYS)
    def try_anything(
        self, data: st.DataObject, route: Route, body: bytes, query: dict[str, str], key: str | None
    ) -> None:
        token = self.token(data, st.none() | MADE_UP)
        chat_id = self.chat_id(data, token) if "{chat_id}" in route[1] else ""
        sent = None if route[0] in {"GET", "HEAD"} else body
        self.call(route, token=token, chat_id=chat_id, file="x", body=sent, query=query, key=key or None)

    # How an answer is judged

    def call(
        self,
        route: Route,
        *,
        token: str | None = None,
        chat_id: str = "",
        file: str = "",
        body: Any = None,
        query: dict[str, str] | None = None,
        key: str | None = None,
        person: str = "",
    ) -> Reply:
        """Ask, and hold the answer against all that must be so."""
        method, template = route
        path = template.replace("{chat_id}", quote(chat_id, safe="")).replace("{file}", quote(file, safe=""))
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Idempotency-Key": key} if key else {}
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        answer = self.gateway.request(method, path, headers=headers, query=query, body=sent)
        self.reached.add(route)
        assert answer.status < 500, answer.text
        caller = self.population.whose(token) if "visitor_token" in SECURITY[route] else None
        self.judge(route, answer.status, caller, token=token, chat_id=chat_id)
        teller = self.learn(route, answer, caller, key=key, person=person)
        assert self.population.leaks(answer.text, teller, asked=f"{path} {headers} {query} {sent!r}") == []
        if teller is not None and answer.ok:
            self.population.own(f"{answer.text} {sent!r}", teller)
        return answer

    @staticmethod
    def judge(route: Route, status: int, caller: Resident | None, *, token: str | None, chat_id: str) -> None:
        """A dead token opens nothing, and another's chat does not exist."""
        if "visitor_token" not in SECURITY[route]:
            return
        if caller is None and (token is not None or "{}" not in SECURITY[route]):
            assert status in {401, *REFUSED_UNREAD}
        elif caller is not None and chat_id:
            is_own = chat_id in caller.chats
            assert status not in {401, 404} if is_own else status in {404, *REFUSED_UNREAD}

    def learn(
        self, route: Route, answer: Reply, caller: Resident | None, *, key: str | None, person: str
    ) -> Resident | None:
        """Note what has become of whom; give who was answered."""
        if not answer.ok:
            return caller
        if route == ("POST", "/chats"):
            return self.started(answer.json, caller, key)
        if route == ("POST", "/sessions"):
            return self.logged_in(answer.json, caller, person)
        if route == ("DELETE", "/visitor") and caller is not None:
            self.population.erase(caller)
        return caller

    def started(self, made: dict[str, Any], caller: Resident | None, key: str | None) -> Resident:
        chat_id, resident = made["chat"]["id"], self.population.resident(made["visitor"]["id"])
        assert caller in {None, resident}
        assert not resident.is_erased
        if key is not None:
            assert self.starts.setdefault((caller.id if caller else "", key), chat_id) == chat_id
        resident.chats.add(chat_id)
        if made["message"] and made["message"]["client_message_id"]:
            self.sent.add((chat_id, made["message"]["client_message_id"]))
        self.seen["chat_id"].append(chat_id)
        self.take_token(resident, made)
        return resident

    def logged_in(self, made: dict[str, Any], caller: Resident | None, person: str) -> Resident:
        resident = self.population.resident(made["visitor"]["id"])
        assert not resident.is_erased
        assert resident.person in {None, person}
        assert self.population.persons.get(person, resident) is resident
        if resident.person is None:
            assert resident is caller or not resident.chats
            self.population.join(resident, person)
        self.take_token(resident, made)
        return resident

    def take_token(self, resident: Resident, made: dict[str, Any]) -> None:
        if "visitor_token" in made:
            resident.tokens.add(made["visitor_token"])
            self.seen["token"].append(made["visitor_token"])


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    build_page(tmp_path_factory.mktemp("layer"))
    with open_gateway(QUOTAS="off", WEB_PUSH="on") as gateway:
        yield gateway


def forged(token: str) -> str:
    """Return a token with its ids, and a secret that is made up."""
    ids, _dot, _secret = token.rpartition(".")
    return f"{ids}.{'A' * 43}"


def test_nobody_gets_what_is_anothers(gateway: Gateway) -> None:
    Everybody.gateway = gateway
    Everybody.reached.clear()

    run_state_machine_as_test(
        Everybody,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize="FUZZ_EXAMPLES" not in os.environ,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )

    assert Everybody.reached == set(OPERATIONS)
