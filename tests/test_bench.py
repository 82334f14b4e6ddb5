"""The benchmarks' events: each function has one, and answers it in process as the benchmarks expect of it."""

import importlib
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from bench import contention, stored
from bench.cold_start import names
from bench.scenario import Scenario, scenario
from tests.aws import Context
from tests.web.building import build_page

from visitor_chat import wiring
from visitor_chat.api import page_files
from visitor_chat.runtime import telemetry

Answered = Callable[[str], tuple[dict[str, Any], int | None]]


@pytest.fixture(scope="module")
def scene() -> Iterator[Scenario]:
    """Return the benchmarks' stack, its tables quick as where much is stored."""
    with stored.quick_tables(), scenario() as scene:
        yield scene


@pytest.fixture
def answered(scene: Scenario, monkeypatch: pytest.MonkeyPatch) -> Iterator[Answered]:
    """Return what hands a function its event, in a new container; it gives the answer, and the status expected."""

    def answered(function: str) -> tuple[dict[str, Any], int | None]:
        event, status = scene.event(function)
        for name, value in scene.switched_on(function).items():
            monkeypatch.setenv(name, value)
        wiring.reset()
        return importlib.import_module(f"functions.{function}.app").handler(event, Context()) or {}, status

    yield answered
    monkeypatch.undo()
    wiring.reset()


@pytest.fixture(scope="module", autouse=True)
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the page's function find its files here."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [*sys.path])
        build_page(tmp_path_factory.mktemp("page"))
        yield
    sys.modules.pop("visitor_page", None)
    for cached in (page_files.manifest, page_files.content_of):
        cached.cache_clear()


def test_nothing_is_printed_but_the_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.metrics.clear_metrics()  # a test whose metrics are switched off leaves them unsent
    monkeypatch.setattr(contention, "CROWDS", (1,))
    monkeypatch.setattr(sys, "argv", ["bench.contention", "--runs", "1"])

    contention.main()

    assert {line[0] for line in capsys.readouterr().out.splitlines()} == {"|"}
    assert not telemetry.metrics.metric_set


@pytest.mark.parametrize("function", names())
def test_each_function_answers_its_event_as_expected(answered: Answered, function: str) -> None:
    answer, status = answered(function)

    assert answer.get("statusCode") == status, answer
    assert not answer.get("batchItemFailures")


def test_each_run_finds_a_held_message_to_deliver(answered: Answered) -> None:
    answers = [answered("deliver_held_messages")[0] for _time in range(2)]

    assert [answer["delivered"] for answer in answers] == [1, 1]


def test_each_push_message_is_taken(scene: Scenario, answered: Answered) -> None:
    scene.push_service.received.clear()

    for _time in range(2):
        answered("send_push")

    assert len(scene.push_service.received) == 2
    assert scene.push_service.refused == []


def test_an_error_of_the_stub_is_told(scene: Scenario, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(requests.ConnectionError):
        requests.post(scene.stub.url, headers={"X-Amz-Target": "Nobody.Knows"}, timeout=5)

    assert "KeyError: 'Nobody'" in capsys.readouterr().err
