"""JSON from outside, read without surprises."""

import json
from typing import Any, NoReturn

MOST_DIGITS = 4000


def parse_json(document: bytes | str) -> Any:
    """Parse JSON; raise ValueError for anything that is not, and for what is nested too deeply to read.

    NaN and Infinity, which Python takes, are no JSON. A number with more digits than Python reads is None: nothing that
    Giosg tells is so large. The error never quotes the document.
    """
    try:
        return json.loads(document, parse_constant=_refuse, parse_int=_whole_number)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _refuse(_constant: str) -> NoReturn:
    raise ValueError


def _whole_number(digits: str) -> int | None:
    """https://docs.python.org/3/library/stdtypes.html#integer-string-conversion-length-limitation."""
    return int(digits) if len(digits) <= MOST_DIGITS else None
