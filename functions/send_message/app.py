"""POST /chats/{chat_id}/messages: a visitor sends a message.

Called by visitors' pages and apps. Answers 201 with the message, or 200 when the same `client_message_id` had sent it.
Sends the message to Giosg, once, and stores it.
"""

import uuid

from visitor_chat import endpoint, initialization, warming, wiring
from visitor_chat.callers import Caller
from visitor_chat.inputs import LONGEST_MESSAGE, Fields
from visitor_chat.quotas import Act, Permit, nothing_to_wait_for
from visitor_chat.sending import Outgoing
from visitor_chat.views import UNNAMED_CLAIM, message_view

app = endpoint.api()


@app.post("/chats/<chat_id>/messages")
def send_message(chat_id: str) -> endpoint.Answer:
    token = endpoint.token(app)
    fields = Fields(endpoint.body(app))
    text = fields.text("message", longest=LONGEST_MESSAGE, is_required=True) or ""
    claim_id = fields.uuid("client_message_id") or f"{UNNAMED_CLAIM}{uuid.uuid4()}"
    fields.check()
    caller, chat = wiring.callers().identify_in_chat(token, chat_id, claim_id=claim_id, with_credentials=True)
    outgoing = Outgoing(credentials=caller.credentials, claim_id=claim_id, text=text, permit=_permit(caller))
    delivered = wiring.sending().send(outgoing, chat, caller.sent)
    return endpoint.answer(200 if delivered.is_repeat else 201, message_view(delivered.message))


def _permit(caller: Caller) -> Permit:
    """Count a message beside the writes that sending it needs anyway; a repeat of one that was sent costs nothing."""
    if caller.sent is not None:
        return nothing_to_wait_for
    return wiring.quotas().ask(Act.SEND_MESSAGE, address=endpoint.address(app), visitor_id=caller.visitor.id)


handler = endpoint.handler(app)
initialization.warm_up(wiring.sending, wiring.socket_client, warming.read_visitors, warming.connect_to_giosg)
