"""The chat as a guest on somebody's page: keys, languages, titles, styles, places, mounts."""

from collections.abc import Iterator

import pytest
from tests.web.page import ENTER, ChatPage
from tests.web.site import Site
from tests.web.visitor_api import VisitorApi

pytestmark = pytest.mark.browser

ELEMENT = "<visitor-chat></visitor-chat>"


@pytest.fixture
def site() -> Iterator[Site]:
    with Site() as running:
        yield running


def show(page: ChatPage, api: VisitorApi, site: Site, body: str) -> None:
    site.body = f'{body}<script type="module" src="{api.page_url}/widget.js"></script>'
    page.url = site.url
    page.visit()
    page.until_shown(".launcher")


@pytest.fixture
def guest(page: ChatPage, api: VisitorApi, site: Site) -> ChatPage:
    show(page, api, site, ELEMENT)
    return page


class TestKeys:
    def test_no_key_means_anything_while_composing(self, guest: ChatPage, api: VisitorApi) -> None:
        guest.open()
        guest.write("half")
        for key in ("Enter", "Escape"):
            init = f"{{key: '{key}', keyCode: 229, bubbles: true, composed: true, cancelable: true}}"
            guest.call(f"chat.shadowRoot.querySelector('textarea').dispatchEvent(new KeyboardEvent('keydown', {init}))")

        assert guest.shows(".panel")
        assert guest.draft() == "half"
        assert "POST chats" not in api.requests

    def test_the_sites_shortcuts_hear_nothing_of_what_is_typed(self, guest: ChatPage) -> None:
        guest.call(
            "for (const type of ['keydown', 'keypress', 'keyup'])"
            " document.addEventListener(type, (event) => event.key === '/' && event.preventDefault());"
        )
        guest.open()

        guest.part("textarea").send_keys("a/b")

        assert guest.draft() == "a/b"

    def test_the_focus_goes_where_one_goes_on_when_the_agent_ends_the_chat(
        self, guest: ChatPage, api: VisitorApi
    ) -> None:
        guest.open()
        guest.say_and_wait("Hello")
        guest.part("textarea").send_keys("One more th")

        api.agent.end()

        guest.until_shown(".over")
        guest.until(lambda: guest.focused() == "button.main", "the focus on the button")


def test_a_closed_chat_is_read_aloud_too(guest: ChatPage, api: VisitorApi) -> None:
    guest.open()
    guest.say_and_wait("Hello")
    guest.call("chat.close()")

    api.agent.say("Hi there!")

    said = (
        "return [...chat.shadowRoot.querySelectorAll('[aria-live=polite]')].filter((region) =>"
        " !region.closest('dialog')).some((region) => region.textContent.includes('Hi there!'))"
    )
    guest.until(lambda: guest.call(said), "the answer to be said")


class TestLanguages:
    def test_languages_are_read_leniently_and_compared_as_languages(
        self, page: ChatPage, api: VisitorApi, site: Site
    ) -> None:
        show(page, api, site, '<visitor-chat lang="fi_FI"></visitor-chat>')
        page.open()

        for tag, hello in (("fi_FI", "Hei"), ("??", "Hello"), ("sv-SE-x-own", "Hej"), ("fil", "Hello")):
            page.call(f"chat.lang = '{tag}'")
            page.until_text(".hello", hello)

    def test_without_one_of_its_own_the_pages_language_counts(
        self, page: ChatPage, api: VisitorApi, site: Site
    ) -> None:
        show(page, api, site, f"<script>document.documentElement.lang = 'fi'</script>{ELEMENT}")

        page.open()

        page.until_text(".hello", "Hei")

    def test_texts_of_ones_own_have_the_direction_of_their_language(
        self, page: ChatPage, api: VisitorApi, site: Site
    ) -> None:
        texts = '{"hello": "\u0645\u0631\u062d\u0628\u0627"}'
        show(page, api, site, f"<visitor-chat lang=\"ar\" texts='{texts}'></visitor-chat>")

        page.open()

        assert page.call("return getComputedStyle(chat.shadowRoot.querySelector('.panel')).direction") == "rtl"


