"""The visitor's page as a visitor handles it, wherever it is served from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from selenium.common.exceptions import (
    JavascriptException,
    NoSuchElementException,
    StaleElementReferenceException,
    TimeoutException,
)
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait
from tests.web.tab import set_network
from tests.web.visitor_api import VisitorApi

# Made before any script of the page runs: what the page's policy refused.
WATCH_VIOLATIONS = """
    window.violations = [];
    addEventListener("securitypolicyviolation", ({violatedDirective: broken, blockedURI: by}) => {
        violations.push(`${broken} ${by}`);
    });
"""
# What every look at the chat begins with. One script sees at once what a driver's own commands would take four to see.
LOOK = """
    const chat = document.querySelector("visitor-chat");
    const part = (selector) => chat?.shadowRoot.querySelector(selector) ?? null;
    const isShown = (found) => Boolean(found?.checkVisibility({visibilityProperty: true}));
    const textOf = (found) => isShown(found)
        ? found.innerText.split("\\n").map((line) => line.trim()).filter(Boolean).join("\\n")
        : "";
    const write = (text) => {
        part("textarea").value = text;
        return part("textarea").dispatchEvent(new Event("input", { bubbles: true }));
    };
    const send = () => (part(".send").click(), true);
    const inside = (row, selector) => row.querySelector(selector)?.textContent.trim() ?? null;
    const rows = () => [...chat.shadowRoot.querySelectorAll(".row")].map((row) => ({
        kind: ["visitor", "agent", "system", "aside"].find((kind) => row.classList.contains(kind)),
        text: inside(row, ".bubble, .emoji, .notice"),
        name: inside(row, "bdi"),
        state: inside(row, ".state"),
    }));
"""
# Looks every 20 ms, inside the page; for a second at a time, because a page that goes meanwhile answers nothing.
WATCH = """
    const [wanted, done] = arguments;
    const end = performance.now() + 1000;
    (function again() {
        let isMet = false;
        try { isMet = Boolean(CONDITION); } catch { /* The chat is not there yet. */ }
        if (isMet || performance.now() > end) done(isMet);
        else setTimeout(again, 20);
    })();
"""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the conversation: `kind` is visitor, agent, system or aside (a notice)."""

    kind: str
    text: str | None
    name: str | None
    state: str | None


