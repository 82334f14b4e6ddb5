"""Answers told with the page closed: what the page offers, and what its service worker does with what comes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.web.devtools import target
from tests.web.page import ChatPage
from tests.web.site import Site
from tests.web.visitor_api import Refused, VisitorApi

pytestmark = [pytest.mark.browser, pytest.mark.long]

KEY = "BA3Ze2g-75VED4w6GMYc94aKRiZo0jQeX8dRhsreEH20iWCeESK_DqM3XflduI5CP-g1kdiutlZHjbleNS3k58o"
OFFER = "Tell me when there is an answer"
TOLD = "You will be told here, also with the page closed."
# A headless browser has no push service: this stands in for what it answers, and nothing else.
PUSH_SERVICE = """
    const kept = () => JSON.parse(sessionStorage.getItem("subscribed") ?? "null");
    const plain = (key) => atob(key.replace(/-/g, "+").replace(/_/g, "/"));
    const made = ({ endpoint, key }) => ({
        endpoint,
        options: { applicationServerKey: Uint8Array.from(plain(key), (letter) => letter.charCodeAt(0)).buffer },
        toJSON: () => ({ endpoint, expirationTime: null, keys: { p256dh: "browser-key", auth: "auth-secret" } }),
        unsubscribe: async () => (sessionStorage.removeItem("subscribed"), true),
    });
    PushManager.prototype.getSubscription = async () => kept() && made(kept());
    PushManager.prototype.subscribe = async ({ userVisibleOnly, applicationServerKey: key }) => {
        if (!userVisibleOnly) throw new DOMException("silent", "NotAllowedError");
        const endpoint = `https://push.example.com/${Math.random()}`;
        sessionStorage.setItem("subscribed", JSON.stringify({ endpoint, key }));
        return made(kept());
    };
"""
NOTICES = """
    const done = arguments[arguments.length - 1];
    navigator.serviceWorker.getRegistration(arguments[0])
        .then((registration) => registration?.getNotifications() ?? [])
        .then((all) => done(all.map(({ title, body, tag, lang }) => ({ title, body, tag, lang }))));
"""
# No click of a person's reaches a headless browser's notices, and without one nothing may be opened or focused: what
# would be is noted.
CLICK = """
(async () => {
    const opened = [];
    const clients = self.clients;
    clients.openWindow = async (url) => void opened.push(url);
    WindowClient.prototype.focus = async function () { opened.push(`focus ${this.url}`); };
    const [notification] = await registration.getNotifications();
    let work;
    const event = new NotificationEvent("notificationclick", { notification });
    event.waitUntil = (promise) => (work = promise);
    self.dispatchEvent(event);
    await work;
    return opened;
})()
"""


@pytest.fixture
def offering(page: ChatPage, api: VisitorApi) -> ChatPage:
    """Return the page of a visitor who may be told, on a stack that tells."""
    api.chats.push_key = KEY
    allow_push(page)
    return page


def allow_push(page: ChatPage) -> None:
    """Let the browser have a push service, and its user agree to notices."""
    page.run_first(PUSH_SERVICE)
    origin = page.url.partition("/_")[0]
    page.chrome.execute_cdp_cmd("Browser.grantPermissions", {"origin": origin, "permissions": ["notifications"]})


def wait_long(page: ChatPage, api: VisitorApi, *, minutes: float = 2) -> None:
    """Say something that nobody answers for minutes."""
    page.say_and_wait("Hello")
    page.until(lambda: api.socket_count, "the socket")
    since = (datetime.now(UTC) - timedelta(minutes=minutes)).isoformat()
    api.chats.change_chat(api.agent.chat, waiting_since=since)


def exchange(page: ChatPage, api: VisitorApi) -> None:
    """Say something and hear something: time enough for what the page would ask for or show."""
    page.say_and_wait("Anybody?")
    api.agent.say("One moment")
    page.until_said("One moment")


def agree(page: ChatPage) -> None:
    page.until(lambda: page.text_of(".push") == OFFER, "the offer")
    page.press(".push .link")
    page.until_text(".push", TOLD)


def subscribed(api: VisitorApi) -> list[dict[str, Any]]:
    return [body for bodies in api.chats.subscriptions.values() for body in bodies.values()]


def push(page: ChatPage, message: dict[str, Any]) -> None:
    """Let the browser's push service deliver a message to the page's worker."""
    here = page.driver.current_url
    with target(page.driver, lambda each: each["type"] == "page" and each["url"] == here) as tab:
        tab.do("ServiceWorker.enable")
        found = tab.event("ServiceWorker.workerRegistrationUpdated", lambda params: bool(in_use(params)))
        registration = in_use(found)[-1]
        origin = registration["scopeURL"].split("/", 3)
        tab.do(
            "ServiceWorker.deliverPushMessage",
            origin="/".join(origin[:3]),
            registrationId=registration["registrationId"],
            data=json.dumps(message),
        )


def in_use(params: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the registrations of an event that tells of those of earlier tests too."""
    return [registration for registration in params["registrations"] if not registration["isDeleted"]]


