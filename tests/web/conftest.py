"""Fixtures of the page's tests: the page as it is served, the API behind it, browsers in front of it."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome
from tests.web.browser import NoBrowser, chromium
from tests.web.building import build_page
from tests.web.page import ChatPage
from tests.web.visitor_api import VisitorApi

HERE = Path(__file__).parent
AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: drives a real headless Chromium")


@pytest.fixture(scope="session")
def served_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the files that the layer carries."""
    return build_page(tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="session")
def axe_script() -> str:
    """axe-core's own text, fetched by npm when it is not there yet."""
    if not AXE.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.fail("The accessibility tests need axe-core: install npm, then run `npm ci` in tests/web")
        subprocess.run([npm, "ci"], cwd=HERE, check=True, capture_output=True)  # noqa: S603 - no input from outside
    return AXE.read_text("utf-8")


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
        patch.setenv("SOCKET_ENDPOINT", running.socket_url.replace("ws:", "http:"))
        patch.setenv("ALLOWED_ORIGINS", "*")
        yield running


@pytest.fixture
def api(_running_api: VisitorApi) -> VisitorApi:
    """The API with nobody in it."""
    _running_api.reset()
    return _running_api


@pytest.fixture
def page(_browser: Chrome, api: VisitorApi) -> Iterator[ChatPage]:
    """The standalone page in a fresh tab of a browser that remembers nothing."""
    first = _browser.current_window_handle
    _browser.switch_to.new_window("tab")
    _browser.execute_cdp_cmd(
        "Storage.clearDataForOrigin", {"origin": api.root.partition("/_")[0], "storageTypes": "all"}
    )
    yield ChatPage(_browser, api.page_url)
    for handle in set(_browser.window_handles) - {first}:
        _browser.switch_to.window(handle)
        _browser.close()
    _browser.switch_to.window(first)


@pytest.fixture
def visited(page: ChatPage) -> ChatPage:
    page.visit()
    page.until_status("online")
    return page


@pytest.fixture(autouse=True)
def _without_complaints(request: pytest.FixtureRequest) -> Iterator[None]:
    """A page must neither break its own policy nor log an error of its own, whatever the test was about."""
    page = request.getfixturevalue("page") if "page" in request.fixturenames else None
    yield
    if page is not None:
        assert page.violations() == []
        assert page.console_errors(with_network=False) == []
