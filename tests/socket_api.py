"""The socket as asyncapi.yaml states it, and whether a frame keeps to it."""

from typing import Any

from tests import schemas

DOCUMENT = "asyncapi.yaml"


def document() -> dict[str, Any]:
    return schemas.document(DOCUMENT)


def messages() -> dict[str, dict[str, Any]]:
    """Return what may be said on the socket, by its name."""
    found: dict[str, dict[str, Any]] = document()["components"]["messages"]
    return found


def example(name: str) -> dict[str, Any]:
    payload: dict[str, Any] = messages()[name]["examples"][0]["payload"]
    return payload


def check(frame: dict[str, Any]) -> None:
    """Fail unless the stack may send this frame, and with no field that is not documented."""
    assert frame["event"] in messages(), f"the event {frame['event']} is not documented"
    schemas.check(DOCUMENT, messages()[frame["event"]]["payload"], frame)
