"""GET /availability: are agents online?

Called by visitors' pages before a chat is offered. Answers 200 with an answer at most ten seconds old, or up to five
minutes old while Giosg cannot be asked. Asks Giosg at most once in ten seconds for all visitors together.
"""

from visitor_chat import endpoint, initialization, warming, wiring
from visitor_chat.clock import to_text

app = endpoint.api()


@app.get("/availability")
def get_availability() -> endpoint.Answer:
    availability = wiring.room().availability()
    return endpoint.answer(
        200,
        {
            "is_online": availability.is_online,
            "estimated_waiting_time_seconds": availability.estimated_waiting_time_seconds,
            "checked_at": to_text(availability.checked_at),
        },
    )


handler = endpoint.handler(app)
initialization.warm_up(wiring.room, warming.read_availability, warming.read_giosg_token, warming.connect_to_giosg)
