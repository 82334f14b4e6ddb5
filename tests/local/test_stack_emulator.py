"""Where the emulator answers as API Gateway does: it is asked with functions that say what they got."""

import asyncio
import base64
import gzip
import io
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import boto3
import pytest
import requests
from botocore.exceptions import ClientError
from local.stack import function_logs, mended_ministack
from local.stack.emulator import ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY, Emulator, EmulatorProcess, free_port
from websockets.sync.client import ClientConnection, connect

ECHO = """
import json
import logging

def handler(event, context):
    return {"statusCode": 200, "body": json.dumps(event)}
"""
# Writes to its own connection before it has accepted it, and tells the client later what came of that.
CURIOUS = """
import boto3, json, os
from botocore.exceptions import ClientError

asked = []

def handler(event, context):
    request = event["requestContext"]
    url = f"{os.environ['MANAGEMENT']}/{request['apiId']}/{request['stage']}"
    management = boto3.client("apigatewaymanagementapi", endpoint_url=url)
    if request["routeKey"] == "$default":
        management.post_to_connection(ConnectionId=request["connectionId"], Data=json.dumps(asked))
        return {"statusCode": 200, "body": "returned"}
    try:
        management.post_to_connection(ConnectionId=request["connectionId"], Data="too early")
    except ClientError as error:
        asked.append(error.response["Error"]["Code"])
    return {"statusCode": 200}
"""
LIFETIME_SECONDS = 28
"""As in the template: after its default of 3 s the emulator ends a function that a busy machine has held up."""
PATIENCE_SECONDS = 30

