"""Visitors who chat while something breaks: one by the API, and one at a page, in a browser."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import requests
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from giosg_client.errors import GiosgError
from operations import replay
from operations.gameday.troubles import Scene
from operations.stacks.deployed import DeployedStack

TIMEOUT_SECONDS = 40.0
BROWSERS = ("chromium", "google-chrome", "chromium-browser")
QUIET = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--lang=en")
SHOWN = "return document.querySelector('visitor-chat')?.shadowRoot.querySelector('.panel')?.innerText ?? ''"
NO_NEWS = ("From the page", "You are still in line", "Still no agent is free")
"""What was said there, and what the page says of itself to who waits for an answer for long."""
SAY = """
    const root = document.querySelector('visitor-chat').shadowRoot, field = root.querySelector('textarea');
    if (field) {
        field.value = arguments[0];
        field.dispatchEvent(new Event('input', { bubbles: true }));
        root.querySelector('.send').click();
    }
"""


@dataclass(slots=True)
class ApiVisitor:
    """Somebody in a chat, who looks for agents, says something and starts another chat in each round."""

    scene: Scene
    stack: DeployedStack
    chat_id: str
    token: str
    said: int = 0

    @classmethod
    def in_chat(cls, scene: Scene, stack: DeployedStack) -> "ApiVisitor":
        answer = requests.post(f"{stack.api_url}/chats", json={"message": "Hello"}, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        made = answer.json()
        scene.giosg.agent.join(made["chat"]["id"])
        return cls(scene, stack, made["chat"]["id"], made["visitor_token"])

    def act(self) -> None:
        """Do what visitors and an agent do; whatever comes of it."""
        self.said += 1
        self._ask("GET", "/availability")
        self._ask("POST", f"/chats/{self.chat_id}/messages", {"message": f"Question {self.said}"})
        self._ask("POST", "/chats", {"message": "Is anybody there?"})
        with suppress(LookupError, ValueError, GiosgError):
            self.scene.giosg.agent.say(self.chat_id, f"Answer {self.said}")
        replay.replay_chat(self.stack, self.chat_id)

    def _ask(self, method: str, path: str, body: Any = None) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if "/messages" in path else {}
        with suppress(requests.RequestException):
            url = f"{self.stack.api_url}{path}"
            requests.request(method, url, json=body, headers=headers, timeout=TIMEOUT_SECONDS)


@dataclass(slots=True)
class Page:
    """The visitor's page; without a browser nobody looks at it."""

    driver: Chrome | None
    url: str
    said: int = 0
    usual: set[str] = field(default_factory=set)

    def visit(self) -> None:
        if self.driver:
            self.driver.get(self.url)

    def act(self) -> None:
        self.said += 1
        if self.driver:
            with suppress(WebDriverException):
                self.driver.execute_script(SAY, f"From the page, {self.said}")

    def lines(self) -> list[str]:
        """Return the lines that the page shows, what was said in the chat left out."""
        if self.driver is None:
            return []
        with suppress(WebDriverException):
            shown = [line.strip() for line in str(self.driver.execute_script(SHOWN)).splitlines()]
            return [line for line in shown if line and not line.startswith(NO_NEWS)]
        return []


@contextmanager
def page_of(stack: DeployedStack) -> Iterator[Page]:
    """Open the stack's page in a browser, if there is one."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    url, driver_path = f"{stack.api_url}/chat", shutil.which("chromedriver")
    if browser is None or driver_path is None:
        yield Page(None, url)
        return
    options = ChromeOptions()
    options.binary_location = browser
    for argument in QUIET:
        options.add_argument(argument)
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        page = Page(driver, url)
        page.visit()
        yield page
    finally:
        driver.quit()
