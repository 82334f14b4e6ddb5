"""WCAG 2.2 AA: what axe-core finds, what a keyboard reaches, what a screen reader is told."""

import json
from collections.abc import Callable

import pytest
from tests.web.page import DOWN, ENTER, ESCAPE, TAB, ChatPage
from tests.web.site import Site
from tests.web.visitor_api import POST_MESSAGE, Refused, VisitorApi

pytestmark = pytest.mark.browser

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
LINKED = {"title": "The jacket", "title_link_url": "https://shop.example.test/1", "text": "Green, size 40"}
BUTTONS = {
    "actions": [{"type": "button", "text": "Yes", "value": "y"}, {"type": "link_button", "value": "https://a.test"}]
}

State = Callable[[ChatPage, VisitorApi], None]


def start(page: ChatPage, _api: VisitorApi) -> None:
    page.until_status("online")


def away(page: ChatPage, api: VisitorApi) -> None:
    api.agent.go_offline()
    page.reload()
    page.until_status("away")


def talk(page: ChatPage, api: VisitorApi) -> None:
    page.say_and_wait("Hello, see https://example.com")
    page.until_live(api)
    api.agent.join()
    edited = api.agent.say("Hi! See https://example.com/jacket", attachments=[LINKED, BUTTONS])
    page.until_said("Hi! See https://example.com/jacket")
    api.agent.edit(edited, "Hi! Look at https://example.com/jackets")
    page.until_said("Hi! Look at https://example.com/jackets edited")
    page.until_shown(".card")


