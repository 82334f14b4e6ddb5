"""The HTTP API as the transformed template has it.

The emulator makes an `AWS::Serverless::HttpApi` without its routes and its CORS, because it drops the OpenAPI body that
the transform puts them in. They are read from that body here and made with API Gateway's own calls.
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-open-api.html
"""

import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

from local.stack.emulator import REGION
from local.stack.parameters import resolved

INTEGRATION = "x-amazon-apigateway-integration"
CORS = "x-amazon-apigateway-cors"
ANY_METHOD = "x-amazon-apigateway-any-method"
METHODS = {"get", "post", "put", "patch", "delete", "head", "options", ANY_METHOD}
FUNCTION = re.compile(r"functions/\$\{(\w+)(?:\.Arn)?\}/invocations")


class UnknownTemplate(Exception):
    """The template holds something that is not understood here."""


@dataclass(frozen=True, slots=True)
class Route:
    """A route key, as "GET /chats/{chat_id}", and the logical id of its function or of the function's alias."""

    key: str
    function_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpApi:
    """An HTTP API: its logical id, its routes, and its CORS in the words of API Gateway's calls."""

    logical_id: str
    routes: tuple[Route, ...]
    cors: Mapping[str, Any]


def load_template(file: Path) -> dict[str, Any]:
    template: dict[str, Any] = yaml_parse(file.read_text())
    return template


def read_http_api(template: dict[str, Any], parameters: Mapping[str, str]) -> HttpApi:
    """Return the one HTTP API that an untransformed template makes with these parameters.

    Raises:
        UnknownTemplate: there is not just one, or a route leads to something else than a function.
    """
    apis = read_http_apis(transformed(template, resolved(template, parameters)))
    if len(apis) != 1:
        raise UnknownTemplate(f"one HTTP API was expected, not {len(apis)}")
    return apis[0]


def transformed(template: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Run AWS's own transform over a template whose code is uploaded or stands for what will be."""
    for resource in template["Resources"].values():
        for name in ("CodeUri", "ContentUri"):
            if name in resource.get("Properties", {}):
                resource["Properties"][name] = "s3://bucket/key"
    logging.getLogger("samtranslator.metrics").setLevel(logging.ERROR)  # it warns of metrics that nobody collects
    translator = Translator({}, Parser(), boto_session=boto3.session.Session(region_name=REGION))
    result: dict[str, Any] = translator.translate(template, dict(parameters), get_managed_policy_map=dict)
    return result


def read_http_apis(template: Mapping[str, Any]) -> list[HttpApi]:
    """Return the HTTP APIs of a transformed template.

    Raises:
        UnknownTemplate: a route leads to something else than a function.
    """
    return [
        HttpApi(logical_id=name, routes=tuple(read_routes(body)), cors=read_cors(body))
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and (body := resource["Properties"].get("Body"))
    ]


def read_routes(body: Mapping[str, Any]) -> Iterator[Route]:
    for path, operations in body.get("paths", {}).items():
        for method, operation in operations.items():
            if method in METHODS:
                yield Route(route_key(method, path), function_id(operation))


def route_key(method: str, path: str) -> str:
    if path == "/$default":
        return "$default"
    return f"{'ANY' if method == ANY_METHOD else method.upper()} {path}"


def function_id(operation: Mapping[str, Any]) -> str:
    uri = operation.get(INTEGRATION, {}).get("uri", {})
    found = FUNCTION.search(uri.get("Fn::Sub", "")) if isinstance(uri, dict) else None
    if not found or operation.get("security"):
        raise UnknownTemplate(f"not a plain route to a function: {operation}")
    return found[1]


def read_cors(body: Mapping[str, Any]) -> dict[str, Any]:
    return {key[0].upper() + key[1:]: value for key, value in body.get(CORS, {}).items()}