class TestTheHostsPage:
    def test_nothing_that_the_site_says_of_everything_gets_in(
        self, page: ChatPage, api: VisitorApi, site: Site
    ) -> None:
        style = "* { text-transform: uppercase; letter-spacing: 4px; font-size: 40px; text-align: center }"
        show(page, api, site, f"<style>{style}</style>{ELEMENT}")
        page.open()

        look = page.call(
            "const {textTransform, letterSpacing, textAlign} ="
            " getComputedStyle(chat.shadowRoot.querySelector('.hello')); return [textTransform, textAlign]"
        )
        assert look == ["none", "start"]
        spacing = "return getComputedStyle(chat.shadowRoot.querySelector('.intro, .status')).letterSpacing"
        assert page.call(spacing) == "normal"

    @pytest.mark.parametrize("trap", ["transform: scale(1)", "filter: blur(0)", "overflow: hidden; height: 40px"])
    def test_no_ancestor_moves_or_clips_the_panel(self, page: ChatPage, api: VisitorApi, site: Site, trap: str) -> None:
        show(page, api, site, f'<div style="{trap}; margin-top: 3000px">{ELEMENT}</div>')
        page.call("return chat.open()")
        page.until_shown(".panel")
        page.settle()

        box = page.call(
            "const b = chat.shadowRoot.querySelector('.panel').getBoundingClientRect(); return [b.top, b.bottom]"
        )
        assert box[0] >= 0
        assert box[1] <= page.call("return innerHeight")

    def test_the_sites_own_number_stays_in_its_title(self, page: ChatPage, api: VisitorApi, site: Site) -> None:
        show(page, api, site, ELEMENT)
        page.call("document.title = '(3) Inbox'")
        page.open()
        page.say_and_wait("Hello")
        page.call("chat.close()")
        api.agent.say("Hi!")
        page.until(lambda: page.driver.title == "(1) (3) Inbox", "the title to count")

        page.call("return chat.open()")

        page.until(lambda: page.driver.title == "(3) Inbox", "the title to be the site's again")

    def test_no_event_has_a_name_that_other_scripts_wait_for(self, guest: ChatPage, api: VisitorApi) -> None:
        guest.call("window.heard = []")
        for name in ("message", "ended", "unread"):
            guest.call(f"addEventListener('{name}', () => heard.push('{name}'))")
        guest.open()
        guest.say_and_wait("Hello")
        api.agent.say("Hi!")
        guest.until_said("Hi!")

        assert guest.call("return heard") == []

    def test_a_mount_that_was_left_is_cancelled(self, guest: ChatPage) -> None:
        guest.call("chat.open().catch(() => {}); const {parentNode} = chat; chat.remove(); parentNode.append(chat)")
        guest.call("return chat.open()")
        guest.until_status("online")

        assert guest.call("return chat.shadowRoot.querySelectorAll('.panel').length") == 1
        assert guest.call("return chat.shadowRoot.adoptedStyleSheets.length") == 2

    def test_a_followed_link_leaves_the_chat_open_and_the_focus_alone(self, guest: ChatPage) -> None:
        guest.open()
        guest.say_and_wait("Hello")

        guest.reload()

        guest.until_said("Hello")
        assert guest.shows(".panel")
        assert guest.focused() in {"None", "null"}

    def test_the_panel_is_placed_anew_when_the_window_changes(self, guest: ChatPage) -> None:
        guest.open()
        guest.set_size(375, 667)
        modal = "return chat.shadowRoot.querySelector('.panel').matches(':modal')"
        guest.until(lambda: guest.call(modal), "the panel to be all there is")

        guest.set_size(1200, 860)

        guest.until(lambda: not guest.call(modal), "the panel to share the page again")
        assert guest.shows(".panel")
        assert guest.call("return document.documentElement.style.overflow") == ""


def test_too_long_a_text_says_how_much_and_send_says_why(guest: ChatPage) -> None:
    guest.open()
    guest.write("x" * 2400)
    assert guest.text_of(".count") == "400 characters too many"

    guest.part("textarea").send_keys(ENTER)

    said = "return [...chat.shadowRoot.querySelectorAll('.panel [aria-live]')].map((each) => each.textContent).join()"
    guest.until(lambda: "400 characters too many" in guest.call(said), "it to be said")
