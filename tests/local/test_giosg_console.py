"""The agent console in a real browser."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from local.giosg import SimulatedGiosg
from local.giosg.agents.bot import NOT_UNDERSTOOD
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.select import Select
from selenium.webdriver.support.wait import WebDriverWait
from tests.local.giosg_caller import Caller
from tests.web.browser import chromium

pytestmark = pytest.mark.browser
PATIENCE_SECONDS = 30
HOLD_READS = """
const read = window.fetch;
const held = new Promise((resolve) => { window.letGo = resolve; });
window.fetch = async (...request) => {
  const answer = await read(...request);
  window.isHeld = true;
  await held;
  return answer;
};
"""
"""What the page reads from now on arrives when the test lets it go."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium(["--window-size=1280,900"]) as driver:
        yield driver


class Console:
    """The console's page as an agent uses it."""

    def __init__(self, browser: Chrome, giosg: SimulatedGiosg, query: str = "") -> None:
        self.browser = browser
        browser.get(f"{giosg.base_url}/console{query}")

    def wait_for(self, condition: Callable[[], Any]) -> Any:
        return WebDriverWait(self.browser, PATIENCE_SECONDS, poll_frequency=0.05).until(lambda _: condition())

    def find(self, selector: str) -> WebElement:
        """Wait until an element is shown and ready."""

        def ready() -> WebElement | None:
            found = self.browser.find_elements(By.CSS_SELECTOR, selector)
            return found[0] if found and found[0].is_displayed() and found[0].is_enabled() else None

        element: WebElement = self.wait_for(ready)
        return element

    def texts(self, selector: str) -> list[str]:
        """Read texts at one moment: the page may render between two reads."""
        script = "return [...document.querySelectorAll(arguments[0])].map((element) => element.textContent)"
        found: list[str] = self.browser.execute_script(script, selector)
        return found


@pytest.fixture
def console(browser: Chrome, giosg: SimulatedGiosg) -> Console:
    return Console(browser, giosg)


def test_an_agent_takes_a_chat_answers_and_ends_it(giosg: SimulatedGiosg, caller: Caller, console: Console) -> None:
    chat_id = caller.start_chat("Is the red one in stock?")

    console.find("#waiting .item").click()
    console.find("#take").click()
    console.find("#text").send_keys("Yes, three left.", Keys.ENTER)
    console.wait_for(lambda: "Yes, three left." in console.texts(".agent .bubble"))
    console.find("#end").click()
    console.find("#closed")

    said = [(message["type"], message["message"]) for message in giosg.messages(chat_id)]
    assert said == [
        ("msg", "Is the red one in stock?"),
        ("join", None),
        ("msg", "Yes, three left."),
        ("leave", None),
    ]
    assert giosg.chats()[0]["is_ended"] is True


def test_a_press_that_a_new_text_meets_still_chooses_the_chat(caller: Caller, console: Console) -> None:
    chat_id = caller.start_chat("Hi")
    ActionChains(console.browser).click_and_hold(console.find("#waiting .item")).perform()

    caller.say(chat_id, "Anybody there?")
    console.wait_for(lambda: console.texts("#waiting .last") == ["Anybody there?"])
    ActionChains(console.browser).release().perform()

    console.find("#take")


def test_a_chat_that_is_chosen_while_the_page_reads_stays_chosen(caller: Caller, console: Console) -> None:
    chat_id = caller.start_chat("Hi")
    item = console.find("#waiting .item")
    console.browser.execute_script(HOLD_READS)
    caller.say(chat_id, "Anybody there?")
    console.wait_for(lambda: console.browser.execute_script("return window.isHeld"))

    item.click()
    console.browser.execute_script("window.letGo()")

    console.find("#take")


def test_what_the_visitor_says_appears_at_once(caller: Caller, console: Console) -> None:
    chat_id = caller.start_chat("Hi")
    console.find("#waiting .item").click()
    console.wait_for(lambda: console.texts(".visitor .bubble") == ["Hi"])

    caller.say(chat_id, "<b>Anybody</b> there?")

    console.wait_for(lambda: console.texts(".visitor .bubble") == ["Hi", "<b>Anybody</b> there?"])


