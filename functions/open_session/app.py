"""POST /sessions: a known person gets a visitor token.

Called by visitors' pages and apps with a token that the company's backend has signed. Answers 201 with the visitor and
a visitor token. The first time it makes a visitor at Giosg, or takes the anonymous one whose visitor token comes along:
their chats stay theirs, and all sessions and sockets that they had before end.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.auth.quotas import Act
from visitor_chat.domain.validation import Fields
from visitor_chat.domain.views import visitor_view
from visitor_chat.runtime import initialization, telemetry

LONGEST_IDENTITY_TOKEN = 8192


def open_session(request: http.Request) -> http.Answer:
    fields = Fields(http.body(request))
    identity_token = fields.text("identity_token", longest=LONGEST_IDENTITY_TOKEN, is_required=True)
    fields.check()
    identity = wiring.identity_tokens().read(identity_token or "")
    wiring.quotas().ask(Act.OPEN_SESSION, address=request.source_ip, visitor_id=identity.subject_hash)()
    anonymous = wiring.callers().identify_if_any(http.token_if_any(request))
    visitor, is_joined = wiring.known_visitors().visitor_of(identity, anonymous.visitor if anonymous else None)
    telemetry.note(visitor_id=visitor.id)
    if is_joined:
        wiring.store().visitors.close_sessions(visitor.id)
        wiring.push().close_all(visitor.id)
    token = wiring.sessions().open(visitor.id)
    return http.answer(201, {"visitor": visitor_view(visitor), "visitor_token": token})


ROUTES = {"POST /sessions": open_session}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.known_visitors, warm_up.read_visitors)
