"""One field that is odd costs nothing but itself, wherever Giosg sends it: in a webhook, in a list, in an answer."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from local.giosg import Fault, SimulatedGiosg
from tests.aws import Functions
from tests.functions.conftest import AwsCalls, stored_items
from tests.functions.odd_values import CHAT_FIELDS, MESSAGE_FIELDS, ODD, is_another_kind
from tests.toolkit import notifications
from tests.toolkit.clock import Clock
from tests.toolkit.notifications import Json
from tests.toolkit.visitors import Chatting, start
from tests.toolkit.webhooks import deliver

from visitor_chat import wiring
from visitor_chat.runtime.clock import to_text

pytestmark = pytest.mark.usefixtures("empty_tables")

SAID = "Good morning!"
MORNING = "2030-01-01T10:00:00.000Z"
UNMISTAKABLE = (
    "2030-01-01T10:00:05.120Z",
    "2030-01-01t10:00:05.120z",
    "2030-01-01T10:00:05.120",
    "2030-01-01 12:00:05.120 +0200",
    "20300101T100005.12Z",
    1893492005.12,
    1893492005120,
    "1893492005120",
)


@dataclass(frozen=True, slots=True)
class Log:
    """What the stack writes to its log from here on: the lines and the counts."""

    logged: pytest.LogCaptureFixture
    printed: pytest.CaptureFixture[str]

    def clear(self) -> None:
        self.logged.clear()
        self.printed.readouterr()

    def lines(self, message: str = "request") -> list[str | None]:
        """Return the reasons of all lines with this message."""
        found = [record for record in self.logged.records if record.getMessage() == message]
        return [getattr(record, "reason", None) for record in found]

    def counts(self) -> list[str]:
        """Return the names of what was counted of webhooks and of Giosg."""
        counted = [line for line in self.printed.readouterr().out.splitlines() if "_aws" in line]
        names = {name for line in counted for name in json.loads(line)}
        return sorted(name for name in names if name.startswith(("Webhook", "Giosg")))


@pytest.fixture
def log(
    waiting: Chatting,  # noqa: ARG001 - what came before is no news
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> Log:
    log = Log(caplog, capsys)
    log.clear()
    return log


def tell(functions: Functions, kind: str, *bodies: Json) -> None:
    for body in bodies:
        reply = functions.webhook(kind, body)
        assert (reply.status, reply.text) == (204, "")


def queued(calls: AwsCalls) -> list[str]:
    """Return the chats that are to be compared with Giosg."""
    bodies = [parameters["MessageBody"] for operation, parameters in calls.made if operation == "SendMessage"]
    return [json.loads(body)["chat_id"] for body in bodies]


def added(giosg: SimulatedGiosg, waiting: Chatting, **odd: Any) -> Json:
    body = notifications.of_message(
        giosg, "added", waiting.chat_id, str(uuid.uuid4()), notifications.whole_message(giosg, SAID)
    )
    body["resource"] |= odd
    return body


def all_shown(waiting: Chatting) -> dict[str, Json]:
    """Return the messages of a chat by their ids."""
    return {each["id"]: each for each in waiting.read(limit="200").json["messages"]}


def shown(waiting: Chatting, body: Json) -> Json:
    return all_shown(waiting)[body["resource_id"]]


EXPECTED = {"type": "message", "sender_type": "agent", "sender_name": "Inka", "message": SAID, "created_at": MORNING}
SHOWS = {"sender_public_name": "sender_name"}
"""The fields of Giosg's that have another name here."""


def others(field: str) -> Json:
    """Return what is expected of the fields that have nothing to do with this one of Giosg's."""
    return {name: value for name, value in EXPECTED.items() if name != SHOWS.get(field, field)}


@pytest.mark.parametrize("field", MESSAGE_FIELDS)
def test_an_odd_field_of_a_message_costs_nothing_but_itself(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, field: str
) -> None:
    bodies = [added(giosg, waiting, **{field: odd}) for odd in ODD.values() if not is_another_kind(field, odd)]

    tell(functions, "messages", *bodies)

    messages = all_shown(waiting)
    for message in (messages[body["resource_id"]] for body in bodies):
        assert message.items() >= others(field).items()
        assert {message["type"], message["created_at"], message["sender_type"]}.isdisjoint({None, ""})


