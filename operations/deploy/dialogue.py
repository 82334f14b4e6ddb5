"""The few answers that a deployment needs: remembered, given by the environment, or asked for; and checked at Giosg."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from operations.deploy.questions import ORGANIZATION, ORIGINS, QUESTIONS, ROOM, TOKEN_QUESTION, Question, WrongForm
from operations.doctor.findings import Finding, Group, Level, report
from operations.doctor.giosg import GiosgLooks, Remedies
from operations.doctor.giosg_account import Account
from operations.doctor.subjects import DEFAULT_BASE_URL
from operations.giosg_token import TOKEN, given_token
from operations.terminal import Refused, Terminal
from visitor_chat.domain.rooms import InvalidRooms, read_rooms

NO_OBSTACLES = ("giosg.online", "giosg.clock", "giosg.latency")
"""What may be wrong now and well tomorrow, of any room, whatever is answered here."""
BASE_URL, ROOMS = "GiosgBaseUrl", "Rooms"
REMEDIES = Remedies(token="give that one", ids="give the right one")  # noqa: S106 - words


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a deployment is to be told.

    Attributes:
        parameters: the template's, without secrets.
        token: the API token, when a new one is given; None leaves what is stored.
    """

    parameters: Mapping[str, str]
    token: str | None = field(default=None, repr=False)

    def with_parameter(self, name: str, value: str) -> "Answers":
        return replace(self, parameters={**self.parameters, name: value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known before anybody is asked.

    Attributes:
        parameters: remembered answers, or those of the deployed stack.
        token: the token that the deployed stack uses; None for a new stack.
        asks_again: whether everything is to be asked again, with what is known as the default.
        asks_for_token: whether a new token is to be given.
    """

    parameters: Mapping[str, str]
    token: str | None = field(default=None, repr=False)
    asks_again: bool = False
    asks_for_token: bool = False


class Dialogue:
    """Asks a person, as little as possible."""

    def __init__(self, terminal: Terminal, environment: Mapping[str, str]) -> None:
        self._terminal = terminal
        self._environment = environment

    def answers(self, known: Known) -> Answers:
        """Return answers that Giosg agrees with.

        Raises:
            Refused: something is wrong that no other answer mends, or nobody is there to give one.
        """
        parameters = {question.parameter: self._answer(question, known) for question in QUESTIONS}
        base_url = known.parameters.get(BASE_URL) or self._environment.get("GIOSG_BASE_URL") or DEFAULT_BASE_URL
        answers = Answers(
            parameters={**known.parameters, **parameters, BASE_URL: base_url.rstrip("/")}, token=self._token(known)
        )
        return self._agreed(answers, known)

    def _answer(self, question: Question, known: Known) -> str:
        remembered = known.parameters.get(question.parameter, "")
        given = self._environment.get(question.variable, "")
        if remembered and not known.asks_again:
            return remembered
        if given and not known.asks_again:
            return self._checked_variable(question, given)
        return self.ask(question, default=remembered or given)

    def _checked_variable(self, question: Question, given: str) -> str:
        try:
            return question.checked(given)
        except WrongForm as problem:
            raise Refused(f"{question.variable}: {problem}") from problem

    def ask(self, question: Question, *, default: str = "") -> str:
        """Ask until an answer has its form."""
        while True:
            answer = self._terminal.ask(question.text, otherwise=f"with {question.variable}=…", default=default)
            try:
                return question.checked(answer)
            except WrongForm as problem:
                self._terminal.say(f"  {problem}")

    def _token(self, known: Known) -> str | None:
        given = given_token(self._environment)
        if known.token is None or known.asks_for_token:
            return given or self._ask_token()
        if given and given != known.token:
            self._terminal.say(f"The token in {TOKEN} takes the place of the stored one")
            return given
        return None

    def _ask_token(self) -> str:
        return self._terminal.ask_secret(TOKEN_QUESTION, otherwise=f"with {TOKEN} or {TOKEN}_FILE")

    def _agreed(self, answers: Answers, known: Known) -> Answers:
        """Ask Giosg, and ask again for what it does not agree with."""
        while obstacles := self._obstacles(answers, known):
            answers = self._mended(answers, obstacles[0])
        return answers

    def _obstacles(self, answers: Answers, known: Known) -> list[Finding]:
        """Return what has to be mended; a deployed stack's own answers may stay, whatever Giosg says now."""
        account = account_of(answers, answers.token or known.token or "")
        found = report([Group(heading="Giosg says", looks=GiosgLooks(account, REMEDIES).all())], self._terminal)
        is_as_deployed = known.token is not None and answers.token is None and is_same(answers, known)
        wrong = [each for each in found if each.level is Level.WRONG and not each.check.startswith(NO_OBSTACLES)]
        return [] if is_as_deployed else wrong

    def _mended(self, answers: Answers, obstacle: Finding) -> Answers:
        if not self._terminal.is_interactive:
            raise Refused(obstacle.line)
        if obstacle.check in {"giosg.organization", "giosg.visitor"}:
            suggested = str(obstacle.facts.get("organization_id", ""))
            return answers.with_parameter(ORGANIZATION.parameter, self.ask(ORGANIZATION, default=suggested))
        if obstacle.check == "giosg.room":
            return answers.with_parameter(ROOM.parameter, self.ask(ROOM))
        if obstacle.check in {"giosg.token", "giosg.rights"}:
            return replace(answers, token=self._ask_token())
        raise Refused(obstacle.line)


def account_of(answers: Answers, token: str) -> Account:
    parameters = answers.parameters
    return Account(
        base_url=parameters[BASE_URL],
        organization_id=parameters[ORGANIZATION.parameter],
        room_id=parameters[ROOM.parameter],
        api_token=token,
        rooms=rooms_of(parameters),
    )


def rooms_of(parameters: Mapping[str, str]) -> Mapping[str, str]:
    """Return the further rooms, as the functions will read them; raise Refused."""
    try:
        return read_rooms(parameters.get(ROOMS, ""), default_id=parameters[ROOM.parameter])
    except InvalidRooms as problem:
        raise Refused(f"{ROOMS} {problem}") from problem


def is_same(answers: Answers, known: Known) -> bool:
    return all(answers.parameters.get(name) == known.parameters.get(name) for name in ASKED)


ASKED = (ORGANIZATION.parameter, ROOM.parameter, BASE_URL)
"""What is checked at Giosg; the origins are not."""
PARAMETERS_KEPT = (*ASKED, ROOMS, ORIGINS.parameter)
