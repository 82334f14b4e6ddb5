"""Make the pictures of the documentation: `python -m tests.web.screenshots --out docs/images`.

The page is the one that is served; the API behind it and the agent are those of the tests.
"""

import argparse
import logging
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from selenium.webdriver import Chrome
from tests.environments import plain_environment
from tests.web.browser import chromium
from tests.web.building import build_page
from tests.web.page import ChatPage
from tests.web.site import Site
from tests.web.visitor_api import POST_MESSAGE, Refused, VisitorApi

SHOP = """
<style>
  html { color-scheme: light dark; }
  body { margin: 0; font: 17px/1.6 Inter, system-ui, sans-serif;
         background: light-dark(#fbfaf8, #101214); color: light-dark(#24211d, #e9e6e1); }
  header { display: flex; justify-content: space-between; padding: 22px 56px; font-weight: 650; }
  nav { display: flex; gap: 28px; font-weight: 450; opacity: .75; font-size: 15px; }
  main { padding: 40px 56px; max-width: 620px; }
  h1 { font-size: 46px; line-height: 1.08; letter-spacing: -.03em; margin: 0 0 18px; }
  .shelf { display: grid; grid-template-columns: repeat(3, 176px); gap: 20px; padding: 12px 56px; }
  .shelf div { height: 216px; border-radius: 14px; background: linear-gradient(160deg, var(--a), var(--b)); }
  @media (max-width: 600px) { nav { display: none; } h1 { font-size: 34px; }
    header, main, .shelf { padding: 20px 24px; } .shelf { grid-template-columns: 1fr 1fr; } }
</style>
<header><span>Fjäll &amp; Skog</span><nav><span>Jackets</span><span>Boots</span><span>Repairs</span></nav></header>
<main><h1>Made for weather, mended for life.</h1>
<p>Outerwear from one small factory by the sea. Everything we sell, we repair.</p></main>
<div class="shelf"><div style="--a:#31584a;--b:#1c3a33"></div><div style="--a:#c9a36a;--b:#94713d"></div>
<div style="--a:#7d8a93;--b:#4e5a63"></div></div>
"""
PHONE = (375, 667)
TABLET = (1024, 768)
DESKTOP = (1280, 800)
CARD = {
    "title": "Shell jacket, moss green",
    "title_link_url": "https://shop.example.test/shell",
    "text": "Sizes 36 to 46 · repairable for life",
    "actions": [{"type": "button", "text": "Keep one for me", "value": "keep"}],
}


class Studio:
    """Sets up a scene and takes its picture."""

    def __init__(self, driver: Chrome, api: VisitorApi, out: Path) -> None:
        self.driver, self.api, self.out = driver, api, out
        self.page = ChatPage(driver, api.page_url)

    def scene(
        self,
        url: str,
        size: tuple[int, int],
        *,
        scheme: str = "light",
        are_colours_forced: bool = False,
        is_phone: bool = False,
    ) -> ChatPage:
        self.api.reset()
        origin = {"origin": self.api.root.partition("/_")[0], "storageTypes": "all"}
        self.driver.execute_cdp_cmd("Storage.clearDataForOrigin", origin)
        self.page.set_scheme(scheme, are_colours_forced=are_colours_forced)
        self.page.set_size(*size, scale=2, is_touch=is_phone)
        self.page.url = url
        self.page.visit()
        self.driver.execute_script("localStorage.clear()")
        self.page.visit()
        self.page.until(lambda: self.page.shows(".launcher") or self.page.shows(".panel"), "the chat")
        return self.page

    def take(self, name: str) -> None:
        self.page.until(
            lambda: not self.page.call("return chat.shadowRoot.getAnimations().length"), "all to stand still"
        )
        self.page.call("chat.shadowRoot.activeElement?.blur()")
        self.driver.save_screenshot(str(self.out / f"{name}.png"))


def talk(page: ChatPage, api: VisitorApi) -> None:
    page.open()
    page.say_and_wait("Hi! Is the moss green shell jacket still made in size 40?")
    page.until(lambda: api.socket_count, "the socket")
    api.agent.join()
    api.agent.say("Hello! It is, and we have three of them left: https://shop.example.test/shell", attachments=[CARD])
    page.until_shown(".card")
    page.say_and_wait("Lovely. And can you mend the zip of my old one?")
    api.agent.say("Of course. Bring it in or post it, a new zip takes us about a week.")
    page.until_said("Of course. Bring it in or post it, a new zip takes us about a week.")
    page.say_and_wait("Wonderful, thank you 🙏")


def take_all(studio: Studio, shop_url: str) -> None:
    api, page_url = studio.api, studio.api.page_url
    studio.scene(shop_url, DESKTOP)
    studio.take("launcher")
    studio.page.open()
    studio.page.until_status("online")
    studio.take("welcome")
    talk(studio.page, api)
    studio.take("desktop")
    talk(studio.scene(shop_url, DESKTOP, scheme="dark"), api)
    studio.take("dark")
    talk(studio.scene(shop_url, TABLET), api)
    studio.take("tablet")
    talk(studio.scene(shop_url, TABLET, scheme="dark", are_colours_forced=True), api)
    studio.take("forced-colours")
    talk(studio.scene(shop_url, PHONE, is_phone=True), api)
    studio.take("phone")
    talk(studio.scene(page_url, DESKTOP), api)
    studio.take("standalone")
    take_hard_moments(studio, shop_url)


def take_hard_moments(studio: Studio, url: str) -> None:
    api = studio.api
    moments: dict[str, Callable[[ChatPage], None]] = {
        "away": lambda page: away(page, api),
        "held": lambda page: held(page, api),
        "offline": lambda page: offline(page, api),
        "ended": lambda page: ended(page, api),
        "forget": lambda page: forget(page, api),
    }
    for name, show in moments.items():
        page = studio.scene(url, PHONE, is_phone=True, scheme="dark" if name == "ended" else "light")
        show(page)
        studio.take(name)
        page.set_network(is_online=True)


def away(page: ChatPage, api: VisitorApi) -> None:
    api.agent.go_offline()
    api.chats.holds_messages = True
    page.open()
    page.until_status("away")
    page.write("Do you repair tents too?")


def held(page: ChatPage, api: VisitorApi) -> None:
    away(page, api)
    page.press(".send")
    page.until_shown(".held .row")


def offline(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    api.faults.refuse(POST_MESSAGE, Refused(400, "invalid_request"))
    page.say("Could you keep one for me until Friday?")
    page.until_state("Could you keep one for me until Friday?", "Not sent")
    page.set_network(is_online=False)
    page.until_notice("No connection")
    page.say("I am on a train just now")


def ended(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    page.write("One more thing: do you ship to Åland?")
    api.agent.leave()
    api.agent.end()
    page.until_shown(".over")


def forget(page: ChatPage, api: VisitorApi) -> None:
    talk(page, api)
    page.choose("forget")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as layer, VisitorApi() as api, Site() as shop, chromium() as driver:
        build_page(Path(layer))
        os.environ |= plain_environment(SOCKET_ENDPOINT=api.socket_url.replace("ws:", "http:"), ALLOWED_ORIGINS="*")
        script = f'<script type="module" src="{api.page_url}/widget.js"></script>'
        shop.body = f'{SHOP}{script}<visitor-chat title="Fjäll &amp; Skog"></visitor-chat>'
        take_all(Studio(driver, api, out), shop.url)


if __name__ == "__main__":
    main()
