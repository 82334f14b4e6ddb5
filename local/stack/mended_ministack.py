"""Run ministack: its API Gateway made to do as AWS's does, layers unpacked once, logs whole and in files.

It stands in for the command `ministack` and is run by the emulator's own interpreter: `mended_ministack.py [FOLDER]`.
With a folder the functions' lines go to `functions.log` there, and its own warnings to `emulator.log`, and only the
newest stay in its CloudWatch Logs. A name that a newer ministack has changed ends it at the start.
"""
# ruff: noqa: SLF001 - what is private to ministack is what has to be mended

import importlib
import logging
import os
import sys
from contextlib import suppress
from contextvars import ContextVar
from io import BytesIO
from logging.handlers import RotatingFileHandler
from pathlib import Path
from queue import Empty
from tempfile import mkdtemp
from threading import Lock
from typing import Any
from zipfile import ZipFile

# The places of the body among the arguments.
INVOKED_BODY = 6
POSTED_BODY = 4
LARGEST_POST_BYTES = 128 * 1024
LARGEST_LOG_BYTES = 10_000_000
OLD_LOGS = 2
MOST_INVOCATIONS = 2000
EMULATOR_FORMAT = "%(asctime)s %(levelname)s [%(name)s] %(message)s"
WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}
THROTTLED = (
    400,
    {"Content-Type": "application/x-amz-json-1.0"},
    b'{"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Throughput exceeds the limit"}',
)
THROTTLED_TABLES = "throttled-tables"
"""The file in the emulator's folder that names them."""
LAYERS_VARIABLE = "_LAMBDA_LAYERS_DIRS"
"""Where the emulator's functions look for their layers."""
END_OF_LINES = "\x04"
"""A function's process writes it after each event's lines."""
LONGEST_WAIT_FOR_LINES_SECONDS = 20.0
ANSWERED = "        _real_stdout.flush()\n\nrun()"
"""The place in the script of a function's process where an event has been answered."""
TOO_LARGE = (413, {"Content-Type": "application/json", "x-amzn-ErrorType": "PayloadTooLargeException"}, b"{}")


def send_what_is_no_text_as_base64(gateway: Any) -> None:
    """Let a body that is not UTF-8 reach its function in base64, whatever its content type says.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    body: ContextVar[bytes] = ContextVar("body")
    invoke, is_text = gateway._invoke_lambda_proxy, gateway._v2_request_body_is_text

    async def invoke_with_body(*arguments: Any, **named: Any) -> Any:
        body.set(arguments[INVOKED_BODY])
        return await invoke(*arguments, **named)

    gateway._invoke_lambda_proxy = invoke_with_body
    gateway._v2_request_body_is_text = lambda content_type: is_text(content_type) and is_utf8(body.get())


def is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def refuse_large_posts(gateway: Any) -> None:
    """Refuse to push more than a WebSocket API carries.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
    """
    handle = gateway.handle_connections_api

    async def handle_within_limit(*arguments: Any) -> Any:
        is_large = len(arguments[POSTED_BODY]) > LARGEST_POST_BYTES
        return TOO_LARGE if is_large else await handle(*arguments)

    gateway.handle_connections_api = handle_within_limit


def keep_returned_bodies(gateway: Any) -> None:
    """Send a socket nothing of what its functions return: that takes a route response, which no route here has.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
    """
    invoke = gateway._invoke_ws_lambda

    async def invoke_for_status(*arguments: Any, **named: Any) -> Any:
        answer = await invoke(*arguments, **named)
        return answer and {**answer, "body": None}

    gateway._invoke_ws_lambda = invoke_for_status


def log_into(folder: Path, runtime: Any) -> None:
    """Write logs to files, with the lines of sockets' functions, which CloudWatch Logs does not get here."""
    functions = logging.getLogger("functions")
    functions.propagate = False
    functions.setLevel(logging.INFO)
    functions.addHandler(rotating(folder / "functions.log"))
    invoke = runtime.Worker.invoke

    def invoke_and_log(worker: Any, *arguments: Any, **named: Any) -> Any:
        answer = invoke(worker, *arguments, **named)
        if lines := answer.get("log"):
            functions.info("%s", lines)
        return answer

    runtime.Worker.invoke = invoke_and_log
    logging.basicConfig(
        level=logging.WARNING, format=EMULATOR_FORMAT, handlers=[rotating(folder / "emulator.log")], force=True
    )


def wait_for_all_lines(runtime: Any) -> None:
    """Take every line that a function has written about an event, however long it is on its way.

    The emulator would wait for 50 ms: on a busy machine lines would come with the function's next event, or never.
    """
    script = runtime._PYTHON_WORKER_SCRIPT
    if script.count(ANSWERED) != 1:
        raise RuntimeError("this ministack answers events in another way")
    mark = f"        print({END_OF_LINES!r}, file=sys.stderr, flush=True)\n"
    runtime._PYTHON_WORKER_SCRIPT = script.replace(ANSWERED, mark + ANSWERED)

    def read(worker: Any) -> None:
        lines = worker._stderr_queue
        with suppress(OSError, ValueError):  # the process has been ended
            for line in worker._proc.stderr:
                said, end, _ = line.rstrip("\n").partition(END_OF_LINES)
                if said or not end:
                    lines.put(said)
                if end:
                    lines.put(END_OF_LINES)
        lines.put(END_OF_LINES)

    def collect(worker: Any) -> str:
        lines: list[str] = []
        with suppress(Empty):
            while (line := worker._stderr_queue.get(timeout=LONGEST_WAIT_FOR_LINES_SECONDS)) != END_OF_LINES:
                lines.append(line)
        return "\n".join(lines)

    runtime.Worker._read_stderr = read
    runtime.Worker._drain_stderr = runtime.Worker._drain_stderr_bounded = collect


