"""Chromium's DevTools protocol for what a driver cannot do: service workers (https://chromedevtools.github.io/devtools-protocol)."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import requests
from selenium.webdriver.remote.webdriver import WebDriver
from websockets.sync.client import ClientConnection, connect

PATIENCE_SECONDS = 15.0

Json = dict[str, Any]


class Target:
    """A page or a worker, and what its protocol says."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._numbers = itertools.count(1)
        self.events: list[Json] = []

    def do(self, method: str, **params: Any) -> Json:
        """Ask for something and return the answer."""
        number = next(self._numbers)
        self._connection.send(json.dumps({"id": number, "method": method, "params": params}))
        answer = self._read(lambda said: said.get("id") == number)
        assert "error" not in answer, answer
        result: Json = answer["result"]
        return result

    def event(self, method: str, is_wanted: Callable[[Json], bool]) -> Json:
        """Return the params of an event, one that has come or the next that does."""

        def is_it(said: Json) -> bool:
            return said.get("method") == method and is_wanted(said["params"])

        known = next(filter(is_it, self.events), None)
        params: Json = (known or self._read(is_it))["params"]
        return params

    def run(self, script: str) -> Any:
        """Run an expression, and return what it comes to."""
        ran = self.do("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in ran, ran["exceptionDetails"]
        return ran["result"].get("value")

    def _read(self, is_wanted: Callable[[Json], bool]) -> Json:
        while True:
            said: Json = json.loads(self._connection.recv(timeout=PATIENCE_SECONDS))
            if "method" in said:
                self.events.append(said)
            if is_wanted(said):
                return said


@contextmanager
def target(driver: WebDriver, is_wanted: Callable[[Json], bool]) -> Iterator[Target]:
    """Attach to a page or a worker, beside the driver."""
    address = driver.capabilities["goog:chromeOptions"]["debuggerAddress"]
    listed = requests.get(f"http://{address}/json/list", timeout=PATIENCE_SECONDS).json()
    found = next(each for each in listed if is_wanted(each))
    with connect(found["webSocketDebuggerUrl"], max_size=None) as connection:
        yield Target(connection)
