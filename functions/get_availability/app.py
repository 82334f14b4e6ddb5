"""GET /availability: are agents online in a room?

Called by visitors' pages before a chat is offered. Answers 200 with an answer at most ten seconds old, or up to five
minutes old while Giosg cannot be asked. Asks Giosg at most once in ten seconds for each room and all visitors together.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.domain.validation import Fields
from visitor_chat.giosg.availability import availability_view
from visitor_chat.runtime import initialization


def get_availability(request: http.Request) -> http.Answer:
    fields = Fields(request.query)
    room = fields.room("room", wiring.rooms())
    fields.check()
    holds = {"holds_messages": wiring.settings().held_message_hours > 0}
    return http.answer(200, availability_view(room, wiring.room_status().availability(room)) | holds)


ROUTES = {"GET /availability": get_availability}
handler = http.handler(ROUTES)
initialization.warm_up(
    wiring.room_status, warm_up.read_availability, warm_up.read_giosg_token, warm_up.connect_to_giosg
)
