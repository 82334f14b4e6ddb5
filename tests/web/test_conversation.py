"""A visitor and an agent talk: what the visitor sees."""

from pathlib import Path

import pytest
from tests.web.page import ENTER, SHIFT, ChatPage
from tests.web.visitor_api import POST_MESSAGE, Refused, VisitorApi

pytestmark = pytest.mark.browser

COUNT_BEEPS = """
    window.beeps = 0;
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function () { window.beeps += 1; return start.apply(this, arguments); };
"""
# Locks are given in the order in which a tab asks for them: after this, whatever it has heard has beeped or never will.
BEEPED = """
    const done = arguments[1];
    const isAsked = import(arguments[0]).then(() => navigator.locks.request("a test", () => {}));
    isAsked.then(() => done(window.beeps), (error) => done(String(error)));
"""
NEWEST = ".row:nth-last-child(1 of .agent)"
EVIL = "<img src=x onerror=alert(1)><script>alert(2)</script>"


def posted(api: VisitorApi) -> list[str]:
    """Return what was asked for in the chat since it was started: `messages` for each text, and `end`."""
    asked_for = f"POST chats/{api.agent.chat.id}/"
    return [request.removeprefix(asked_for) for request in api.requests if request.startswith(asked_for)]


def test_the_first_message_starts_the_chat_under_the_name_given(visited: ChatPage, api: VisitorApi) -> None:
    visited.part("input").send_keys("Maija")

    visited.say_and_wait("Hello")

    assert api.chats.names[api.agent.chat.visitor_id] == "Maija"
    assert [message["message"] for message in api.agent.chat.messages.values()] == ["Hello"]
    visited.until_status("Waiting for an agent")
    assert not visited.shows("input")


def test_a_name_is_not_needed(visited: ChatPage, api: VisitorApi) -> None:
    visited.say_and_wait("Hello")

    assert api.chats.names[api.agent.chat.visitor_id] is None


def test_an_agent_joins_answers_and_leaves(talking: ChatPage, api: VisitorApi) -> None:
    api.agent.say("Hi! How can I help?")
    talking.until_said("Hi! How can I help?")
    api.agent.leave()
    talking.until_said("Oona left the chat")

    assert [(row.kind, row.text) for row in talking.rows()] == [
        ("visitor", "Hello"),
        ("aside", "Oona joined the chat"),
        ("agent", "Hi! How can I help?"),
        ("aside", "Oona left the chat"),
    ]


def test_a_message_shows_at_once_and_then_that_it_is_sent(talking: ChatPage, api: VisitorApi) -> None:
    let_go = api.faults.hold(POST_MESSAGE)

    talking.say("Quick question")

    talking.until_state("Quick question", "Sending")
    let_go.set()
    talking.until_state("Quick question", "Sent")
    assert talking.said().count("Quick question") == 1


def test_messages_arrive_in_the_order_in_which_they_were_written(talking: ChatPage, api: VisitorApi) -> None:
    let_go = api.faults.hold(POST_MESSAGE)

    for text in ("one", "two", "three"):
        talking.say(text)
    let_go.set()
    talking.until_state("three", "Sent")

    sent = [message["message"] for message in api.agent.chat.messages.values() if message["sender_type"] == "visitor"]
    assert sent == ["Hello", "one", "two", "three"]
    assert [text for text in talking.said() if text in sent] == sent


def test_two_messages_before_the_chat_exists_make_one_chat(visited: ChatPage, api: VisitorApi) -> None:
    let_go = api.faults.hold("POST chats")

    visited.say("one")
    visited.say("two")
    let_go.set()
    visited.until_state("two", "Sent")

    assert len(api.chats.chats) == 1
    assert [message["message"] for message in api.agent.chat.messages.values()] == ["one", "two"]


def test_an_edit_and_a_removal_follow(talking: ChatPage, api: VisitorApi) -> None:
    first = api.agent.say("We close at 17")
    second = api.agent.say("A slip of the pen")
    talking.until_said("A slip of the pen")

    api.agent.edit(first, "We close at 18")
    api.agent.remove(second)

    talking.until_said("We close at 18 edited")
    talking.until(lambda: "A slip of the pen" not in talking.said(), "the removed message to go")
    assert "We close at 17" not in talking.said()


def test_a_frame_that_never_came_is_read_later(talking: ChatPage, api: VisitorApi) -> None:
    api.faults.loses_frames = True
    api.agent.say("Can you hear me?")

    # What the page does on a ping of its own accord, it does at once when it is looked at again.
    talking.call("document.dispatchEvent(new Event('visibilitychange'))")

    talking.until_said("Can you hear me?")


