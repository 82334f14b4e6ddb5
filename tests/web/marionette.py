"""Firefox without geckodriver: Selenium's commands, spoken to the browser in its own protocol.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html: JSON over TCP, each packet behind its length;
the commands are those of WebDriver under names of their own.
"""

import json
import socket
from typing import Any, cast

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.options import ArgOptions
from selenium.webdriver.remote.command import Command
from selenium.webdriver.remote.errorhandler import ErrorHandler
from selenium.webdriver.remote.remote_connection import RemoteConnection
from selenium.webdriver.remote.webdriver import WebDriver

COMMAND, RESPONSE = 0, 1
TIMEOUT_SECONDS = 60
# Selenium's name for a command: Marionette's.
NAMES = {
    Command.NEW_SESSION: "NewSession",
    Command.QUIT: "DeleteSession",
    Command.GET: "Navigate",
    Command.GO_BACK: "Back",
    Command.GO_FORWARD: "Forward",
    Command.REFRESH: "Refresh",
    Command.GET_TITLE: "GetTitle",
    Command.GET_CURRENT_URL: "GetCurrentURL",
    Command.W3C_EXECUTE_SCRIPT: "ExecuteScript",
    Command.W3C_EXECUTE_SCRIPT_ASYNC: "ExecuteAsyncScript",
    Command.FIND_ELEMENT: "FindElement",
    Command.FIND_ELEMENTS: "FindElements",
    Command.GET_SHADOW_ROOT: "GetShadowRoot",
    Command.FIND_ELEMENT_FROM_SHADOW_ROOT: "FindElementFromShadowRoot",
    Command.CLICK_ELEMENT: "ElementClick",
    Command.SEND_KEYS_TO_ELEMENT: "ElementSendKeys",
    Command.GET_ELEMENT_TEXT: "GetElementText",
    Command.GET_ELEMENT_PROPERTY: "GetElementProperty",
    Command.W3C_GET_ACTIVE_ELEMENT: "GetActiveElement",
    Command.W3C_ACTIONS: "PerformActions",
    Command.W3C_CLEAR_ACTIONS: "ReleaseActions",
    Command.NEW_WINDOW: "NewWindow",
    Command.SWITCH_TO_WINDOW: "SwitchToWindow",
    Command.W3C_GET_WINDOW_HANDLES: "GetWindowHandles",
    Command.W3C_GET_CURRENT_WINDOW_HANDLE: "GetWindowHandle",
    Command.CLOSE: "CloseWindow",
    Command.SET_WINDOW_RECT: "SetWindowRect",
    Command.SCREENSHOT: "TakeScreenshot",
}
# Where the two name an argument differently.
ARGUMENTS = {"shadowId": "shadowRoot", "windowHandle": "handle"}


class MarionetteConnection:
    """Takes the place of Selenium's HTTP connection to a driver."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_SECONDS)
        self._stream = self._socket.makefile("rb")
        self._sent = 0
        self._receive()  # the browser's greeting
        self.client_config = None

    def execute(self, command: str, params: dict[str, Any]) -> dict[str, Any]:
        """Return the answer as Selenium takes it, or raise the error that it has for it."""
        arguments = {ARGUMENTS.get(name, name): value for name, value in params.items() if name != "sessionId"}
        if command == Command.NEW_SESSION:
            arguments = arguments["capabilities"]["alwaysMatch"]
        answer = self._call(f"WebDriver:{NAMES[command]}", arguments)
        if command == Command.NEW_SESSION:
            return {"value": answer}
        is_wrapped = isinstance(answer, dict) and set(answer) == {"value"}
        return {"value": answer["value"] if is_wrapped else answer}

    def close(self) -> None:
        self._stream.close()
        self._socket.close()

    def _call(self, name: str, arguments: dict[str, Any]) -> Any:
        self._sent += 1
        packet = json.dumps([COMMAND, self._sent, name, arguments]).encode()
        self._socket.sendall(b"%d:%s" % (len(packet), packet))
        kind, number, error, answer = self._receive()
        if (kind, number) != (RESPONSE, self._sent):
            raise WebDriverException(f"{name} was answered out of turn")
        if error:
            ErrorHandler().check_response({"status": 500, "value": json.dumps({"value": error})})
        return answer

    def _receive(self) -> Any:
        length = b""
        while (character := self._stream.read(1)) != b":":
            if not character:
                raise WebDriverException("Firefox has gone")
            length += character
        return json.loads(self._stream.read(int(length)))


class MarionetteDriver(WebDriver):
    """Selenium's driver, over such a connection."""

    def __init__(self, connection: MarionetteConnection, options: ArgOptions) -> None:
        super().__init__(command_executor=cast(RemoteConnection, connection), options=options)
