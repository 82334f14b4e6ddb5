"""Builds what a function needs, once, and keeps it for the warm container: the only place that caches.

Nothing is built by importing, and what few functions need is imported where it is built: the others do not wait for it.
A function calls `warm_up` while Lambda initialises it, with full CPU and outside of any request; tests build their own
or call `reset`. Who simulates time puts own functions in the place of `clock.now`, `clock.sleep`, `threads`,
`sweep_threads` and `push_threads` before anything is built.
"""

from concurrent.futures import Executor
from datetime import timedelta
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from giosg_client.client import GiosgClient
from giosg_client.retries import RetryPolicy
from visitor_chat.api.webhook_addresses import AnyAddress, WebhookAddresses
from visitor_chat.api.webhook_secret import WebhookSecret
from visitor_chat.auth.callers import Callers
from visitor_chat.auth.challenge import Challenge, NoChallenge
from visitor_chat.auth.known_visitors import KnownDetails, KnownVisitors, NoKnownDetails
from visitor_chat.auth.quotas import Quotas, Unlimited
from visitor_chat.auth.sessions import Sessions
from visitor_chat.chats.end import ChatEnder
from visitor_chat.chats.send import MessageSender
from visitor_chat.domain.rooms import InvalidRooms, Rooms, read_rooms
from visitor_chat.giosg import attempts, left_out
from visitor_chat.giosg.availability import RoomStatus
from visitor_chat.giosg.visitor_tokens import VisitorTokens
from visitor_chat.realtime.push import Push
from visitor_chat.runtime import clock
from visitor_chat.runtime.secret_values import SecretValue
from visitor_chat.runtime.settings import InvalidSetting, Settings, read_settings
from visitor_chat.runtime.threads import Threads
from visitor_chat.store import throttling
from visitor_chat.store.store import Store
from visitor_chat.sync.commit import Committer
from visitor_chat.sync.notifications import Notifications
from visitor_chat.sync.reconcile import Reconciler
from visitor_chat.sync.repair_queue import RepairQueue

if TYPE_CHECKING:
    from visitor_chat.auth.identity_tokens import IdentityTokens, NoIdentityTokens
    from visitor_chat.chats.held_delivery import HeldDelivery
    from visitor_chat.chats.hold import MessageHolder
    from visitor_chat.chats.open_chat import ChatOpener
    from visitor_chat.chats.start import ChatStarter
    from visitor_chat.chats.start_journal import StartJournals
    from visitor_chat.chats.visitor import VisitorEntry
    from visitor_chat.chats.withdraw import MessageWithdrawer

    # Three functions alone have to do with push messages.
    from visitor_chat.domain.push_services import PushServices
    from visitor_chat.realtime.event_bus import EventBus
    from visitor_chat.realtime.push_delivery import PushDelivery
    from visitor_chat.realtime.push_notices import PushNotices, PushQueue
    from visitor_chat.realtime.sockets import Sockets
    from visitor_chat.realtime.tickets import Tickets
    from visitor_chat.realtime.vapid_key import NoVapidKey, VapidKey
    from visitor_chat.sync.erasure import Eraser, Erasures
    from visitor_chat.sync.repairs import Repairs
    from visitor_chat.sync.sweep import Sweep

AWS_CONNECT_TIMEOUT_SECONDS = 1.0
AWS_READ_TIMEOUT_SECONDS = 3.0
PRODUCT = "visitor-chat"
"""Named in the user agent, after the SDK, so that CloudTrail tells this stack's calls from others."""


@cache
def settings() -> Settings:
    return read_settings()


@cache
def aws(service: str) -> Any:
    """Return the one client of an AWS service."""
    return _aws_client(service)


