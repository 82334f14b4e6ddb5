"""The frontends in examples/, in the moments in which chats are usually broken."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.common.exceptions import TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from tests.web.site import Site
from tests.web.tab import clean_tab, set_network
from tests.web.visitor_api import POST_MESSAGE, VisitorApi

pytestmark = [pytest.mark.browser, pytest.mark.long]

EXAMPLES = Path(__file__).parents[2] / "examples"
REACT = {"react": "react/umd/react.development.js", "react-dom": "react-dom/umd/react-dom.development.js"}
# React 18 is scripts for a page and modules for bundlers: here the one is given as the other.
REACT_PAGE = """<!doctype html><html lang="en"><title>A shop</title><main><h1>A shop</h1><div id="root"></div></main>
<script src="react.js"></script><script src="react-dom.js"></script>
<script type="importmap">{"imports": {"react": "./react_module.js", "react/jsx-runtime": "./react_module.js"}}</script>
<script type="module">
    import { jsx } from "react/jsx-runtime";
    import { Chat } from "./Chat.js";
    const chat = jsx(Chat, { api: "API" });
    ReactDOM.createRoot(document.querySelector("#root")).render(jsx(React.StrictMode, { children: chat }));
</script>"""
REACT_MODULE = """
export const { useEffect, useReducer, useState, Fragment } = React;
export const jsx = (type, props, key) => React.createElement(type, key === undefined ? props : { ...props, key });
export const jsxs = (type, { children, ...props }, key) =>
    React.createElement(type, key === undefined ? props : { ...props, key }, ...children);
