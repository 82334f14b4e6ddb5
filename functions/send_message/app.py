"""POST /chats/{chat_id}/messages: a visitor sends a message, or presses a button that was offered.

Called by visitors' pages and apps. Answers 201 with the message, or 200 when the same `client_message_id` had sent it.
Sends the message to Giosg, once, and stores it.
"""

import uuid

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.auth.callers import Caller
from visitor_chat.auth.quotas import Act, Permit, nothing_to_wait_for
from visitor_chat.chats.press import find_button
from visitor_chat.chats.send import Outgoing
from visitor_chat.domain.validation import LONGEST_MESSAGE, Fields
from visitor_chat.domain.views import UNNAMED_CLAIM, message_view
from visitor_chat.runtime import initialization, telemetry


def send_message(request: http.Request) -> http.Answer:
    token = http.token(request)
    fields = Fields(http.body(request))
    text, press = fields.text("message", longest=LONGEST_MESSAGE), fields.press("action")
    fields.one_of("message", "action")
    claim_id = fields.uuid("client_message_id") or f"{UNNAMED_CLAIM}{uuid.uuid4()}"
    fields.check()
    chat_id = request.path_id("chat_id")
    caller, chat = wiring.callers().identify_in_chat(token, chat_id, claim_id=claim_id, with_credentials=True)
    if press is not None and caller.sent is None:
        press = find_button(wiring.store().messages, chat.id, press)
    outgoing = Outgoing(
        credentials=caller.credentials,
        claim_id=claim_id,
        text=text or "",
        press=press,
        permit=_permit(request, caller),
    )
    delivered = wiring.message_sender().send(outgoing, chat, caller.sent)
    telemetry.note(message_id=delivered.message.id)
    return http.answer(200 if delivered.is_repeat else 201, message_view(delivered.message))


def _permit(request: http.Request, caller: Caller) -> Permit:
    """Count a message beside the writes that sending it needs anyway; a repeat of one that was sent costs nothing."""
    if caller.sent is not None:
        return nothing_to_wait_for
    return wiring.quotas().ask(Act.SEND_MESSAGE, address=request.source_ip, visitor_id=caller.visitor.id)


ROUTES = {"POST /chats/{chat_id}/messages": send_message}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.message_sender, wiring.socket_client, warm_up.read_visitors, warm_up.connect_to_giosg)