def test_an_agent_edits_and_removes_with_the_keyboard(giosg: SimulatedGiosg, caller: Caller, console: Console) -> None:
    chat_id = caller.start_chat("Hi")
    giosg.agent.say(chat_id, "Helo")
    console.find("#active .item").click()
    console.wait_for(lambda: console.texts(".agent .bubble") == ["Helo"])

    edit, remove = console.browser.find_elements(By.CSS_SELECTOR, ".edits button")
    edit.send_keys(Keys.ENTER)
    console.find(".edit textarea").send_keys(Keys.BACKSPACE, "lo", Keys.ENTER)
    console.wait_for(lambda: console.texts(".agent .bubble") == ["Hello"])
    edit, remove = console.browser.find_elements(By.CSS_SELECTOR, ".edits button")
    remove.send_keys(Keys.ENTER)

    console.wait_for(lambda: console.texts(".agent .bubble") == [])
    assert giosg.chats()[0]["user_message_count"] == 0


def test_the_switch_takes_all_agents_offline(giosg: SimulatedGiosg, console: Console) -> None:
    console.find("#online[aria-checked=true]").click()

    console.find("#online[aria-checked=false]")
    assert not any(agent.record.is_online for agent in giosg.agents)


def test_a_room_has_a_view_with_its_own_agents_and_chats(browser: Chrome) -> None:
    sales = "7b1f0e64-52c9-4a0d-9d3e-6a8c41f2b975"
    with SimulatedGiosg(rooms={"sales": sales}) as giosg, Caller.new(giosg) as caller:
        caller.start_chat("For the default room")
        giosg.website_visitor.start_chat("For sales", room_id=sales)
        console = Console(browser, giosg, f"?room={sales}")

        console.wait_for(lambda: console.texts("#waiting .last") == ["Sales · For sales"])
        assert console.texts("#agent option") == [
            "Sanna Salonen, seen as “Sanna, Sales”",
            "Timo Tuominen, seen as “Timo, Sales”",
        ]
        console.find("#online[aria-checked=true]").click()
        console.find("#online[aria-checked=false]")

        assert [agent.record.is_online for agent in giosg.agents] == [True, True, False, False]


def test_giosg_goes_down_and_comes_back(caller: Caller, console: Console) -> None:
    console.find("#misbehave summary").click()
    console.find("[data-fault=down]").click()
    console.find("[data-fault=down][aria-pressed=true]")
    during = caller.create_chat().status_code
    console.find("#normal").click()
    console.find("[data-fault=down][aria-pressed=false]")

    assert (during, caller.create_chat().status_code) == (503, 201)


def test_the_bot_asks_with_buttons(giosg: SimulatedGiosg, caller: Caller, console: Console) -> None:
    giosg.bot.thinking_seconds = 0.0
    chat_id = caller.start_chat("Hi")
    console.find("#waiting .item").click()

    console.find("#more summary").click()
    console.find("[data-act=bot]").click()

    console.wait_for(lambda: "Opening hours" in console.texts(".choices span"))
    caller.say(chat_id, "Anybody?")
    console.wait_for(lambda: console.texts(".agent .bubble")[-1:] == [NOT_UNDERSTOOD])


def test_what_is_set_up_wrong_is_begun_and_ended(caller: Caller, console: Console) -> None:
    console.find("#misbehave summary").click()
    console.find("#trouble option[value=no_router]")
    Select(console.find("#trouble")).select_by_value("no_router")
    console.find("#begin-trouble").click()
    console.wait_for(lambda: console.texts("#now") == ["Now: no router leads from the room to agents."])
    during = caller.create_chat().status_code
    console.find("#normal").click()
    console.wait_for(lambda: console.texts("#now") == ["All is well."])

    assert (during, caller.create_chat().status_code) == (403, 201)


def test_what_the_room_knows_of_a_visitor_is_shown(caller: Caller, console: Console) -> None:
    path = f"{caller.organization}/rooms/{caller.giosg.room_id}/visitors/{caller.id}/variables"
    caller.call_as_organization("POST", path, {"key": "plan", "value": "gold"})
    caller.start_chat("Hi")

    console.find("#waiting .item").click()

    console.wait_for(lambda: console.texts("#about")[0].endswith(" · Visitor chat · plan: gold"))


def test_the_log_shows_a_lost_webhook(giosg: SimulatedGiosg, caller: Caller, console: Console) -> None:
    console.find("#misbehave summary").click()
    console.find("[data-mishap=drop]").click()
    console.wait_for(giosg.webhooks.misbehaviour.orders)

    caller.start_chat("Hi")

    console.wait_for(lambda: "Lost on request" in console.texts("#log .failed"))


def test_it_fits_beside_the_visitors_page(caller: Caller, console: Console) -> None:
    caller.start_chat("Hi " * 100)
    console.browser.set_window_size(560, 900)
    console.find("#waiting .item").click()
    console.find("#take")

    width = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert console.browser.execute_script(width) == 0
