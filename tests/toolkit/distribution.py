"""Who runs what, and when: pytest-xdist's workers share the tests so that they end together.

What is expensive to begin is begun once: all tests of the deployed stack are one worker's, and so are all that need the
browser. These begin first, whole files follow, and the proof's many short parts fill up the end.
"""

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

DEPLOYED = (
    "tests/journey/",
    "tests/operations/",
    "tests/security/test_deployed.py",
    "tests/web/test_with_agents.py",
)
BROWSER = ("tests/web/",)
PROOF = ("tests/proof/",)


class Scheduling(LoadFileScheduling):  # type: ignore[misc] # xdist has no types
    """Hands out whole files, but for those above."""

    def _split_scope(self, nodeid: str) -> str:
        if nodeid.startswith(PROOF):
            return nodeid
        if nodeid.startswith(DEPLOYED):
            return "the deployed stack"
        return "the browser" if nodeid.startswith(BROWSER) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Scheduling:
    """Choose who hands out the tests."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first; the rest keeps its order."""
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    if item.nodeid.startswith(PROOF):
        return 3
    if item.nodeid.startswith(DEPLOYED):
        return 0
    return 1 if item.nodeid.startswith(BROWSER) else 2
