"""Everybody against the deployed stack, in any order: what one answer gave goes into others' next requests.

Each answer must be documented and no failure, tell nobody what is another's, and treat dead tokens and others' chats as
the document says. Each run makes the same requests; FUZZ_EXAMPLES=500 makes more, and others each time.
"""

import json
import os
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

import pytest
import requests
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from local.giosg import ChatIsEnded
from tests import public_api
from tests.functions import notices
from tests.security.deployment import Deployed, deployment
from tests.security.population import Population, Resident, mark

Route = tuple[str, str]

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
STEPS = 24
FOREIGN = "https://evil.example.com"
OPERATIONS = public_api.operations()
SECURITY = {route: json.dumps(each.get("security", [{"visitor_token": []}])) for route, each in OPERATIONS.items()}
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
SECRETS = st.sampled_from(["right", "wrong", "none"])
FORGERIES = st.sampled_from([{}, {"exp": 0}, {"aud": "another-stack"}, {"key": "0" * 64}])
PERSONS = st.integers(1, 3)


class Everybody(RuleBasedStateMachine):
    """Visitors, persons, an agent, Giosg and strangers. `reached` are the operations that answered, in all examples."""

    deployed: ClassVar[Deployed]
    reached: ClassVar[set[Route]] = set()

    def __init__(self) -> None:
        super().__init__()
        self.population = Population()
        self.example = uuid.uuid4().hex[:8]
        self.starts: dict[tuple[str, str], str] = {}
        self.seen: dict[str, list[str]] = {kind: [] for kind in ("token", "chat_id", "cursor", "message_id", "key")}
        self.session = requests.Session()

    def teardown(self) -> None:
        self.session.close()

    def any_of(self, data: st.DataObject, kind: str, others: st.SearchStrategy[Any] | None = None) -> Any:
        """Take something that an answer gave before, whoever got it, or something made up."""
        seen = st.sampled_from(self.seen[kind]) if self.seen[kind] else st.nothing()
        return data.draw(seen | others if others is not None else seen, label=kind)

    @initialize()
    def two_visitors(self) -> None:
        """Have somebody to attack, and somebody who does."""
        for _visitor in range(2):
            self.begin(None, key=None, message_id=str(uuid.uuid4()))

    # What visitors do, each with whatever token and ids

    @rule(data=st.data(), has_key=st.booleans(), message_id=st.uuids().map(str))
    def start(self, data: st.DataObject, message_id: str, *, has_key: bool) -> None:
        token = self.any_of(data, "token", st.none())
        key = self.any_of(data, "key", st.uuids().map(str)) if has_key else None
        self.begin(token, key=key, message_id=self.any_of(data, "message_id", st.just(message_id)))

    def begin(self, token: str | None, *, key: str | None, message_id: str) -> None:
        body = {"visitor_name": mark(), "message": mark(), "client_message_id": message_id}
        answer = self.call(("POST", "/chats"), token=token, body=body, key=key)
        if answer.ok and key is not None:
            repeat = self.call(("POST", "/chats"), token=token, body=body, key=key)
            assert repeat.status_code == 200, repeat.text
            self.seen["key"].append(key)

    @rule(data=st.data(), message_id=st.none() | st.uuids().map(str))
    def send(self, data: st.DataObject, message_id: str | None) -> None:
        token, chat_id = self.any_of(data, "token"), self.any_of(data, "chat_id", ODD_IDS)
        body = {"message": mark(), "client_message_id": self.any_of(data, "message_id", st.just(message_id))}
        answer = self.call(("POST", "/chats/{chat_id}/messages"), token=token, chat_id=chat_id, body=body)
        if answer.ok and answer.json()["client_message_id"]:
            self.seen["message_id"].append(answer.json()["client_message_id"])

    @rule(data=st.data(), limit=st.sampled_from(["", "1", "200", "0", "-1", "1e3"]))
    def read(self, data: st.DataObject, limit: str) -> None:
        token, chat_id = self.any_of(data, "token"), self.any_of(data, "chat_id", ODD_IDS)
        query = {"after": self.any_of(data, "cursor", TEXT | st.just("")), "limit": limit}
        given = {name: value for name, value in query.items() if value}
        answer = self.call(("GET", "/chats/{chat_id}/messages"), token=token, chat_id=chat_id, query=given)
        if answer.ok:
            self.seen["cursor"].append(answer.json()["next"])

    @rule(data=st.data(), limit=st.sampled_from(["1", "20", "101"]))
    def list_chats(self, data: st.DataObject, limit: str) -> None:
        token, after = self.any_of(data, "token", st.just("nonsense")), self.any_of(data, "cursor", st.just(""))
        query = {"limit": limit} | ({"after": after} if after else {})
        answer = self.call(("GET", "/chats"), token=token, query=query)
        if answer.ok:
            caller = self.population.whose(token)
            assert caller is not None
            assert {chat["id"] for chat in answer.json()["chats"]} <= caller.chats
            self.seen["cursor"] += [answer.json()["next"]] if answer.json()["next"] else []

    @rule(data=st.data())
    def look(self, data: st.DataObject) -> None:
        token, chat_id = self.any_of(data, "token"), self.any_of(data, "chat_id", ODD_IDS)
        self.call(("GET", "/chats/{chat_id}"), token=token, chat_id=chat_id)

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        token, chat_id = self.any_of(data, "token"), self.any_of(data, "chat_id", ODD_IDS)
        self.call(("POST", "/chats/{chat_id}/end"), token=token, chat_id=chat_id)

    @rule(data=st.data())
    def open_realtime(self, data: st.DataObject) -> None:
        self.call(("POST", "/realtime"), token=self.any_of(data, "token", st.just("nonsense")))

    @rule(data=st.data())
    def erase(self, data: st.DataObject) -> None:
        self.call(("DELETE", "/visitor"), token=self.any_of(data, "token", st.just("nonsense")))

    @rule(data=st.data(), number=PERSONS, forgery=st.just({}) | FORGERIES)
    def log_in(self, data: st.DataObject, number: int, forgery: dict[str, Any]) -> None:
        person = f"{self.example}-{number}"
        body = {"identity_token": self.deployed.identity_token(person, **forgery)}
        token = self.any_of(data, "token", st.none())
        answer = self.call(("POST", "/sessions"), token=token, body=body, person=person)
        assert answer.status_code == 401 or not forgery

    # What others do

    @rule(data=st.data(), is_removal=st.booleans())
    def agent_speaks(self, data: st.DataObject, *, is_removal: bool) -> None:
        chat_id, text = self.any_of(data, "chat_id"), mark()
        self.population.own(text, self.population.keeper(chat_id))
        try:
            message_id = self.deployed.giosg.agent.say(chat_id, text)
        except ChatIsEnded:
            return
        if is_removal:
            self.deployed.giosg.agent.remove(message_id)

    @rule(
        data=st.data(), kind=st.sampled_from(["chats", "messages"]), secret=SECRETS, is_hostile=st.booleans(), raw=RAW
    )
    def notify(self, data: st.DataObject, kind: str, secret: str, raw: bytes, *, is_hostile: bool) -> None:
        chat_id, text = self.any_of(data, "chat_id", ODD_IDS), mark()
        self.population.own(text, self.population.keeper(chat_id))
        giosg, message_id = self.deployed.giosg, str(uuid.uuid4())
        made = {
            "messages": notices.of_message(giosg, "added", chat_id, message_id, notices.whole_message(giosg, text)),
            "chats": notices.of_chat(giosg, "changed", chat_id, {"updated_at": "2030-01-01T10:00:00.000Z"}),
        }
        shown = {"right": self.deployed.webhook_secret, "wrong": "a-wrong-secret", "none": None}[secret]
        query = {"secret": shown} if shown else {}
        answer = self.call(("POST", f"/giosg_webhooks/{kind}"), body=raw if is_hostile else made[kind], query=query)
        assert (answer.status_code == 403) == (secret != "right")

    @rule(file=FILES)
    def open_page(self, file: str) -> None:
        self.call(("GET", "/chat"))
        self.call(("GET", "/chat/{file}"), file=file)

    @rule()
    def ask_whether_it_is_open(self) -> None:
        assert self.call(("GET", "/availability")).status_code == 200
        assert self.call(("GET", "/health")).status_code == 200

    @rule(data=st.data(), route=st.sampled_from(list(OPERATIONS)), body=RAW, query=QUERIES, key=st.none() | KEYS)
    def try_anything(
        self, data: st.DataObject, route: Route, body: bytes, query: dict[str, str], key: str | None
    ) -> None:
        token = self.any_of(data, "token", st.sampled_from([None, "nonsense"]))
        chat_id = self.any_of(data, "chat_id", ODD_IDS) if "{chat_id}" in route[1] else ""
        sent = body if route[0] == "POST" else None
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
    ) -> requests.Response:
        """Ask, and hold the answer against all that must be so."""
        method, template = route
        path = template.replace("{chat_id}", quote(chat_id, safe="")).replace("{file}", quote(file, safe=""))
        headers = {"Origin": FOREIGN} | ({"Authorization": f"Bearer {token}"} if token else {})
        headers |= {"Idempotency-Key": key} if key else {}
        sent = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        answer = self.session.request(
            method, f"{self.deployed.local.api_url}{path}", headers=headers, params=query, data=sent, timeout=30
        )
        self.reached.add(route)
        assert answer.status_code < 500, answer.text
        public_api.check(method, path, status=answer.status_code, headers=answer.headers, text=answer.text)
        assert answer.headers.get("Access-Control-Allow-Origin") != FOREIGN
        caller = self.population.whose(token) if "visitor_token" in SECURITY[route] else None
        self.judge(route, answer.status_code, caller, token=token, chat_id=chat_id)
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
        self, route: Route, answer: requests.Response, caller: Resident | None, *, key: str | None, person: str
    ) -> Resident | None:
        """Note what has become of whom; give who was answered."""
        if not answer.ok:
            return caller
        if route == ("POST", "/chats"):
            return self.started(answer.json(), caller, key)
        if route == ("POST", "/sessions"):
            return self.logged_in(answer.json(), caller, person)
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
def deployed() -> Iterator[Deployed]:
    with deployment(Quotas="off") as made:
        yield made


def test_nobody_gets_what_is_anothers(deployed: Deployed) -> None:
    Everybody.deployed = deployed
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
