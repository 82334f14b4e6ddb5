"""DELETE /visitor: a visitor has everything erased that is stored about them.

Called by visitors' pages and apps. Answers 204; the token is dead from then on. What Giosg holds is Giosg's to erase.
"""

from visitor_chat import endpoint, initialization, warming, wiring

app = endpoint.api()


@app.delete("/visitor")
def erase_visitor() -> endpoint.Answer:
    caller = wiring.callers().identify(endpoint.token(app), allow_erased=True)
    wiring.store().erase_visitor(caller.visitor.id)
    wiring.push().close_all(caller.visitor.id)
    return endpoint.no_content()


handler = endpoint.handler(app)
initialization.warm_up(wiring.callers, warming.read_visitors)
