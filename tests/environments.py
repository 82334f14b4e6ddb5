"""The environment that every function has, with a value for each variable that it can have."""

from typing import Any

from tests.template import template

NOWHERE = {
    "GIOSG_BASE_URL": "http://127.0.0.1:9",
    "GIOSG_ORGANIZATION_ID": "4b1e0c52-7d3a-4f6e-9a41-2c88d0f7e513",
    "GIOSG_ROOM_ID": "c2a7f9e4-0b56-4d18-8f6a-91d3e5b7a042",
    "SOCKET_ENDPOINT": "https://socket.execute-api.eu-north-1.amazonaws.com/live",
    "QUOTA_PEPPER": "pepper-of-the-tests",
}


def plain_environment(**known: str) -> dict[str, str]:
    """Return what the template's defaults give, and for a resource that is not `known` a name that leads nowhere."""
    variables: dict[str, Any] = template()["Globals"]["Function"]["Environment"]["Variables"]
    own = {name: value for name, value in variables.items() if not name.startswith("POWERTOOLS_")}
    return {name: known.get(name) or NOWHERE.get(name) or _default(value) for name, value in own.items()}


def _default(value: Any) -> str:
    joined = value.get("Fn::Join", [None, value])[1]
    parameter = template()["Parameters"].get(joined.get("Ref"), {})
    return str(parameter.get("Default", "nowhere"))
