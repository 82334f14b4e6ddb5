"""Somebody's own site embeds the chat with one line."""

from collections.abc import Iterator
from itertools import product

import pytest
from tests.web.building import PACKAGE_SCRIPT
from tests.web.page import ChatPage
from tests.web.site import Site
from tests.web.visitor_api import VisitorApi

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


@pytest.fixture
def embedded(page: ChatPage, api: VisitorApi, site: Site) -> ChatPage:
    """A page of the site, whose policy allows the chat's origin no more than it needs."""
    embed(site, api, "<visitor-chat></visitor-chat>")
    page.url = site.url
    page.visit()
    page.until_shown(".launcher")
    return page


def embed(site: Site, api: VisitorApi, element: str) -> None:
    origin = api.root.partition("/_")[0]
    socket = api.socket_url.removesuffix("/live")
    site.body = f'<p>Our jackets</p><script type="module" src="{api.page_url}/widget.js"></script>{element}'
    site.policy = f"default-src 'none'; script-src {origin}; connect-src {origin} {socket}; img-src https:"


def stored(page: ChatPage) -> int:
    return int(page.call("return localStorage.length + sessionStorage.length + document.cookie.length"))


def is_loaded(page: ChatPage) -> bool:
    """Return whether the opened chat has been fetched, and not the launcher alone."""
    loaded = page.call("return performance.getEntriesByType('resource').map(({ name }) => name.split('/').pop())")
    return any(name.startswith("chat.") for name in loaded)


def test_nothing_is_asked_or_kept_before_the_visitor_opens_it(embedded: ChatPage, api: VisitorApi) -> None:
    assert api.requests == []
    assert stored(embedded) == 0
    assert not is_loaded(embedded)


def test_opening_asks_whether_somebody_is_there_and_keeps_nothing(embedded: ChatPage, api: VisitorApi) -> None:
    embedded.open()
    embedded.until_status("online")

    assert api.requests == ["GET availability"]
    assert stored(embedded) == 0


def test_the_first_message_makes_a_visitor(embedded: ChatPage, api: VisitorApi) -> None:
    embedded.open()
    embedded.say_and_wait("Hello from a shop")
    api.agent.say("Hello to the shop")

    embedded.until_said("Hello to the shop")
    embedded.until(lambda: api.socket_count == 1, "the socket")
    assert api.requests.count("POST realtime") == 1


def test_the_launcher_opens_and_closes(embedded: ChatPage) -> None:
    embedded.open()
    assert embedded.part(".launcher").get_attribute("aria-expanded") == "true"

    embedded.press(".launcher")

    embedded.until(lambda: not embedded.shows(".panel"), "the chat to close")
    assert embedded.part(".launcher").get_attribute("aria-label") == "Open chat"


class TestUnread:
    @pytest.fixture
    def closed(self, embedded: ChatPage, api: VisitorApi) -> ChatPage:
        embedded.open()
        embedded.say_and_wait("Hello")
        embedded.call(
            "window.counts = []; chat.addEventListener('visitor-chat-unread', ({detail}) => counts.push(detail.count))"
        )
        embedded.call("chat.close()")
        api.agent.say("Hi!")
        embedded.until(lambda: embedded.text_of(".badge") == "1", "the badge")
        return embedded

    def test_shows_on_the_launcher_and_in_the_title(self, closed: ChatPage, api: VisitorApi) -> None:
        api.agent.say("Are you there?")

        closed.until(lambda: closed.text_of(".badge") == "2", "the badge")
        assert closed.driver.title == "(2) A shop"
        assert closed.part(".launcher").get_attribute("aria-label") == "Open chat, 2 unread"
        assert closed.call("return chat.unread") == 2

    def test_ends_with_opening(self, closed: ChatPage) -> None:
        closed.open()

        closed.until(lambda: closed.driver.title == "A shop", "the title")
        assert closed.text_of(".badge") == ""
        assert closed.call("return counts") == [1, 0]

    def test_survives_a_reload(self, closed: ChatPage) -> None:
        closed.reload()

        closed.until(lambda: closed.text_of(".badge") == "1", "the badge")

    def test_does_not_count_notices_or_one_s_own(self, closed: ChatPage, api: VisitorApi) -> None:
        api.agent.join()
        api.agent.say("Second")

        closed.until_said("Second")
        assert closed.text_of(".badge") == "2"

    def test_a_removed_message_is_no_longer_unread(self, closed: ChatPage, api: VisitorApi) -> None:
        api.agent.remove(list(api.agent.chat.messages.values())[-1])

        closed.until(lambda: closed.text_of(".badge") == "", "the badge to go")