def test_a_frame_shows_that_the_one_before_it_was_lost(talking: ChatPage, api: VisitorApi) -> None:
    api.faults.loses_frames = True
    api.agent.say("Lost")
    api.faults.loses_frames = False

    api.agent.say("Heard")

    talking.until(lambda: talking.said()[-2:] == ["Lost", "Heard"], "both, in order")


def test_what_was_said_is_there_after_a_reload(talking: ChatPage, api: VisitorApi) -> None:
    api.agent.say("Hi!")
    talking.until_said("Hi!")

    talking.reload()

    talking.until_said("Hi!")
    assert talking.said() == ["Hello", "Oona joined the chat", "Hi!"]


def test_a_draft_and_a_name_survive_a_reload(visited: ChatPage) -> None:
    visited.part("input").send_keys("Maija")
    visited.write("I was about to")

    visited.reload()
    visited.until_status("online")

    assert visited.draft() == "I was about to"
    assert visited.part("input").get_property("value") == "Maija"


def test_a_text_that_was_on_its_way_survives_a_reload(talking: ChatPage) -> None:
    talking.set_network(is_online=False)
    talking.say("Do not lose this")
    talking.set_network(is_online=True)

    talking.reload()

    talking.until_state("Do not lose this", "Sent")


class TestTwoTabs:
    def test_show_the_same_conversation(self, visited: ChatPage, api: VisitorApi) -> None:
        driver, first = visited.driver, visited.driver.current_window_handle
        driver.switch_to.new_window("tab")
        second = driver.current_window_handle
        visited.visit()
        visited.until_status("online")

        driver.switch_to.window(first)
        visited.say_and_wait("From the first")
        api.agent.join()
        driver.switch_to.window(second)
        visited.until_said("From the first")
        visited.say_and_wait("From the second")
        driver.switch_to.window(first)
        visited.until_said("From the second")

        assert len(api.chats.chats) == 1
        assert len(api.agent.chat.messages) == 3

    def test_beep_once_together_and_for_messages_alone(
        self, visited: ChatPage, api: VisitorApi, served_files: Path
    ) -> None:
        (sound,) = (f"{api.page_url}/{file.name}" for file in served_files.glob("sound.*.js"))
        driver, tabs = visited.driver, [visited.driver.current_window_handle]
        visited.choose("sound")
        visited.reload()  # the choice itself made a note, and there is none during another
        visited.say_and_wait("Hello")
        driver.switch_to.new_window("tab")
        tabs.append(driver.current_window_handle)
        visited.visit()
        visited.until_said("Hello")
        for tab in tabs:
            driver.switch_to.window(tab)
            visited.call(COUNT_BEEPS)
            visited.press("textarea")  # a page may make no sound before it was touched
        visited.until(lambda: api.socket_count == 2, "both sockets")

        api.agent.join()
        api.agent.say("Good morning")

        beeps = []
        for tab in tabs:
            driver.switch_to.window(tab)
            visited.until_said("Good morning")
            beeps.append(driver.execute_async_script(BEEPED, sound))
        assert sorted(beeps) == [0, 1]

    def test_share_the_draft(self, visited: ChatPage) -> None:
        driver, first = visited.driver, visited.driver.current_window_handle
        driver.switch_to.new_window("tab")
        second = driver.current_window_handle
        visited.visit()
        visited.until_status("online")
        driver.switch_to.window(first)
        visited.write("Half a sen")

        driver.switch_to.window(second)

        visited.until(lambda: visited.draft() == "Half a sen", "the other tab's draft")

    def test_forget_together(self, talking: ChatPage, api: VisitorApi) -> None:
        driver, first = talking.driver, talking.driver.current_window_handle
        driver.switch_to.new_window("tab")
        talking.visit()
        talking.until_said("Hello")

        talking.choose("forget")
        talking.press(".ask .danger")
        talking.until_notice("erased")
        driver.switch_to.window(first)

        talking.until(lambda: talking.rows() == [], "the first tab to forget too")
        assert api.chats.chats == {}


