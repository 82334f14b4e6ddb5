"""What functions do before their first request, under the policies that they have."""

from typing import Any

from tests.toolkit.deployment import Stack, wait_for


def test_every_first_step_of_a_function_is_allowed_to_it(stack: Stack) -> None:
    visitor = stack.start(visitor_name="Aino", message="Hello?")
    stack.giosg.agent.say(visitor.chat_id, "Good morning!")
    wait_for(lambda: "Good morning!" in visitor.texts())
    for method, path in (("GET", "/chats"), ("GET", "/availability"), ("POST", "/realtime")):
        assert visitor.call(method, path).ok
    assert visitor.send("In size 40?").ok
    assert visitor.call("POST", f"/chats/{visitor.chat_id}/end").ok
    assert visitor.call("DELETE", "/visitor").ok

    def written() -> list[dict[str, Any]]:
        """Return all lines once that of the last request is among them."""
        lines = stack.local.logs()
        routes = [line.get("route") for line in lines if line.get("visitor_id") == visitor.id]
        return lines if "DELETE /visitor" in routes else []

    assert [line for line in wait_for(written) if line.get("message") == "warm-up failed"] == []