def notices(page: ChatPage, worker: str = "./chat/worker.js") -> list[dict[str, str]]:
    found: list[dict[str, str]] = page.driver.execute_async_script(NOTICES, worker)
    return found


NOTICE = {
    "visitor_chat": 1,
    "chat_id": "6e0b7c34",
    "title": "Sait vastauksen",
    "body": "Avaa se.",
    "lang": "fi",
}


class TestOffer:
    def test_is_made_once_there_is_something_to_wait_for(self, offering: ChatPage, api: VisitorApi) -> None:
        offering.visit()
        offering.until_status("online")
        offering.say_and_wait("Hello")
        offering.until_live(api)
        exchange(offering, api)
        assert "GET push" not in api.requests

        since = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
        api.chats.change_chat(api.agent.chat, waiting_since=since)

        offering.until(lambda: offering.text_of(".push") == OFFER, "the offer")
        assert subscribed(api) == []

    def test_is_made_with_a_message_that_waits(self, offering: ChatPage, api: VisitorApi) -> None:
        api.chats.is_online, api.chats.holds_messages = False, True
        offering.visit()
        offering.until_status("away")
        offering.say("Do you mend boots?")

        agree(offering)

        assert len(subscribed(api)) == 1

    def test_is_gone_once_there_is_an_answer(self, offering: ChatPage, api: VisitorApi) -> None:
        offering.visit()
        wait_long(offering, api)
        offering.until_shown(".push")

        api.agent.join()

        offering.until(lambda: not offering.shows(".push"), "the offer to go")

    def test_is_not_made_by_a_stack_that_tells_nobody(self, offering: ChatPage, api: VisitorApi) -> None:
        api.chats.push_key = None
        offering.visit()
        wait_long(offering, api)

        offering.until(lambda: "GET push" in api.requests, "the question")
        offering.until_shown(".wait")
        exchange(offering, api)
        assert not offering.shows(".push")

    def test_taken_stores_the_browser_and_is_remembered(self, offering: ChatPage, api: VisitorApi) -> None:
        offering.visit()
        wait_long(offering, api)
        agree(offering)

        (body,) = subscribed(api)
        assert body["keys"] == {"p256dh": "browser-key", "auth": "auth-secret"}
        assert body["language"] == "en"

        offering.reload()
        offering.until_text(".push", TOLD)
        assert api.requests.count("PUT push/subscription") == 1

    def test_can_be_taken_back(self, offering: ChatPage, api: VisitorApi) -> None:
        offering.visit()
        wait_long(offering, api)
        agree(offering)

        offering.press(".push .link")

        offering.until(lambda: offering.text_of(".push") == OFFER, "the offer again")
        assert subscribed(api) == []

    def test_that_fails_can_be_taken_again(self, offering: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse("PUT push/subscription", Refused(503, "try_again"))
        offering.visit()
        wait_long(offering, api)
        offering.until_shown(".push")
        offering.press(".push .link")
        offering.until_text(".push", "did not work")

        offering.press(".push .link")

        offering.until_text(".push", TOLD)

    def test_is_made_anew_when_the_stack_has_another_key(self, offering: ChatPage, api: VisitorApi) -> None:
        offering.visit()
        wait_long(offering, api)
        agree(offering)
        api.chats.push_key = f"BB{KEY[2:]}"

        offering.reload()

        agree(offering)
        assert len(subscribed(api)) == 2

    def test_that_the_visitor_declines_is_not_made_again(self, page: ChatPage, api: VisitorApi) -> None:
        api.chats.push_key = KEY
        page.run_first(PUSH_SERVICE + DECLINED)
        page.visit()
        wait_long(page, api)
        page.until_shown(".push")

        page.press(".push .link")

        page.until_text(".push", "does not allow")
        assert subscribed(api) == []

    def test_that_is_taken_while_the_visitor_is_forgotten_leaves_nothing(
        self, offering: ChatPage, api: VisitorApi
    ) -> None:
        offering.run_first(LATE_ANSWER)
        offering.visit()
        wait_long(offering, api)
        offering.until_shown(".push")
        offering.press(".push .link")
        offering.until(lambda: offering.call("return !!window.arrive"), "the answer on its way")
        offering.choose("forget")
        offering.press(".ask .danger")
        offering.until_notice("erased")

        offering.call("arrive()")

        offering.until(lambda: offering.call("return sessionStorage.subscribed") is None, "the browser to let go")
        assert offering.call("return localStorage.length") == 0

    def test_speaks_the_languages_of_the_page(self, offering: ChatPage, api: VisitorApi) -> None:
        offering.visit()
        wait_long(offering, api)
        offering.until_shown(".push")

        offering.call("chat.lang = 'fi'")

        offering.until(lambda: offering.text_of(".push") == "Ilmoita, kun vastaus tulee", "the offer")
        offering.press(".push .link")

        offering.until(lambda: [body["language"] for body in subscribed(api)] == ["fi"], "the language")


LATE_ANSWER = """
    const plainFetch = window.fetch;
    window.fetch = async (address, how) => {
        const answer = await plainFetch(address, how);
        if (how?.method === "PUT") await new Promise((resolve) => (window.arrive = resolve));
        return answer;
    };
"""
DECLINED = "Notification.requestPermission = async () => 'denied';"


class TestUnsupported:
    @pytest.mark.parametrize(
        "lacking", ["delete window.PushManager", "delete window.Notification"], ids=["push", "notices"]
    )
    def test_nothing_is_said(self, page: ChatPage, api: VisitorApi, lacking: str) -> None:
        api.chats.push_key = KEY
        page.run_first(lacking)
        page.visit()
        wait_long(page, api)

        page.until_shown(".wait")
        exchange(page, api)
        assert not page.shows(".push")
        assert "GET push" not in api.requests


class TestWorker:
    @pytest.fixture
    def told(self, offering: ChatPage, api: VisitorApi) -> ChatPage:
        offering.visit()
        wait_long(offering, api)
        agree(offering)
        return offering

    def test_shows_what_is_pushed(self, told: ChatPage) -> None:
        push(told, NOTICE)

        told.until(lambda: notices(told), "the notice")
        assert notices(told) == [
            {"title": "Sait vastauksen", "body": "Avaa se.", "tag": "visitor-chat 6e0b7c34", "lang": "fi"}
        ]

    def test_shows_one_notice_of_a_chat(self, told: ChatPage) -> None:
        push(told, NOTICE)
        push(told, {**NOTICE, "body": "Toinen"})

        told.until(lambda: [each["body"] for each in notices(told)] == ["Toinen"], "the later notice alone")

    def test_opens_the_page_when_it_is_closed(self, told: ChatPage, api: VisitorApi) -> None:
        push(told, NOTICE)
        told.until(lambda: notices(told), "the notice")
        told.driver.get(api.page_url.replace("/chat", "/health"))

        opened = click(told.driver)

        assert opened == [f"{api.page_url}#visitor-chat"]

    def test_goes_to_the_page_that_is_open(self, told: ChatPage, api: VisitorApi) -> None:
        push(told, NOTICE)
        told.until(lambda: notices(told), "the notice")

        opened = click(told.driver)

        assert opened == [f"focus {api.page_url}"]


def click(driver: Any) -> list[str]:
    with target(driver, lambda each: each["type"] == "service_worker") as worker:
        opened: list[str] = worker.run(CLICK)
    return opened


class TestOnASite:
    @pytest.fixture
    def site(self, api: VisitorApi, tmp_path: Any) -> Iterator[Site]:
        (tmp_path / "worker.js").write_text(f'importScripts("{api.root}/chat/worker.js");')
        with Site(files={"/visitor-chat": str(tmp_path)}) as site:
            site.body = (
                f'<script type="module" src="{api.root}/chat/widget.js"></script>'
                '<visitor-chat worker="/visitor-chat/worker.js"></visitor-chat>'
            )
            yield site

    def test_the_sites_own_worker_tells_and_opens_the_chat(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        api.chats.push_key = KEY
        page.url = site.url
        allow_push(page)
        page.visit()
        page.until_shown(".launcher")
        page.open()
        wait_long(page, api)
        agree(page)
        page.call("chat.close()")
        push(page, NOTICE)
        page.until(lambda: notices(page, "/visitor-chat/worker.js"), "the notice")

        assert click(page.driver) == [f"focus {site.url}"]

        page.until_shown(".panel")

    def test_the_chat_is_open_on_a_page_that_the_notice_has_opened(
        self, page: ChatPage, api: VisitorApi, site: Site
    ) -> None:
        page.url = site.url
        page.visit()
        page.until_shown(".launcher")
        page.open()
        page.say_and_wait("Hello")
        page.call("chat.close()")
        assert api.agent

        page.driver.get("about:blank")
        page.driver.get(f"{site.url}#visitor-chat")

        page.until_shown(".panel")

    def test_nothing_is_offered_without_a_worker(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        api.chats.push_key = KEY
        site.body = site.body.replace(' worker="/visitor-chat/worker.js"', "")
        page.url = site.url
        page.visit()
        page.until_shown(".launcher")
        page.open()
        wait_long(page, api)

        page.until_shown(".wait")
        exchange(page, api)
        assert not page.shows(".push")
