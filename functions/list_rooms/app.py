"""GET /rooms: the rooms of this stack, and whether agents are there.

Called by pages that let visitors choose. Answers 200 with the default room first; a room that nothing is known of has
nulls. One read tells of all rooms, and Giosg is asked about each at most once in ten seconds for all visitors together.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.giosg.availability import availability_view
from visitor_chat.runtime import initialization


def list_rooms(_request: http.Request) -> http.Answer:
    rooms = wiring.rooms()
    known = wiring.room_status().of_all(rooms, threads=wiring.threads())
    listed = [availability_view(room, known[room]) | {"is_default": room == rooms.default} for room in rooms]
    return http.answer(200, {"rooms": listed})


ROUTES = {"GET /rooms": list_rooms}
handler = http.handler(ROUTES)
initialization.warm_up(
    wiring.room_status, warm_up.read_availability, warm_up.read_giosg_token, warm_up.connect_to_giosg
)
