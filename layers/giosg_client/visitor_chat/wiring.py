"""Builds what a function needs, once, and keeps it for the warm container: the only place that caches.

Nothing is built by importing. A function calls `warm_up` while Lambda initialises it, with full CPU and outside of any
request; tests build their own or call `reset`. Who simulates time puts own functions in the place of `clock.now`,
`clock.sleep`, `threads` and `sweepers` before anything is built.
"""

from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache
from typing import Any

import botocore.session
from botocore.config import Config

from giosg_client.client import GiosgClient
from visitor_chat import bans, clock
from visitor_chat.access import Access
from visitor_chat.arriving import Arriving
from visitor_chat.availability import Room
from visitor_chat.callers import Callers
from visitor_chat.challenge import Challenge
from visitor_chat.ending import Ending
from visitor_chat.journals import Journals
from visitor_chat.known_visitors import Identities, KnownVisitors
from visitor_chat.ledger import Ledger
from visitor_chat.notifications import Notifications
from visitor_chat.opening import Opening
from visitor_chat.publishing import Publishing
from visitor_chat.push import Push
from visitor_chat.quotas import Quotas
from visitor_chat.realtime import Sockets, Tickets
from visitor_chat.repairs import Repairs
from visitor_chat.secret_values import SecretValue, WebhookLock
from visitor_chat.sending import Sending
from visitor_chat.sessions import Sessions
from visitor_chat.settings import Settings
from visitor_chat.starting import Starting
from visitor_chat.store import Store
from visitor_chat.sweeping import Sweeping
from visitor_chat.syncing import Syncing
from visitor_chat.webhook_addresses import WebhookAddresses

AWS_CONNECT_TIMEOUT_SECONDS = 1.0
AWS_READ_TIMEOUT_SECONDS = 3.0
USER_AGENT = "visitor-chat"
"""One that is given is used as it is; botocore's own is put together anew, twice, for every call."""


@cache
def settings() -> Settings:
    return Settings()


@cache
def aws(service: str) -> Any:
    """Give the one client of an AWS service."""
    return _aws_client(service)


def _aws_client(service: str, *, endpoint_url: str | None = None) -> Any:
    """Make botocore's own client: boto3 adds nothing to it but start-up time."""
    config = Config(
        connect_timeout=AWS_CONNECT_TIMEOUT_SECONDS,
        read_timeout=AWS_READ_TIMEOUT_SECONDS,
        retries={"mode": "standard", "total_max_attempts": 4},
        max_pool_connections=10,
        user_agent=USER_AGENT,
        parameter_validation=False,
    )
    return _session().create_client(service, config=config, endpoint_url=endpoint_url)


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


@cache
def store() -> Store:
    return Store(aws("dynamodb"), settings(), clock=clock.now)


@cache
def giosg_token() -> SecretValue:
    return SecretValue(lambda: aws("secretsmanager"), lambda: settings().giosg_token_secret_arn, clock=clock.now)


@cache
def giosg() -> GiosgClient:
    return GiosgClient(
        base_url=settings().giosg_base_url,
        organization_id=settings().giosg_organization_id,
        room_id=settings().giosg_room_id,
        api_token=lambda: giosg_token().get(),
        read_timeout_seconds=settings().giosg_timeout_seconds,
        clock=clock.now,
        sleep=clock.sleep,
        on_failure=bans.notice,
    )


@cache
def webhook_secret() -> SecretValue:
    return SecretValue(lambda: aws("secretsmanager"), lambda: settings().webhook_secret_arn, clock=clock.now)


@cache
def webhook_lock() -> WebhookLock:
    return WebhookLock(webhook_secret())


@cache
def webhook_addresses() -> WebhookAddresses:
    return WebhookAddresses(settings().webhook_address_check, lambda: settings().webhook_networks)


@cache
def sessions() -> Sessions:
    return Sessions(store(), clock=clock.now, idle=clock.days(settings().session_idle_days))