class TestTheJavaScriptApi:
    def test_opens_and_closes(self, embedded: ChatPage) -> None:
        embedded.call("return chat.open()")
        assert embedded.shows(".panel")

        embedded.call("chat.close()")
        assert not embedded.shows(".panel")

    def test_tells_of_new_messages_and_the_end(self, embedded: ChatPage, api: VisitorApi) -> None:
        embedded.call("window.told = []")
        for event in ("message", "ended"):
            embedded.call(
                f"document.addEventListener('visitor-chat-{event}', ({{type, detail}}) => told.push([type, detail]))"
            )
        embedded.open()
        embedded.say_and_wait("Hello")
        embedded.until_live(api)

        api.agent.say("Hi!")
        api.agent.end()
        embedded.until_shown(".over")

        told = embedded.call("return told")
        assert [(kind, detail.get("message")) for kind, detail in told] == [
            ("visitor-chat-message", "Hello"),
            ("visitor-chat-message", "Hi!"),
            ("visitor-chat-ended", None),
        ]
        assert told[-1][1]["status"] == "ended"

    def test_texts_can_be_replaced(self, embedded: ChatPage) -> None:
        embedded.call("chat.texts = {hello: 'Moi! <b>What</b> is it?'}")
        embedded.open()

        assert embedded.text_of(".hello") == "Moi! <b>What</b> is it?"

    def test_the_element_can_be_removed_and_put_back(self, embedded: ChatPage, api: VisitorApi) -> None:
        embedded.open()
        embedded.say_and_wait("Hello")

        embedded.call("chat.remove(); document.body.append(chat)")
        embedded.until_shown(".panel")

        embedded.until_said("Hello")
        embedded.until(lambda: api.socket_count == 1, "one socket")


# Who watches an element later is told later of what is in view.
LOOKED = """
    const looked = customElements.whenDefined("visitor-chat")
        .then(() => new Promise((done) => new IntersectionObserver(done).observe(chat)));
"""


