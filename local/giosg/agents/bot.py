"""A bot that asks with buttons, as Giosg's own sample bot does, and understands what is pressed.

https://docs.giosg.com/tutorials/rich_text_messages/, https://docs.giosg.com/tutorials/chat_bots
"""

from queue import SimpleQueue
from threading import Event, Lock, Thread

from local.giosg.agents.agent import AgentActs
from local.giosg.agents.team import Team
from local.giosg.state.lifecycle import ChatIsEnded
from local.giosg.state.records import JSON
from local.giosg.state.world import Change

NAME, ALIAS = "Botti", "Botti the bot"
GREETING = "Hello, I am a bot. What is it about?"
NOT_UNDERSTOOD = "I understand buttons only. What is it about?"
HANDOVER = "I fetch a colleague: one moment, please."
ANSWERS = {
    "parcel": "Your parcel left us this morning and comes tomorrow.",
    "hours": "We are here from Monday to Friday, from 8 to 18.",
    "helped": "Glad to hear that!",
}
CHOICE: JSON = {
    "title": "Choose one, or write and a colleague answers",
    "actions": [
        {"text": "Where is my parcel?", "value": "parcel", "is_disabled_on_visitor_message": True},
        {"text": "Opening hours", "value": "hours", "is_disabled_on_visitor_message": True},
        {"text": "Talk to a person", "value": "person", "style": "secondary", "is_disabled_on_selection": False},
        {"text": "Read more", "type": "link_button", "value": "https://example.com/help", "style": "link"},
    ],
}
FEEDBACK: JSON = {
    "title": "Did that help?",
    "actions": [
        {"text": "Yes", "value": "helped", "style": "success"},
        {"text": "No", "value": "person", "style": "danger"},
    ],
}


class Bot:
    """A user of the organisation who is never online: it takes part in the chats in which it was asked to.

    It answers each press of its buttons, and each text as long as no person takes part, after `thinking_seconds`.
    """

    def __init__(self, team: Team, *, thinking_seconds: float = 0.8) -> None:
        self.thinking_seconds = thinking_seconds
        self._team = team
        self._world = team.world
        self._heard: SimpleQueue[JSON | None] = SimpleQueue()
        self._stopping = Event()
        self._lock = Lock()
        self._thread: Thread | None = None

    @property
    def _acts(self) -> AgentActs:
        with self._world.lock:
            known = next((each.id for each in self._world.agents.values() if each.is_bot and each.name == NAME), None)
            return AgentActs(self._world, known) if known else self._team.hire(NAME, alias=ALIAS, is_bot=True)

    def ask(self, chat_id: str) -> str:
        """Take part in a chat and offer the buttons; return the message's id."""
        self._start()
        return self._acts.say(chat_id, GREETING, attachments=[CHOICE])

    def hear(self, change: Change) -> None:
        """Take note of what a visitor says in a chat of the bot's. Called with the world's lock."""
        said = change.resource or {}
        if self._thread and change.action == "added" and said.get("sender_type") == "visitor" and self._is_asked(said):
            self._heard.put(said)

    def _is_asked(self, said: JSON) -> bool:
        chat = self._world.chats[said["chat_id"]]
        bots = {each.id for each in self._world.agents.values() if each.is_bot}
        present = {member.id for member in chat.members.values() if member.type == "user" and member.is_participating}
        if said["type"] == "action":
            return self._world.messages[said["response_to_message_id"]].sender_id in bots
        return bool(present) and present <= bots

    def answer(self, said: JSON) -> None:
        """Answer a press or a text."""
        chat_id = said["chat_id"]
        value = said["response_value"] if said["type"] == "action" else None
        if value == "person":
            self._hand_over(chat_id)
        elif value in ANSWERS:
            self._acts.say(chat_id, ANSWERS[value])
            if value != "helped":
                self._acts.say(chat_id, None, attachments=[FEEDBACK])
        else:
            self._acts.say(chat_id, NOT_UNDERSTOOD, attachments=[CHOICE])

    def _hand_over(self, chat_id: str) -> None:
        self._acts.say(chat_id, HANDOVER)
        self._acts.hand_over(chat_id)

    def _start(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = Thread(target=self._run, name="bot", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (said := self._heard.get()) is not None:
            try:
                self._acts.typing(said["chat_id"])
                self._stopping.wait(self.thinking_seconds)
                self.answer(said)
            except (KeyError, ChatIsEnded):
                continue  # the chat was removed or has ended meanwhile

    def stop(self) -> None:
        self._stopping.set()
        self._heard.put(None)
        if self._thread:
            self._thread.join()
