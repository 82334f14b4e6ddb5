"""Whose ids stand in which line."""

import json
import logging
from collections.abc import Callable
from threading import Event
from typing import Any

import pytest

from visitor_chat.api import events
from visitor_chat.runtime import telemetry
from visitor_chat.runtime.threads import Threads


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """Return the lines that were written, with their facts."""
    caplog.set_level(logging.INFO, logger=telemetry.logger.name)
    return lambda: [
        {"event": record.getMessage()}
        | {name: value for name, value in vars(record).items() if name in telemetry.FIELDS}
        for record in caplog.records
    ]


def test_a_thread_that_outlives_its_answer_logs_its_own_ids(lines: Callable[[], list[dict[str, Any]]]) -> None:
    is_next_under_way = Event()

    def linger() -> None:
        is_next_under_way.wait(timeout=10)
        telemetry.note(message_id="of-the-first")
        telemetry.outcome("push failed")

    with Threads(max_workers=1) as threads:
        with telemetry.invocation():
            telemetry.note(chat_id="of-the-first")
            lingering = threads.submit(linger)
        with telemetry.invocation():
            telemetry.note(chat_id="of-the-second")
            is_next_under_way.set()
            lingering.result()
            telemetry.outcome("request")

    assert lines() == [
        {"event": "push failed", "chat_id": "of-the-first", "message_id": "of-the-first"},
        {"event": "request", "chat_id": "of-the-second"},
    ]


def test_what_a_thread_notes_in_time_is_in_the_line_of_its_work(lines: Callable[[], list[dict[str, Any]]]) -> None:
    with Threads(max_workers=2) as threads, telemetry.invocation():
        list(threads.map(lambda chat_id: telemetry.note(chat_id=chat_id), ["a-chat"]))
        telemetry.outcome("request")

    assert lines() == [{"event": "request", "chat_id": "a-chat"}]


def test_pieces_of_work_know_nothing_of_each_other(lines: Callable[[], list[dict[str, Any]]]) -> None:
    with telemetry.invocation():
        for chat_id in "first", "second":
            with telemetry.work():
                telemetry.outcome("before")
                telemetry.note(chat_id=chat_id)
                telemetry.outcome("after")
        telemetry.outcome("sweep")

    assert [line.get("chat_id") for line in lines()] == [None, "first", None, "second", None]


def test_an_event_that_is_taken_is_one_line_with_what_was_noted(lines: Callable[[], list[dict[str, Any]]]) -> None:
    def take(event: events.Event, context: Any) -> Any:
        telemetry.note(records=len(event["Records"]))
        return {"context": context}

    answer = events.handler("published", take)({"Records": [{}, {}]}, "context")

    assert (answer, lines()) == ({"context": "context"}, [{"event": "published", "records": 2}])


@pytest.mark.parametrize(
    "error", [RuntimeError("swordfish"), KeyError("swordfish"), json.JSONDecodeError("swordfish", "", 0)]
)
def test_an_event_that_fails_comes_again_and_its_error_says_nothing(
    error: Exception, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    def fail(_event: events.Event, _context: Any) -> None:
        telemetry.note(chat_id="a-chat")
        raise error

    with pytest.raises(events.NotTaken) as raised:
        events.handler("notice", fail)({}, None)

    line = lines()[0]
    assert (line["event"], line["chat_id"], len(lines())) == ("notice", "a-chat", 1)
    assert type(error).__name__ in line["reason"]
    assert "swordfish" not in f"{raised.value} {lines()} {raised.value.__cause__}"
    assert raised.value.__suppress_context__


def test_the_counts_of_an_event_that_fails_are_sent(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(_event: events.Event, _context: Any) -> None:
        telemetry.count("EventsPublished")
        raise RuntimeError

    with pytest.raises(events.NotTaken):
        events.handler("published", fail)({}, None)

    assert "EventsPublished" in capsys.readouterr().out
