"""What the doctor says of a deployed stack, with each thing that can be wrong made wrong."""

import io
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from operations.doctor import edge, inside, socket
from operations.doctor.command import conclude
from operations.doctor.condition import AGE_METRIC, ConditionLooks
from operations.doctor.edge import EdgeLooks, StackApi
from operations.doctor.findings import Finding, Level
from operations.doctor.giosg_account import Account, Answers
from operations.doctor.inside import InsideLooks
from operations.doctor.load import Load, Tally, balance, percentile
from operations.doctor.round_trip import TEXT, RoundTrip
from operations.doctor.subjects import webhook_was_due
from operations.doctor.visitor import ProbeVisitor, StepFailed
from operations.doctor.webhooks import CHANNELS, PROBE_CHAT_ID, SPANS, WebhookLooks, duration
from operations.stacks.deployed import DeployedStack
from operations.stacks.log_lines import LogLines
from operations.terminal import Terminal
from tests.operations.conftest import Operator, Outcome, changed, lines, ringing
from tests.toolkit.clock import Clock
from tests.toolkit.deployment import Stack, wait_for

OTHER_ID = "00000000-0000-4000-8000-000000000009"
NEARLY_A_DAY = timedelta(hours=23, minutes=59)
TABLES_OF_VISITORS = (
    "VisitorsTableName",
    "CredentialsTableName",
    "ChatsTableName",
    "MessagesTableName",
    "ConnectionsTableName",
)


@pytest.fixture
def api(deployed: DeployedStack) -> StackApi:
    return StackApi(deployed)


@contextmanager
def log_line(stack: DeployedStack, *, at: datetime, **fields: Any) -> Iterator[None]:
    """Let the log hold a line, as a function would have written it."""
    logs, group = stack.client("logs"), stack.outputs["LogGroupName"]
    name = f"test-{time.monotonic_ns()}"
    logs.create_log_stream(logGroupName=group, logStreamName=name)
    event = {"timestamp": int(at.timestamp() * 1000), "message": json.dumps(fields)}
    logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=[event])
    try:
        yield
    finally:
        logs.delete_log_stream(logGroupName=group, logStreamName=name)


@pytest.fixture
def later() -> datetime:
    """Return a time of which the log tells nothing yet: what other tests have done is over a day before its next."""
    return datetime.now(UTC) + timedelta(hours=1)


def troubles(said: Outcome) -> list[Any]:
    """Return what is wrong, but for what the stack's last day is told to have had: other tests were part of it."""
    return [
        each
        for each in said.json["findings"]
        if each["level"] == "wrong" and not each["check"].startswith("condition.")
    ]


@pytest.mark.usefixtures("heard")
def test_of_a_stack_that_works_nothing_is_wrong(operator: Operator, stack: Stack) -> None:
    said = operator.run("doctor", "--stack", "local", "--round-trip", "--json")

    assert troubles(said) == []
    checks = {each["check"] for each in said.json["findings"]}
    assert {"giosg.token", "stack.api", "webhooks.lock.chats", "stack.socket", "round_trip.webhook"} <= checks
    assert {"condition.alarms", "condition.errors", "condition.mappings"} <= checks
    assert "agents will see a chat" in said.errors
    secrets = [stack.giosg.api_token, stack.local.webhook_urls.chats.rpartition("=")[2]]
    names = [agent.record.name for agent in stack.giosg.agents]
    assert [each for each in (*secrets, *names) if each in said.output + said.errors] == []


@pytest.mark.parametrize(
    ("levels", "status", "last"),
    [
        ([Level.OK, Level.NOTE], 0, "All is well"),
        ([Level.OK, Level.WRONG, Level.NOTE], 1, "1 of 3 findings are wrong"),
    ],
    ids=["well", "not well"],
)
def test_a_stack_is_well_unless_something_is_wrong(levels: list[Level], status: int, last: str) -> None:
    found = [Finding(check="stack", level=level, says="") for level in levels]
    shown, document = io.StringIO(), io.StringIO()

    assert conclude(found, Terminal(output=shown)) == status
    assert conclude(found, Terminal(output=document, is_json=True)) == status

    assert shown.getvalue().strip() == last
    assert json.loads(document.getvalue())["is_well"] is (status == 0)


def test_people_get_a_line_for_each_finding(operator: Operator, deployed: DeployedStack) -> None:
    with ringing(deployed, "GiosgForbiddenAlarm"):
        said = operator.run("doctor", "--stack", "local")

    assert said.status == 1
    assert "  ok     The socket opens and answers" in said.output
    assert "  wrong  GiosgForbiddenAlarm rings: Giosg refuses many calls with 403" in said.output
    assert "findings are wrong" in said.output
    assert "\033" not in said.output


