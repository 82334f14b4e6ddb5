"""Nothing that a visitor writes is lost, whatever the browser does, in Chromium, Firefox and WebKit."""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.remote.webdriver import WebDriver
from tests.web.browser import ENGINES, NoBrowser, chromium, firefox
from tests.web.page import ChatPage
from tests.web.site import Site
from tests.web.visitor_api import POST_MESSAGE, Refused, VisitorApi

pytestmark = pytest.mark.browser

PRIVACY = Path(__file__).parents[2] / "docs" / "privacy.md"
BLOCK_ALL_COOKIES: dict[str, Callable[[], AbstractContextManager[WebDriver]]] = {
    "chromium": lambda: chromium(preferences={"profile.default_content_setting_values.cookies": 2}),
    "firefox": lambda: firefox(preferences={"network.cookie.cookieBehavior": 2}),
}
# Powers of two, down to the last character that fits.
FILL_STORAGE = """
    for (let size = 2 ** 23, count = 0; size >= 1; size /= 2)
        try { for (;;) { localStorage.setItem(`filler ${count}`, "x".repeat(size)); count += 1; } } catch {}
"""
ALWAYS_OFFLINE = "<script>Object.defineProperty(Navigator.prototype, 'onLine', {get: () => false})</script>"
NOTE_RETURNS = "<script>addEventListener('pageshow', ({persisted}) => { window.isBack = persisted; })</script>"


def in_each(engines: Iterable[str]) -> list[Any]:
    """Chromium at every change; the others, which take long to start, in `make proof`."""
    return [pytest.param(name, marks=() if name == "chromium" else pytest.mark.long) for name in engines]


@pytest.fixture
def site(api: VisitorApi) -> Iterator[Site]:
    """Somebody's site, on an origin of its own."""
    with Site() as running:
        running.body = body_with(api, "<visitor-chat></visitor-chat>")
        yield running


def body_with(api: VisitorApi, elements: str) -> str:
    return f'<p>Our jackets</p><script type="module" src="{api.page_url}/widget.js"></script>{elements}'


@pytest.fixture(scope="module", params=in_each(ENGINES))
def _engine(request: pytest.FixtureRequest, _browser: Chrome) -> Iterator[WebDriver]:
    if request.param == "chromium":
        yield _browser
    else:
        yield from started(ENGINES[request.param])


@pytest.fixture
def anywhere(_engine: WebDriver, site: Site) -> Iterator[ChatPage]:
    """The site in each of the browsers, where it has never been seen before: its port is new."""
    yield ChatPage(_engine, site.url)
    _engine.get("about:blank")


@pytest.fixture(params=in_each(BLOCK_ALL_COOKIES))
def without_storage(request: pytest.FixtureRequest, site: Site) -> Iterator[ChatPage]:
    """The site in browsers whose user blocks all cookies, and with them storage and locks."""
    yield from (ChatPage(driver, site.url) for driver in started(BLOCK_ALL_COOKIES[request.param]))


def started(start: Callable[[], AbstractContextManager[WebDriver]]) -> Iterator[WebDriver]:
    """Start a browser; what is not tested for want of one is said last."""
    try:
        with start() as driver:
            yield driver
    except NoBrowser as missing:
        pytest.skip(str(missing))


def show(page: ChatPage) -> None:
    page.visit()
    page.until_shown(".launcher")
    page.open()
    page.until_status("online")


def said_to(api: VisitorApi) -> list[str]:
    return [message["message"] for message in api.agent.chat.messages.values()]


def test_without_storage_the_chat_works_for_this_page(without_storage: ChatPage, api: VisitorApi) -> None:
    show(without_storage)

    without_storage.say_and_wait("Hello")
    api.agent.say("Hi!")
    without_storage.until_said("Hi!")
    without_storage.say_and_wait("One more thing")

    assert without_storage.call("try { return localStorage.length } catch { return 'refused' }") == "refused"
    assert said_to(api) == ["Hello", "Hi!", "One more thing"]


def test_a_text_that_is_sent_while_the_page_is_closed_arrives(without_storage: ChatPage, api: VisitorApi) -> None:
    driver, first = without_storage.driver, without_storage.driver.current_window_handle
    driver.switch_to.new_window("tab")
    show(without_storage)
    api.faults.delay_seconds = 0.5  # also for the preflight, so that the page is gone before the text is on its way
    without_storage.say("I have to go")

    driver.close()

    driver.switch_to.window(first)
    without_storage.wait.until(lambda _driver: api.chats.chats and said_to(api) == ["I have to go"])


def test_with_a_full_storage_nothing_vanishes(anywhere: ChatPage, api: VisitorApi) -> None:
    anywhere.visit()
    anywhere.driver.execute_script(FILL_STORAGE)
    show(anywhere)

    anywhere.say_and_wait("Hello")
    api.agent.say("Hi!")
    anywhere.until_said("Hi!")
    anywhere.write("Half a sen")

    assert anywhere.call("return chat.unread") == 0
    assert anywhere.draft() == "Half a sen"
    assert said_to(api) == ["Hello", "Hi!"]


def test_a_page_that_comes_back_goes_on_with_what_the_next_one_began(
    anywhere: ChatPage, api: VisitorApi, site: Site
) -> None:
    site.body += NOTE_RETURNS

    assert any(comes_back_as_it_was_left(anywhere, api, site) for _ in range(5))

    anywhere.until_said("From the next page")
    anywhere.say_and_wait("From the first page")

    assert len(api.chats.chats) == 1
    assert said_to(api) == ["From the next page", "From the first page"]