def failed(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    api.faults.refuse(POST_MESSAGE, Refused(400, "invalid_request"))
    page.say("Reluctant")
    page.until_state("Reluctant", "Not sent")


def ended(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    page.write("One more thing")
    api.agent.end()
    page.until_shown(".over")


def asking(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    page.choose("forget")
    page.until_shown(".ask")


def too_long(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    page.write("x" * 2001)


STATES: list[State] = [start, away, talk, failed, ended, asking, too_long]


def violations(page: ChatPage, axe: str) -> list[str]:
    """Return what axe-core finds, with the elements. It is put in by the driver, past the page's policy."""
    if page.driver.execute_script("return !window.axe"):
        page.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": axe})
    run = f"axe.run(document, {json.dumps(RULES)}).then(({{violations}}) => JSON.stringify(violations))"
    answer = page.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": run, "awaitPromise": True})
    found = json.loads(answer["result"]["value"])
    return [f"{rule['id']}: {node['html']} {node['any']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_axe_finds_nothing(visited: ChatPage, api: VisitorApi, axe_script: str, state: State) -> None:
    state(visited, api)

    for scheme in ("light", "dark"):
        visited.set_scheme(scheme)
        visited.settle()
        assert (scheme, violations(visited, axe_script)) == (scheme, [])


def test_axe_finds_nothing_on_a_site(page: ChatPage, api: VisitorApi, axe_script: str) -> None:
    with Site() as site:
        script = f'<script type="module" src="{api.page_url}/widget.js"></script>'
        site.body = f"<main><h1>A shop</h1></main>{script}<visitor-chat></visitor-chat>"
        page.url = site.url
        page.visit()
        page.until_shown(".launcher")
        assert violations(page, axe_script) == []

        page.open()
        page.until_status("online")
        page.settle()
        assert violations(page, axe_script) == []


@pytest.fixture
def shop(page: ChatPage, api: VisitorApi) -> ChatPage:
    with Site() as site:
        site.body = f'<script type="module" src="{api.page_url}/widget.js"></script><visitor-chat></visitor-chat>'
        page.url = site.url
        page.visit()
        page.until_shown(".launcher")
    return page


class TestByKeyboardAlone:
    def test_a_whole_conversation(self, shop: ChatPage, api: VisitorApi) -> None:
        shop.type_keys(TAB, ENTER)
        shop.until(lambda: shop.focused().startswith("textarea"), "the focus where one writes")
        type_slowly(shop, "Hello")
        shop.until_state("Hello", "Sent")
        api.agent.say("Hi!")
        shop.until_said("Hi!")
        type_slowly(shop, "And goodbye")
        shop.until_state("And goodbye", "Sent")

        shop.part(".more > .tool").send_keys(ENTER)
        shop.until(lambda: shop.focused() == "button.entry", "the menu")
        shop.type_keys(DOWN)
        shop.type_keys(DOWN)
        shop.type_keys(ENTER)
        assert shop.focused() == "button.plain"
        shop.type_keys(TAB)
        shop.type_keys(ENTER)

        shop.until_shown(".over")
        assert api.agent.chat.view["status"] == "ended"

    def test_escape_closes_and_gives_the_focus_back(self, shop: ChatPage) -> None:
        shop.type_keys(TAB, ENTER)
        shop.until(lambda: shop.focused().startswith("textarea"), "the focus where one writes")

        shop.type_keys(ESCAPE)

        shop.until(lambda: not shop.shows(".panel"), "the chat to close")
        assert shop.focused() == "button.launcher"

    def test_escape_takes_a_question_back_first(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.say_and_wait("Hello")
        visited.choose("forget")

        visited.type_keys(ESCAPE)

        assert visited.shows(".composer")
        assert visited.focused().startswith("textarea")
        visited.say_and_wait("Still here")
        assert "DELETE visitor" not in api.requests
        assert f"POST chats/{api.agent.chat.id}/end" not in api.requests

    def test_the_focus_is_seen_wherever_it_goes(self, visited: ChatPage, api: VisitorApi) -> None:
        talk(visited, api)
        visited.type_keys(TAB)

        for _ in range(12):
            visited.type_keys(TAB)
            if visited.focused() != "None":
                assert outlined(visited), visited.focused()


def type_slowly(page: ChatPage, text: str) -> None:
    page.type_keys(text)
    page.type_keys(ENTER)


def outlined(page: ChatPage) -> bool:
    script = """
        const focused = chat.shadowRoot.activeElement;
        const seen = focused.localName === "textarea" ? focused.parentElement : focused;
        return getComputedStyle(seen).outlineStyle !== "none";
    """
    return bool(page.call(script))


class TestAScreenReader:
    HEARD = """
        window.heard = [];
        const region = chat.shadowRoot.querySelector(".panel > [aria-live=polite]");
        new MutationObserver((changes) => {
            for (const change of changes) for (const node of change.addedNodes) heard.push(node.textContent);
        }).observe(region, {childList: true});
    """

    def test_hears_each_new_message_once(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.say_and_wait("Hello")
        visited.until_live(api)
        visited.call(self.HEARD)

        api.agent.join()
        api.agent.say("One")
        two = api.agent.say("Two")
        visited.until_said("Two")
        api.agent.edit(two, "Two!")
        visited.until_said("Two! edited")
        visited.say_and_wait("Three")
        api.faults.loses_frames = True
        api.agent.say("Four")
        visited.call("document.dispatchEvent(new Event('visibilitychange'))")
        visited.until_said("Four")

        heard = ["Oona joined the chat", "Oona: One", "Oona: Two", "Sent", "Oona: Four"]
        assert visited.call("return heard") == heard

    def test_hears_no_history(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.say_and_wait("Hello")
        api.agent.say("One")
        visited.until_said("One")

        visited.reload()
        visited.until_said("One")

        assert visited.part(".panel > [aria-live=polite]").get_property("textContent") == ""

    def test_hears_that_a_message_was_not_sent(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.say_and_wait("Hello")
        visited.call(self.HEARD)
        api.faults.refuse(POST_MESSAGE, Refused(400, "invalid_request"))

        visited.say("Reluctant")
        visited.until_state("Reluctant", "Not sent")

        assert visited.call("return heard") == ["Not sent"]

    def test_finds_names_and_roles(self, visited: ChatPage) -> None:
        assert visited.part(".log").get_attribute("role") == "log"
        assert visited.part(".log").accessible_name == "Messages"
        assert visited.part("textarea").accessible_name == "Write a message…"
        assert visited.part(".send").accessible_name == "Send"
        visited.press(".more > .tool")
        visited.until_shown(".menu")
        assert visited.part("[role=menuitemcheckbox]").accessible_name == "Sound"
        assert visited.part(".panel").accessible_name == "Chat with us"


class TestSmallScreens:
    @pytest.fixture
    def phone(self, shop: ChatPage) -> ChatPage:
        shop.set_size(320, 568, is_touch=True)
        shop.open()
        shop.until_status("online")
        shop.settle()
        return shop

    def test_the_chat_fills_a_phone_and_nothing_is_cut_off(self, phone: ChatPage, api: VisitorApi) -> None:
        phone.say_and_wait("Hello " + "x" * 60)
        api.agent.say("Hi!", attachments=[LINKED, BUTTONS])
        phone.until_said("Hi!")
        phone.until_shown(".card")

        assert phone.part(".panel").size == {"width": 320, "height": 568}
        script = """
            const cut = ({scrollWidth, clientWidth}) => clientWidth && scrollWidth > clientWidth;
            const parts = [...chat.shadowRoot.querySelectorAll(".panel *:not(.hidden, .hidden *, .avatar, svg)")];
            return parts.filter(cut).map((part) => part.outerHTML);
        """
        assert phone.call(script) == []
        assert phone.driver.execute_script("return document.documentElement.scrollWidth") <= 320

    def test_the_rest_of_the_page_is_out_of_reach_meanwhile(self, phone: ChatPage) -> None:
        assert phone.call("return chat.shadowRoot.querySelector('dialog').matches(':modal')")

    def test_what_one_touches_is_large_enough(self, phone: ChatPage, api: VisitorApi) -> None:
        phone.say_and_wait("Hello")
        api.agent.say("Hi!", attachments=[BUTTONS])
        phone.until_said("Hi!")
        phone.until_shown(".choice")
        phone.settle()
        script = """
            const buttons = [...chat.shadowRoot.querySelectorAll(".panel button, .panel textarea")];
            const sizes = buttons.filter((button) => button.checkVisibility()).map((button) => {
                const {width, height} = button.getBoundingClientRect();
                return [button.className, Math.min(width, height)];
            });
            return sizes.filter(([, size]) => size < 40);
        """
        assert phone.call(script) == []

    def test_nothing_is_cut_off_at_double_size(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.set_size(640, 400, scale=2)
        talk(visited, api)

        assert visited.shows(".send")
        assert visited.driver.execute_script("return document.documentElement.scrollWidth") <= 640


def test_nothing_moves_for_who_wants_no_motion(shop: ChatPage) -> None:
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    shop.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    shop.open()

    assert shop.call("return chat.shadowRoot.getAnimations().length") == 0
