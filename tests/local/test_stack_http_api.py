"""What the local stack reads out of a template, and how it brings the emulator's HTTP API to it."""

from typing import Any

import boto3
import pytest
from local.stack import routes
from local.stack.http_api import HttpApi, Route, UnknownTemplate, read_http_api
from moto import mock_aws
from samtranslator.yaml_helper import yaml_parse

TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  Origins: { Type: CommaDelimitedList, Default: https://www.example.com }
Globals: { Function: { Runtime: python3.13, Handler: app.handler } }
Resources:
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: { AllowOrigins: !Ref Origins, AllowMethods: [GET], MaxAge: 60 }
  ReadFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/read
      Events:
        One: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: GET, Path: "/chats/{chat_id}" } }
  WriteFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/write
      AutoPublishAlias: live
      Events:
        Add: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: POST, Path: /chats } }
        Any: { Type: HttpApi, Properties: { ApiId: !Ref Api, Method: ANY, Path: /any } }
"""
RESOURCES = {"ReadFunction": "local-read", "WriteFunctionAliaslive": "arn:aws:lambda:::function:local-write:live"}


def read(text: str = TEMPLATE, **parameters: str) -> HttpApi:
    return read_http_api(yaml_parse(text), parameters)


def test_routes_come_from_the_transformed_template() -> None:
    assert set(read().routes) == {
        Route("GET /chats/{chat_id}", "ReadFunction"),
        Route("POST /chats", "WriteFunctionAliaslive"),
        Route("ANY /any", "WriteFunctionAliaslive"),
    }


def test_cors_has_the_origins_of_the_parameter() -> None:
    api = read(Origins="http://localhost:3000, http://localhost:5173")

    assert api.cors["AllowOrigins"] == ["http://localhost:3000", "http://localhost:5173"]
    assert api.cors["MaxAge"] == 60


def test_cors_has_the_default_origins_when_none_are_given() -> None:
    assert read().cors["AllowOrigins"] == ["https://www.example.com"]


def test_a_template_without_an_http_api_is_refused() -> None:
    with pytest.raises(UnknownTemplate):
        read("Transform: AWS::Serverless-2016-10-31\nResources: { Queue: { Type: AWS::SQS::Queue } }")


@pytest.fixture
def gateway(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with mock_aws():
        client: Any = boto3.session.Session(region_name="eu-north-1").client
        yield client("apigatewayv2")


def routes_of(gateway: Any, api_id: str) -> dict[str, str]:
    functions = {
        f"integrations/{entry['IntegrationId']}": entry["IntegrationUri"]
        for entry in gateway.get_integrations(ApiId=api_id)["Items"]
    }
    return {entry["RouteKey"]: functions[entry["Target"]] for entry in gateway.get_routes(ApiId=api_id)["Items"]}


def test_the_emulators_api_gets_what_the_template_says(gateway: Any) -> None:
    api_id = gateway.create_api(Name="Api", ProtocolType="HTTP")["ApiId"]

    routes.apply(read(), gateway=gateway, resources={"Api": api_id, **RESOURCES})

    assert routes_of(gateway, api_id) == {
        "GET /chats/{chat_id}": "local-read",
        "POST /chats": "arn:aws:lambda:::function:local-write:live",
        "ANY /any": "arn:aws:lambda:::function:local-write:live",
    }
    assert gateway.get_api(ApiId=api_id)["CorsConfiguration"]["AllowMethods"] == ["GET"]


def test_routes_that_are_right_stay_and_those_that_went_are_removed(gateway: Any) -> None:
    api_id = gateway.create_api(Name="Api", ProtocolType="HTTP")["ApiId"]
    resources = {"Api": api_id, **RESOURCES}
    routes.apply(read(), gateway=gateway, resources=resources)
    before = {entry["RouteKey"]: entry["RouteId"] for entry in gateway.get_routes(ApiId=api_id)["Items"]}

    routes.apply(read(TEMPLATE.replace("Method: ANY", "Method: PUT")), gateway=gateway, resources=resources)

    after = {entry["RouteKey"]: entry["RouteId"] for entry in gateway.get_routes(ApiId=api_id)["Items"]}
    assert after.keys() == {"GET /chats/{chat_id}", "POST /chats", "PUT /any"}
    assert after["POST /chats"] == before["POST /chats"]


@pytest.mark.parametrize(
    ("status", "body", "is_gateways"),
    [
        pytest.param(404, b'{"message":"Not Found"}', True, id="no such route"),
        pytest.param(502, b'{"errorMessage":"no module","errorType":"ImportError"}', True, id="crash"),
        pytest.param(500, b'{"message":"Internal Server Error"}', True, id="no integration"),
        pytest.param(401, b'{"type":"about:blank","title":"t","status":401}', False, id="refusal of ours"),
        pytest.param(200, b'{"message":"hello"}', False, id="answer of ours"),
        pytest.param(403, b"", False, id="empty refusal of ours"),
    ],
)
def test_the_gateways_own_errors_are_told_from_ours(status: int, body: bytes, is_gateways: bool) -> None:  # noqa: FBT001
    assert routes.is_gateways_own(status, body) is is_gateways
