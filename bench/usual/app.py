"""Sending a message as most functions do: boto3, all of Powertools with its eager tracing, pydantic, requests."""

import json
import os
import uuid
from typing import Any

import boto3
import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from pydantic import BaseModel, Field

logger = Logger()
metrics = Metrics(namespace="VisitorChat")
tracer = Tracer()
app = APIGatewayHttpResolver(enable_validation=True)
database = boto3.resource("dynamodb")
secrets = boto3.client("secretsmanager")
chats = database.Table(os.environ["CHATS_TABLE"])
messages = database.Table(os.environ["MESSAGES_TABLE"])


class Outgoing(BaseModel):
    """What a visitor sends."""

    message: str = Field(min_length=1, max_length=4096)
    client_message_id: str


@app.post("/chats/<chat_id>/messages")
@tracer.capture_method
def send_message(chat_id: str, outgoing: Outgoing) -> Response[str]:
    chat = chats.get_item(Key={"pk": f"chat#{chat_id}", "sk": "chat"})["Item"]
    token = secrets.get_secret_value(SecretId=os.environ["GIOSG_TOKEN_SECRET_ARN"])["SecretString"]
    url = f"{os.environ['GIOSG_BASE_URL']}/api/v5/users/rooms/{os.environ['GIOSG_ROOM_ID']}"
    requests.post(url, json=outgoing.model_dump(), headers={"Authorization": f"Token {token}"}, timeout=5)
    item = {"chat_id": chat_id, "record": f"message#{uuid.uuid4()}", "content": outgoing.message, "seq": chat["seq"]}
    messages.put_item(Item=item)
    return Response(status_code=201, content_type="application/json", body=json.dumps({"chat_id": chat_id}))


@logger.inject_lambda_context
@metrics.log_metrics
@tracer.capture_lambda_handler
def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    return app.resolve(event, context)
