"""Which trace a request belongs to, whatever its caller says."""

import pytest

from visitor_chat.runtime import tracing

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
ROOT = "Root=1-67891233-abcdef012345678912345678"
REQUEST_ID = "JKJaXmPLvHcESHA="
NO_IDS = ["", "a b", "a\nb", '","level":"ERROR', "\u0660", "x" * 65, "{}", None, 7, ["a"]]


@pytest.mark.parametrize("parent", [PARENT, f"{PARENT}-later", f"cc-{TRACE}-00f067aa0ba902b7-01-what-comes-next"])
def test_a_callers_trace_is_the_requests(parent: str) -> None:
    assert tracing.of_request({"traceparent": parent, "x-amzn-trace-id": ROOT}, REQUEST_ID) == TRACE


@pytest.mark.parametrize(
    "parent",
    [
        "",
        "-",
        TRACE,
        PARENT.upper(),
        PARENT.replace("00-4", "ff-4"),
        PARENT.replace("00-4", "0-4"),
        PARENT.replace(TRACE, "0" * 32),
        PARENT.replace(TRACE, TRACE[:-1] + "\n"),
        PARENT.replace(TRACE, TRACE[:-1] + "\u0661"),
        PARENT.replace("00f0", "00g0"),
        f" {PARENT}",
        f"{PARENT}, {PARENT}"[1:],
        "00-" + "-" * 10_000,
        '00-","level":"ERROR","x":"-00f067aa0ba902b7-01',
    ],
)
def test_a_traceparent_that_is_none_is_left_out(parent: str) -> None:
    assert tracing.of_request({"traceparent": parent}, REQUEST_ID) == REQUEST_ID


def test_x_rays_trace_is_written_as_w3c_writes_it() -> None:
    header = f"Self=1-67891234-12456789abcdef012345678;{ROOT};Sampled=1"

    assert tracing.of_request({"x-amzn-trace-id": header}, REQUEST_ID) == "67891233abcdef012345678912345678"


@pytest.mark.parametrize("root", ["", "Root=", "Root=1-6789-abc", f"{ROOT[:-1]}g", f"{ROOT}0", "Root=1-2", ";;;;="])
def test_what_is_no_trace_of_x_rays_is_left_out(root: str) -> None:
    assert tracing.of_request({"x-amzn-trace-id": root}, REQUEST_ID) == REQUEST_ID


@pytest.mark.parametrize("value", NO_IDS, ids=range(len(NO_IDS)))
def test_what_is_no_id_is_no_trace(value: object) -> None:
    assert tracing.of_request({}, value) is None
