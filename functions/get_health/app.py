"""GET /health: is the stack alive?

Called by whoever watches over it. Answers 200 without asking anybody, so that it costs nothing and needs no permission.
"""

from visitor_chat import endpoint, initialization

app = endpoint.api()


@app.get("/health")
def get_health() -> endpoint.Answer:
    return endpoint.answer(200, {"status": "ok"})


handler = endpoint.handler(app)
initialization.warm_up()
