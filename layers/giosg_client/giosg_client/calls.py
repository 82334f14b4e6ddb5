"""What is asked of Giosg."""

from collections.abc import Mapping
from dataclasses import field

from giosg_client.frozen import Frozen, frozen


@frozen
class Call(Frozen):
    """One request, whose ids and credential have been checked.

    Attributes:
        path: Below the base URL, beginning with a slash, without a query.
        authorization: The header's value, None for a call that needs no credential.
        body: What becomes the JSON body.
        is_asked_once: Whether it is not repeated even where that is safe, since its caller can do without an answer.
    """

    method: str
    path: str
    query: str = ""
    authorization: str | None = field(default=None, repr=False)
    body: Mapping[str, object] | None = field(default=None, repr=False)
    is_asked_once: bool = False
