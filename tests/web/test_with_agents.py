"""The page on the deployed stack, with the agent console in a second tab.

CHAT_PAGE_URL and AGENT_CONSOLE_URL choose a stack that runs already, such as the one of `make run`.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from selenium.common.exceptions import WebDriverException
from selenium.webdriver import Chrome
from tests.toolkit.deployment import Stack
from tests.web.console import AgentConsole
from tests.web.page import ChatPage
from tests.web.tab import clean_tab
from tests.web.test_accessibility import violations

pytestmark = pytest.mark.browser


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """Where visitors and agents go.

    Attributes:
        forget_who_is_there: lets an agent's coming and going be seen at once, and not within ten seconds.
    """

    chat_page_url: str
    agent_console_url: str
    forget_who_is_there: Callable[[], None] = lambda: None


@pytest.fixture
def deployed(request: pytest.FixtureRequest) -> Iterator[Deployed]:
    if "CHAT_PAGE_URL" in os.environ:
        console = os.environ["AGENT_CONSOLE_URL"]
        yield Deployed(chat_page_url=os.environ["CHAT_PAGE_URL"], agent_console_url=console)
        return
    stack: Stack = request.getfixturevalue("deployed_stack")
    yield Deployed(
        chat_page_url=f"{stack.local.api_url}/chat",
        agent_console_url=f"{stack.giosg.base_url}/console",
        forget_who_is_there=lambda: stack.forget_who_is_there("GetAvailabilityFunction"),
    )
    stack.calm()


@pytest.fixture
def page(_browser: Chrome, deployed: Deployed) -> Iterator[ChatPage]:
    # A first answer can take its time, as the functions behind it are started by being asked; so can the page, which
    # notices that a socket is dead by a ping in half a minute.
    with ChatPage(_browser, deployed.chat_page_url, patience_seconds=80) as page, clean_tab(_browser):
        yield page


@pytest.fixture
def console(page: ChatPage, deployed: Deployed) -> Iterator[AgentConsole]:
    agent = AgentConsole(page.driver, deployed.agent_console_url)
    agent.set_online(is_online=True)
    yield agent
    agent.set_online(is_online=True)


@pytest.fixture
def visitor(page: ChatPage, console: AgentConsole) -> str:
    """The name of a visitor whose chat an agent has taken."""
    name = f"Maija {uuid.uuid4().hex[:6]}"
    page.visit()
    page.until_status("online")
    page.part("input").send_keys(name)
    page.say_and_wait("Do you have the green jacket?")
    console.take(name)
    page.until_status("With")
    return name


def test_a_visitor_and_an_agent_talk(page: ChatPage, console: AgentConsole, visitor: str, axe_script: str) -> None:
    console.until_heard("Do you have the green jacket?")
    console.say("Yes, see https://shop.example.test/jacket")
    page.until_said("Yes, see https://shop.example.test/jacket")
    for sample in ("link", "buttons"):
        console.attach(sample)
    page.until_shown(".choice")
    page.say_and_wait("Lovely 🙏")
    console.until_heard("Lovely 🙏")

    assert visitor not in page.said()
    page.settle()
    assert violations(page, axe_script) == []
    # What a stack that is busy has refused, the page has tried again.
    assert [error for error in page.console_errors() if "a status of 5" not in error] == []


@pytest.mark.long
@pytest.mark.usefixtures("visitor")
def test_the_conversation_is_there_after_a_reload(page: ChatPage, console: AgentConsole) -> None:
    console.say("Here I am")
    page.until_said("Here I am")
    before = talk(page)

    page.reload()

    page.until_said("Here I am")
    assert talk(page) == before == ["Do you have the green jacket?", "Here I am"]


def talk(page: ChatPage) -> list[str | None]:
    """Return what people have said: that the agent has come in may be told after it."""
    return [row.text for row in page.rows() if row.kind in {"visitor", "agent"}]


@pytest.mark.long
@pytest.mark.usefixtures("visitor")
def test_what_was_said_during_an_outage_arrives_on_both_sides(page: ChatPage, console: AgentConsole) -> None:
    page.set_network(is_online=False)
    page.until_notice("No connection")
    page.say("Written in a tunnel")
    console.say("Said meanwhile")
    console.until_heard("Said meanwhile")

    page.set_network(is_online=True)

    page.until_state("Written in a tunnel", "Sent")
    page.until_said("Said meanwhile")
    console.until_heard("Written in a tunnel")


@pytest.mark.long
@pytest.mark.usefixtures("visitor")
def test_an_ended_chat_gives_its_unsent_text_to_a_new_one(page: ChatPage, console: AgentConsole) -> None:
    page.write("One more thing")

    console.end()

    page.until_shown(".over")
    page.press(".over .main")
    assert page.draft() == "One more thing"
    page.press(".send")
    page.until_state("One more thing", "Sent")
    assert "Do you have the green jacket?" in page.said()


@pytest.mark.long
def test_nobody_is_there_until_somebody_is(page: ChatPage, console: AgentConsole, deployed: Deployed) -> None:
    console.set_online(is_online=False)
    deployed.forget_who_is_there()
    page.visit()
    page.until(lambda: asked(page) == "away", "the room to be known as closed")
    page.say("Anybody?")
    page.until_state("Anybody?", "Waits until we are back")
    page.press(".held .link")
    page.until(lambda: page.draft() == "Anybody?", "the text to come back")

    console.set_online(is_online=True)
    deployed.forget_who_is_there()
    page.until(lambda: asked(page) == "online", "the room to be known as open")

    page.press(".send")
    page.until_state("Anybody?", "Sent")


def asked(page: ChatPage) -> str:
    """Ask again while it says the contrary: an answer is up to ten seconds old."""
    if page.shows(".again"):
        with suppress(WebDriverException):  # an answer takes the button away
            page.part(".again").click()
    elif "online" in page.text_of(".status"):
        page.reload()
        page.until(lambda: page.text_of(".status"), "a status")
    status = page.text_of(".status")
    return ("online" if "online" in status else "away") if status else "not known"


@pytest.mark.long
@pytest.mark.usefixtures("visitor")
def test_forgetting_erases_the_visitor(page: ChatPage) -> None:
    page.choose("forget")
    page.press(".ask .danger")

    page.until_notice("has been erased")
    assert page.rows() == []
