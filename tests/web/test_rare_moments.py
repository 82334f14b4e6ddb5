"""Rooms to choose from, messages left while nobody is there, long waits, buttons."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.web.page import ChatPage
from tests.web.visitor_api import Refused, VisitorApi

pytestmark = [pytest.mark.browser, pytest.mark.long]

LEAVE = "Leave a message: we answer when we are back."


class TestRooms:
    @pytest.fixture
    def choosing(self, page: ChatPage, api: VisitorApi) -> ChatPage:
        api.chats.rooms = {"default": True, "sales": True, "support": False}
        page.url += "?rooms=sales,support,gone"
        page.visit()
        page.until_shown(".room")
        return page

    def test_are_chosen_from_before_anything_is_written(self, choosing: ChatPage, api: VisitorApi) -> None:
        assert not choosing.shows("textarea")
        assert choosing.text_of(".rooms").splitlines() == [
            "Who would you like to talk to?",
            "sales",
            "We are online",
            "support",
            "We are away right now",
        ]
        choosing.press(".room")
        choosing.say_and_wait("Hello")

        assert api.agent.chat.view["room"] == "sales"
        assert api.requests.count("GET rooms") == 1

    def test_have_the_names_that_the_site_gives(self, choosing: ChatPage) -> None:
        choosing.call("chat.texts = {'room sales': 'Our <b>shop</b>'}")

        choosing.until_text(".rooms", "Our <b>shop</b>")

    def test_can_be_changed_until_something_is_written(self, choosing: ChatPage, api: VisitorApi) -> None:
        choosing.press(".room")
        choosing.until_text(".rooms", "You write to: sales")
        choosing.press(".rooms .link")
        choosing.press(".room:last-child")
        choosing.until_status("away")
        choosing.press(".rooms .link")
        choosing.press(".room")
        choosing.say_and_wait("Hello")

        assert not choosing.shows(".rooms")
        assert api.agent.chat.view["room"] == "sales"

    def test_are_not_asked_for_while_a_chat_is_under_way(self, choosing: ChatPage) -> None:
        choosing.press(".room")
        choosing.say_and_wait("Hello")

        choosing.reload()

        choosing.until_said("Hello")
        choosing.until_shown("textarea")
        assert not choosing.shows(".room")

    def test_are_chosen_from_anew_for_the_next_chat(self, choosing: ChatPage, api: VisitorApi) -> None:
        choosing.press(".room")
        choosing.say_and_wait("Hello")
        api.agent.end()

        choosing.press(".over .main")

        choosing.until_shown(".room")

    def test_can_be_chosen_from_when_nothing_is_known_of_them(self, page: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse("GET rooms", Refused(503, "giosg_unavailable"))
        page.url += "?rooms=sales,support"
        page.visit()

        page.until(lambda: page.text_of(".rooms").splitlines()[1:] == ["sales", "support"], "the names")

    def test_are_no_choice_when_there_is_one(self, page: ChatPage, api: VisitorApi) -> None:
        page.url += "?rooms=sales"
        page.visit()
        page.until_status("online")
        page.say_and_wait("Hello")

        assert api.agent.chat.view["room"] == "sales"


class TestHeldMessages:
    @pytest.fixture
    def closed(self, page: ChatPage, api: VisitorApi) -> ChatPage:
        api.chats.is_online, api.chats.holds_messages = False, True
        page.visit()
        page.until_status("away")
        return page

    @pytest.fixture
    def waiting(self, closed: ChatPage) -> ChatPage:
        closed.say("Do you mend boots?")
        closed.until_shown(".held .row")
        return closed

    def test_are_offered_before_anything_is_written(self, closed: ChatPage) -> None:
        assert closed.text_of(".welcome").splitlines()[:2] == ["We are away right now", LEAVE]

    def test_are_not_offered_by_a_stack_that_holds_none(self, page: ChatPage, api: VisitorApi) -> None:
        api.chats.is_online = False
        page.visit()
        page.until_status("away")

        assert LEAVE not in page.text_of(".welcome")

    def test_are_shown_while_they_wait(self, waiting: ChatPage, api: VisitorApi) -> None:
        assert waiting.text_of(".held .bubble") == "Do you mend boots?"
        assert waiting.text_of(".held .state").startswith("Waits until we are back")
        assert waiting.draft() == ""
        waiting.reload()
        waiting.until(lambda: waiting.text_of(".held .bubble") == "Do you mend boots?", "it after a reload")

        assert api.chats.chats == {}

    def test_are_held_once_when_the_answer_is_lost(self, closed: ChatPage, api: VisitorApi) -> None:
        api.faults.lost_answers.append("POST held_messages")

        closed.say("Do you mend boots?")
        closed.until_shown(".held .row")

        assert [len(held) for held in api.chats.held.values()] == [1]

    def test_become_the_chat(self, waiting: ChatPage, api: VisitorApi) -> None:
        waiting.until(lambda: api.socket_count, "the socket")
        (held,) = next(iter(api.chats.held.values()))
        api.chats.is_online = True

        api.chats.deliver(held)
        api.agent.join()
        api.agent.say("We do!")

        waiting.until_said("We do!")
        waiting.until_status("With Oona")
        assert waiting.said() == ["Do you mend boots?", "Oona joined the chat", "We do!"]
        assert not waiting.shows(".held .row")

    def test_have_become_the_chat_while_the_page_was_closed(self, waiting: ChatPage, api: VisitorApi) -> None:
        (held,) = next(iter(api.chats.held.values()))
        waiting.driver.get("about:blank")
        api.chats.is_online = True
        api.chats.deliver(held)

        waiting.visit()

        waiting.until_said("Do you mend boots?")
        waiting.until_status("Waiting for an agent")

    def test_are_taken_back_to_be_written_anew(self, waiting: ChatPage, api: VisitorApi) -> None:
        waiting.press(".held .link")

        waiting.until(lambda: waiting.draft() == "Do you mend boots?", "the text in the composer")
        assert not waiting.shows(".held .row")
        assert [held["status"] for held in next(iter(api.chats.held.values()))] == ["withdrawn"]

    def test_that_have_expired_say_so_and_keep_the_text(self, waiting: ChatPage, api: VisitorApi) -> None:
        waiting.until(lambda: api.socket_count, "the socket")
        (held,) = next(iter(api.chats.held.values()))

        api.chats.change_held(held, status="expired")

        waiting.until_text(".held", "did not get to this in time")
        assert waiting.text_of(".held .bubble") == "Do you mend boots?"
        assert waiting.text_of(".held .link") == "Copy"

    def test_a_fourth_comes_back_into_the_composer(self, waiting: ChatPage) -> None:
        for number, text in enumerate(("two", "three"), start=2):
            waiting.say(text)
            selector = f".held .row:nth-child({number})"
            waiting.until_shown(selector)

        waiting.say("four")

        waiting.until_notice("Three messages are waiting already")
        assert waiting.draft() == "four"

    def test_somebody_who_has_come_meanwhile_gets_it_as_a_chat(self, closed: ChatPage, api: VisitorApi) -> None:
        api.chats.is_online = True

        closed.say_and_wait("Anybody there?")

        closed.until_status("Waiting for an agent")
        assert api.chats.held == {}


class TestWaiting:
    def wait_since(self, page: ChatPage, api: VisitorApi, seconds: int) -> None:
        since = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat(timespec="milliseconds")
        page.until(lambda: api.socket_count, "the socket")
        api.chats.change_chat(api.agent.chat, waiting_since=since)

    @pytest.mark.parametrize(("seconds", "text"), [(61, "You are still in line"), (181, "Still no agent is free")])
    def test_for_long_is_spoken_of_once(self, visited: ChatPage, api: VisitorApi, seconds: int, text: str) -> None:
        api.chats.waiting_seconds = 240
        visited.say_and_wait("Hello")

        self.wait_since(visited, api, seconds)

        visited.until_text(".wait", text)
        assert "4 minutes" in visited.text_of(".wait")
        assert visited.part(".wait").get_attribute("role") == "status"

    def test_is_over_with_an_answer(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.say_and_wait("Hello")
        self.wait_since(visited, api, 61)
        visited.until_shown(".wait")

        api.agent.join()

        visited.until(lambda: not visited.shows(".wait"), "the notice to go")

    def test_shortly_is_not_spoken_of(self, visited: ChatPage, api: VisitorApi) -> None:
        visited.say_and_wait("Hello")
        self.wait_since(visited, api, 5)
        api.agent.say("One moment")
        visited.until_said("One moment")

        assert not visited.shows(".wait")


class TestButtons:
    def offer(self, page: ChatPage, api: VisitorApi, **flags: bool) -> None:
        page.say_and_wait("Hello")
        page.until(lambda: api.socket_count, "the socket")
        api.agent.join()
        names = ("Yes", "No")
        actions = [
            {"id": name.lower(), "type": "button", "text": name, "value": name.lower(), **flags} for name in names
        ]
        link = {"id": "l", "type": "link_button", "text": "Our shop", "value": "https://shop.example.test/", **flags}
        api.agent.say("Did this help?", attachments=[{"id": "a1", "actions": [*actions, link]}])
        page.until_shown(".choice")

    def test_are_pressed_as_actions_and_shown_as_the_choice(self, visited: ChatPage, api: VisitorApi) -> None:
        self.offer(visited, api)
        visited.press(".choice")
        visited.until_state("Yes", "Sent")

        last = list(api.agent.chat.messages.values())[-1]
        assert (last["type"], last["action"]["action_id"], last["message"]) == ("action", "yes", None)
        assert visited.part(".choice").is_enabled()
        visited.reload()
        visited.until_state("Yes", "Sent")

    def test_are_dead_after_a_choice_where_that_is_wanted(self, visited: ChatPage, api: VisitorApi) -> None:
        self.offer(visited, api, is_disabled_on_selection=True)

        visited.press(".choice")

        visited.until(lambda: not visited.part(".choice").is_enabled(), "the button to be dead")
        assert visited.focused() == "textarea."

    def test_are_dead_after_a_text_where_that_is_wanted(self, visited: ChatPage, api: VisitorApi) -> None:
        self.offer(visited, api, is_disabled_on_visitor_message=True)
        assert visited.part(".choice").is_enabled()

        visited.say_and_wait("It did")

        visited.until(lambda: not visited.part(".choice").is_enabled(), "the button to be dead")

    def test_that_are_links_open_a_page_of_their_own(self, visited: ChatPage, api: VisitorApi) -> None:
        self.offer(visited, api)

        link = visited.part(".card a")
        assert (visited.text_of(".card a"), link.get_property("href")) == ("Our shop", "https://shop.example.test/")
        assert link.get_attribute("rel") == "noopener noreferrer nofollow"
        assert link.get_attribute("target") == "_blank"
