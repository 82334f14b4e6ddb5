"""What a visitor sees when something is not as it should be. Nothing written is ever lost."""

import pytest
from tests.web.page import ChatPage
from tests.web.visitor_api import POST_MESSAGE, Refused, VisitorApi

pytestmark = pytest.mark.browser

READ = "GET chats/.*/messages"
LOOKED_AT = "document.dispatchEvent(new Event('visibilitychange'))"


def said_by_visitor(api: VisitorApi) -> list[str]:
    messages = api.agent.chat.messages.values()
    return [message["message"] for message in messages if message["sender_type"] == "visitor"]


class TestNobodyIsThere:
    @pytest.fixture
    def alone(self, page: ChatPage, api: VisitorApi) -> ChatPage:
        api.agent.go_offline()
        page.visit()
        page.until_status("We are away")
        return page

    def test_it_says_so_before_anything_is_typed(self, alone: ChatPage) -> None:
        assert "We are away right now" in alone.text_of(".hello")
        assert alone.shows(".again")

    def test_one_can_ask_again(self, alone: ChatPage, api: VisitorApi) -> None:
        alone.write("Are you there?")
        api.agent.go_online()

        alone.press(".again")

        alone.until_status("We are online")
        assert not alone.shows(".again")
        assert alone.draft() == "Are you there?"

    def test_a_text_that_could_start_no_chat_is_kept(self, alone: ChatPage, api: VisitorApi) -> None:
        alone.say("Are you there?")
        alone.until(lambda: alone.draft() == "Are you there?", "the text to come back")

        assert alone.rows() == []
        alone.until_notice("Nobody can answer")
        api.agent.go_online()
        alone.part(".send").click()
        alone.until_state("Are you there?", "Sent")

    def test_it_happens_between_looking_and_writing(self, visited: ChatPage, api: VisitorApi) -> None:
        api.agent.go_offline()

        visited.say("Hello?")

        visited.until(lambda: visited.draft() == "Hello?", "the text to come back")
        visited.until_status("We are away")

    def test_an_availability_that_cannot_be_asked_keeps_nobody_from_writing(
        self, page: ChatPage, api: VisitorApi
    ) -> None:
        api.faults.refuse("GET availability", Refused(503, "giosg_unavailable", 5))
        page.visit()
        page.until_notice("cannot see")

        page.say_and_wait("Hello")

        assert not page.shows(".bar")