@cache
def callers() -> Callers:
    return Callers(store(), sessions())


@cache
def ledger() -> Ledger:
    return Ledger(store(), push(), sleep=clock.sleep)


@cache
def push() -> Push:
    return Push(lambda: store().connections, socket_client, threads=threads)


@cache
def socket_client() -> Any:
    return _aws_client("apigatewaymanagementapi", endpoint_url=settings().socket_endpoint)


@cache
def tickets() -> Tickets:
    return Tickets(store(), clock=clock.now, socket_url=settings().socket_url)


@cache
def sockets() -> Sockets:
    return Sockets(store(), push(), giosg(), access(), clock=clock.now, threads=threads())


@cache
def access() -> Access:
    return Access(giosg(), store().credentials, clock=clock.now, sleep=clock.sleep)


@cache
def room() -> Room:
    return Room(giosg(), store().coordination, clock=clock.now, sleep=clock.sleep)


@cache
def sending() -> Sending:
    return Sending(store(), ledger(), giosg(), access(), clock=clock.now, sleep=clock.sleep)


@cache
def ending() -> Ending:
    return Ending(ledger(), giosg(), access())


@cache
def threads() -> Executor:
    """Give threads for what can be done beside something else."""
    return ThreadPoolExecutor(max_workers=4)


@cache
def sweepers() -> Executor:
    """Give threads for chats that are synced at the same time; what each of them does aside needs others."""
    return ThreadPoolExecutor(max_workers=8)


@cache
def opening() -> Opening:
    chat_type = settings().giosg_chat_type
    return Opening(store(), ledger(), giosg(), access(), room(), chat_type=chat_type, clock=clock.now)


@cache
def starting() -> Starting:
    return Starting(
        store(),
        journals(),
        arriving(),
        opening(),
        sending(),
        room=room(),
        sessions=sessions(),
        quotas=quotas(),
        clock=clock.now,
        threads=threads(),
    )


@cache
def journals() -> Journals:
    return Journals(store().coordination, threads(), clock=clock.now, sleep=clock.sleep)


@cache
def arriving() -> Arriving:
    return Arriving(store(), giosg(), access(), room=room(), challenge=challenge(), threads=threads())


@cache
def identities() -> Identities:
    keys = SecretValue(lambda: aws("secretsmanager"), lambda: settings().identity_secret_arn, clock=clock.now)
    return Identities(keys.get, audience=settings().identity_audience, clock=clock.now)


@cache
def known_visitors() -> KnownVisitors:
    return KnownVisitors(store(), giosg, access, is_on=settings().has_known_users)


@cache
def challenge() -> Challenge:
    secret = SecretValue(lambda: aws("secretsmanager"), lambda: settings().challenge_secret_arn, clock=clock.now)
    return Challenge(settings().challenge_url, secret.get)


@cache
def quotas() -> Quotas:
    return Quotas(
        lambda: store().coordination,
        is_on=settings().has_quotas,
        pepper=lambda: settings().quota_pepper,
        clock=clock.now,
        threads=threads,
    )


@cache
def syncing() -> Syncing:
    return Syncing(store(), ledger(), giosg(), room_id=settings().giosg_room_id, clock=clock.now)


@cache
def sweeping() -> Sweeping:
    return Sweeping(store(), syncing(), clock=clock.now, threads=sweepers)


@cache
def repairs() -> Repairs:
    return Repairs(lambda: aws("sqs"), lambda: settings().sync_queue_url)


@cache
def publishing() -> Publishing:
    return Publishing(lambda: aws("events"), settings().event_bus_name)


@cache
def notifications() -> Notifications:
    return Notifications(
        ledger(),
        syncing(),
        repairs(),
        organization_id=settings().giosg_organization_id,
        room_id=settings().giosg_room_id,
    )


def reset() -> None:
    """Forget everything that was built."""
    for built in list(globals().values()):
        if hasattr(built, "cache_clear"):
            built.cache_clear()
