"""PUT and DELETE /push/subscription: a browser is told of answers with the page closed, or no longer.

Called by visitors' pages. Answers 204; 404 to a browser that wants to be told by a stack that sends no push messages.
"""

from visitor_chat import warm_up, wiring
from visitor_chat.api import http
from visitor_chat.domain.errors import PushIsOff
from visitor_chat.domain.push_services import read_endpoint, read_subscription
from visitor_chat.domain.push_subscriptions import subscription_id
from visitor_chat.domain.validation import Fields
from visitor_chat.runtime import initialization, telemetry


def subscribe(request: http.Request) -> http.Answer:
    caller = wiring.callers().identify(http.token(request))
    if not wiring.settings().has_web_push:
        raise PushIsOff("WebPush is off")
    subscription = read_subscription(Fields(http.body(request)), wiring.push_services())
    telemetry.note(resource_id=subscription.id)
    store = wiring.store()
    guard = store.visitors.check_not_erased(caller.visitor.id)
    store.push_subscriptions.add(caller.visitor.id, subscription, guards=[guard])
    return http.no_content()


def unsubscribe(request: http.Request) -> http.Answer:
    caller = wiring.callers().identify(http.token(request))
    fields = Fields(http.body(request))
    endpoint = read_endpoint(fields)
    fields.check()
    wiring.store().push_subscriptions.remove(caller.visitor.id, subscription_id(endpoint or ""))
    return http.no_content()


ROUTES = {"PUT /push/subscription": subscribe, "DELETE /push/subscription": unsubscribe}
handler = http.handler(ROUTES)
initialization.warm_up(wiring.callers, warm_up.read_visitors)
