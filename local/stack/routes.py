"""Make the emulator's HTTP API what the template says, and see that every route answers."""

import http.client
import json
import re
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

from local.stack.http_api import HttpApi, Route

# Refused by every function before it does anything: nothing is started, sent or erased by asking.
PROBE_BODY = "not JSON"
PROBE_SECONDS = 60
PROBES_AT_A_TIME = 4


class RouteIsDead(Exception):
    """A route of the template is not answered by its function."""


def apply(api: HttpApi, *, gateway: Any, resources: Mapping[str, str]) -> None:
    """Bring routes and CORS to what the template says; what is right already is left alone, so that calls go on.

    Args:
        api: what the template says.
        gateway: a client of API Gateway (version 2).
        resources: the physical id of every logical one.
    """
    api_id = resources[api.logical_id]
    functions = {entry["IntegrationId"]: entry["IntegrationUri"] for entry in integrations(gateway, api_id)}
    wanted = {route.key: resources[route.function_id] for route in api.routes}
    for entry in gateway.get_routes(ApiId=api_id)["Items"]:
        function = functions.get(entry.get("Target", "").removeprefix("integrations/"))
        if wanted.get(entry["RouteKey"]) == function:
            del wanted[entry["RouteKey"]]
        else:
            gateway.delete_route(ApiId=api_id, RouteId=entry["RouteId"])
    targets = {function: integration_id for integration_id, function in functions.items()}
    for key, function in wanted.items():
        if function not in targets:
            targets[function] = create_integration(gateway, api_id, function)
        gateway.create_route(ApiId=api_id, RouteKey=key, Target=f"integrations/{targets[function]}")
    if api.cors:
        gateway.update_api(ApiId=api_id, CorsConfiguration=api.cors)


def integrations(gateway: Any, api_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = gateway.get_integrations(ApiId=api_id)["Items"]
    return items


def create_integration(gateway: Any, api_id: str, function: str) -> str:
    integration_id: str = gateway.create_integration(
        ApiId=api_id,
        IntegrationType="AWS_PROXY",
        IntegrationMethod="POST",
        IntegrationUri=function,
        PayloadFormatVersion="2.0",
    )["IntegrationId"]
    return integration_id


def check(api: HttpApi, *, api_url: str) -> None:
    """Ask every route for something that it refuses; its function is warm afterwards.

    Raises:
        RouteIsDead: the gateway answered in the function's place.
    """
    pool = ThreadPoolExecutor(PROBES_AT_A_TIME)
    try:
        dead = [problem for problem in pool.map(lambda route: probe(route, api_url), api.routes) if problem]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if dead:
        raise RouteIsDead("\n".join(dead))


def probe(route: Route, api_url: str) -> str | None:
    """Return what is wrong with a route, if anything."""
    method, _, path = re.sub(r"{[^}+]*}", "probe", re.sub(r"{[^}]*\+}", "", route.key)).partition(" ")
    url = urlsplit(api_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=PROBE_SECONDS)
    try:
        headers = {"Content-Type": "application/json"}
        connection.request(method.replace("ANY", "GET"), url.path + path, body=PROBE_BODY, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
    except OSError as error:
        return f"{route.key}: {error}"
    finally:
        connection.close()
    return f"{route.key}: {answer.status} {body.decode()}" if is_gateways_own(answer.status, body) else None


def is_gateways_own(status: int, body: bytes) -> bool:
    """Tell the gateway's errors from a function's: they have a message and nothing else."""
    if status < http.client.BAD_REQUEST:
        return False
    try:
        content = json.loads(body)
    except ValueError:
        return False
    return isinstance(content, dict) and set(content) <= {"message", "Message", "errorMessage", "errorType"}