"""


def lay_out_plain(folder: Path, api: VisitorApi, _served: Path, _modules: Path) -> None:
    page = (EXAMPLES / "plain" / "index.html").read_text("utf-8")
    (folder / "index.html").write_text(page.replace("https://api.example.com", api.root), "utf-8")


def lay_out_react(folder: Path, api: VisitorApi, served: Path, modules: Path) -> None:
    node = shutil.which("node")
    assert node, "The React example's test needs Node 20 or later"
    command = [node, str(modules / "typescript" / "bin" / "tsc"), str(EXAMPLES / "react" / "Chat.jsx")]
    options = ["--jsx", "react-jsx", "--allowJs", "--noCheck", "--module", "esnext", "--target", "es2022"]
    subprocess.run([*command, *options, "--outDir", str(folder)], check=True, capture_output=True)  # noqa: S603 - an example of ours
    for name, file in REACT.items():
        shutil.copy(modules / file, folder / f"{name}.js")
    shutil.copy(served / "client.js", folder)
    (folder / "react_module.js").write_text(REACT_MODULE, "utf-8")
    (folder / "index.html").write_text(REACT_PAGE.replace("API", api.root), "utf-8")


LAY_OUT: dict[str, Callable[[Path, VisitorApi, Path, Path], None]] = {"plain": lay_out_plain, "react": lay_out_react}


class Frontend:
    """An example in the browser's current window."""

    def __init__(self, driver: Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def visit(self) -> None:
        self.driver.get(self.url)
        self.until(lambda: self.driver.find_elements(By.CSS_SELECTOR, "textarea"), "the composer")

    def lines(self) -> list[str]:
        script = "return [...document.querySelectorAll('[role=log] li')].map((line) => line.textContent)"
        return list(self.driver.execute_script(script))

    def status(self) -> str:
        return str(self.driver.execute_script("return document.querySelector('[role=status]').textContent"))

    def say(self, text: str) -> None:
        self.driver.find_element(By.CSS_SELECTOR, "textarea").send_keys(text)
        self.press("Send")

    def press(self, text: str) -> None:
        path = f"//button[normalize-space()='{text}']"
        self.until(lambda: self.driver.find_elements(By.XPATH, path), text)
        self.driver.find_element(By.XPATH, path).click()

    def until(self, condition: Callable[[], object], what: str) -> None:
        try:
            WebDriverWait(self.driver, 15, 0.05).until(lambda _driver: condition())
        except TimeoutException:
            raise TimeoutException(f"waited for: {what}; the page shows {self.lines()}, {self.status()}") from None

    def until_lines(self, *lines: str) -> None:
        self.until(lambda: self.lines() == list(lines), str(lines))

    def set_network(self, *, is_online: bool) -> None:
        set_network(self.driver, is_online=is_online)


@pytest.fixture(scope="module", params=list(LAY_OUT))
def example(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    _running_api: VisitorApi,
    served_files: Path,
    node_modules: Path,
) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    LAY_OUT[request.param](folder, _running_api, served_files, node_modules)
    return folder


@pytest.fixture
def frontend(example: Path, api: VisitorApi, _browser: Chrome) -> Iterator[Frontend]:
    """An example on a site of its own; the port is new, so that nothing is remembered."""
    assert api.requests == []
    with Site(files={"/example": str(example)}) as site, clean_tab(_browser):
        shown = Frontend(_browser, f"{site.url}example/index.html")
        shown.visit()
        yield shown


@pytest.fixture
def talking(frontend: Frontend, api: VisitorApi) -> Frontend:
    frontend.say("Hello")
    frontend.until_lines("You: Hello")
    read = f"GET chats/{api.agent.chat.id}/messages"
    frontend.until(lambda: api.socket_count and read in api.requests, "the socket, and what it may have missed")
    api.agent.say("Hi!")
    frontend.until_lines("You: Hello", "Oona: Hi!")
    return frontend


def test_a_reload_while_sending_sends_the_text_once(talking: Frontend, api: VisitorApi) -> None:
    api.faults.delay_seconds = 1.0
    talking.say("On my way")

    talking.visit()

    talking.until_lines("You: Hello", "Oona: Hi!", "You: On my way")
    assert [message["message"] for message in api.agent.chat.messages.values()] == ["Hello", "Hi!", "On my way"]


def test_a_lost_connection_is_said_and_nothing_is_missing_afterwards(talking: Frontend, api: VisitorApi) -> None:
    talking.set_network(is_online=False)
    talking.until(lambda: talking.status() == "No connection", "the status")
    talking.say("In a tunnel")
    talking.until(lambda: "not sent yet" in talking.lines()[-1], "the text to wait")
    api.agent.say("Missed")

    talking.set_network(is_online=True)

    talking.until_lines("You: Hello", "Oona: Hi!", "Oona: Missed", "You: In a tunnel")
    talking.until(lambda: talking.status() != "No connection", "the status")


def test_two_tabs_are_one_visitor_in_one_chat(talking: Frontend, api: VisitorApi) -> None:
    first = talking.driver.current_window_handle
    talking.driver.switch_to.new_window("tab")
    talking.visit()
    talking.until_lines("You: Hello", "Oona: Hi!")

    talking.say("From the second")
    talking.until_lines("You: Hello", "Oona: Hi!", "You: From the second")
    talking.driver.switch_to.window(first)

    talking.until_lines("You: Hello", "Oona: Hi!", "You: From the second")
    assert len(api.chats.chats) == 1


def test_after_an_ended_chat_the_next_text_begins_another(talking: Frontend, api: VisitorApi) -> None:
    api.agent.end()
    talking.until(lambda: "Write to begin another" in talking.status(), "the status")

    talking.say("One more thing")

    talking.until_lines("You: Hello", "Oona: Hi!", "You: One more thing")
    assert len(api.chats.chats) == 2


def test_a_text_that_came_too_late_goes_into_a_new_chat(talking: Frontend, api: VisitorApi) -> None:
    api.faults.loses_frames = True
    api.faults.meanwhile.append((POST_MESSAGE, api.agent.end))
    talking.say("Too late")
    talking.until(lambda: "not sent" in talking.lines()[-1], "the text to stay")

    talking.press("Retry")

    talking.until_lines("You: Hello", "Oona: Hi!", "You: Too late")
    assert [message["message"] for message in api.agent.chat.messages.values()] == ["Too late"]


def test_a_removed_message_is_gone(talking: Frontend, api: VisitorApi) -> None:
    slip = api.agent.say("A slip of the pen")
    talking.until(lambda: "A slip of the pen" in talking.lines()[-1], "the message")

    api.agent.remove(slip)

    talking.until_lines("You: Hello", "Oona: Hi!")


def test_a_chat_can_be_ended(talking: Frontend, api: VisitorApi) -> None:
    talking.press("End chat")

    talking.until(lambda: "Write to begin another" in talking.status(), "the status")
    assert api.agent.chat.view["status"] == "ended"


def test_axe_finds_nothing(talking: Frontend, axe_script: str) -> None:
    talking.driver.execute_script(axe_script)

    found = talking.driver.execute_async_script("axe.run().then((result) => arguments[0](result.violations))")

    assert [(violation["id"], violation["nodes"][0]["html"]) for violation in found] == []


def test_the_plain_example_is_what_the_documentation_shows_in_forty_lines() -> None:
    example = (EXAMPLES / "plain" / "index.html").read_text("utf-8")

    shown = (EXAMPLES.parent / "docs" / "client.md").read_text("utf-8")

    assert f"```html\n{example}```\n" in shown
    assert len(example.splitlines()) <= 40
