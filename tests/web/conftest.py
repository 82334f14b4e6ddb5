"""Fixtures of the page's tests: the page as it is served, the API behind it, browsers in front of it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from tests.environments import plain_environment
from tests.web.browser import NoBrowser, chromium
from tests.web.building import build_page
from tests.web.page import ChatPage
from tests.web.tab import clean_tab
from tests.web.visitor_api import VisitorApi

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
MODULES = HERE / "node_modules"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real headless Chromium")


@pytest.fixture(scope="session")
def served_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the files that the layer carries."""
    return build_page(tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """What the tests take from npm, fetched when it is not there yet (`make check` does it too)."""
    installed = MODULES / ".installed"
    if not installed.exists() or installed.read_text() != LOCK.read_text():
        npm = shutil.which("npm")
        if npm is None:
            pytest.fail("These tests need packages from npm: install it, then run `npm ci` in tests/web")
        subprocess.run([npm, "ci"], cwd=HERE, check=True, capture_output=True)  # noqa: S603 - no input from outside
        shutil.copy(LOCK, installed)
    return MODULES


@pytest.fixture(scope="session")
def axe_script(node_modules: Path) -> str:
    """axe-core's own text."""
    return (node_modules / "axe-core" / "axe.min.js").read_text("utf-8")


@pytest.fixture(scope="session")
def _browser() -> Iterator[Chrome]:
    try:
        with chromium(["--window-size=1200,860"]) as driver:
            yield driver
    except NoBrowser as missing:
        pytest.fail(str(missing))


@pytest.fixture(scope="session")
def _running_api(served_files: Path) -> Iterator[VisitorApi]:
    assert served_files.exists()
    with VisitorApi() as running, pytest.MonkeyPatch.context() as patch:
        endpoint = running.socket_url.replace("ws:", "http:")
        for name, value in plain_environment(SOCKET_ENDPOINT=endpoint, ALLOWED_ORIGINS="*").items():
            patch.setenv(name, value)
        yield running


@pytest.fixture
def api(_running_api: VisitorApi) -> VisitorApi:
    """The API with nobody in it."""
    _running_api.reset()
    return _running_api


@pytest.fixture
def page(_browser: Chrome, api: VisitorApi) -> Iterator[ChatPage]:
    """The standalone page in a browser that remembers nothing."""
    with ChatPage(_browser, api.page_url) as page, clean_tab(_browser):
        yield page


@pytest.fixture
def visited(page: ChatPage) -> ChatPage:
    page.visit()
    page.until_status("online")
    return page


@pytest.fixture
def talking(visited: ChatPage, api: VisitorApi) -> ChatPage:
    """A page on which a chat with an agent is under way."""
    visited.say_and_wait("Hello")
    visited.until_live(api)
    api.agent.join()
    visited.until_status("With Oona")
    return visited


@pytest.fixture(autouse=True)
def _without_complaints(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page must neither break its own policy nor log an error of its own, whatever the test was about."""
    page = request.getfixturevalue("page") if "page" in request.fixturenames else None
    yield
    if page is not None:
        assert page.violations() == []
        assert page.console_errors(with_network=False) == []