def _aws_client(service: str, *, endpoint_url: str | None = None) -> Any:
    """Make botocore's own client: boto3 adds nothing to it but start-up time."""
    config = Config(
        connect_timeout=AWS_CONNECT_TIMEOUT_SECONDS,
        read_timeout=AWS_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=10,
        user_agent_extra=PRODUCT,
        parameter_validation=False,
    )
    return _session().create_client(service, config=config, endpoint_url=endpoint_url)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def store() -> Store:
    throttling.watch(aws("dynamodb"))
    return Store(aws("dynamodb"), settings(), clock=clock.now, threads=threads())


@cache
def giosg_token() -> SecretValue:
    return _secret(settings().giosg_token_secret_arn)


def _secret(arn: str) -> SecretValue:
    """Return a secret whose client is made when it is first read: most functions read none."""
    return SecretValue(partial(aws, "secretsmanager"), arn, clock=clock.now)


@cache
def giosg() -> GiosgClient:
    return _giosg_client()


def _giosg_client(**options: Any) -> GiosgClient:
    return GiosgClient(
        base_url=settings().giosg_base_url,
        organization_id=settings().giosg_organization_id,
        api_token=giosg_token().get,
        read_timeout_seconds=settings().giosg_timeout_seconds,
        clock=clock.now,
        sleep=clock.sleep,
        on_attempt=attempts.notice,
        on_left_out=left_out.notice,
        **options,
    )


@cache
def giosg_at_a_pace() -> GiosgClient:
    """Return a client for what nobody waits for: one consumer's share of the calls, and none of them repeated."""
    from visitor_chat.giosg.pace import Pace  # noqa: PLC0415
    from visitor_chat.sync.sweep import CONSUMERS  # noqa: PLC0415

    pace = Pace(settings().giosg_calls_per_second / CONSUMERS, clock=clock.now, sleep=clock.sleep)
    return _giosg_client(retry=RetryPolicy(attempts=1), before_call=pace.wait)


@cache
def webhook_secret_value() -> SecretValue:
    return _secret(settings().webhook_secret_arn)


@cache
def webhook_secret() -> WebhookSecret:
    return WebhookSecret(webhook_secret_value())


@cache
def webhook_addresses() -> WebhookAddresses | AnyAddress:
    check = settings().webhook_address_check
    if check == "off":
        return AnyAddress()
    return WebhookAddresses(settings().webhook_networks, is_enforced=check == "enforce")


@cache
def sessions() -> Sessions:
    return Sessions(store(), clock=clock.now, idle=clock.days(settings().session_idle_days))


@cache
def callers() -> Callers:
    return Callers(store(), sessions())


@cache
def committer() -> Committer:
    return Committer(store(), push(), rooms=rooms(), sleep=clock.sleep)


@cache
def push() -> Push:
    return Push(
        store().connections,
        socket_client,
        clock=clock.now,
        sleep=clock.sleep,
        threads=threads(),
        senders=push_threads(),
    )


@cache
def socket_client() -> Any:
    return _aws_client("apigatewaymanagementapi", endpoint_url=settings().socket_endpoint)


@cache
def tickets() -> "Tickets":
    from visitor_chat.realtime.tickets import Tickets  # noqa: PLC0415

    return Tickets(store(), clock=clock.now, socket_url=settings().socket_url)


@cache
def sockets() -> "Sockets":
    from visitor_chat.realtime.sockets import Sockets  # noqa: PLC0415

    return Sockets(
        store(),
        push(),
        giosg(),
        visitor_tokens(),
        rooms=rooms(),
        request_comparison=repair_queue().request,
        clock=clock.now,
        threads=threads(),
    )


@cache
def visitor_tokens() -> VisitorTokens:
    return VisitorTokens(giosg(), store().credentials, clock=clock.now, sleep=clock.sleep)


@cache
def rooms() -> Rooms:
    default_id = settings().giosg_room_id
    try:
        return Rooms(default_id, read_rooms(settings().giosg_rooms, default_id=default_id))
    except InvalidRooms as wrong:
        raise InvalidSetting("GIOSG_ROOMS", wrong) from None


@cache
def room_status() -> RoomStatus:
    return RoomStatus(giosg(), store().coordination, clock=clock.now, sleep=clock.sleep)