def comes_back_as_it_was_left(page: ChatPage, api: VisitorApi, site: Site) -> bool:
    """Go to a next page, begin a chat there, and back. A browser that is busy may have given the first page up."""
    api.reset()
    page.url = site.url
    page.visit()
    page.driver.execute_script("localStorage.clear()")
    page.visit()
    page.until_shown(".launcher")
    page.call("return chat.open()")  # Firefox keeps no page that a driver has clicked on
    page.until_status("online")
    page.url = f"{site.url}?next"
    show(page)
    page.say_and_wait("From the next page")

    page.driver.back()
    page.until(lambda: page.call("return location.search") == "", "the first page")
    page.until(lambda: page.call("return window.isBack !== undefined"), "the page to be shown")
    return bool(page.call("return window.isBack"))


def test_two_elements_on_a_page_share_one_conversation(anywhere: ChatPage, api: VisitorApi, site: Site) -> None:
    inline = '<visitor-chat mode="inline" style="height: 500px" id="second"></visitor-chat>'
    site.body = body_with(api, f"<visitor-chat></visitor-chat>{inline}")
    show(anywhere)

    anywhere.say_and_wait("From the launcher")
    anywhere.driver.execute_script("document.querySelector('visitor-chat').remove()")
    anywhere.until_said("From the launcher")
    anywhere.say_and_wait("From the page")

    assert len(api.chats.chats) == 1
    assert said_to(api) == ["From the launcher", "From the page"]
    anywhere.until(lambda: api.socket_count == 1, "the socket")
    assert api.requests.count("POST realtime") == 1


def test_a_browser_that_is_wrongly_offline_sends_all_the_same(anywhere: ChatPage, api: VisitorApi, site: Site) -> None:
    site.body = ALWAYS_OFFLINE + site.body
    show(anywhere)

    anywhere.driver.execute_script("dispatchEvent(new Event('offline'))")
    anywhere.say_and_wait("Hello")
    api.agent.say("Hi!")

    anywhere.until_said("Hi!")
    anywhere.until(lambda: not anywhere.shows(".bar"), "no word of a connection")


def test_a_browser_that_is_offline_says_so_and_tries(page: ChatPage, api: VisitorApi) -> None:
    page.visit()
    page.until_status("online")
    page.set_network(is_online=False)
    page.until_notice("No connection")

    page.say("From a tunnel")
    page.until_state("From a tunnel", "Not sent yet")
    page.set_network(is_online=True)

    page.until_state("From a tunnel", "Sent")
    page.until(lambda: not page.shows(".bar"), "the notice to go")
    assert said_to(api) == ["From a tunnel"]


def test_a_socket_that_the_stack_does_not_know_is_opened_anew_at_once(anywhere: ChatPage, api: VisitorApi) -> None:
    api.faults.unknown_sockets = 1
    show(anywhere)

    anywhere.say_and_wait("Hello")
    api.agent.say("Hi!")

    anywhere.until_said("Hi!")
    anywhere.until(lambda: api.socket_count == 1, "a socket that is known")
    assert api.requests.count("POST realtime") == 2


def test_the_browser_keeps_what_the_privacy_page_names_and_nothing_else(page: ChatPage, api: VisitorApi) -> None:
    page.visit()
    page.until_status("online")
    page.part("input").send_keys("Maija")
    page.choose("sound")
    page.say_and_wait("Hello")
    api.agent.say("Hi!")
    page.until_said("Hi!")
    api.faults.refuse(POST_MESSAGE, Refused(400, "invalid_request"))
    page.say("Reluctant")
    page.until_state("Reluctant", "Not sent")
    page.write("Half a sen")

    kept = page.call("return Object.keys(localStorage).map((key) => key.split(' ').slice(2).join(' '))")

    section = PRIVACY.read_text("utf-8").partition("## What the browser keeps")[2].partition("\n## ")[0]
    named = re.findall(r"^\| `(.+?)` \|", section, re.MULTILINE)
    of_push = ["push"]  # with a subscription: test_push.py
    assert sorted([re.sub(r"[\w-]{36}$", "<id>", name) for name in kept] + of_push) == sorted(named)


class TestRoundTrips:
    def test_the_first_message_costs_a_start_a_ticket_and_a_read(self, anywhere: ChatPage, api: VisitorApi) -> None:
        show(anywhere)
        api.requests.clear()

        anywhere.say_and_wait("Hello")
        anywhere.until_live(api)

        assert api.requests == ["POST chats", "POST realtime", f"GET chats/{api.agent.chat.id}/messages"]

    def test_the_next_messages_cost_one_request_each_and_one_preflight_in_all(
        self, anywhere: ChatPage, api: VisitorApi
    ) -> None:
        show(anywhere)
        anywhere.say_and_wait("Hello")
        anywhere.until_live(api)
        api.requests.clear()
        api.preflights.clear()

        for text in ("one", "two", "three"):
            anywhere.say_and_wait(text)

        address = f"chats/{api.agent.chat.id}/messages"
        assert api.requests == [f"POST {address}"] * 3
        assert api.preflights == [f"OPTIONS {address}"]

    def test_the_next_page_costs_a_read_and_a_ticket(self, anywhere: ChatPage, api: VisitorApi) -> None:
        show(anywhere)
        anywhere.say_and_wait("Hello")
        anywhere.until_live(api)
        api.requests.clear()

        anywhere.visit()
        anywhere.until_shown(".launcher")
        # A socket that is there may still be that of the page before.
        anywhere.until(lambda: "POST realtime" in api.requests, "the ticket")
        anywhere.until_live(api)
        anywhere.open()
        anywhere.until_said("Hello")

        assert sorted(api.requests) == [f"GET chats/{api.agent.chat.id}/messages", "POST realtime"]
