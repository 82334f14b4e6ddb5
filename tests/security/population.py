"""Who is who in an attack: what belongs to whom, what each may be told, and what becomes of an answer."""

import re
from dataclasses import dataclass, field
from itertools import count

IDS = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{32}|private-[0-9]+")
"""Whatever in an answer is one visitor's: ids of chats, messages and visitors, and the marks in names and texts."""

_numbers = count(1)


def mark() -> str:
    """Make a word that only one visitor may ever be shown."""
    return f"private-{next(_numbers)}"


@dataclass(eq=False, slots=True)
class Resident:
    """A visitor as the outside knows them."""

    id: str
    tokens: set[str] = field(default_factory=set)
    chats: set[str] = field(default_factory=set)
    person: str | None = None
    is_erased: bool = False


@dataclass(slots=True)
class Population:
    """Everybody, and whose each id and each word is. What was told to one visitor is never told to another."""

    residents: dict[str, Resident] = field(default_factory=dict)
    owners: dict[str, Resident | None] = field(default_factory=dict)
    persons: dict[str, Resident] = field(default_factory=dict)

    def resident(self, visitor_id: str) -> Resident:
        return self.residents.setdefault(visitor_id, Resident(visitor_id))

    def whose(self, token: str | None) -> Resident | None:
        """Return who a token stands for while it lives."""
        return next((each for each in self.residents.values() if token in each.tokens), None)

    def keeper(self, chat_id: str) -> Resident | None:
        return next((each for each in self.residents.values() if chat_id in each.chats), None)

    def join(self, resident: Resident, person: str) -> None:
        """Let a visitor be a person from now on; whoever began their sessions has them no longer."""
        resident.person = person
        resident.tokens.clear()
        self.persons[person] = resident

    def erase(self, resident: Resident) -> None:
        resident.is_erased = True
        resident.tokens.clear()
        if resident.person is not None:
            self.persons.pop(resident.person, None)

    def own(self, text: str, owner: Resident | None) -> None:
        """Return somebody every id and word of a text that is nobody's yet."""
        for found in IDS.findall(text):
            self.owners.setdefault(found, owner)

    def leaks(self, told: str, to: Resident | None, *, asked: str) -> list[str]:
        """Return what an answer told that is another's; what the request itself said is no news to who asked."""
        news = set(IDS.findall(told)) - set(IDS.findall(asked))
        return [found for found in news if found in self.owners and (to is None or self.owners[found] is not to)]
