"""The same webhook in a plain Django project: one view, three models, SQLite, no middleware."""

import base64
import hmac
import io
import json
import logging
import os
import re
from datetime import datetime
from typing import Any

import django  # type: ignore[import-not-found] # it is the benchmark's alone
from django.conf import settings  # type: ignore[import-not-found]

SECRET = os.environ["WEBHOOK_SECRET"]
ROOM_ID = os.environ["GIOSG_ROOM_ID"]
CHANNEL = re.compile(rf"/api/v5/orgs/{os.environ['GIOSG_ORGANIZATION_ID']}/owned_chats/([0-9a-f-]{{36}})/messages")
PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL"
NO_CONTENT, FORBIDDEN = 204, 403

settings.configure(
    ALLOWED_HOSTS=["*"],
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": os.environ["DATABASE"],
            "OPTIONS": {"init_command": PRAGMAS, "transaction_mode": "IMMEDIATE"},
            "CONN_MAX_AGE": None,
        }
    },
    MIDDLEWARE=[],
    ROOT_URLCONF=__name__,
    SECRET_KEY="of-the-benchmark",  # noqa: S106 - nothing is signed with it
    USE_TZ=True,
)
django.setup()

from django.core.handlers.wsgi import WSGIHandler  # type: ignore[import-not-found] # noqa: E402 - after the settings
from django.db import connection, models, transaction  # type: ignore[import-not-found] # noqa: E402
from django.http import HttpRequest, HttpResponse  # type: ignore[import-not-found] # noqa: E402
from django.urls import path  # type: ignore[import-not-found] # noqa: E402

logger = logging.getLogger(__name__)
logging.basicConfig(level=logging.INFO, format="%(message)s")


class Chat(models.Model):  # type: ignore[misc] # noqa: DJ008 - nobody looks at it
    """A chat, and how many changes it has seen."""

    id = models.CharField(max_length=36, primary_key=True)
    visitor_id = models.CharField(max_length=32)
    seq = models.IntegerField(default=0)
    is_ended = models.BooleanField(default=False)
    has_agent = models.BooleanField(default=False)
    last_message_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "chats"


class Message(models.Model):  # type: ignore[misc] # noqa: DJ008 - nobody looks at it
    """A message, and its place in the order of changes."""

    id = models.CharField(max_length=36, primary_key=True)
    chat = models.ForeignKey(Chat, on_delete=models.CASCADE)
    seq = models.IntegerField()
    content = models.JSONField()

    class Meta:
        app_label = "chats"
        indexes = (models.Index(fields=["chat", "seq"], name="changes"),)


class Connection(models.Model):  # type: ignore[misc] # noqa: DJ008 - nobody looks at it
    """An open socket."""

    id = models.CharField(max_length=36, primary_key=True)
    visitor_id = models.CharField(max_length=32, db_index=True)

    class Meta:
        app_label = "chats"


def take_message(request: HttpRequest) -> HttpResponse:
    if not hmac.compare_digest(request.GET.get("secret", "").encode(), SECRET.encode()):
        return HttpResponse(status=FORBIDDEN)
    notification = json.loads(request.body)
    match = CHANNEL.fullmatch(notification["channel"])
    resource = notification.get("resource") or {}
    if match is None or notification["action"] != "added" or resource.get("room_id") != ROOM_ID:
        return HttpResponse(status=NO_CONTENT)
    outcome = store(match[1], notification["resource_id"], resource)
    line = {"outcome": outcome, "chat_id": match[1], "resource_id": notification["resource_id"], "status": NO_CONTENT}
    logger.info(json.dumps(line))
    return HttpResponse(status=NO_CONTENT)


def store(chat_id: str, message_id: str, resource: dict[str, Any]) -> str:
    with transaction.atomic():
        chat = Chat.objects.filter(pk=chat_id).first()
        if chat is None:
            return "foreign"
        content = {name: resource.get(name) for name in ("type", "created_at", "sender_type", "sender_public_name")}
        content |= {"message": resource.get("message"), "attachments": resource.get("attachments")}
        defaults = {"chat": chat, "seq": chat.seq + 1, "content": content}
        _message, is_new = Message.objects.get_or_create(pk=message_id, defaults=defaults)
        if not is_new:
            return "repeated"
        chat.seq += 1
        chat.has_agent = True
        chat.last_message_at = datetime.fromisoformat(resource["created_at"])
        chat.save(update_fields=["seq", "has_agent", "last_message_at"])
    list(Connection.objects.filter(visitor_id=chat.visitor_id)[:20])
    return "stored"


urlpatterns = [path("giosg_webhooks/messages", take_message)]

with connection.schema_editor() as editor:
    for model in (Chat, Message, Connection):
        editor.create_model(model)
Chat.objects.create(id=os.environ["CHAT_ID"], visitor_id="0" * 32)
handle = WSGIHandler()


def prepare(event: dict[str, Any]) -> dict[str, Any]:
    """Make the WSGI environment that a server would make."""
    body = base64.b64decode(event["body"])
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": event["rawPath"],
        "QUERY_STRING": f"secret={event['queryStringParameters']['secret']}",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }


def answer(environ: dict[str, Any]) -> int:
    response = handle(environ, lambda _status, _headers: None)
    response.close()
    return int(response.status_code)


def check(answered: int) -> None:
    """Raise unless every message was stored."""
    if Message.objects.count() != answered:
        raise SystemExit("Django has not stored every message")
