"""What happened to a chat, in order: times, ids and codes, and nothing of what was said."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened.

    Attributes:
        source: who tells of it: `giosg` (by Giosg's clock) or `log` (by AWS's).
        says: what, in words.
        ids: what it was about, by name.
    """

    at: datetime
    source: str
    says: str
    ids: Mapping[str, str] = field(default_factory=dict)

    def is_about(self, wanted: str) -> bool:
        return wanted in self.ids.values()

    def document(self) -> dict[str, Any]:
        return {"at": self.at, "source": self.source, "says": self.says, **self.ids}


def in_order(*sources: Iterable[Moment]) -> list[Moment]:
    return sorted((moment for source in sources for moment in source), key=lambda each: each.at)


def lines_of(moments: list[Moment]) -> Iterator[str]:
    """Write a line for each, with its wait since the one before."""
    before: datetime | None = None
    for moment in moments:
        waited = "" if before is None else f"+{wait(max(0.0, (moment.at - before).total_seconds()))}"
        at = moment.at.isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
        yield f"  {at}  {waited:>9}  {moment.source:<5}  {moment.says}"
        before = moment.at


def wait(seconds: float) -> str:
    """Say how long something took, to three digits."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:  # noqa: PLR2004 - two minutes
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"  # noqa: PLR2004 - two hours
