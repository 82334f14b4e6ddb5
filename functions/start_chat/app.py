"""POST /chats: a visitor starts a chat.

Called by visitors' pages and apps; without a token a new visitor is made, with one the same visitor starts another
chat. Answers 201, or 200 when the same Idempotency-Key had started it, with the chat, the visitor, the first message if
one was sent, and for a visitor without a token a new token. Makes visitor, chat and message at Giosg and stores them.
"""

from visitor_chat import endpoint, initialization, telemetry, warming, wiring
from visitor_chat.callers import Caller
from visitor_chat.challenge import LONGEST_TOKEN
from visitor_chat.errors import InvalidVisitorToken
from visitor_chat.inputs import LONGEST_MESSAGE, Fields
from visitor_chat.journals import StartRequest
from visitor_chat.quotas import Act
from visitor_chat.starting import Started
from visitor_chat.views import chat_view, message_view, visitor_view

app = endpoint.api()


@app.post("/chats")
def start_chat() -> endpoint.Answer:
    caller = _caller()
    request = wiring.known_visitors().protect(_read(caller))
    visitor_id = caller.visitor.id if caller else None
    permit = wiring.quotas().ask(Act.START_CHAT, address=endpoint.address(app), visitor_id=visitor_id)
    started = wiring.starting().start(request, permit)
    telemetry.note(chat_id=started.chat.id, visitor_id=started.visitor.id)
    if caller is None and started.is_repeat:
        _refuse_known(started.visitor.id)
    token = {} if caller else {"visitor_token": started.visitor_token or wiring.sessions().open(started.visitor.id)}
    return endpoint.answer(200 if started.is_repeat else 201, _view(started) | token)


def _refuse_known(visitor_id: str) -> None:
    """Refuse who began a chat before its visitor became a known person: it need not be the same person."""
    if wiring.known_visitors().is_known(visitor_id):
        raise InvalidVisitorToken("the visitor is a known person by now")


def _caller() -> Caller | None:
    if app.request.headers.get("authorization") is None:
        return None
    return wiring.callers().identify(endpoint.token(app), with_credentials=True)


def _read(caller: Caller | None) -> StartRequest:
    fields = Fields(endpoint.body(app) | {"Idempotency-Key": app.request.headers.get("idempotency-key")})
    request = StartRequest(
        visitor=caller.visitor if caller else None,
        credentials=caller.credentials if caller else None,
        visitor_name=fields.name("visitor_name"),
        message=fields.text("message", longest=LONGEST_MESSAGE),
        client_message_id=fields.uuid("client_message_id"),
        variables=fields.texts("variables"),
        challenge_token=fields.text("challenge_token", longest=LONGEST_TOKEN),
        idempotency_key=fields.idempotency_key("Idempotency-Key"),
    )
    fields.check()
    return request


def _view(started: Started) -> dict[str, object]:
    return {
        "chat": chat_view(started.chat),
        "visitor": visitor_view(started.visitor),
        "message": started.message and message_view(started.message),
    }


handler = endpoint.handler(app)
initialization.warm_up(wiring.starting, warming.read_visitors, warming.read_giosg_token, warming.connect_to_giosg)
