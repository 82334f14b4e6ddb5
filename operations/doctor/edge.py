"""What the internet sees of a stack: the API, its CORS, the page."""

from collections.abc import Iterator, Mapping

import requests

from operations.doctor.findings import Finding, Look, note, ok, wrong
from operations.doctor.giosg_account import Answers, clocks_apart
from operations.stacks.deployed import DeployedStack

ANSWER_SECONDS = 29.0
"""API Gateway waits no longer for a function."""
FOREIGN_ORIGIN = "https://foreign.example.invalid"
EXAMPLE_ORIGIN = "https://www.example.com"
"""What AllowedOrigins is until somebody says otherwise."""


class StackApi:
    """Calls to a stack's API, with what their answers tell of its clock."""

    def __init__(self, stack: DeployedStack) -> None:
        self.url = stack.api_url
        self.answers = Answers.from_host(self.url)

    def call(self, method: str, path: str, **arguments: object) -> requests.Response:
        options: dict[str, object] = {"timeout": ANSWER_SECONDS, "allow_redirects": False, **arguments}
        return self.answers.session.request(method, f"{self.url}{path}", **options)  # type: ignore[arg-type] # as given


class EdgeLooks:
    """Looks at a stack from outside; nothing more once the API does not answer."""

    def __init__(self, stack: DeployedStack, api: StackApi) -> None:
        self._stack = stack
        self._api = api
        self.is_reached = False

    def all(self) -> Mapping[str, Look]:
        return {
            "stack.api": self.api,
            "stack.origins": self.origins,
            "stack.page": self.page,
            "stack.availability": self.availability,
        }

    @property
    def _origins(self) -> list[str]:
        return [origin.strip() for origin in self._stack.parameters.get("AllowedOrigins", "").split(",")]

    def api(self) -> Iterator[Finding]:
        try:
            answer = self._api.call("GET", "/health")
        except requests.RequestException as error:
            says = f"The API cannot be reached at {self._api.url} ({type(error).__name__})"
            yield wrong("stack.api", says, "look at the network here; was the stack deployed to its end?")
            return
        self.is_reached = answer.status_code == requests.codes.ok
        if self.is_reached:
            yield ok("stack.api", f"The API answers at {self._api.url}")
        else:
            advice = "read the log group's lines of level ERROR: make status; deploying again may mend it"
            yield wrong("stack.api", f"The API answers {answer.status_code}", advice, status=answer.status_code)

    def origins(self) -> Iterator[Finding]:
        """Ask as a browser would, from a page that may call the API and from one that may not."""
        if not self.is_reached:
            return
        change = f"make deploy STACK={self._stack.name} ASK=1"
        refused = [origin for origin in self._origins if origin != "*" and not self._admits(origin)]
        if refused:
            yield wrong("stack.origins", f"Pages of {refused[0]} may not call the API", f"deploy again: {change}")
        if "*" in self._origins:
            yield note("stack.origins", "Pages of every site may call the API", f"name yours: {change}")
        elif self._admits(FOREIGN_ORIGIN):
            yield wrong("stack.origins", "Pages of any site may call the API", f"name yours: {change}")
        elif EXAMPLE_ORIGIN in self._origins:
            says = f"The API is open to pages of {EXAMPLE_ORIGIN}, which is an example"
            yield note("stack.origins", says, f"name your own sites: {change}")
        elif not refused:
            yield ok("stack.origins", f"Pages of {', '.join(self._origins)} may call the API, and no others")

    def _admits(self, origin: str) -> bool:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = self._api.call("OPTIONS", "/chats", headers=headers)
        return answer.headers.get("Access-Control-Allow-Origin") in {origin, "*"}

    def page(self) -> Iterator[Finding]:
        """Look at the page, and at who may show it in a frame."""
        if not self.is_reached:
            return
        answer = self._api.call("GET", "/chat")
        if answer.status_code != requests.codes.ok:
            advice = "deploy again; read the log group's lines of level ERROR"
            yield wrong("stack.page", f"The visitor's page answers {answer.status_code}", advice)
            return
        framers = directive(answer.headers.get("Content-Security-Policy", ""), "frame-ancestors")
        missing = [origin for origin in self._origins if origin != "*" and origin not in framers]
        if not framers:
            yield wrong("stack.page", "The visitor's page comes without its policy", "is there a proxy in between?")
        elif missing:
            yield wrong("stack.page", f"Pages of {missing[0]} may not embed the chat", "deploy again")
        else:
            yield ok("stack.page", f"The visitor's page is at {self._api.url}/chat, with its policy")

    def availability(self) -> Iterator[Finding]:
        """Ask as visitors do: the answer is Giosg's, by way of a function."""
        if not self.is_reached:
            return
        answer = self._api.call("GET", "/availability")
        if answer.status_code != requests.codes.ok:
            code = code_of(answer)
            advice = "look at Giosg above; if all is well there, the functions have no way to it, or another token"
            yield wrong("stack.availability", f"The stack has no answer from Giosg ({code})", advice, code=code)
            return
        is_online = bool(answer.json().get("is_online"))
        says = f"The stack finds the room {'online' if is_online else 'offline'}"
        yield ok("stack.availability", says, is_online=is_online)


def clock(answers: Answers, of_giosg: Answers) -> Iterator[Finding]:
    """Compare this machine's clock, and Giosg's, with AWS's, which the functions live by."""
    offset, giosg = answers.clock_offset_seconds, of_giosg.clock_offset_seconds
    if offset is None:
        return
    if giosg is not None and (says := clocks_apart("Giosg's", giosg - offset, "AWS's")):
        advice = "tell Giosg's support: webhooks seem late or from the future; their order does not suffer"
        yield wrong("stack.giosg_clock", says, advice, offset_seconds=round(giosg - offset, 1))
    says = clocks_apart("This machine's", -offset, "the stack's")
    if says is None:
        yield ok("stack.clock", "This machine's clock and the stack's agree", offset_seconds=round(offset, 1))
        return
    yield wrong("stack.clock", says, "let it set itself, as with timedatectl set-ntp true")


def directive(policy: str, name: str) -> list[str]:
    """Return the values of a directive (https://www.w3.org/TR/CSP3/#parse-serialized-policy)."""
    directives = (each.split() for each in policy.split(";"))
    return next((values for key, *values in (each for each in directives if each) if key == name), [])


def code_of(answer: requests.Response) -> str:
    """Return the stable code of a problem, or the status of what is none."""
    try:
        return str(answer.json()["code"])
    except (ValueError, KeyError, TypeError):
        return str(answer.status_code)