class TestTheChatHasEnded:
    def test_while_the_page_looked_on(self, talking: ChatPage, api: VisitorApi) -> None:
        api.agent.end()

        talking.until_shown(".over")

        assert "Hello" in talking.said()
        assert talking.said()[-1] == "The chat has ended"
        assert not talking.shows(".composer")

    def test_while_the_page_was_asleep(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.write("One more thing")
        api.faults.loses_frames = True
        api.agent.end()

        talking.call(LOOKED_AT)

        talking.until_shown(".over")
        assert "Hello" in talking.said()
        assert talking.text_of(".over p").endswith(": One more thing")
        talking.press(".over .main")
        talking.until_shown(".composer")
        assert talking.draft() == "One more thing"

    def test_a_text_that_came_too_late_goes_into_a_new_chat(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.loses_frames = True
        api.faults.meanwhile.append((POST_MESSAGE, api.agent.end))
        old = api.agent.chat

        talking.say("One more thing")
        talking.until_text(".over p", ": One more thing")
        talking.press(".over .main")
        assert talking.draft() == "One more thing"
        talking.press(".send")
        talking.until_state("One more thing", "Sent")

        assert api.agent.chat.id != old.id
        assert api.agent.chat.visitor_id == old.visitor_id
        assert [message["message"] for message in api.agent.chat.messages.values()] == ["One more thing"]
        assert "Hello" in talking.said()

    def test_before_the_page_was_opened_again(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.driver.get("about:blank")
        api.agent.end()

        talking.visit()

        talking.until_shown(".over")
        assert "Hello" in talking.said()

    def test_an_older_state_does_not_bring_it_back(self, talking: ChatPage, api: VisitorApi) -> None:
        older = {"event": "chat", "chat": api.agent.chat.view}
        api.agent.end()
        talking.until_shown(".over")

        api.chats.tell(api.agent.chat.visitor_id, older)
        api.agent.say("Told after it")
        talking.until_said("Told after it")

        assert talking.shows(".over")

    def test_a_chat_that_was_deleted_leaves_nothing(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.write("By the way")

        api.agent.delete_chat()

        talking.until_notice("has been deleted")
        assert talking.rows() == []
        assert talking.draft() == "By the way"


class TestTheTokenIsDead:
    def test_the_visitor_starts_over_with_the_text_kept(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.meanwhile.append((POST_MESSAGE, api.chats.tokens.clear))

        talking.say("Still there?")

        talking.until_notice("cannot be continued")
        assert talking.draft() == "Still there?"
        assert "Hello" in talking.said()
        talking.press(".send")
        talking.until_state("Still there?", "Sent")
        assert len(api.chats.chats) == 2

    def test_it_is_noticed_when_the_page_wakes(self, talking: ChatPage, api: VisitorApi) -> None:
        api.chats.tokens.clear()

        talking.call(LOOKED_AT)

        talking.until_notice("cannot be continued")


class TestTheConnectionIsLost:
    def test_it_shows_and_what_is_written_goes_later(self, talking: ChatPage, api: VisitorApi) -> None:
        talking.set_network(is_online=False)
        talking.until_notice("No connection")
        talking.say("Written in a tunnel")
        talking.until_state("Written in a tunnel", "Not sent yet")
        api.agent.say("Said meanwhile")

        talking.set_network(is_online=True)

        talking.until_state("Written in a tunnel", "Sent")
        talking.until_said("Said meanwhile")
        talking.until(lambda: not talking.shows(".bar"), "the notice to go")

    def test_a_dropped_socket_comes_back_with_what_was_missed(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.loses_frames = True
        api.agent.say("Missed")
        api.drop_sockets()
        api.faults.loses_frames = False

        talking.until_said("Missed")
        talking.until(lambda: api.socket_count == 1, "a new socket")
        api.agent.say("Heard")
        talking.until_said("Heard")

    @pytest.mark.parametrize("status", [404, 503])
    def test_without_a_socket_it_reads(self, visited: ChatPage, api: VisitorApi, status: int) -> None:
        api.faults.refuse("POST realtime", Refused(status, "no_socket"), times=100)
        visited.say_and_wait("Hello")

        api.agent.say("Read, not heard")

        visited.until_said("Read, not heard")
        assert api.socket_count == 0

    def test_an_answer_that_was_lost_makes_no_second_message(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.lost_answers.append(POST_MESSAGE)
        api.faults.loses_frames = True

        talking.say_and_wait("Just once")

        assert said_by_visitor(api).count("Just once") == 1
        assert talking.said().count("Just once") == 1
        assert sum(request.startswith("POST") and "messages" in request for request in api.requests) == 2

    def test_an_answer_that_was_lost_makes_no_second_chat(self, visited: ChatPage, api: VisitorApi) -> None:
        api.faults.lost_answers.append("POST chats")

        visited.say_and_wait("Hello")

        assert api.requests.count("POST chats") == 2
        assert len(api.chats.chats) == 1
        assert len(api.agent.chat.messages) == 1


class TestGiosgIsSlowOrDown:
    @pytest.mark.parametrize(
        ("status", "code"), [(503, "giosg_unavailable"), (504, "giosg_timeout"), (429, "too_many")]
    )
    def test_a_message_is_tried_again_when_asked(
        self, talking: ChatPage, api: VisitorApi, status: int, code: str
    ) -> None:
        api.faults.refuse(POST_MESSAGE, Refused(status, code, retry_after=1), times=100)

        talking.say("Patience")

        talking.until_state("Patience", "Not sent yet")
        api.faults.refusals.clear()
        talking.until_state("Patience", "Sent")
        assert sum(message["message"] == "Patience" for message in api.agent.chat.messages.values()) == 1

    def test_what_cannot_be_sent_waits_for_the_visitor(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse(POST_MESSAGE, Refused(400, "invalid_request"))
        talking.say("Reluctant")
        talking.until_state("Reluctant", "Not sent Try again")
        talking.say("Next")
        talking.until(lambda: talking.said()[-2:] == ["Next", "Reluctant"], "the next one to show as said")

        talking.press(".failed .link")

        talking.until_state("Reluctant", "Sent")

    def test_a_failed_message_is_still_there_after_a_reload(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse(POST_MESSAGE, Refused(400, "invalid_request"))
        talking.say("Reluctant")
        talking.until_state("Reluctant", "Not sent")

        talking.reload()

        talking.until_state("Reluctant", "Not sent Try again")

    def test_a_start_is_tried_again_and_makes_one_chat(self, visited: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse("POST chats", Refused(504, "giosg_timeout"), times=2)

        visited.say("Hello")

        visited.until_state("Hello", "Sent")
        assert len(api.chats.chats) == 1

    def test_reads_that_fail_show_calmly_and_recover(self, talking: ChatPage, api: VisitorApi) -> None:
        api.faults.refuse("POST realtime", Refused(503, "giosg_unavailable"), times=100)
        api.faults.refuse(READ, Refused(503, "giosg_unavailable"), times=100)
        api.agent.say("Through it all")
        api.drop_sockets()
        talking.until_notice("No connection")

        api.faults.refusals.clear()

        talking.until(lambda: not talking.shows(".bar"), "the notice to go")
        talking.until_said("Through it all")