def test_a_room_where_nobody_is_online_is_no_fault_of_the_sockets() -> None:
    finding = socket.not_done(StepFailed("start", "no_agents_online"))

    assert finding.level is Level.NOTE
    assert finding.line.startswith("The socket was not tried, since nobody is online in the room")


@pytest.mark.usefixtures("heard")
def test_a_token_that_was_revoked_is_named_with_the_command_that_gives_another(
    operator: Operator, stack: Stack
) -> None:
    stack.giosg.faults.answer(401, path="/users/me")

    said = operator.run("doctor", "--stack", "local", "--json")

    (wrong,) = troubles(said)
    assert wrong["check"] == "giosg.token"
    assert "GIOSG_API_TOKEN" in wrong["advice"]


class TestEdge:
    """From outside."""

    def test_an_api_that_is_not_there_is_named_once(self, deployed: DeployedStack) -> None:
        gone = replace(deployed, outputs={**deployed.outputs, "ApiId": "gone"})

        assert ["The API answers" in line for line in _edge(gone)] == [True]

    def test_a_host_that_does_not_answer_is_named_once(self, deployed: DeployedStack) -> None:
        assert ["cannot be reached" in line for line in _edge(changed(deployed, ExecuteApiHost="127.0.0.1:9"))] == [
            True
        ]

    def test_an_origin_that_the_api_refuses_is_named(self, deployed: DeployedStack) -> None:
        (may_not_call, may_not_embed) = _edge(changed(deployed, AllowedOrigins="https://shop.example.com"))

        assert may_not_call == (
            "Pages of https://shop.example.com may not call the API: deploy again: make deploy STACK=local ASK=1"
        )
        assert "may not embed the chat" in may_not_embed

    def test_the_examples_origin_is_worth_a_note(self, deployed: DeployedStack, api: StackApi) -> None:
        found = list(_findings(EdgeLooks(deployed, api).all()))

        assert ["which is an example" in line for line in lines(found, Level.NOTE)] == [True]

    def test_a_policy_is_read_by_its_directives(self) -> None:
        policy = "default-src 'none'; frame-ancestors 'self' https://a.example; form-action 'none'"

        assert edge.directive(policy, "frame-ancestors") == ["'self'", "https://a.example"]
        assert edge.directive(policy, "frame") == []


@pytest.mark.parametrize(
    ("ours", "giosg", "said"),
    [
        (0.5, 420.0, ["Giosg's clock is 420 s ahead of AWS's: tell Giosg's support"]),
        (400.0, 400.5, ["This machine's clock is 400 s behind the stack's: let it set itself"]),
        (400.0, None, ["This machine's clock is 400 s behind the stack's: let it set itself"]),
        (0.5, -0.5, []),
    ],
)
def test_of_three_clocks_the_wrong_one_is_named(
    api: StackApi, ours: float, giosg: float | None, said: list[str]
) -> None:
    of_giosg = Answers.from_host(api.url)
    api.answers.clock_offsets_seconds[:] = [ours]
    of_giosg.clock_offsets_seconds[:] = [] if giosg is None else [giosg]

    found = lines(edge.clock(api.answers, of_giosg))

    assert [line.startswith(beginning) for line, beginning in zip(found, said, strict=True)] == [True] * len(said)


def _edge(stack: DeployedStack) -> list[str]:
    return lines(_findings(EdgeLooks(stack, StackApi(stack)).all()))


def _findings(looks: Any) -> Iterator[Finding]:
    for look in looks.values():
        yield from look()


