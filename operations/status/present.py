"""How a stack stands right now, in numbers."""

from datetime import datetime, timedelta
from typing import Any

from operations import replay
from operations.doctor.condition import ringing_alarms
from operations.doctor.webhooks import CHANNELS, WebhookLooks, duration
from operations.stacks.deployed import DeployedStack
from operations.stacks.stored import now, store_of
from visitor_chat.store.chats import OPEN_SHARDS

MOST_COUNTED = 1000
"""Of open chats in each shard, and of held messages: more than an operator tells apart."""
SOME_DAY = timedelta(days=365)
"""By then every open chat is due for its comparison, so that all of them are listed."""


def numbers(stack: DeployedStack, webhooks: WebhookLooks) -> dict[str, Any]:
    """Return what waits, what rings, and when Giosg was heard of last."""
    return {
        "open_chats": open_chats(stack),
        "held_messages": len(store_of(stack).held_messages.waiting(limit=MOST_COUNTED)),
        "repair_queue": replay.queue_length(stack, stack.outputs["SyncQueueUrl"]),
        "dead_letters": replay.waiting(stack),
        "alarms": alarms(stack, at=now()),
        **{f"last_webhook_{channel}": last_webhook(webhooks, channel) for channel in CHANNELS},
    }


def alarms(stack: DeployedStack, *, at: datetime) -> list[str]:
    """Return the alarms that ring, with how long they have rung."""
    return [f"{alarm.name} ({duration(at - alarm.since)})" for alarm in ringing_alarms(stack)]


def open_chats(stack: DeployedStack) -> int:
    schedule, some_day = store_of(stack).sync_schedule, now() + SOME_DAY
    return sum(len(schedule.due(shard, by=some_day, limit=MOST_COUNTED)) for shard in range(OPEN_SHARDS))


def last_webhook(webhooks: WebhookLooks, channel: str) -> str | None:
    """Return how long ago Giosg's last webhook was taken; None when there was none in 14 days."""
    line = webhooks.last_taken(channel)
    return None if line is None else f"{duration(now() - line.at)} ago"
