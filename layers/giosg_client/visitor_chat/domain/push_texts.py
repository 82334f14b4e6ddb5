"""What a browser shows of an answer while the page is closed, in the languages that the page speaks."""

from typing import Any, NamedTuple

from visitor_chat.domain.records import StoredMessage
from visitor_chat.domain.views import message_view

FALLBACK = "en"
LONGEST_TEXT = 300
"""Characters: no system shows more, and all of it fits into one push message, whatever alphabet it is in."""


class Notice(NamedTuple):
    """A notice's two lines."""

    title: str
    body: str


_ANSWERED = {
    "en": Notice("You have an answer", "Open the chat to read it."),
    "fi": Notice("Sait vastauksen", "Avaa keskustelu, niin voit lukea sen."),
    "sv": Notice("Du har fått svar", "Öppna chatten för att läsa det."),
}
_DELIVERED = {
    "en": Notice("We are back", "Your message has reached us, and the chat is open."),
    "fi": Notice("Olemme taas paikalla", "Viestisi on perillä, ja keskustelu on auki."),
    "sv": Notice("Vi är tillbaka", "Ditt meddelande har kommit fram och chatten är öppen."),
}


def language_of(tag: str | None) -> str:
    """Return the language that notices are in for somebody who speaks this one."""
    base = (tag or "").partition("-")[0].lower()
    return base if base in _ANSWERED else FALLBACK


def answered(language: str, message: StoredMessage | None) -> Notice:
    """Return the notice of an answer; with its text if the message is handed in, and has one."""
    plain = _ANSWERED[language]
    shown: dict[str, Any] = message_view(message) if message else {}
    if not shown.get("message"):
        return plain
    return Notice(_cut(shown["sender_name"] or plain.title), _cut(shown["message"]))


def delivered(language: str) -> Notice:
    """Return the notice that a held message has begun a chat."""
    return _DELIVERED[language]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"