class TestAttributes:
    def show(self, page: ChatPage, api: VisitorApi, site: Site, element: str) -> None:
        embed(site, api, element)
        page.url = site.url
        page.visit()
        page.open()

    def test_name_and_speak(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        self.show(page, api, site, '<visitor-chat title="Villa &amp; Co" lang="fi"></visitor-chat>')

        page.until_status("Olemme paikalla")
        assert page.text_of("h2") == "Villa & Co"
        assert page.part(".panel").get_attribute("lang") == "fi"

    def test_choose_the_room_for_new_chats(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        self.show(page, api, site, '<visitor-chat room="sales"></visitor-chat>')

        page.say_and_wait("Hello")

        assert api.agent.chat.view["room"] == "sales"

    def test_texts_as_json(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        self.show(page, api, site, """<visitor-chat texts='{"hello": "What is it?"}'></visitor-chat>""")

        assert page.text_of(".hello") == "What is it?"

    def test_texts_that_are_not_json_do_no_harm(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        self.show(page, api, site, "<visitor-chat texts='{'></visitor-chat>")

        assert page.text_of(".hello") == "Hello! How can we help?"

    def test_inline_it_waits_until_it_is_in_view(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        embed(site, api, '<visitor-chat mode="inline" id="below"></visitor-chat>')
        site.body = "<p>A long read</p>" + "<br>" * 200 + site.body
        page.url = site.url
        page.visit()
        page.call(f"{LOOKED} return looked.then(() => fetch('{api.page_url}/widget.js')).then(() => 1)")
        assert not is_loaded(page)
        assert api.requests == []

        page.call("chat.scrollIntoView()")

        page.until_status("online")

    def test_any_accent_can_be_read(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        self.show(page, api, site, "<visitor-chat></visitor-chat>")
        page.say_and_wait("Readable")

        for scheme, accent in product(("light", "dark"), ACCENTS):
            page.set_scheme(scheme)
            page.call(f"chat.setAttribute('accent', '{accent}')")
            page.settle()
            for part in (".visitor .bubble", ".send"):
                assert contrast(page, part, "background-color", part) >= 4.5, (scheme, accent, part)
            assert contrast(page, ".panel", "background-color", ".status") >= 4.5, (scheme, accent)
            assert contrast_of_ink(page) >= 4.5, (scheme, accent)


ACCENTS = ("#0f5c4c", "#ffdd00", "#fff", "#000", "#e4002b", "#777", "rgb(0 120 255)", "hotpink", "#00f", "#0f0")
PAINT = """
    const paint = (colour) => {
        const context = new OffscreenCanvas(1, 1).getContext("2d");
        context.fillStyle = colour;
        context.fillRect(0, 0, 1, 1);
        const parts = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
        const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ratio = (a, b) => (Math.max(paint(a), paint(b)) + 0.05) / (Math.min(paint(a), paint(b)) + 0.05);
    const style = (part) => getComputedStyle(chat.shadowRoot.querySelector(part));
"""


def contrast(page: ChatPage, under: str, surface: str, over: str) -> float:
    return float(
        page.call(f"{PAINT} return ratio(style('{under}').getPropertyValue('{surface}'), style('{over}').color)")
    )


def contrast_of_ink(page: ChatPage) -> float:
    """Return the contrast of what is drawn in the accent itself on the page's softer surface."""
    script = """
        const probe = chat.shadowRoot.querySelector(".panel").appendChild(document.createElement("i"));
        probe.style.setProperty("color", "var(--ink)");
        probe.style.setProperty("background-color", "var(--soft)");
        const { color, backgroundColor } = getComputedStyle(probe);
        const found = ratio(color, backgroundColor);
        probe.remove();
        return found;
    """
    return float(page.call(PAINT + script))


@pytest.mark.parametrize(
    ("language", "hello"),
    [
        ("fi", "Hei! Miten voimme auttaa?"),
        ("sv-FI", "Hej! Hur kan vi hjälpa dig?"),
        ("en-GB", "Hello! How can we help?"),
        ("de,sv", "Hej! Hur kan vi hjälpa dig?"),
        ("de", "Hello! How can we help?"),
    ],
)
def test_the_browser_s_language_is_spoken(page: ChatPage, language: str, hello: str) -> None:
    page.prefer_languages(language)
    page.visit()
    page.until_shown(".hello")

    assert page.text_of(".hello") == hello


def test_a_link_chooses_the_standalone_page_s_language(page: ChatPage) -> None:
    page.url += "?lang=sv&title=Kundtj%C3%A4nst"
    page.visit()
    page.until_status("Vi är på plats")

    assert page.driver.title == "Kundtjänst"
    assert page.call("return document.documentElement.lang") == "sv"


def test_the_sources_run_as_they_are(page: ChatPage) -> None:
    with Site(files={"/chat": str(PACKAGE_SCRIPT.parent)}) as site:
        site.body = '<script type="module" src="chat/view/widget.js"></script><visitor-chat></visitor-chat>'
        page.url = site.url
        page.visit()
        page.open()

        page.until_notice("We cannot see")