@cache
def message_sender() -> MessageSender:
    return MessageSender(store(), committer(), giosg(), visitor_tokens(), clock=clock.now, sleep=clock.sleep)


@cache
def chat_ender() -> ChatEnder:
    return ChatEnder(committer(), giosg(), visitor_tokens())


@cache
def threads() -> Executor:
    """Return threads for what can be done beside something else."""
    return Threads(max_workers=4)


@cache
def sweep_threads() -> Executor:
    """Return threads for chats that are synced at the same time; what each of them does aside needs others."""
    return Threads(max_workers=8)


@cache
def push_threads() -> Executor:
    """Return threads for frames to sockets: a socket that is slow holds up no other work."""
    return Threads(max_workers=8)


@cache
def chat_opener() -> "ChatOpener":
    from visitor_chat.chats.open_chat import ChatOpener  # noqa: PLC0415

    chat_type = settings().giosg_chat_type
    return ChatOpener(
        store(), committer(), giosg(), visitor_tokens(), room_status(), chat_type=chat_type, clock=clock.now
    )


@cache
def chat_starter() -> "ChatStarter":
    from visitor_chat.chats.start import ChatStarter  # noqa: PLC0415

    return ChatStarter(
        store(),
        start_journals(),
        visitor_entry(),
        chat_opener(),
        message_sender(),
        room_status=room_status(),
        sessions=sessions(),
        quotas=quotas(),
        clock=clock.now,
        threads=threads(),
    )


@cache
def message_holder() -> "MessageHolder":
    from visitor_chat.chats.hold import MessageHolder  # noqa: PLC0415

    return MessageHolder(
        store(),
        start_journals(),
        visitor_entry(),
        push(),
        rooms=rooms(),
        room_status=room_status(),
        sessions=sessions(),
        lifetime=timedelta(hours=settings().held_message_hours),
        clock=clock.now,
        sleep=clock.sleep,
    )


@cache
def message_withdrawer() -> "MessageWithdrawer":
    from visitor_chat.chats.withdraw import MessageWithdrawer  # noqa: PLC0415

    return MessageWithdrawer(store(), push(), rooms=rooms(), clock=clock.now, sleep=clock.sleep)


@cache
def held_delivery() -> "HeldDelivery":
    from visitor_chat.chats.held_delivery import HeldDelivery  # noqa: PLC0415

    return HeldDelivery(
        store(),
        chat_starter(),
        push(),
        rooms=rooms(),
        room_status=room_status(),
        most_in_a_room=settings().held_messages_per_minute,
        clock=clock.now,
        threads=sweep_threads(),
    )


@cache
def start_journals() -> "StartJournals":
    from visitor_chat.chats.start_journal import StartJournals  # noqa: PLC0415

    return StartJournals(store().coordination, threads(), clock=clock.now, sleep=clock.sleep)


@cache
def visitor_entry() -> "VisitorEntry":
    from visitor_chat.chats.visitor import VisitorEntry  # noqa: PLC0415

    return VisitorEntry(
        store(), giosg(), visitor_tokens(), room_status=room_status(), challenge=challenge(), threads=threads()
    )


@cache
def identity_tokens() -> "IdentityTokens | NoIdentityTokens":
    from visitor_chat.auth.identity_tokens import IdentityTokens, NoIdentityTokens  # noqa: PLC0415

    if not settings().has_known_users:
        return NoIdentityTokens()
    keys = _secret(settings().identity_secret_arn)
    return IdentityTokens(keys.get, audience=settings().identity_audience, clock=clock.now)


@cache
def known_visitors() -> KnownVisitors:
    return KnownVisitors(store(), giosg(), visitor_tokens(), rooms=rooms())


@cache
def known_details() -> KnownDetails | NoKnownDetails:
    return KnownDetails(store().known_people) if settings().has_known_users else NoKnownDetails()


@cache
def challenge() -> Challenge | NoChallenge:
    url = settings().challenge_url
    return Challenge(url, _secret(settings().challenge_secret_arn).get) if url else NoChallenge()


