"""POST /sessions: a known person gets a visitor token.

Called by visitors' pages and apps with a token that the company's backend has signed. Answers 201 with the visitor and
a visitor token. The first time it makes a visitor at Giosg, or takes the anonymous one whose visitor token comes along:
their chats stay theirs, and all sessions and sockets that they had before end.
"""

from visitor_chat import endpoint, initialization, telemetry, warming, wiring
from visitor_chat.errors import InvalidIdentityToken
from visitor_chat.inputs import Fields
from visitor_chat.quotas import Act
from visitor_chat.records import Visitor
from visitor_chat.views import visitor_view

LONGEST_IDENTITY_TOKEN = 8192

app = endpoint.api()


@app.post("/sessions")
def open_session() -> endpoint.Answer:
    if not wiring.settings().has_known_users:
        raise InvalidIdentityToken("this stack has no known users")
    fields = Fields(endpoint.body(app))
    identity_token = fields.text("identity_token", longest=LONGEST_IDENTITY_TOKEN, is_required=True)
    fields.check()
    identity = wiring.identities().read(identity_token or "")
    wiring.quotas().ask(Act.OPEN_SESSION, address=endpoint.address(app), visitor_id=identity.subject_hash)()
    visitor, is_joined = wiring.known_visitors().visitor_of(identity, _anonymous())
    telemetry.note(visitor_id=visitor.id)
    if is_joined:
        wiring.store().visitors.close_sessions(visitor.id)
        wiring.push().close_all(visitor.id)
    token = wiring.sessions().open(visitor.id)
    return endpoint.answer(201, {"visitor": visitor_view(visitor), "visitor_token": token})


def _anonymous() -> Visitor | None:
    if app.request.headers.get("authorization") is None:
        return None
    return wiring.callers().identify(endpoint.token(app), with_credentials=True).visitor


handler = endpoint.handler(app)
initialization.warm_up(wiring.known_visitors, warming.read_visitors)