class ChatPage:
    """A page with a <visitor-chat> in the browser's current window; a context manager in Chromium."""

    def __init__(self, driver: WebDriver, url: str, *, patience_seconds: float = 15.0) -> None:
        self.driver = driver
        self.url = url
        passing = [StaleElementReferenceException, JavascriptException]
        self.wait = WebDriverWait(driver, patience_seconds, 0.05, passing)
        self._scripts: list[str] = []
        if isinstance(driver, Chrome):
            self.run_first(WATCH_VIOLATIONS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for identifier in self._scripts:
            self.chrome.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", {"identifier": identifier})

    def visit(self) -> None:
        self.driver.get(self.url)

    def reload(self) -> None:
        self.driver.refresh()

    # --- Looking

    def look(self, expression: str, *wanted: str) -> Any:
        """Return what an expression over `LOOK` comes to; `wanted` is what it looks for."""
        return self.driver.execute_script(f"{LOOK} const wanted = [...arguments]; return {expression}", *wanted)

    def part(self, selector: str) -> WebElement:
        found: WebElement | None = self.look("part(wanted[0])", selector)
        if found is None:
            raise NoSuchElementException(selector)
        return found

    def shows(self, selector: str) -> bool:
        return bool(self.look("isShown(part(wanted[0]))", selector))

    def rows(self) -> list[Row]:
        return [Row(**row) for row in self.look("rows()")]

    def said(self) -> list[str | None]:
        return [row.text for row in self.rows()]

    def state_of(self, text: str) -> str | None:
        return next((row.state for row in self.rows() if row.text == text), None)

    def text_of(self, selector: str) -> str:
        """Return the lines that the page shows there."""
        return str(self.look("textOf(part(wanted[0]))", selector))

    def until(self, condition: Callable[[], object], what: str) -> None:
        try:
            self.wait.until(lambda _driver: condition())
        except TimeoutException:
            raise TimeoutException(f"waited for: {what}; the page shows {self.rows()}") from None

    def until_seen(self, condition: str, *wanted: str) -> None:
        """Wait for an expression, as in `look`, to hold."""
        watch = LOOK + WATCH.replace("CONDITION", condition)
        self.until(lambda: self.driver.execute_async_script(watch, wanted), f"{condition}: {wanted}")

    def until_said(self, text: str) -> None:
        self.until_seen("rows().some((row) => row.text === wanted[0])", text)

    def until_state(self, text: str, state: str) -> None:
        condition = "rows().find((row) => row.text === wanted[0])?.state?.startsWith(wanted[1])"
        self.until_seen(condition, text, state)

    def until_shown(self, selector: str) -> None:
        self.until_seen("isShown(part(wanted[0]))", selector)

    def until_text(self, selector: str, text: str) -> None:
        """Wait until a text is shown there, among others."""
        self.until_seen("textOf(part(wanted[0])).includes(wanted[1])", selector, text)

    def until_status(self, text: str) -> None:
        self.until_text(".status", text)

    def until_notice(self, text: str) -> None:
        self.until_text(".bar", text)

    def until_live(self, api: VisitorApi) -> None:
        """Wait until the chat has its socket and is through with its first read: what happens next it hears at once."""
        self.until(lambda: api.socket_count == 1, "the socket")
        self.until_seen("performance.getEntriesByType('resource').some(({ name }) => name.includes('/messages?'))")

    def settle(self) -> None:
        """Wait until nothing moves any more: what still comes in has other colours and another size."""
        self.until_seen("!chat.shadowRoot.getAnimations().length")

    # --- Acting

    def open(self) -> None:
        """Open the chat where it is behind a launcher, and wait until one can write."""
        if self.shows(".launcher") and not self.shows(".panel"):
            self.part(".launcher").click()
        self.until_shown(".panel")

    def choose(self, entry: str) -> None:
        """Choose an entry of the menu: `sound`, `save`, `end` or `forget`."""
        self.press(".more > .tool")
        self.press(f".menu .entry:nth-child({('sound', 'save', 'end', 'forget').index(entry) + 1})")

    def write(self, text: str) -> None:
        """Put a text into the composer, also one that a driver cannot type (emoji)."""
        self.until_seen("isShown(part('textarea')) && write(wanted[0])", text)

    def say(self, text: str) -> None:
        """Write a text and send it, at once: a driver's click is ten times the work, and `press` has it."""
        self.until_seen("isShown(part('textarea')) && write(wanted[0]) && send()", text)

    def say_and_wait(self, text: str) -> None:
        self.say(text)
        self.until_state(text, "Sent")

    def press(self, selector: str) -> None:
        self.until_shown(selector)
        self.part(selector).click()

    def type_keys(self, *keys: str) -> None:
        """Type wherever the focus is."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def draft(self) -> str:
        return str(self.part("textarea").get_property("value"))

    def focused(self) -> str:
        """Return the tag and class of what has the focus inside the chat."""
        return str(self.call("const a = chat.shadowRoot.activeElement; return a && `${a.localName}.${a.className}`"))

    def call(self, script: str) -> Any:
        """Run a script with `chat` as the element."""
        return self.driver.execute_script(f"const chat = document.querySelector('visitor-chat'); {script}")

    # --- The browser around it, as Chromium alone lets it be changed

    @property
    def chrome(self) -> Chrome:
        assert isinstance(self.driver, Chrome)
        return self.driver

    def run_first(self, script: str) -> None:
        """Run a script before any of the page's own, from its next visit on and as long as this is used."""
        added = self.chrome.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})
        self._scripts.append(added["identifier"])

    def set_network(self, *, is_online: bool) -> None:
        set_network(self.chrome, is_online=is_online)

    def prefer_languages(self, languages: str) -> None:
        """Be a browser whose user prefers these, as in `de,sv`."""
        agent = self.driver.execute_script("return navigator.userAgent")
        told = {"userAgent": agent, "acceptLanguage": languages}
        self.chrome.execute_cdp_cmd("Emulation.setUserAgentOverride", told)

    def set_scheme(self, scheme: str, *, are_colours_forced: bool = False) -> None:
        forced = {"name": "forced-colors", "value": "active" if are_colours_forced else "none"}
        features = [{"name": "prefers-color-scheme", "value": scheme}, forced]
        self.chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def set_size(self, width: int, height: int, *, scale: float = 1, is_touch: bool = False) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": is_touch}
        self.chrome.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.chrome.execute_cdp_cmd("Emulation.setTouchEmulationEnabled", {"enabled": is_touch})

    def violations(self) -> list[str]:
        return list(self.driver.execute_script("return window.violations ?? []"))

    def console_errors(self, *, with_network: bool = True) -> list[str]:
        """Return the errors logged since the last look; without the network's, those of the page's own doing."""
        entries: list[dict[str, str]] = self.chrome.get_log("browser")  # type: ignore[no-untyped-call] # selenium has no types here
        severe = [entry for entry in entries if entry["level"] == "SEVERE"]
        return [entry["message"] for entry in severe if with_network or entry["source"] != "network"]


TAB = Keys.TAB
ENTER = Keys.ENTER
ESCAPE = Keys.ESCAPE
DOWN = Keys.ARROW_DOWN
SHIFT = Keys.SHIFT