class TestWhatAgentsSend:
    def test_a_few_emoji_are_shown_large(self, talking: ChatPage, api: VisitorApi) -> None:
        for text in ("\U0001f600", "\u2764\ufe0f\u200d\U0001f525 \U0001f44d\U0001f3fd \U0001f600"):
            api.agent.say(text)
            talking.until_seen("textOf(part(wanted[0])) === wanted[1]", f"{NEWEST} .emoji", text)

    def test_no_number_of_emoji_holds_the_page_up(self, talking: ChatPage, api: VisitorApi) -> None:
        api.agent.say("\U0001f600" * 2000 + "!")
        api.agent.say("Still there?")

        talking.until_said("Still there?")
        assert not talking.shows(".agent .emoji")

    def test_web_addresses_become_links(self, talking: ChatPage, api: VisitorApi) -> None:
        for text, address, shown in (
            ("See https://example.com/a?b=c&d=e.", "https://example.com/a?b=c&d=e", "https://example.com/a?b=c&d=e"),
            ("(www.example.com)", "https://www.example.com/", "www.example.com"),
            ("https://example.com/a_(b), or", "https://example.com/a_(b)", "https://example.com/a_(b)"),
        ):
            api.agent.say(text)
            talking.until_said(text)

            link = talking.part(f"{NEWEST} .bubble a")
            assert (talking.text_of(f"{NEWEST} .bubble a"), link.get_property("href")) == (shown, address)
            assert link.get_attribute("rel") == "noopener noreferrer nofollow"
            assert link.get_attribute("target") == "_blank"

    def test_nothing_else_becomes_a_link(self, talking: ChatPage, api: VisitorApi) -> None:
        for text in ("javascript:alert(1)", "data:text/html,hi", "ftp://example.com", "https://"):
            api.agent.say(text)
            talking.until_said(text)

        assert not talking.shows(".agent .bubble a")

    def test_markup_is_text_wherever_it_comes(self, talking: ChatPage, api: VisitorApi) -> None:
        api.agent.name = EVIL
        attachment = {
            "title": EVIL,
            "title_link_url": "javascript:alert(3)",
            "text": EVIL,
            "image_url": "javascript:alert(4)",
            "attachment_url": "data:text/html,<script>alert(5)</script>",
            "actions": [{"type": "link_button", "text": EVIL, "value": "javascript:alert(6)"}],
        }
        api.agent.say(EVIL, attachments=[attachment])

        talking.until_said(EVIL)

        talking.until(lambda: talking.text_of(".card .title") == EVIL, "the title as it was written")
        assert talking.call("return chat.shadowRoot.querySelectorAll('.list script, .list img, .list a').length") == 0

    def test_odd_attachments_do_no_harm(self, talking: ChatPage, api: VisitorApi) -> None:
        odd: list[object] = [None, "?", [None], [{}], [{"actions": "?"}], [{"actions": [None, {}]}]]
        for attachments in odd:
            api.agent.say("Odd", attachments=attachments)
            api.agent.say(f"Even after {attachments}")

            talking.until_said(f"Even after {attachments}")

    def test_pictures_and_links_in_attachments(self, talking: ChatPage, api: VisitorApi) -> None:
        picture = talking.call("return document.querySelector('link[rel=icon]').href")
        attachment = {"title": "The jacket", "title_link_url": "https://shop.example.test/1", "image_url": picture}
        api.agent.say(None, attachments=[attachment])
        talking.until_shown(".card img")

        image = talking.part(".card img")
        assert image.get_attribute("alt") == "The jacket"
        assert image.get_attribute("referrerpolicy") == "no-referrer"
        assert talking.part(".card .title a").get_property("href") == "https://shop.example.test/1"

    def test_a_picture_that_does_not_load_is_a_link_that_says_what_it_is(
        self, talking: ChatPage, api: VisitorApi
    ) -> None:
        api.agent.say(None, attachments=[{"title": "The jacket", "image_url": f"{api.root}/chat/nothing.png"}])
        talking.until_shown(".card")

        talking.until(lambda: not talking.shows(".card img"), "the broken picture to go")
        assert talking.text_of(".card > a") == "The jacket"

    def test_a_button_answers_for_the_visitor(self, talking: ChatPage, api: VisitorApi) -> None:
        actions = [{"type": "button", "text": "Size 40", "value": "40"}]
        api.agent.say("Which size?", attachments=[{"actions": actions}])

        talking.press(".choice")

        talking.until_state("Size 40", "Sent")

    def test_an_unknown_kind_of_message_does_no_harm(self, talking: ChatPage, api: VisitorApi) -> None:
        api.agent.say("A call was asked for", type="call_request", sender_type="system", sender_name=None)

        talking.until_said("A call was asked for")

    def test_each_text_runs_in_its_own_direction(self, talking: ChatPage, api: VisitorApi) -> None:
        for text, direction in (("مرحبا، كيف حالك؟", "rtl"), ("Hi there", "ltr"), ("שלום", "rtl")):
            api.agent.say(text)
            talking.until_said(text)

            shown = talking.part(f"{NEWEST} .bubble").value_of_css_property("direction")
            assert (text, shown) == (text, direction)

    def test_a_long_word_breaks(self, talking: ChatPage, api: VisitorApi) -> None:
        api.agent.say("x" * 1500)
        talking.until_said("x" * 1500)

        assert talking.call("const l = chat.shadowRoot.querySelector('.log'); return l.scrollWidth <= l.clientWidth")