class TestWebhooks:
    """Do they come?"""

    def _looks(self, stack: DeployedStack, **named: Any) -> WebhookLooks:
        return WebhookLooks(stack, StackApi(stack), LogLines(stack), **named)

    def test_an_app_that_is_not_installed_is_named(self, deployed: DeployedStack) -> None:
        later = datetime.now(UTC) + timedelta(days=15)

        (line,) = lines(self._looks(deployed, clock=lambda: later).channel("chats"))

        assert line == (
            "No webhook about chats has come in 14 days: the app is not installed, or its URL differs; in Giosg look at"
            " the app's Owner tools, Webhook logs, and compare its URLs with make webhook-urls STACK=local"
        )

    @pytest.mark.parametrize(("sent", "said"), [(2, []), (3, ["Visitors have sent 3 messages"])])
    def test_messages_that_no_webhook_tells_of_are_counted(
        self, deployed: DeployedStack, later: datetime, sent: int, said: list[str]
    ) -> None:
        route = "POST /chats/{chat_id}/messages"
        with ExitStack() as written:
            webhook = {"message": "request", "route": "POST /giosg_webhooks/messages", "status": 204}
            written.enter_context(log_line(deployed, at=later, **webhook))
            for _number in range(sent):
                written.enter_context(log_line(deployed, at=later, message="request", route=route, status=201))

            looks = self._looks(deployed, clock=lambda: later + timedelta(minutes=1))
            found = lines(looks.channel("messages"))

        assert [line.partition(" since")[0] for line in found] == said

    def test_a_new_stack_is_told_that_nothing_has_come_yet(self, deployed: DeployedStack) -> None:
        later = datetime.now(UTC) + timedelta(days=15)
        young = replace(deployed, created_at=later - timedelta(hours=1))

        (line,) = lines(self._looks(young, clock=lambda: later).channel("chats"))

        assert line.startswith("No webhook about chats has come yet: the app is not installed")

    def test_a_giosg_that_had_nothing_to_tell_is_no_trouble(self, deployed: DeployedStack) -> None:
        later = datetime.now(UTC) + timedelta(days=15)
        looks = self._looks(deployed, clock=lambda: later, was_due=lambda _channel: False)

        (line,) = lines(looks.channel("chats"), Level.NOTE)
        assert "Giosg had none to send" in line

    def test_what_giosg_had_to_tell_is_known_from_its_chats(self, giosg: SimulatedGiosg, clock: Clock) -> None:
        account = Account(
            base_url=giosg.base_url,
            organization_id=giosg.organization_id,
            room_id=giosg.room_id,
            api_token=giosg.api_token,
        )
        giosg.website_visitor.start_chat("Before")
        clock.advance(minutes=1)
        begun_at = clock.instant
        assert webhook_was_due(account, "chats", since=begun_at) is False

        chat_id = giosg.website_visitor.start_chat(None)
        due = [webhook_was_due(account, each, since=begun_at) for each in ("chats", "messages")]
        giosg.agent.say(chat_id, "Hello")

        assert due == [True, False]
        assert webhook_was_due(account, "messages", since=begun_at) is True

    def test_the_doctors_own_webhooks_are_not_taken_for_giosgs(self, deployed: DeployedStack, stack: Stack) -> None:
        stack.settle()
        begun_at = datetime.now(UTC)
        assert lines(self._looks(deployed).lock()) == []

        log = LogLines(deployed)
        wait_for(lambda: len([line for line in log.search(PROBE_CHAT_ID, since=begun_at) if line.has(status=204)]) == 2)
        looks = self._looks(deployed, clock=lambda: begun_at + SPANS[-1])
        said = [line for channel in CHANNELS for line in lines(looks.channel(channel))]
        assert [line.partition(" has come")[0] for line in said] == [f"No webhook about {each}" for each in CHANNELS]

    def test_a_secret_that_the_functions_do_not_know_is_named(self, deployed: DeployedStack, stack: Stack) -> None:
        secrets, arn = deployed.client("secretsmanager"), deployed.outputs["WebhookSecretArn"]
        known = secrets.get_secret_value(SecretId=arn)["SecretString"]
        secrets.put_secret_value(SecretId=arn, SecretString=json.dumps({"current": ""}))
        try:
            said = lines([*self._looks(deployed).secret(), *self._looks(deployed).lock()])
        finally:
            secrets.put_secret_value(SecretId=arn, SecretString=known)
            stack.restart("WebhookChatsFunction", "WebhookMessagesFunction")
            stack.subscribe()

        assert "The webhooks' secret is empty" in said[0]
        assert "with the right secret is answered 403" in said[1]

    def test_a_rotation_that_was_not_finished_is_worth_a_note(
        self, operator: Operator, deployed: DeployedStack, stack: Stack
    ) -> None:
        assert operator.run("rotate-webhook-secret", "--stack", "local").status == 0

        said = lines(self._looks(deployed).secret(), Level.NOTE)

        assert operator.run("rotate-webhook-secret", "--stack", "local", "--finish", "--yes").status == 0
        stack.subscribe()
        assert ["FINISH=1" in line for line in said] == [True]

    @pytest.mark.parametrize(
        ("parameters", "look", "line"),
        [
            ({"LogLevel": "ERROR"}, "channel", "is not logged"),
            ({"WebhookAddressCheck": "enforce"}, "lock", "from Giosg's networks alone"),
        ],
        ids=["log level", "address check"],
    )
    def test_what_cannot_be_seen_is_said(
        self, deployed: DeployedStack, parameters: dict[str, str], look: str, line: str
    ) -> None:
        looks = self._looks(changed(deployed, **parameters))

        found = looks.channel("chats") if look == "channel" else looks.lock()

        assert [line in each for each in lines(found, Level.NOTE)] == [True]

    @pytest.mark.parametrize(
        ("seconds", "said"), [(0, "0 s"), (41, "41 s"), (119, "119 s"), (180, "3 min"), (7200, "2 h"), (259200, "3 d")]
    )
    def test_a_duration_is_said_in_its_greatest_unit(self, seconds: int, said: str) -> None:
        assert duration(timedelta(seconds=seconds)) == said


