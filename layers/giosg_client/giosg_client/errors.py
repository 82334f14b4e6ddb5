"""What can go wrong with Giosg, as one tree.

    GiosgError                    a call failed
    ├── GiosgUnreachable          no connection: nothing was sent
    ├── GiosgTimeout              sent, but no complete answer: it may have been done
    ├── GiosgUnavailable          408, 429, 503: come back later, nothing was done
    ├── GiosgServerError          other 5xx: it may have been done
    ├── GiosgRefused              other 4xx
    │   ├── GiosgUnauthorized     401
    │   ├── GiosgForbidden        403
    │   └── GiosgNotFound         404
    └── GiosgBadResponse          an answer that makes no sense

    ValueError
    ├── InvalidIdentifier         an id that Giosg cannot have issued
    ├── InvalidCredential         a token that no header can carry
    └── InvalidDocument            a webhook, or a resource, that is not usable

No error carries a token, a name or the text of a message: they are safe to log.
"""

from typing import Any


class GiosgError(Exception):
    """A call to Giosg failed.

    Attributes:
        method: The HTTP method of the call.
        path: The path of the call, without host and query.
        status: Giosg's HTTP status, None when there was no answer.
        request_id: Giosg's own id of the request, when the answer named one.
    """

    is_ambiguous = False
    """Whether Giosg may have done what it was asked to do, in spite of the error."""

    def __init__(
        self, detail: str, *, method: str, path: str, status: int | None = None, request_id: str | None = None
    ) -> None:
        super().__init__(detail)
        self.method = method
        self.path = path
        self.status = status
        self.request_id = request_id

    def __str__(self) -> str:
        status = "" if self.status is None else f" -> {self.status}"
        request_id = "" if self.request_id is None else f" [request {self.request_id}]"
        return f"{self.method} {self.path}{status}: {self.args[0]}{request_id}"


class GiosgUnreachable(GiosgError):
    """No connection could be made, so nothing was sent."""


class GiosgTimeout(GiosgError):
    """The request was sent, at least in part, and no complete answer came."""

    is_ambiguous = True


class GiosgUnavailable(GiosgError):
    """Giosg asks to come back later, and has done nothing.

    Attributes:
        retry_after_seconds: How long Giosg asks to wait, when it says so.
    """

    def __init__(self, detail: str, *, retry_after_seconds: float | None = None, **call: Any) -> None:
        super().__init__(detail, **call)
        self.retry_after_seconds = retry_after_seconds


class GiosgServerError(GiosgError):
    """Giosg failed while it handled the request."""

    is_ambiguous = True


class GiosgRefused(GiosgError):
    """Giosg refused the request."""


class GiosgUnauthorized(GiosgRefused):
    """The credential is missing, wrong or expired."""


class GiosgForbidden(GiosgRefused):
    """The credential does not allow this, or the organisation has no subscription for it."""


class GiosgNotFound(GiosgRefused):
    """No such resource, or none that the credential may see."""


class GiosgBadResponse(GiosgError):
    """Giosg answered with something that its documentation does not describe.

    Attributes:
        field: The field of the answer that is missing or wrong, when it is one field.
    """

    def __init__(self, detail: str, *, field: str | None = None, **call: Any) -> None:
        super().__init__(detail if field is None else f"{detail}: {field}", **call)
        self.field = field
        # A request that changes something was taken, whatever the answer to it looks like.
        self.is_ambiguous = self.method not in {"GET", "HEAD"}


class InvalidIdentifier(ValueError):
    """An id is not of the form that Giosg issues; no URL was built from it."""


class InvalidCredential(ValueError):
    """A token is empty, or has characters that no HTTP header can carry."""


class InvalidDocument(ValueError):
    """A webhook's body, or a resource of Giosg's, is not usable.

    Attributes:
        field: The field that is missing or wrong, None when it is the body as a whole.
    """

    def __init__(self, detail: str, *, field: str | None = None) -> None:
        super().__init__(detail if field is None else f"{field}: {detail}")
        self.field = field
