"""POST /chats/{chat_id}/messages: a visitor sends a message.

Called by visitors' pages and apps. Answers 201 with the message, or 200 when the same `client_message_id` had sent it.
Sends the message to Giosg, once, and stores it.
"""

import uuid

from visitor_chat import endpoint, wiring
from visitor_chat.inputs import LONGEST_MESSAGE, Fields
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
    outgoing = Outgoing(credentials=caller.credentials, claim_id=claim_id, text=text)
    delivered = wiring.sending().send(outgoing, chat, caller.sent)
    return endpoint.answer(200 if delivered.is_repeat else 201, message_view(delivered.message))


handler = endpoint.handler(app)
