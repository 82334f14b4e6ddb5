"""The tables, and everything that is known about their keys.

visitors (visitor_id, record)
    `visitor`            name, told_name, is_erased; retention
    `known`              subject_hash, name, variables: the known person who this visitor is; retention
    `known#<hash>`, `person`
                         known_visitor_id: the visitor who is that person; retention
    `session#<id>`       secret_hash, idle_until; idle time
credentials (visitor_id)
                         visitor_secret_id, access_token, renew_at, renewing_until; retention
chats (pk, sk)
    `chat#<id>`, `chat`  the chat's state, seq, tail_id, tail_seq, claims, started_by; open_shard and sync_due_at
                         until its end is confirmed; retention
    `chat#<id>`, `chat`  instead of all that, a marker: `removed` (retention) or `foreign` (an hour)
    `visitor#<id>`, `<created at>#<chat id>`
                         chat_id: the visitor's chats, in order of creation; retention
messages (chat_id, record)
    `message#<id>`       visitor_id, content, version, claim_id, is_removed; seq once a visitor may see it;
                         retention + 2 days
    `sent#<claim id>`    message_id, text_hash: the message that this claim became; retention + 2 days
coordination (id)
    `start#<hash>`       the journal of one Idempotency-Key; 24 hours
    `availability`       the room's last known answer, and who may ask next; a day
    `ticket#<hash>`      visitor_id, session_id: one socket may be opened, once; a minute
    `quota#<hash>`       used: how often something was asked for; the quota's window, at most 10 minutes
    `quota#salt#<day>`   salt of the hashes above; a day
connections (pk, sk)
    `visitor#<id>`, `connection#<id>`
                         an open socket of this visitor; 3 hours
    `visitor#<id>`, `presence`
                         shown_at: when Giosg was last told that the visitor is here; 3 hours
    `connection#<id>`, `owner`
                         visitor_id; 3 hours

What stands last is how long an item lives after the last activity: every table has a time to live on `expires_at`,
in epoch seconds. Index `changes` on messages (chat_id, seq) is what visitors read; index `open_chats` on chats
(open_shard, sync_due_at) holds the chats whose end has not been confirmed, and nothing else.

Which access needs what
    authenticate a request             one batch read: visitor, session, and with them the chat, credentials, claim
    list a visitor's chats             one query, then the batch read above with the chats in it
    read what is new in a chat         the chat, then one query of `changes`
    apply a webhook                    one batch read: chat and message; one transaction, or nothing for a repeat
    push to a visitor's sockets        one query of `connections`, beside the commit of what they are told
    send                               the batch read above; two transactions: a claim on the chat, and its outcome
    end                                the batch read above; one update

Why a reader who follows cursors misses nothing
    A cursor is a `seq`. Every visible change of a chat is one transaction that moves the chat from `seq` n to n + 1
    *if it is n*, and writes n + 1 into the message. So the numbers are given in the order of the commits, by the
    chat's item alone: no clock is involved, and of two concurrent webhooks one must read again.
    Reads outside of a transaction can see the chat's new number a moment before the message that belongs to it
    (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation).
    Two rules close that gap. Each transaction also checks the message of the one before (`tail_id`, `tail_seq`), which
    cannot succeed while that one is still being applied: everything before the tail is readable. And a reader who was
    told `seq` n looks only at messages up to n, and stops short of the tail if the tail itself cannot be seen yet.
    A message that changes moves to its new number, and is met there by everyone whose cursor is older.
    For the same reason a claim is made in a transaction with a check that it has not become a message: a reader may
    see the chat without the claim a moment before `sent#` is there.
"""

from visitor_chat.store.chats import Chats, Marker
from visitor_chat.store.connections import Connections
from visitor_chat.store.coordination import Coordination
from visitor_chat.store.credentials import CredentialsStore
from visitor_chat.store.messages import Messages
from visitor_chat.store.store import Context, Store
from visitor_chat.store.tables import ConditionFailed, Tables
from visitor_chat.store.visitors import Visitors

__all__ = [
    "Chats",
    "ConditionFailed",
    "Connections",
    "Context",
    "Coordination",
    "CredentialsStore",
    "Marker",
    "Messages",
    "Store",
    "Tables",
    "Visitors",
]
