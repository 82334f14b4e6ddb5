"""The control of the simulation over HTTP, under `/_sim/`: what an agent does, and what goes wrong.

GET    /_sim/health                     ready?
GET    /_sim/state?chat=<id>            all that the agent console shows
GET    /_sim/events                     a server-sent event whenever the state is newer
POST   /_sim/agents                     {name, alias?, is_bot?}
PUT    /_sim/agents[/<agent>]           {is_online, room_id?}: one agent, or all, or all of a room
PUT    /_sim/rooms/<room>               {is_open?, has_router?, estimated_waiting_time?}
GET, DELETE /_sim/troubles              what can be wrong for good, and whether it is; DELETE: all is right again
PUT, DELETE /_sim/troubles/<name>       let it be wrong, or right again
POST   /_sim/website_chats              {text?, name?, room_id?}: a chat that is not the integration's
POST   /_sim/chats/<chat>/<act>         join, leave, end, purge, bot, typing {status?}, tag {tag?},
                                        messages {text?, sample?, attachments?}, rule {text}; {agent_id?} with all
DELETE /_sim/chats/<chat>               remove the chat
PATCH  /_sim/messages/<message>         {text}
DELETE /_sim/messages/<message>
GET, POST, DELETE /_sim/faults[?name=]  the rules of `faults.Fault`
PUT    /_sim/latency                    {call_seconds?, connection_seconds?}
GET, PUT /_sim/webhooks                 {chats_url, messages_url, delay_seconds?, retry_seconds?, timeout_seconds?,
                                        concurrency?}
POST   /_sim/webhooks/mishaps           {mishap, times?, endpoint_kind?, seconds?}; DELETE: none any more
POST   /_sim/webhooks/take              take the notifications that wait, when nothing delivers them
GET    /_sim/webhooks/log               the deliveries
GET, DELETE /_sim/requests              the calls to Giosg's API
POST   /_sim/tokens/revoke              make the visitors' access tokens worthless
"""

from local.giosg.console import control_agents, control_faults, pages
from local.giosg.console.parts import Parts
from local.giosg.http.exchange import Answer, Refusal, Request, refusal
from local.giosg.http.routing import Routes
from local.giosg.state.lifecycle import ChatIsEnded

LOOPBACK = ("127.0.0.1", "localhost")
ROUTES = (
    ("GET", "/", pages.redirect),
    ("GET", "/console", pages.show_page),
    ("GET", "/console/<name>", pages.show_file),
    ("GET", "/console/avatars/<agent_id>.svg", pages.show_avatar),
    ("GET", "/_sim/health", pages.show_health),
    ("GET", "/_sim/state", pages.show_state),
    ("GET", "/_sim/events", pages.stream_events),
    ("POST", "/_sim/agents", control_agents.add_agent),
    ("PUT", "/_sim/agents", control_agents.set_online),
    ("PUT", "/_sim/agents/<agent_id>", control_agents.set_online),
    ("PUT", "/_sim/rooms/<room_id>", control_agents.change_room),
    ("POST", "/_sim/website_chats", control_agents.start_website_chat),
    ("POST", "/_sim/chats/<chat_id>/messages", control_agents.say),
    ("POST", "/_sim/chats/<chat_id>/<act>", control_agents.act),
    ("DELETE", "/_sim/chats/<chat_id>", control_agents.remove_chat),
    ("PATCH", "/_sim/messages/<message_id>", control_agents.edit_message),
    ("DELETE", "/_sim/messages/<message_id>", control_agents.remove_message),
    ("GET", "/_sim/faults", control_faults.list_faults),
    ("POST", "/_sim/faults", control_faults.add_fault),
    ("DELETE", "/_sim/faults", control_faults.remove_faults),
    ("GET", "/_sim/troubles", control_faults.list_troubles),
    ("DELETE", "/_sim/troubles", control_faults.end_troubles),
    ("PUT", "/_sim/troubles/<name>", control_faults.begin_trouble),
    ("DELETE", "/_sim/troubles/<name>", control_faults.end_trouble),
    ("PUT", "/_sim/latency", control_faults.set_latency),
    ("GET", "/_sim/webhooks", control_faults.show_webhooks),
    ("PUT", "/_sim/webhooks", control_faults.set_webhooks),
    ("POST", "/_sim/webhooks/mishaps", control_faults.add_mishap),
    ("DELETE", "/_sim/webhooks/mishaps", control_faults.clear_mishaps),
    ("POST", "/_sim/webhooks/take", control_faults.take_notifications),
    ("GET", "/_sim/webhooks/log", control_faults.list_deliveries),
    ("GET", "/_sim/requests", control_faults.list_requests),
    ("DELETE", "/_sim/requests", control_faults.clear_requests),
    ("POST", "/_sim/tokens/revoke", control_faults.revoke_tokens),
)
PATHS = Routes(ROUTES)


class Control:
    """Answers everything that is not Giosg's API."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    def answer(self, request: Request) -> Answer:
        try:
            require_same_origin(request)
            handler, arguments = PATHS.match(request)
            answer: Answer = handler(self.parts, request, **arguments)
        except Refusal as refused:
            return refused.answer
        except KeyError as error:
            return refusal(404, f"There is no {error.args[0]}.").answer
        except ChatIsEnded:
            return refusal(409, "The chat has ended.").answer
        return answer


def require_same_origin(request: Request) -> None:
    """Refuse pages of other sites, which a browser on this machine may show: the control knows no password."""
    host = request.headers.get("host", "")
    name = host.rpartition(":")[0] or host
    if name not in LOOPBACK and not name.endswith(".localhost"):
        raise refusal(403, "The control is for this machine only.")
    if request.method != "GET" and request.headers.get("origin", f"http://{host}") != f"http://{host}":
        raise refusal(403, "The control is for its own pages only.")