# Its lines are long on their way, as on a busy machine: the emulator has the answer before them.
SPEAKER = """
import os, threading, time

written, writing = os.pipe()
real = os.dup(2)
os.dup2(writing, 2)

def carry():
    while content := os.read(written, 4096):
        time.sleep(0.3)
        os.write(real, content)

threading.Thread(target=carry, daemon=True).start()

def handler(event, context):
    print("spoken")
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder: Path = tmp_path_factory.mktemp("emulator")
    with EmulatorProcess(port=free_port(), folder=folder) as process:
        yield process.wait_until_healthy()


def create_function(emulator: Emulator, name: str, source: str, **environment: str) -> str:
    archive = io.BytesIO()
    with ZipFile(archive, "w") as file:
        file.writestr("app.py", source)
    arn: str = emulator.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=f"arn:aws:iam::000000000000:role/{name}",
        Handler="app.handler",
        Timeout=LIFETIME_SECONDS,
        Code={"ZipFile": archive.getvalue()},
        Environment={"Variables": environment},
    )["FunctionArn"]
    return arn


def create_api(emulator: Emulator, protocol: str, function: str, *routes: str) -> str:
    """Create an API whose routes all lead to one function, and return its id."""
    gateway = emulator.client("apigatewayv2")
    api_id: str = gateway.create_api(
        Name=protocol, ProtocolType=protocol, RouteSelectionExpression="$request.body.action"
    )["ApiId"]
    integration = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=function,
        PayloadFormatVersion="2.0" if protocol == "HTTP" else "1.0",
    )["IntegrationId"]
    for route in routes:
        gateway.create_route(ApiId=api_id, RouteKey=route, Target=f"integrations/{integration}")
    gateway.create_stage(ApiId=api_id, StageName="$default" if protocol == "HTTP" else "live", AutoDeploy=True)
    return api_id


@pytest.fixture(scope="module")
def api_url(emulator: Emulator) -> str:
    """Return the URL of an HTTP API that answers with the event that its function got."""
    function = create_function(emulator, "echo", ECHO)
    api_id = create_api(emulator, "HTTP", function, "POST /things", "GET /things/{thing}", "ANY /slashed/{rest+}")
    return f"http://{emulator.execute_api_host}/{api_id}/$default"


def post(api_url: str, content: bytes, **headers: str) -> dict[str, Any]:
    """Return the event that a body becomes."""
    named = {"Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    event: dict[str, Any] = requests.post(f"{api_url}/things", data=content, headers=named, timeout=30).json()
    return event


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        pytest.param(b'{"message": "\xff\xfe"}', {}, id="JSON with bytes of no character"),
        pytest.param(gzip.compress(b'{"message": "Hello"}'), {"Content_Encoding": "gzip"}, id="compressed JSON"),
        pytest.param(b"\xff", {"Content_Type": "text/plain"}, id="text that is none"),
        pytest.param(b"a=1", {"Content_Type": "application/x-www-form-urlencoded"}, id="a form"),
    ],
)
def test_what_is_no_text_reaches_the_function_in_base64(api_url: str, content: bytes, headers: dict[str, str]) -> None:
    event = post(api_url, content, **headers)

    assert event["isBase64Encoded"] is True
    assert base64.b64decode(event["body"]) == content


def test_text_reaches_the_function_as_it_is(api_url: str) -> None:
    event = post(api_url, '{"message": "Moi, Äijä 👋"}'.encode())

    assert (event["isBase64Encoded"], event["body"]) == (False, '{"message": "Moi, Äijä 👋"}')


def test_no_body_is_no_field(api_url: str) -> None:
    assert "body" not in post(api_url, b"")


def test_header_names_come_in_small_letters(api_url: str) -> None:
    assert post(api_url, b"{}", Idempotency_Key="Key")["headers"]["idempotency-key"] == "Key"


def test_a_path_comes_decoded_and_without_the_stage(api_url: str) -> None:
    event = requests.get(f"{api_url}/things/a%20b?x=1&x=%202", timeout=30).json()

    assert (event["routeKey"], event["rawPath"]) == ("GET /things/{thing}", "/things/a b")
    assert event["pathParameters"] == {"thing": "a b"}
    assert (event["rawQueryString"], event["queryStringParameters"]) == ("x=1&x=%202", {"x": "1, 2"})


@pytest.mark.parametrize(("end", "rest"), [("", None), ("a", "a"), ("a/b", "a/b")])
def test_a_greedy_parameter_stands_for_whatever_follows_the_slash(api_url: str, end: str, rest: str | None) -> None:
    event = requests.get(f"{api_url}/slashed/{end}", timeout=30).json()

    assert event["routeKey"] == "ANY /slashed/{rest+}"
    assert (event["pathParameters"] or {}).get("rest") == rest


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nowhere"), ("GET", "/slashed"), ("PUT", "/things"), ("HEAD", "/things/a")]
)
def test_what_is_no_route_is_the_gateways_own_404(api_url: str, method: str, path: str) -> None:
    answer = requests.request(method, api_url + path, timeout=30)

    assert answer.status_code == 404
    assert answer.text == ("" if method == "HEAD" else '{"message":"Not Found"}')


@pytest.fixture(scope="module")
def socket_api(emulator: Emulator) -> str:
    """Return the id of a WebSocket API whose function asks for its own connection while it is being made."""
    function = create_function(emulator, "curious", CURIOUS, MANAGEMENT=f"http://{emulator.execute_api_host}")
    return create_api(emulator, "WEBSOCKET", function, "$connect", "$default")


def opened(emulator: Emulator, api_id: str) -> ClientConnection:
    return connect(f"ws://{emulator.execute_api_host}/{api_id}/live", open_timeout=PATIENCE_SECONDS)


def test_a_connection_is_gone_until_its_function_has_accepted_it(emulator: Emulator, socket_api: str) -> None:
    with opened(emulator, socket_api) as socket:
        socket.send("tell")

        assert json.loads(socket.recv(timeout=PATIENCE_SECONDS)) == ["GoneException"]


def test_what_a_function_of_a_socket_returns_is_sent_to_nobody(emulator: Emulator, socket_api: str) -> None:
    with opened(emulator, socket_api) as socket:
        socket.send("tell")
        socket.send("tell")

        frames = [socket.recv(timeout=PATIENCE_SECONDS), socket.recv(timeout=PATIENCE_SECONDS)]

    assert "returned" not in frames


@pytest.mark.parametrize(("size", "error"), [(131_072, "GoneException"), (131_073, "PayloadTooLargeException")])
def test_more_than_128_kilobytes_are_pushed_to_nobody(
    emulator: Emulator, socket_api: str, size: int, error: str
) -> None:
    session: Any = boto3.session.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=REGION)
    url = f"http://{emulator.execute_api_host}/{socket_api}/live"
    management = session.client("apigatewaymanagementapi", endpoint_url=url)

    with pytest.raises(ClientError, match=error):
        management.post_to_connection(ConnectionId="nobody", Data=b"a" * size)


def test_logs_go_into_files_and_their_newest_lines_stay_in_the_log_group(tmp_path: Path) -> None:
    with EmulatorProcess(port=free_port(), folder=tmp_path, logs_into_files=True) as process:
        emulator = process.wait_until_healthy()
        function = create_function(emulator, "speaker", SPEAKER)

        emulator.client("lambda").invoke(FunctionName=function)

        assert (tmp_path / "logs/functions.log").read_text().splitlines() == ["spoken"]
        assert function_logs.read_entries(emulator.client("logs")) == [{"message": "spoken"}]


def test_only_the_newest_invocations_stay_in_the_log_group() -> None:
    streams = dict.fromkeys(map(str, range(mended_ministack.MOST_INVOCATIONS)))
    lambdas = SimpleNamespace(_emit_lambda_logs=lambda name: streams.update({name: None}))

    mended_ministack.forget_old_invocations(lambdas, {"group": {"streams": streams}})
    lambdas._emit_lambda_logs("newest")

    assert list(streams) == [*map(str, range(1, mended_ministack.MOST_INVOCATIONS)), "newest"]


def test_files_of_logs_give_way_to_newer_ones(tmp_path: Path) -> None:
    handler = mended_ministack.rotating(tmp_path / "functions.log")
    line = logging.LogRecord("functions", logging.INFO, __file__, 1, "x" * 500_000, None, None)

    for _ in range(100):
        handler.emit(line)
    handler.close()

    assert {file.name for file in tmp_path.iterdir()} == {"functions.log", "functions.log.1", "functions.log.2"}
    assert all(file.stat().st_size <= mended_ministack.LARGEST_LOG_BYTES for file in tmp_path.iterdir())


@pytest.mark.parametrize(
    ("operation", "table", "status"),
    [("PutItem", "busy", 400), ("TransactWriteItems", "busy", 400), ("Query", "busy", 200), ("PutItem", "other", 200)],
)
def test_a_table_is_too_busy_to_be_written_to_while_a_file_names_it(
    tmp_path: Path, operation: str, table: str, status: int
) -> None:
    async def answer(*_arguments: Any) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, b"{}"

    dynamodb = SimpleNamespace(handle_request=answer)
    switch = tmp_path / "throttled"
    mended_ministack.throttle_on_request(dynamodb, switch)
    headers, body = {"x-amz-target": f"DynamoDB_20120810.{operation}"}, json.dumps({"TableName": table}).encode()

    statuses = []
    for named in ("busy", None):
        switch.write_text(named) if named else switch.unlink()
        statuses.append(asyncio.run(dynamodb.handle_request("POST", "/", headers, body, {}))[0])

    assert statuses == [status, 200]


def test_an_alarm_on_an_expression_is_taken_for_one_on_its_first_metric() -> None:
    provisioners = SimpleNamespace(_cw_metric_alarm_record=lambda name, properties: {"name": name, **properties})
    mended_ministack.take_alarms_on_expressions(provisioners)
    sums = {"Id": "sums", "Expression": "ABS(age)"}
    age = {"Id": "age", "MetricStat": {"Stat": "p50", "Period": 300, "Metric": {"Namespace": "N", "MetricName": "M"}}}

    made = provisioners._cw_metric_alarm_record("late", {"Threshold": 30, "Metrics": [sums, age]})

    assert made == {"name": "late", "Threshold": 30, "Period": 300, "Namespace": "N", "MetricName": "M"}