class TestInside:
    """What was deployed."""

    def test_a_template_that_was_changed_is_named_by_what_differs(self) -> None:
        here = {"Resources": {"Table": {"Properties": {"Billing": "on"}}, "Old": {"Type": "Queue"}}}
        there = {"Resources": {"Table": {"Properties": {"Billing": "off"}}}}

        assert inside.differences(here, there) == ["Old", "Table"]
        assert inside.differences(here, here) == []

    def test_where_code_was_uploaded_is_no_difference(self) -> None:
        here = {"Resources": {"Start": {"Properties": {"CodeUri": "functions/start"}}}}
        there = {"Resources": {"Start": {"Properties": {"CodeUri": "s3://bucket/1"}, "Metadata": {"SamId": "Start"}}}}

        assert inside.differences(here, there) == []

    def test_the_deployed_code_is_compiled_and_its_template_is_ours(self, deployed: DeployedStack) -> None:
        found = list(_findings(InsideLooks(deployed).all()))

        assert {finding.check: finding.level for finding in found} == {
            "stack.layer": Level.OK,
            "stack.token": Level.OK,
            "stack.template": Level.OK,
        }


class TestCondition:
    """How it has been."""

    def _looks(self, stack: DeployedStack, *, at: datetime | None = None) -> ConditionLooks:
        """Look at the stack at a time, which is now if it does not matter."""
        looked_at = at or datetime.now(UTC)
        return ConditionLooks(stack, LogLines(stack), clock=lambda: looked_at)

    def test_dead_letters_are_named_with_what_replays_them(self, deployed: DeployedStack) -> None:
        sqs, url = deployed.client("sqs"), deployed.outputs["SyncDeadLettersUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"chat_id": OTHER_ID}))

        (line,) = lines(self._looks(deployed).dead_letters())

        assert line.startswith("1 chats could not be compared with Giosg: ")
        assert line.endswith("make replay STACK=local DLQ=1")

    def test_events_that_were_not_published_are_named(self, deployed: DeployedStack) -> None:
        sqs, url = deployed.client("sqs"), deployed.resources()["EventDeadLetters"][1]
        sqs.send_message(QueueUrl=url, MessageBody="{}")

        (line,) = lines(self._looks(deployed).dead_letters())

        assert line.startswith("1 changes were not published as events")

    def test_a_queue_that_nobody_reads_is_named(self, deployed: DeployedStack, stack: Stack) -> None:
        assert lines(self._looks(deployed).mappings()) == []
        with stack.nothing_compared():
            (line,) = lines(self._looks(deployed).mappings())

        assert line.startswith("SyncQueueToSyncChats is switched off: what waits is not taken: switch the trigger on")

    def test_an_alarm_that_rings_says_itself_what_to_do(self, deployed: DeployedStack) -> None:
        with ringing(deployed, "GiosgForbiddenAlarm"):
            (line,) = lines(self._looks(deployed).alarms())

        assert line.startswith("GiosgForbiddenAlarm rings: Giosg refuses many calls with 403: a ban")

    def test_requests_that_failed_are_counted_by_their_code(self, deployed: DeployedStack, later: datetime) -> None:
        with (
            log_line(deployed, at=later, level="ERROR", message="request", status=500, code="internal_error"),
            log_line(deployed, at=later, level="ERROR", message="request", status=503, code="giosg_unavailable"),
        ):
            (line,) = lines(self._looks(deployed, at=later + NEARLY_A_DAY).errors())

        assert "1 internal_error" in line
        assert ", the last one 23 h ago: " in line
        assert "1 giosg_unavailable" in line

    def test_giosgs_own_failures_are_worth_a_note(self, deployed: DeployedStack, later: datetime) -> None:
        with log_line(deployed, at=later, level="ERROR", message="request", status=503, code="giosg_unavailable"):
            found = list(self._looks(deployed, at=later + NEARLY_A_DAY).errors())

        assert lines(found) == []
        assert ["1 giosg_unavailable" in line for line in lines(found, Level.NOTE)] == [True]

    @pytest.mark.parametrize(("missed", "level"), [(2, Level.NOTE), (9, Level.WRONG)])
    def test_webhooks_that_were_missed_are_counted(
        self, deployed: DeployedStack, later: datetime, missed: int, level: Level
    ) -> None:
        with log_line(deployed, at=later, level="INFO", message="sync", chat_id=OTHER_ID, missed=missed, corrected=0):
            (line,) = lines(self._looks(deployed, at=later + NEARLY_A_DAY).missed(), level)

        assert line.startswith(f"{missed} messages of the last day came by comparison")

    def test_a_chat_that_waits_for_its_comparison_is_named(self, deployed: DeployedStack, later: datetime) -> None:
        with log_line(deployed, at=later, **{AGE_METRIC: [720.0]}):
            (line,) = lines(self._looks(deployed, at=later).unsynced())

        assert line.startswith("An open chat waits for its comparison with Giosg since 12 min")

    def test_a_sweep_that_never_ran_is_named_once_there_was_time(self, deployed: DeployedStack) -> None:
        deployed_at = datetime.now(UTC) + timedelta(days=2)
        silent = replace(deployed, deployed_at=deployed_at)

        (early, late) = (
            next(self._looks(silent, at=deployed_at + timedelta(minutes=minutes)).unsynced()) for minutes in (1, 6)
        )

        assert (early.level, late.level) == (Level.NOTE, Level.WRONG)
        assert "is the schedule of SyncChatsFunction switched on?" in late.advice


class TestConversations:
    """As visitors."""

    def test_a_visitor_of_the_doctor_leaves_nothing_behind(self, api: StackApi, deployed: DeployedStack) -> None:
        before = self._kept(deployed)

        assert lines(socket.look(ProbeVisitor(api))) == []

        assert self._kept(deployed) - before == set()

    def _kept(self, deployed: DeployedStack) -> set[str]:
        """Return the keys of all that is stored of visitors; marks say of some that nothing is."""
        pages = [
            page
            for table in TABLES_OF_VISITORS
            for page in deployed.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.outputs[table])
        ]
        items = [item for page in pages for item in page["Items"] if not item.keys() & {"marker", "is_erased"}]
        return {str([item.get(key) for key in ("visitor_id", "chat_id", "record", "pk", "sk")]) for item in items}

    def test_a_webhook_that_does_not_come_back_is_named(
        self, deployed: DeployedStack, api: StackApi, stack: Stack
    ) -> None:
        stack.giosg.webhooks.misbehaviour.next("drop", times=50)

        found = list(RoundTrip(deployed, api, LogLines(deployed), echo_seconds=0.3).look())

        (line,) = lines(found)
        assert line.startswith("Giosg's webhook about the message did not come")
        assert "make webhook-urls STACK=local" in line
        assert {finding.check for finding in found if finding.level is Level.OK} >= {
            "round_trip.frame",
            "round_trip.end",
        }

    def test_a_message_that_giosg_refuses_is_named_by_its_step(
        self, deployed: DeployedStack, api: StackApi, stack: Stack
    ) -> None:
        stack.giosg.faults.answer(500, method="POST", path="/messages$")

        (line,) = lines(RoundTrip(deployed, api, LogLines(deployed)).look())

        assert line.startswith("The round trip ended at its send (giosg_error)")

    def test_what_the_round_trip_says_is_a_test_says_that(self) -> None:
        assert "test" in TEXT

    def test_a_load_loses_nothing(self, deployed: DeployedStack) -> None:
        def rest(_seconds: float) -> None:
            """Take no time."""

        load = Load(lambda: StackApi(deployed), visitors=2, seconds=4, pause_seconds=1.5, sleep=rest)
        found = {finding.check: finding for finding in load.look()}

        assert {finding.level for finding in found.values()} == {Level.OK}
        assert found["load.balance"].facts["sent"] >= 2
        assert found["load.send"].facts.keys() == {"count", "p50_seconds", "p95_seconds"}

    def test_what_was_lost_and_what_was_doubled_is_counted(self) -> None:
        finding = balance([Tally(sent=["a", "b", "c"], read=["a", "b", "b"])])

        assert finding.level is Level.WRONG
        assert finding.says == "1 of 3 messages were lost and 1 doubled"

    @pytest.mark.parametrize(("percent", "value"), [(50, 5.0), (95, 10.0), (100, 10.0), (1, 1.0)])
    def test_a_percentile_is_a_value_that_was_seen(self, percent: int, value: float) -> None:
        assert percentile([float(each) for each in range(1, 11)], percent) == value


def test_a_load_beyond_the_quotas_is_refused(operator: Operator) -> None:
    with pytest.raises(SystemExit):
        operator.run("doctor", "--stack", "local", "--load", "41")
