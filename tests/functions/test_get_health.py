"""GET /health."""

from local.giosg import SimulatedGiosg
from tests.aws import Functions
from tests.functions.conftest import AwsCalls


def test_the_stack_is_alive_without_asking_anybody(
    giosg: SimulatedGiosg, functions: Functions, aws_calls: AwsCalls
) -> None:
    reply = functions.call("get_health", "GET", "/health")

    assert (reply.status, reply.json) == (200, {"status": "ok"})
    assert not aws_calls.made
    assert not giosg.requests.all()
