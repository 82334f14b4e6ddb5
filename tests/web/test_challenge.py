"""A stack that asks new visitors for a challenge, which the site's own module puts to them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.web.page import ChatPage
from tests.web.site import Site
from tests.web.visitor_api import VisitorApi

pytestmark = [pytest.mark.browser, pytest.mark.long]

PASSED = "token-that-passed"
MODULE = """
export default () => new Promise((resolve, reject) => {
  const dialog = document.createElement("dialog");
  const yes = document.createElement("button");
  dialog.onclose = () => reject(new Error("closed"));
  yes.onclick = () => { resolve("token-that-passed"); dialog.remove(); };
  dialog.append(yes);
  document.body.append(dialog);
  dialog.showModal();
});
"""


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    (tmp_path / "challenge.js").write_text(MODULE)
    with Site(files={"/module": str(tmp_path)}) as running:
        yield running


@pytest.fixture
def asked(page: ChatPage, api: VisitorApi, site: Site) -> ChatPage:
    """A page of the site, opened, whose policy allows its own module."""
    api.challenge = PASSED
    show(page, api, site, 'challenge="module/challenge.js"')
    return page


def show(page: ChatPage, api: VisitorApi, site: Site, attributes: str) -> None:
    origin = api.root.partition("/_")[0]
    socket = api.socket_url.removesuffix("/live")
    site.body = (
        f'<script type="module" src="{api.page_url}/widget.js"></script><visitor-chat {attributes}></visitor-chat>'
    )
    site.policy = (
        f"default-src 'none'; script-src 'self' {origin}; connect-src {origin} {socket}; img-src https:; "
        "require-trusted-types-for 'script'"
    )
    page.url = site.url
    page.visit()
    page.open()


def loaded(page: ChatPage) -> list[str]:
    return list(
        page.call("return performance.getEntriesByType('resource').map((entry) => entry.name.split('/').pop())")
    )


def dialogs(page: ChatPage) -> int:
    return int(page.call("return document.querySelectorAll('dialog[open]').length"))


def is_asking(page: ChatPage) -> bool:
    return dialogs(page) == 1


def starts(api: VisitorApi) -> int:
    return api.requests.count("POST chats")


def test_who_passes_has_said_it(asked: ChatPage, api: VisitorApi) -> None:
    asked.until_status("online")
    assert "challenge.js" not in loaded(asked)
    asked.say("Hello")
    asked.until(lambda: is_asking(asked), "the challenge")
    assert "challenge.js" in loaded(asked)

    asked.call("document.querySelector('dialog button').click()")

    asked.until_state("Hello", "Sent")
    assert [message["message"] for message in api.agent.chat.messages.values()] == ["Hello"]
    assert starts(api) == 2


def test_who_does_not_pass_can_try_again(asked: ChatPage, api: VisitorApi) -> None:
    asked.say("Hello")
    asked.until(lambda: is_asking(asked), "the challenge")

    asked.call("document.querySelector('dialog').close(); document.querySelector('dialog').remove()")
    asked.until_state("Hello", "Not sent")

    asked.press(".failed .link")
    asked.until(lambda: is_asking(asked), "the challenge")
    asked.call("document.querySelector('dialog button').click()")
    asked.until_state("Hello", "Sent")
    assert len(api.chats.chats) == 1


def test_a_visitor_who_is_known_is_not_asked_again(asked: ChatPage, api: VisitorApi) -> None:
    asked.say("Hello")
    asked.until(lambda: is_asking(asked), "the challenge")
    asked.call("document.querySelector('dialog button').click()")
    asked.until_state("Hello", "Sent")
    api.agent.end()
    asked.press(".over .main")

    asked.say_and_wait("Once more")

    assert dialogs(asked) == 0


def test_a_token_that_the_stack_refuses_leaves_the_text_unsent(asked: ChatPage, api: VisitorApi) -> None:
    api.challenge = "another-token"
    asked.say("Hello")
    asked.until(lambda: is_asking(asked), "the challenge")

    asked.call("document.querySelector('dialog button').click()")

    asked.until_state("Hello", "Not sent")
    assert starts(api) == 2


@pytest.mark.parametrize("attributes", ["", 'challenge="module/missing.js"'], ids=["none", "missing"])
def test_without_a_module_that_works_the_text_is_kept(
    page: ChatPage, api: VisitorApi, site: Site, attributes: str
) -> None:
    api.challenge = PASSED
    show(page, api, site, attributes)

    page.say("Hello")

    page.until_state("Hello", "Not sent")
    assert starts(api) == 1
    assert "null" not in loaded(page)


def test_a_link_to_the_page_cannot_name_a_module(page: ChatPage) -> None:
    page.url += "?challenge=https%3A%2F%2Fevil.example.com%2Fchallenge.js&title=Support"
    page.visit()
    page.until_status("online")

    assert page.text_of("h2") == "Support"
    assert page.call("return chat.getAttribute('challenge')") is None
