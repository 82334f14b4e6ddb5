"""Instants in whatever form leaves no doubt which one is meant, as aware datetimes in UTC.

Giosg documents one form, `2030-01-01T10:00:05.120Z`, and its own samples differ from it
(https://docs.giosg.com/api_reference/common_api_guidelines/). Read are all spellings of ISO 8601 that libraries write
(RFC 3339, RFC 9557), seconds since 1970 and their parts, and the dates of HTTP and e-mail (RFC 9110, RFC 5322).
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

_ISO_8601 = re.compile(
    r"(?P<date>[0-9]{4}(?:-?[0-9]{2}-?[0-9]{2}|-?W[0-9]{2}-?[0-9]))"
    r"(?:[T ](?P<time>[0-9:.,]+)\s*(?P<zone>Z|UTC|GMT|[+-][0-9:.]+)?)?(?:\[[^]]*\])?",
    re.ASCII | re.IGNORECASE,
)
_DATED = re.compile(
    r"(?:[a-z]+,?\s+)?[0-9]{1,2}[ -][a-z]{3}[ -][0-9]{4}\s+[0-9:]+\s*(?:GMT|UTC|UT|Z|[+-][0-9]{4})?"
    r"|[a-z]{3}\s+[a-z]{3}\s+[0-9]{1,2}\s+[0-9:]+\s+[0-9]{4}",
    re.ASCII | re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]{10,19}(?:\.[0-9]{1,9})?", re.ASCII)
_LEAP_SECOND = re.compile(r"(?<=:[0-9]{2}:)60")
_UNITS = (1, 10**3, 10**6, 10**9)
"""Seconds, and their thousandths, millionths and billionths."""
_FIRST_SECOND, _LAST_SECOND = 10**9, 10**10
"""From 2001 to 2286: there, no number could be of two units."""


def instant(value: Any) -> datetime:
    """Read an instant; one without a zone is UTC. Raise ValueError for what is none, or could be several."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _since_1970(value)
    if not isinstance(value, str):
        raise ValueError  # noqa: TRY004 - a reader has one error, whatever is wrong
    text = value.strip()
    return _since_1970(float(text)) if _NUMBER.fullmatch(text) else _written(text)


def _since_1970(number: float) -> datetime:
    unit = next((unit for unit in _UNITS if _FIRST_SECOND * unit <= number < _LAST_SECOND * unit), None)
    if unit is None:
        raise ValueError
    return datetime.fromtimestamp(number / unit, UTC)


def _written(text: str) -> datetime:
    try:
        moment = _parsed(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (OverflowError, TypeError, IndexError):
        raise ValueError from None


def _parsed(text: str) -> datetime:
    if match := _ISO_8601.fullmatch(text):
        zone = (match["zone"] or "Z").upper().replace("UTC", "Z").replace("GMT", "Z")
        time = _LEAP_SECOND.sub("59", match["time"] or "00:00")
        return datetime.fromisoformat(f"{match['date'].upper()}T{time}{zone}")
    if _DATED.fullmatch(text):
        return parsedate_to_datetime(text)
    raise ValueError
