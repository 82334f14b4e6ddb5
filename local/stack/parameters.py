"""The template's parameters for a stack on this machine."""

from collections.abc import Mapping
from typing import Any, Protocol

from local.stack.emulator import Emulator
from local.stack.settings import architecture


class Giosg(Protocol):
    """What a stack has to know of a Giosg, simulated or not."""

    @property
    def base_url(self) -> str: ...
    @property
    def organization_id(self) -> str: ...
    @property
    def room_id(self) -> str: ...
    @property
    def api_token(self) -> str: ...
    @property
    def rooms(self) -> Mapping[str, str]: ...


def local_parameters(giosg: Giosg, emulator: Emulator) -> dict[str, str]:
    return {
        "GiosgBaseUrl": giosg.base_url,
        "GiosgOrganizationId": giosg.organization_id,
        "GiosgRoomId": giosg.room_id,
        "Rooms": ",".join(f"{name}={room_id}" for name, room_id in giosg.rooms.items()),
        "GiosgApiToken": giosg.api_token,
        "Quotas": "off",
        "Dashboard": "on",
        **emulated_parameters(emulator),
    }


def emulated_parameters(emulator: Emulator) -> dict[str, str]:
    """Return what any stack in an emulator has to know: it runs the functions itself, and its APIs are elsewhere."""
    return {
        "Architecture": architecture(),
        "ExecuteApiHost": emulator.execute_api_host,
        "ExecuteSocketHost": emulator.execute_socket_host,
    }


def declared(template: Mapping[str, Any], parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that the template knows."""
    return {name: value for name, value in parameters.items() if name in template.get("Parameters", {})}


def resolved(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return each parameter's value as CloudFormation hands it to the transform: a list is a list."""
    values: dict[str, Any] = {}
    for name, definition in template.get("Parameters", {}).items():
        value = given.get(name, definition.get("Default"))
        is_list = "List" in definition["Type"] and value is not None
        values[name] = [entry.strip() for entry in str(value).split(",")] if is_list else value
    return values
