"""How a call travels: connections, timeouts, repeats, and what every failure on the way means.

A failure names its cause by type and in the system's own words, and chains nothing: the text of a library's exception
may quote a header or a piece of the answer.
"""

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.exceptions import ConnectTimeout, ContentDecodingError, RequestException
from urllib3.exceptions import HTTPError, NewConnectionError

from giosg_client.answers import Answer, bad_response, failure_of
from giosg_client.calls import Call
from giosg_client.connections import GiosgAdapter
from giosg_client.errors import GiosgBadResponse, GiosgError, GiosgTimeout, GiosgUnreachable
from giosg_client.retries import RetryPolicy, seconds_before_retry

LARGEST_ANSWER_BYTES = 4 * 1024 * 1024
LARGEST_ERROR_BYTES = 64 * 1024
SHORTEST_ATTEMPT_SECONDS = 0.1
_CHUNK_BYTES = 64 * 1024


def open_session() -> requests.Session:
    """Make a session that takes nothing from its surroundings and keeps nothing but its connections.

    No proxy, no .netrc, and no cookie: the answer to one visitor's request must not colour the next visitor's.
    """
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = GiosgAdapter()
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


class Transport:
    """Sends calls, from any number of threads at once.

    A call takes no longer than both timeouts together, repeats included, however slowly the answer comes. Two things
    are outside of that bound: looking up Giosg's name, and trying its further addresses, each for the connect timeout.
    """

    def __init__(
        self,
        *,
        base_url: str,
        connect_timeout_seconds: float,
        read_timeout_seconds: float,
        retry: RetryPolicy,
        session: requests.Session | None,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        before_call: Callable[[], None],
        on_attempt: Callable[[Call, float, GiosgError | None], None],
    ) -> None:
        self._base_url = base_url
        self._connect_timeout_seconds = connect_timeout_seconds
        self._read_timeout_seconds = read_timeout_seconds
        self._retry = retry
        self._session = open_session() if session is None else session
        self._clock = clock
        self._monotonic = monotonic
        self._sleep = sleep
        self._before_call = before_call
        self._on_attempt = on_attempt

    def send(self, call: Call) -> Answer:
        """Send it, again if that is safe; raise GiosgError when there is no success in the end."""
        self._before_call()
        deadline = self._monotonic() + self._connect_timeout_seconds + self._read_timeout_seconds
        attempts_made = 0
        while True:
            try:
                return self._tell_of_attempt(call, seconds=max(deadline - self._monotonic(), SHORTEST_ATTEMPT_SECONDS))
            except GiosgError as error:
                attempts_made += 1
                if call.is_asked_once:
                    raise
                wait_seconds = seconds_before_retry(self._retry, error, attempts_made=attempts_made)
                if wait_seconds is None or self._monotonic() + wait_seconds > deadline - SHORTEST_ATTEMPT_SECONDS:
                    raise
            self._sleep(wait_seconds)

    def _tell_of_attempt(self, call: Call, *, seconds: float) -> Answer:
        began_at, failure = self._monotonic(), None
        try:
            return self.attempt(call, seconds=seconds)
        except GiosgError as error:
            failure = error
            raise
        finally:
            self._on_attempt(call, self._monotonic() - began_at, failure)

    def attempt(self, call: Call, *, seconds: float) -> Answer:
        """Send it once, and give up after so many seconds."""
        try:
            with self._start(call, seconds) as response:
                return self._finish(call, response)
        except (RequestException, HTTPError) as error:
            raise _failure_on_the_way(call, error) from None

    def _start(self, call: Call, seconds: float) -> requests.Response:
        return self._session.request(
            call.method,
            f"{self._base_url}{call.path}{call.query}",
            data=None if call.body is None else json.dumps(call.body),
            headers=_headers(call),
            timeout=(min(self._connect_timeout_seconds, seconds), min(self._read_timeout_seconds, seconds)),
            allow_redirects=False,
            stream=True,
        )

    def _finish(self, call: Call, response: requests.Response) -> Answer:
        failure = failure_of(call, response.status_code, response.headers, now=self._clock())
        if failure is not None:
            # Read to its end, so that the connection can be used again.
            with contextlib.suppress(RequestException, HTTPError):
                _body(response, LARGEST_ERROR_BYTES)
            raise failure
        body = _body(response, LARGEST_ANSWER_BYTES)
        answer = Answer(response.status_code, response.headers, body or b"")
        if body is None:
            raise bad_response(call, answer, "too large")
        return answer


def _headers(call: Call) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "giosg-client"}
    if call.body is not None:
        headers["Content-Type"] = "application/json"
    if call.authorization is not None:
        headers["Authorization"] = call.authorization
    return headers


def _body(response: requests.Response, largest_bytes: int) -> bytes | None:
    """Return the whole body, None when it is larger than that."""
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > largest_bytes:
            return None
    return bytes(body)


def _failure_on_the_way(call: Call, error: Exception) -> GiosgError:
    """Tell what was never sent from what may have been done.

    A connection that ends while an answer is awaited says nothing about what Giosg did before: a server that closes an
    idle connection at that very moment looks the same as one that dies over the request.
    """
    if isinstance(error, ContentDecodingError):
        return GiosgBadResponse("not in the encoding that it names", method=call.method, path=call.path)
    if isinstance(error, ConnectTimeout) or any(isinstance(cause, NewConnectionError) for cause in _causes(error)):
        return GiosgUnreachable(f"no connection ({_reason(error)})", method=call.method, path=call.path)
    return GiosgTimeout(f"no complete answer ({_reason(error)})", method=call.method, path=call.path)


def _reason(error: Exception) -> str:
    """Name the first cause; what the system says of it has nothing of the request or the answer in it."""
    *_, cause = _causes(error)
    said = cause.strerror if isinstance(cause, OSError) and cause.strerror else ""
    return f"{type(cause).__name__}: {said}" if said else type(cause).__name__


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Walk from what requests raises down to what the socket raised."""
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        inner = (getattr(cause, "reason", None), cause.__cause__, *cause.args)
        cause = next((candidate for candidate in inner if isinstance(candidate, BaseException)), None)
