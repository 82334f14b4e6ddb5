"""What can go wrong for a visitor, and what the visitor is told.

VisitorChatError                  500 internal_error
├── InvalidRequest                400 invalid_request            names each refused field
├── InvalidVisitorToken           401 invalid_visitor_token
├── InvalidIdentityToken          401 invalid_identity_token
├── WebhookForbidden              403 webhook_forbidden
├── ChallengeFailed               403 challenge_failed
├── ChatNotFound                  404 chat_not_found
├── PushIsOff                     404 push_is_off
├── ChatEnded                     409 chat_ended
├── NoAgentsOnline                409 no_agents_online
├── ClientMessageIdReused         409 client_message_id_reused
├── IdempotencyKeyReused          409 idempotency_key_reused
├── RequestTooLarge               413 request_too_large
├── TooManyRequests               429 too_many_requests          with Retry-After
├── GiosgFailed                   502 giosg_error
├── GiosgDown                     503 giosg_unavailable          with Retry-After
├── TryAgain                      503 try_again                  with Retry-After
└── GiosgSilent                   504 giosg_timeout

The class attributes are public and never hold data; the exception's own message is for the log and never holds a token,
a name or a text. `endpoint` turns both into an answer, and is the only place that does.
"""

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple


class FieldError(NamedTuple):
    """A refused field of the input and the sentence that says why."""

    field: str
    message: str


class VisitorChatError(Exception):
    """Base of every failure that a visitor or a webhook sender is told about."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[str] = "Something went wrong on our side."
    retry_after_seconds: int | None = None


class InvalidRequest(VisitorChatError):
    """The input is malformed; `errors` says which fields and why."""

    status = 400
    code = "invalid_request"
    title = "The request is not valid."

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("refused: " + ", ".join(sorted({error.field.partition(".")[0] for error in errors})))
        self.errors = tuple(errors)


class InvalidVisitorToken(VisitorChatError):
    """The visitor token is missing, malformed, unknown, expired or erased."""

    status = 401
    code = "invalid_visitor_token"
    title = "The visitor token is not valid. Start a chat to obtain one."


class InvalidIdentityToken(VisitorChatError):
    """A token that says who somebody is has no valid signature, has expired, or is not for this stack."""

    status = 401
    code = "invalid_identity_token"
    title = "The identity token is not valid."


class WebhookForbidden(VisitorChatError):
    """A webhook came without a valid secret."""

    status = 403
    code = "webhook_forbidden"
    title = "The webhook secret is missing or wrong."


class ChallengeFailed(VisitorChatError):
    """A new visitor has not passed the challenge that this stack asks for."""

    status = 403
    code = "challenge_failed"
    title = "The challenge was not passed. Please try again."


class ChatNotFound(VisitorChatError):
    """There is no such chat, or it belongs to another visitor: the two cannot be told apart from outside."""

    status = 404
    code = "chat_not_found"
    title = "There is no such chat."


class ActionNotFound(VisitorChatError):
    """No such button was offered in this chat."""

    status = 404
    code = "action_not_found"
    title = "There is no such button in this chat."


class ChatEnded(VisitorChatError):
    """The chat accepts no more messages."""

    status = 409
    code = "chat_ended"
    title = "This chat has ended. A new chat can take the message."


class NoAgentsOnline(VisitorChatError):
    """The room is offline, so no chat can start."""

    status = 409
    code = "no_agents_online"
    title = "No agent is online at the moment."


class ClientMessageIdReused(VisitorChatError):
    """The same client message id came with another text."""

    status = 409
    code = "client_message_id_reused"
    title = "This client_message_id was used for another message."


class IdempotencyKeyReused(VisitorChatError):
    """The same idempotency key came with another body."""

    status = 409
    code = "idempotency_key_reused"
    title = "This Idempotency-Key was used for another request."


class AgentsOnline(VisitorChatError):
    """A message is to be held although somebody could answer it."""

    status = 409
    code = "agents_online"
    title = "Agents are online: start a chat."


class MessagesNotHeld(VisitorChatError):
    """This stack holds no messages."""

    status = 409
    code = "messages_not_held"
    title = "Messages cannot be left here while nobody is there."


class TooManyHeld(VisitorChatError):
    """The visitor has as many held messages as they may have."""

    status = 409
    code = "too_many_held"
    title = "Too many messages are waiting already."


class AlreadyDelivered(VisitorChatError):
    """A held message that is to be taken back has begun a chat."""

    status = 409
    code = "already_delivered"
    title = "The message was delivered already."


class HeldMessageNotFound(VisitorChatError):
    """There is no such held message, or it is another visitor's."""

    status = 404
    code = "held_message_not_found"
    title = "There is no such held message."


class PushIsOff(VisitorChatError):
    """This stack sends no push messages."""

    status = 404
    code = "push_is_off"
    title = "Push messages are not sent here."


class RequestTooLarge(VisitorChatError):
    """The body is larger than a chat message can be."""

    status = 413
    code = "request_too_large"
    title = "The request body is larger than 16 KiB."


class UnsupportedEncoding(VisitorChatError):
    """The body is packed in a way that is not unpacked here."""

    status = 415
    code = "unsupported_encoding"
    title = "The Content-Encoding of the request body is not supported; send it as it is."


class RetryLater(VisitorChatError):
    """Base of the failures that pass: `retry_after_seconds` says when to come back."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = max(1, math.ceil(retry_after_seconds or 1))


class TooManyRequests(RetryLater):
    """A quota of this stack is used up."""

    status = 429
    code = "too_many_requests"
    title = "Too many requests. Please wait a moment."


class GiosgDown(RetryLater):
    """Giosg cannot be reached, or asks us to slow down."""

    status = 503
    code = "giosg_unavailable"
    title = "The chat service cannot be reached at the moment."


class TryAgain(RetryLater):
    """Another request holds what this one needs, or the tables are busy."""

    status = 503
    code = "try_again"
    title = "This could not be done at the moment. Please try again."


class GiosgFailed(VisitorChatError):
    """Giosg refused, or answered something that makes no sense."""

    status = 502
    code = "giosg_error"
    title = "The chat service did not accept the request."


class GiosgSilent(VisitorChatError):
    """Giosg did not answer in time: what was asked may or may not have been done."""

    status = 504
    code = "giosg_timeout"
    title = "The chat service did not answer in time. It is safe to send the same client_message_id again."