class TestWriting:
    def test_a_text_that_is_too_long_is_not_sent(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.say("😀" * 1001)

        assert talking.text_of(".count") == "2 characters too many"
        assert talking.part("textarea").get_attribute("aria-invalid") == "true"
        talking.say_and_wait("In short")
        assert posted(api) == ["messages"]

    def test_the_longest_text_is_sent(self, talking: ChatPage) -> None:
        talking.say("😀" * 1000)

        talking.until_state("😀" * 1000, "Sent")

    def test_blanks_alone_are_not_sent(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.say(" \n ")

        talking.say_and_wait("Not blank")
        assert posted(api) == ["messages"]
        assert talking.said() == ["Hello", "Oona joined the chat", "Not blank"]

    def test_enter_sends_and_shift_enter_begins_a_line(self, talking: ChatPage) -> None:
        talking.part("textarea").send_keys("one", SHIFT, ENTER, SHIFT, "two", ENTER)

        talking.until_said("one\ntwo")


class TestScrolling:
    @pytest.fixture
    def long_talk(self, talking: ChatPage, api: VisitorApi) -> ChatPage:
        for number in range(30):
            api.agent.say(f"Line {number}")
        talking.until_said("Line 29")
        return talking

    def top(self, page: ChatPage) -> float:
        return float(page.call("return chat.shadowRoot.querySelector('.log').scrollTop"))

    def scroll(self, page: ChatPage, top: int) -> bool:
        """Return whether the log has stayed there: one that has grown before it heard of the scroll is at its end."""
        script = f"""
            const log = chat.shadowRoot.querySelector(".log");
            const frame = () => new Promise(requestAnimationFrame);
            log.scrollTop = {top};
            return frame().then(frame).then(() => log.scrollTop === {top});
        """
        return bool(page.call(script))

    def test_stays_put_while_reading(self, long_talk: ChatPage, api: VisitorApi) -> None:
        long_talk.until(lambda: self.scroll(long_talk, 100), "the scroll to be heard of")

        api.agent.say("Something new")
        long_talk.until_said("Something new")

        assert self.top(long_talk) == 100
        long_talk.press(".jump")
        assert self.top(long_talk) > 100
        assert not long_talk.shows(".jump")

    def test_follows_at_the_end(self, long_talk: ChatPage, api: VisitorApi) -> None:
        before = self.top(long_talk)

        api.agent.say("Something new")
        long_talk.until_said("Something new")

        assert self.top(long_talk) > before


class TestLeaving:
    def test_ending_is_asked_for_and_keeps_what_was_said(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.choose("end")
        api.agent.say("Still here?")
        talking.until_said("Still here?")
        assert posted(api) == []
        talking.press(".ask .danger")
        talking.until_status("The chat has ended")

        assert api.agent.chat.view["status"] == "ended"
        assert "Hello" in talking.said()

    def test_forgetting_erases_here_and_there(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.choose("forget")
        talking.press(".ask .danger")
        talking.until_notice("What you wrote here has been erased")

        assert api.chats.chats == {}
        assert talking.rows() == []
        assert talking.call("return localStorage.length") == 0

    def test_asking_can_be_taken_back(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.choose("forget")
        talking.press(".ask .plain")

        talking.say_and_wait("Still here")
        assert "DELETE visitor" not in api.requests
        assert posted(api) == ["messages"]

    def test_forgetting_that_fails_says_so(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse("DELETE visitor", Refused(503, "giosg_unavailable"))
        talking.choose("forget")
        talking.press(".ask .danger")

        talking.until_text(".ask .problem", "did not work")

        assert "Hello" in talking.said()


def test_sound_is_off_until_it_is_switched_on(visited: ChatPage) -> None:
    visited.press(".more > .tool")
    visited.until_shown(".menu")
    assert visited.part("[role=menuitemcheckbox]").get_attribute("aria-checked") == "false"

    visited.press("[role=menuitemcheckbox]")
    visited.reload()
    visited.until_status("online")

    visited.press(".more > .tool")
    visited.until_shown(".menu")
    assert visited.part("[role=menuitemcheckbox]").get_attribute("aria-checked") == "true"


@pytest.mark.parametrize("name", ["N" * 80, "Anna Maria " * 7])
def test_a_long_name_stays_beside_the_buttons(visited: ChatPage, api: VisitorApi, name: str) -> None:
    visited.say_and_wait("Hello")
    api.agent.name = name
    api.agent.join()
    visited.until_status("With ")
    visited.until(lambda: visited.said()[1:], "that somebody has come")

    for width in (320, 420):
        visited.call(f"chat.style.width = '{width}px'; document.body.style.width = '{width}px'")
        fits = visited.call(
            "const header = chat.shadowRoot.querySelector('header'), box = (part) => part.getBoundingClientRect();"
            "const [face, who, more] = header.children;"
            "const log = chat.shadowRoot.querySelector('.log');"
            "return [box(who).right <= box(more).left, box(more).right <= box(header).right,"
            " log.scrollWidth <= log.clientWidth, box(header).height < 120]"
        )
        assert (width, fits) == (width, [True] * 4)
