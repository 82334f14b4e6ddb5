"""A challenge that a new visitor's browser must have passed, if the stack is told to ask for one.

Any service will do that is asked as Turnstile is
(https://developers.cloudflare.com/turnstile/get-started/server-side-validation/): a form with `secret` and `response`
is posted to it, and it answers JSON with a boolean `success`. The visitor's address is not passed on.
"""

from collections.abc import Callable

from visitor_chat.domain.errors import ChallengeFailed, TryAgain

TIMEOUT_SECONDS = 3.0
RETRY_SECONDS = 5.0
LONGEST_TOKEN = 2048


class NoChallenge:
    """Asks nobody."""

    def check(self, _token: str | None) -> None: ...


class Challenge:
    """Asks the challenge's service."""

    def __init__(self, url: str, secret: Callable[[], str]) -> None:
        self._url = url
        self._secret = secret

    def check(self, token: str | None) -> None:
        """Raise ChallengeFailed when the challenge was not passed, TryAgain when its service does not say."""
        if token is None:
            raise ChallengeFailed("no challenge_token")
        if not self._is_passed(token):
            raise ChallengeFailed("the challenge's service says no")

    def _is_passed(self, token: str) -> bool:
        import requests  # noqa: PLC0415 - to import it takes long, and few stacks ask for a challenge

        form = {"secret": self._secret(), "response": token}
        try:
            answer = requests.post(self._url, data=form, timeout=TIMEOUT_SECONDS, allow_redirects=False)
            document = answer.json()
        except (requests.RequestException, ValueError):
            raise TryAgain("the challenge's service does not answer", retry_after_seconds=RETRY_SECONDS) from None
        return isinstance(document, dict) and document.get("success") is True
