"""What is asked of Giosg."""

from collections.abc import Mapping
from dataclasses import field

from giosg_client.frozen import Frozen, frozen

ORGANIZATION_SCHEME = "Token "
"""https://docs.giosg.com/getting_started/get_api_token/"""
_SAY_NOTHING = frozenset({"api", "public", "orgs"})


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

    @property
    def name(self) -> str:
        """What kind of call it is, such as `post_visitors_chats_messages`: the method, and the path without its ids."""
        words = (word for word in self.path.split("/") if word.replace("_", "").isalpha())
        return "_".join([self.method.lower(), *(word for word in words if word not in _SAY_NOTHING)])

    @property
    def is_of_organization(self) -> bool:
        """Whether the organisation's API token goes with it, and not a visitor's."""
        return (self.authorization or "").startswith(ORGANIZATION_SCHEME)
