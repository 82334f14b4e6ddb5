"""JSON from outside, read without surprises."""

import json
from typing import Any, NoReturn


def parse_json(document: bytes | str) -> Any:
    """Parse JSON; raise ValueError for anything that is not, and for what is nested too deeply to read.

    NaN and Infinity, which Python takes, are no JSON. The error never quotes the document.
    """
    try:
        return json.loads(document, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None


def _refuse(_constant: str) -> NoReturn:
    raise ValueError