def forget_old_invocations(lambdas: Any, groups: Any) -> None:
    """Keep no more than the newest invocations in CloudWatch Logs, where each has a stream: memory is not endless."""
    emit = lambdas._emit_lambda_logs

    def emit_and_forget(*arguments: Any, **named: Any) -> None:
        emit(*arguments, **named)
        for name in list(groups):
            streams = groups[name]["streams"]
            for old in list(streams)[:-MOST_INVOCATIONS]:
                streams.pop(old, None)

    lambdas._emit_lambda_logs = emit_and_forget


def rotating(file: Path) -> RotatingFileHandler:
    return RotatingFileHandler(file, mode="w", maxBytes=LARGEST_LOG_BYTES, backupCount=OLD_LOGS, encoding="utf-8")


def let_greedy_parameters_be_empty(gateway: Any) -> None:
    """Let `/things/` lead to `/things/{rest+}`: no route can end with a slash.

    https://github.com/storacha/w3infra/pull/166,
    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-routes.html
    """
    extract = gateway._extract_path_params

    def extract_or_nothing(route_path: str, request_path: str) -> dict[str, str] | None:
        found: dict[str, str] | None = extract(route_path, request_path)
        if found is None and route_path.endswith("+}"):
            found = extract(route_path.rpartition("{")[0], request_path)
        return found

    gateway._extract_path_params = extract_or_nothing


def take_alarms_on_expressions(provisioners: Any) -> None:
    """Take an alarm that does sums with metrics for one on the first of them, where the emulator would take none.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    record = provisioners._cw_metric_alarm_record

    def record_of_the_first(name: str, properties: dict[str, Any]) -> Any:
        looked_at = [each["MetricStat"] for each in properties.get("Metrics") or [] if "MetricStat" in each]
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        return record(name, plain | {"Period": looked_at[0]["Period"]} | looked_at[0]["Metric"] if looked_at else plain)

    provisioners._cw_metric_alarm_record = record_of_the_first


def unpack_layers_once(runtime: Any, layer_content: Any, folder: Path) -> None:
    """Let all functions read one unpacked copy of a layer: each would unpack a thousand files when it starts."""
    make, lock = runtime.Worker.__init__, Lock()

    def unpacked(arn: str) -> str:
        place = folder / arn.replace(":", "-")
        with lock:
            if not place.exists():
                ZipFile(BytesIO(layer_content(arn))).extractall(place)
        return str(place)

    def make_with_layers(worker: Any, name: str, config: dict[str, Any], code: bytes) -> None:
        layers = os.pathsep.join(unpacked(each["Arn"]) for each in config.get("Layers") or [])
        variables = {**config.get("Environment", {}).get("Variables", {}), LAYERS_VARIABLE: layers}
        make(worker, name, {**config, "Layers": [], "Environment": {"Variables": variables}}, code)

    runtime.Worker.__init__ = make_with_layers


def throttle_on_request(dynamodb: Any, switch: Path) -> None:
    """Refuse what writes to the tables that a file names, as long as it is there: the emulator's tables are never busy.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
    """
    handle = dynamodb.handle_request

    def throttled() -> list[str]:
        return switch.read_text().split() if switch.exists() else []

    async def handle_unless_throttled(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        operation = headers.get("x-amz-target", "").rpartition(".")[2]
        if operation in WRITES and any(f'"{table}"'.encode() in body for table in throttled()):
            return THROTTLED
        return await handle(method, path, headers, body, query)

    dynamodb.handle_request = handle_unless_throttled


MENDS = (
    send_what_is_no_text_as_base64,
    refuse_large_posts,
    keep_returned_bodies,
    let_greedy_parameters_be_empty,
)


def main(folder: str | None = None) -> None:
    app: Any = importlib.import_module("ministack.app")
    services = "ministack.services"
    gateway = importlib.import_module(f"{services}.apigateway")
    for mend in MENDS:
        mend(gateway)
    take_alarms_on_expressions(importlib.import_module(f"{services}.cloudformation.provisioners"))
    throttle_on_request(importlib.import_module(f"{services}.dynamodb"), Path.cwd() / THROTTLED_TABLES)
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    lambdas: Any = importlib.import_module(f"{services}.lambda_svc")
    wait_for_all_lines(runtime)
    unpack_layers_once(runtime, lambdas._resolve_layer_zip, Path(mkdtemp(prefix="layers-")))
    if folder:
        logs: Any = importlib.import_module(f"{services}.cloudwatch_logs")
        log_into(Path(folder), runtime)
        forget_old_invocations(lambdas, logs._log_groups)
    del sys.argv[1:]
    app.main()


if __name__ == "__main__":
    main(*sys.argv[1:])