@cache
def quotas() -> Quotas | Unlimited:
    if not settings().has_quotas:
        return Unlimited()
    return Quotas(store().coordination, pepper=settings().quota_pepper, clock=clock.now, threads=threads())


@cache
def reconciler() -> Reconciler:
    return Reconciler(store(), committer(), giosg(), rooms=rooms(), clock=clock.now)


@cache
def sweep() -> "Sweep":
    from visitor_chat.sync.sweep import Sweep  # noqa: PLC0415
    from visitor_chat.sync.sweep_queue import SweepQueue  # noqa: PLC0415

    return Sweep(
        store().sync_schedule,
        SweepQueue(partial(aws, "sqs"), settings().sweep_queue_url),
        Reconciler(store(), committer(), giosg_at_a_pace(), rooms=rooms(), clock=clock.now),
        calls_per_second=settings().giosg_calls_per_second,
        clock=clock.now,
        threads=sweep_threads(),
    )


@cache
def repairs() -> "Repairs":
    from visitor_chat.sync.repairs import Repairs  # noqa: PLC0415

    return Repairs(reconciler(), sweep(), eraser(), notifications())


@cache
def eraser() -> "Eraser":
    from visitor_chat.sync.erasure import Eraser  # noqa: PLC0415

    return Eraser(store(), threads=sweep_threads())


@cache
def erasures() -> "Erasures":
    from visitor_chat.sync.erasure import Erasures  # noqa: PLC0415

    return Erasures(eraser(), repair_queue(), push(), clock=clock.now)


@cache
def repair_queue() -> RepairQueue:
    return RepairQueue(partial(aws, "sqs"), settings().sync_queue_url)


@cache
def event_bus() -> "EventBus":
    from visitor_chat.realtime.event_bus import EventBus  # noqa: PLC0415

    return EventBus(partial(aws, "events"), settings().event_bus_name)


@cache
def push_services() -> "PushServices":
    from visitor_chat.domain.push_services import PushServices  # noqa: PLC0415

    return PushServices(settings().push_services)


@cache
def vapid_key() -> "VapidKey | NoVapidKey":
    from visitor_chat.realtime.vapid_key import NoVapidKey, VapidKey  # noqa: PLC0415

    return VapidKey(_secret(settings().push_secret_arn).get) if settings().has_web_push else NoVapidKey()


@cache
def push_queue() -> "PushQueue":
    from visitor_chat.realtime.push_notices import PushQueue  # noqa: PLC0415

    return PushQueue(partial(aws, "sqs"), settings().push_queue_url)


@cache
def push_notices() -> "PushNotices":
    from visitor_chat.realtime.push_notices import PushNotices  # noqa: PLC0415

    return PushNotices(store(), push_queue(), clock=clock.now)


@cache
def push_delivery() -> "PushDelivery":
    """Return what sends push messages; the one function that does has compiled libraries, in a layer of its own."""
    from giosg_client.transport import open_session  # noqa: PLC0415 - it imports requests
    from visitor_chat.realtime.push_delivery import PushDelivery  # noqa: PLC0415
    from web_push.encryption import encrypt  # noqa: PLC0415
    from web_push.vapid import Sender  # noqa: PLC0415

    contact = settings().push_contact or settings().own_address
    return PushDelivery(
        store(),
        push_services(),
        signer=lambda: Sender(vapid_key().secret_scalar(), contact=contact),
        encrypt=encrypt,
        session=open_session(),
        has_text=settings().has_push_text,
        clock=clock.now,
    )


@cache
def notifications() -> Notifications:
    return Notifications(
        store(),
        committer(),
        reconciler(),
        repair_queue(),
        organization_id=settings().giosg_organization_id,
        rooms=rooms(),
        clock=clock.now,
    )


def reset() -> None:
    """Forget everything that was built."""
    for built in list(globals().values()):
        if hasattr(built, "cache_clear"):
            built.cache_clear()