def test_a_kind_that_is_odd_but_a_kind_is_not_for_visitors(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    tell(
        functions,
        "messages",
        *[added(giosg, waiting, type=odd) for odd in ODD.values() if is_another_kind("type", odd)],
    )

    assert waiting.texts() == ["Hello?"]


def test_a_field_of_a_message_that_is_not_there_costs_nothing_but_itself(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    bodies = {field: added(giosg, waiting) for field in MESSAGE_FIELDS}
    for field, body in bodies.items():
        body["resource"].pop(field, None)

    tell(functions, "messages", *bodies.values())

    messages = all_shown(waiting)
    for field, body in bodies.items():
        assert messages[body["resource_id"]].items() >= others(field).items(), f"without {field}"


def test_what_a_message_cannot_do_without_is_taken_to_be_what_is_likely(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, clock: Clock
) -> None:
    body = added(giosg, waiting, type=None, created_at=None, sender_type=None)

    tell(functions, "messages", body)

    message = shown(waiting, body)
    assert (message["type"], message["sender_type"], message["message"]) == ("message", "system", SAID)
    assert message["created_at"] == to_text(clock())


def test_a_time_is_read_in_every_form_that_leaves_no_doubt(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    bodies = [added(giosg, waiting, created_at=form) for form in UNMISTAKABLE]

    tell(functions, "messages", *bodies)

    messages = all_shown(waiting)
    assert {messages[body["resource_id"]]["created_at"] for body in bodies} == {"2030-01-01T10:00:05.120Z"}


def test_ids_in_capitals_are_the_same_ids(giosg: SimulatedGiosg, functions: Functions, waiting: Chatting) -> None:
    body = added(giosg, waiting)
    capitals = body | {"resource_id": body["resource_id"].upper(), "channel": _in_capitals(body["channel"], waiting)}

    tell(functions, "messages", capitals)
    tell(functions, "messages", body)

    assert waiting.texts() == ["Hello?", SAID]


def _in_capitals(channel: str, waiting: Chatting) -> str:
    return channel.replace(waiting.chat_id, waiting.chat_id.upper())


@pytest.mark.parametrize("field", ["message", "sender_public_name", "sender_avatar", "attachments", "is_encrypted"])
def test_an_odd_field_of_a_change_changes_nothing(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, field: str
) -> None:
    body = added(giosg, waiting)
    odd = [value for value in ODD.values() if not isinstance(value, str | None) and value != []]
    changes = [
        notifications.of_message(giosg, "changed", waiting.chat_id, body["resource_id"], {field: value})
        for value in odd
    ]
    tell(functions, "messages", body)

    tell(functions, "messages", *changes)

    assert shown(waiting, body).items() >= EXPECTED.items()


def test_what_cannot_be_used_at_all_is_counted_and_compared(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls, log: Log
) -> None:
    useless: list[Any] = [None, [], "x", 5]
    for resource in useless:
        for action in ("added", "changed"):
            body = notifications.of_message(giosg, action, waiting.chat_id, str(uuid.uuid4())) | {"resource": resource}
            tell(functions, "messages", body)
            tell(functions, "chats", notifications.of_chat(giosg, action, waiting.chat_id) | {"resource": resource})

    assert queued(aws_calls) == [waiting.chat_id] * 16
    assert (log.counts(), log.lines()) == (["WebhookUnusable"], ["odd fields"] * 16)


@pytest.mark.parametrize(
    "odd",
    [{"type": 5}, {"created_at": None}, {"sender_type": []}, {"message": 5}, {"attachments": "x"},
     {"sensitive_data_purged_at": True}],
)  # fmt: skip
def test_what_visitors_may_miss_is_stored_as_it_is_and_compared(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls, odd: Json
) -> None:
    body = added(giosg, waiting, **odd)

    tell(functions, "messages", body)

    assert shown(waiting, body)
    assert queued(aws_calls) == [waiting.chat_id]


def test_what_no_visitor_misses_costs_no_comparison(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls
) -> None:
    for odd in {"is_encrypted": None}, {"room_id": ""}, {"chat_id": None}, {"updated_at": "soon"}:
        tell(functions, "messages", added(giosg, waiting, **odd))

        assert queued(aws_calls) == [], f"{odd}"


def test_a_message_without_a_kind_and_with_nothing_to_show_waits_for_the_comparison(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls, log: Log
) -> None:
    tell(functions, "messages", added(giosg, waiting, type=None, message=None))

    assert log.counts() == ["WebhookUnusable"]
    assert (waiting.texts(), queued(aws_calls)) == (["Hello?"], [waiting.chat_id])


def test_what_is_knowingly_ignored_is_counted_apart_and_says_why(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls, log: Log
) -> None:
    known = added(giosg, waiting)
    tell(functions, "messages", known)
    log.clear()

    tell(functions, "messages", added(giosg, waiting, type="tag_created"))
    tell(functions, "messages", known | {"action": "archived"})
    tell(functions, "messages", known | {"channel": notifications.channel(giosg)})
    tell(functions, "messages", known | {"action": "changed", "resource": {"selected_reply_suggestion_id": None}})
    tell(functions, "messages", notifications.about_an_unknown_chat(giosg, "messages"))

    assert log.lines() == ["not for visitors", "unknown action", "another list", "no news", "unknown chat"]
    assert log.counts() == ["WebhookForeign", "WebhookIgnored"]
    assert queued(aws_calls) == []


@pytest.mark.parametrize("field", CHAT_FIELDS)
def test_an_odd_field_of_a_chat_costs_nothing_but_itself(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, field: str
) -> None:
    facts = {"user_member_count": 1, "visitor_message_count": 1, "is_waiting": True}

    for odd in ODD.values():
        if (field, odd) != ("is_ended", True):
            resource: Json = facts | {field: odd}
            tell(functions, "chats", notifications.of_chat(giosg, "changed", waiting.chat_id) | {"resource": resource})

    assert waiting.chat().json["status"] == "active"
    tell(
        functions,
        "chats",
        notifications.of_chat(
            giosg,
            "changed",
            waiting.chat_id,
            {"is_ended": True, field: "odd"} if field != "is_ended" else {"is_ended": True},
        ),
    )
    assert waiting.chat().json["status"] == "ended"


@pytest.mark.parametrize("facts", [{"is_ended": None}, {"is_ended": "true"}, {"is_ended": 1}, {"ended_at": MORNING}])
def test_a_chat_that_may_have_ended_is_compared(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, aws_calls: AwsCalls, facts: Json
) -> None:
    tell(functions, "chats", notifications.of_chat(giosg, "changed", waiting.chat_id, facts))

    assert (waiting.chat().json["status"], queued(aws_calls)) == ("waiting", [waiting.chat_id])


def records(waiting: Chatting) -> list[Json]:
    """Return a chat in the repair queue, as the function gets it."""
    return [{"messageId": "1", "body": json.dumps({"chat_id": waiting.chat_id})}]


def sync(waiting: Chatting) -> Any:
    return wiring.reconciler().sync(waiting.chat_id)


def list_with(giosg: SimulatedGiosg, **fields: Any) -> None:
    """Let Giosg's lists of messages have these fields in the last item, or in the page itself."""
    giosg.faults.add(Fault(kind="odd", path="owned_chats/.*/messages", fields=fields, times=None))


@pytest.mark.parametrize("odd", ["null", "number", "object in object", "half a character"])
def test_odd_fields_in_giosgs_list_cost_nothing_but_themselves(
    giosg: SimulatedGiosg, waiting: Chatting, odd: str
) -> None:
    giosg.agent.rule_says(waiting.chat_id, "before")
    giosg.agent.rule_says(waiting.chat_id, SAID)
    list_with(giosg, **{name: ODD[odd] for name in MESSAGE_FIELDS if name not in {"id", "message", "type"}})

    sync(waiting)
    first = waiting.read(limit="200").json["messages"]
    sync(waiting)

    assert waiting.texts() == ["Hello?", "before", SAID]
    assert waiting.read(limit="200").json["messages"] == first, "another look changes what the first one has found"


def test_an_item_that_cannot_be_read_is_left_out_and_told_of(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, clock: Clock, log: Log
) -> None:
    giosg.agent.rule_says(waiting.chat_id, SAID)
    deliver(giosg, functions)
    unseen = giosg.agent.rule_says(waiting.chat_id, "unseen")
    giosg.agent.rule_says(waiting.chat_id, "odd")
    giosg.agent.end(waiting.chat_id)
    clock.advance(minutes=10)
    log.clear()
    list_with(giosg, id=None)

    wiring.repairs().take(records(waiting), functions.context)

    assert waiting.texts() == ["Hello?", SAID, "unseen"]
    assert unseen in {each["id"] for each in waiting.read().json["messages"]}
    assert waiting.chat().json["status"] == "ended"
    assert (log.counts().count("GiosgItemsLeftOut"), len(log.lines("items left out"))) == (1, 1)


def test_a_message_that_is_there_but_cannot_be_read_is_kept(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, clock: Clock
) -> None:
    giosg.agent.rule_says(waiting.chat_id, SAID)
    deliver(giosg, functions)
    clock.advance(minutes=10)
    list_with(giosg, id=None)

    sync(waiting)

    assert waiting.texts() == ["Hello?", SAID]


@pytest.mark.parametrize(
    "fields",
    [{"next": 5}, {"next": {}}, {"next": "elsewhere"}, {"previous": 5}, {"results": None}, {"results": [None]}],
)
def test_an_odd_page_costs_no_more_than_what_cannot_be_read(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, clock: Clock, fields: Json
) -> None:
    giosg.agent.rule_says(waiting.chat_id, SAID)
    deliver(giosg, functions)
    giosg.agent.rule_says(waiting.chat_id, "unseen")
    giosg.agent.end(waiting.chat_id)
    clock.advance(minutes=10)
    list_with(giosg, **fields)

    wiring.repairs().take(records(waiting), functions.context)

    assert waiting.texts() == ["Hello?", SAID, *([] if "results" in fields else ["unseen"])]
    assert waiting.chat().json["status"] == "ended"


@pytest.mark.parametrize("odd", ["null", "empty", "number", "object in object"])
def test_odd_fields_of_giosgs_chat_do_not_keep_it_from_being_compared(
    giosg: SimulatedGiosg, waiting: Chatting, odd: str
) -> None:
    giosg.agent.say(waiting.chat_id, SAID)
    fields = {name: ODD[odd] for name in CHAT_FIELDS if name != "id"}
    giosg.faults.add(Fault(kind="odd", path=f"owned_chats/{waiting.chat_id}$", fields=fields))

    sync(waiting)

    assert SAID in waiting.texts()


@pytest.mark.parametrize("odd", ["null", "empty", "number", "object in object", "huge"])
def test_odd_fields_of_the_answer_to_a_send_cost_nothing_but_themselves(
    giosg: SimulatedGiosg, waiting: Chatting, odd: str
) -> None:
    fields = {name: ODD[odd] for name in MESSAGE_FIELDS if name not in {"id", "type", "sender_type"}}
    fields |= {"type": 5, "sender_type": None, "message": []}
    giosg.faults.add(Fault(kind="odd", method="POST", path="messages$", fields=fields))

    sent = waiting.send("Still here?", client_message_id=str(uuid.uuid4()))

    assert (sent.status, sent.json["sender_type"], sent.json["message"]) == (201, "visitor", "Still here?")
    assert [each["message"] for each in giosg.messages(waiting.chat_id)].count("Still here?") == 1


@pytest.mark.parametrize("path", ["/visitors$", "/chats$", "/auth$"])
@pytest.mark.parametrize("odd", ["null", "words", "object in object"])
def test_odd_fields_of_an_answer_do_not_cost_a_start(
    giosg: SimulatedGiosg, functions: Functions, path: str, odd: str
) -> None:
    fields = {"room_id", "presence_expires_in", "socket_url", "organization_id", *CHAT_FIELDS} - {"id"}
    giosg.faults.add(Fault(kind="odd", method="POST", path=path, fields=dict.fromkeys(fields, ODD[odd])))

    assert start(functions, message="Hello?").texts() == ["Hello?"]


def test_an_end_that_giosg_does_not_confirm_is_looked_up(giosg: SimulatedGiosg, waiting: Chatting) -> None:
    giosg.faults.add(Fault(kind="odd", method="PATCH", path=waiting.chat_id, fields={"is_ended": None}))

    assert waiting.end().json["status"] == "ended"


@pytest.mark.parametrize("field", ["member_type", "member_public_name", "is_participating", "composing_status"])
@pytest.mark.parametrize("odd", ["null", "number", "list"])
def test_an_odd_membership_does_not_cost_the_chat(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting, field: str, odd: str
) -> None:
    giosg.agent.rule_says(waiting.chat_id, SAID)
    forget(waiting)
    giosg.faults.add(Fault(kind="odd", path="memberships", fields={field: ODD[odd]}, times=None))

    deliver(giosg, functions)

    assert SAID in waiting.texts()


def test_a_chat_whose_visitor_cannot_be_read_is_not_taken_for_somebody_elses(
    giosg: SimulatedGiosg, functions: Functions, waiting: Chatting
) -> None:
    first, second = (added(giosg, waiting) for _number in range(2))
    forget(waiting)
    giosg.faults.add(Fault(kind="odd", path="memberships", fields={"member_id": None}))

    tell(functions, "messages", first)
    tell(functions, "messages", second)

    assert second["resource_id"] in {each["id"] for each in waiting.read().json["messages"]}


def forget(waiting: Chatting) -> None:
    """Let the tables lose a chat, as if its start had never been stored."""
    table = wiring.settings().chats_table
    for item in stored_items(table):
        if waiting.chat_id in (item.get("chat_id"), item["pk"].removeprefix("chat#")):
            key = {"pk": {"S": item["pk"]}, "sk": {"S": item["sk"]}}
            wiring.aws("dynamodb").delete_item(TableName=table, Key=key)
