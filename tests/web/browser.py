"""Headless browsers from the system's packages: Chromium, Firefox, and WebKit as GTK has it."""

import os
import shutil
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from local.stack.emulator import free_port
from selenium.webdriver import Chrome, ChromeOptions, FirefoxOptions, WebKitGTK, WebKitGTKOptions
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.webkitgtk.service import Service as WebKitService
from tests.web.marionette import MarionetteConnection, MarionetteDriver

START_SECONDS = 60
# Nothing of the browser's own may go out, and a run looks the same on every machine.
ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--hide-scrollbars",
    # A sixth less work: few processes, and nothing that a visitor's page does not need.
    "--in-process-gpu",
    "--process-per-site",
    "--disable-site-isolation-trials",
    "--disable-features=SpareRendererForSitePerProcess",
    "--disable-extensions",
    "--disable-sync",
    "--mute-audio",
)
# https://firefox-source-docs.mozilla.org/testing/marionette/Prefs.html: those for tests are set by Firefox itself.
FIREFOX_PREFERENCES = {
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.policy.firstRunURL": "",
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"
# A container has no namespaces to give away, and no graphics to compose on.
WEBKIT_ENVIRONMENT = {"WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "WEBKIT_DISABLE_COMPOSITING_MODE": "1"}

Programs = tuple[str, ...]


class NoBrowser(RuntimeError):
    """A browser is not there and could not be installed."""


def first_of(*names: str) -> str | None:
    return next((found for name in names if (found := shutil.which(name))), None)


def chromium_programs() -> tuple[str | None, ...]:
    return first_of("chromium", "google-chrome", "chromium-browser"), first_of("chromedriver")


def firefox_programs() -> tuple[str | None, ...]:
    return (first_of("firefox-esr", "firefox"),)


def webkit_programs() -> tuple[str | None, ...]:
    browsers = sorted(str(found) for found in Path("/").glob(MINI_BROWSERS.lstrip("/")))
    return browsers[-1] if browsers else None, first_of("WebKitWebDriver"), first_of("Xvfb")


def install(packages: Sequence[str], advice: str) -> None:
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        raise NoBrowser(advice)
    for command in ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", "--no-install-recommends", *packages]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - no input from outside
        if done.returncode:
            raise NoBrowser(f"{advice}\nInstalling it failed: {done.stderr.strip()}")


def find_or_install(find: Callable[[], tuple[str | None, ...]], packages: Sequence[str]) -> Programs:
    """Return the programs' paths."""
    advice = f"The browser tests need {', '.join(packages)}: apt-get install {' '.join(packages)}"
    if not all(find()):
        install(packages, advice)
    found = tuple(path for path in find() if path)
    if len(found) < len(find()):
        raise NoBrowser(advice)
    return found


@contextmanager
def chromium(
    arguments: Sequence[str] = (), *, language: str = "en", preferences: Mapping[str, Any] | None = None
) -> Iterator[Chrome]:
    """Start a browser of its own, with a fresh profile; `language` is what its user prefers."""
    browser, driver_path = find_or_install(chromium_programs, ["chromium", "chromium-driver"])
    options = ChromeOptions()
    options.binary_location = browser
    for argument in (*ARGUMENTS, *arguments):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": language, **(preferences or {})})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603 - no input from outside
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def preference_lines(preferences: Mapping[str, Any]) -> str:
    def written(value: object) -> str:
        return str(value).lower() if isinstance(value, bool) else repr(value).replace("'", '"')

    return "".join(f'user_pref("{name}", {written(value)});\n' for name, value in preferences.items())


def connected(port: int, process: subprocess.Popen[bytes]) -> MarionetteConnection:
    """Wait until Firefox listens."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            return MarionetteConnection(port)
        except OSError:
            time.sleep(0.1)
    raise NoBrowser("Firefox did not start")


@contextmanager
def firefox(*, preferences: Mapping[str, Any] | None = None) -> Iterator[WebDriver]:
    """Start a browser of its own, with a fresh profile."""
    (browser,) = find_or_install(firefox_programs, ["firefox-esr"])
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        wanted = {**FIREFOX_PREFERENCES, "marionette.port": port, **(preferences or {})}
        Path(profile, "user.js").write_text(preference_lines(wanted), "utf-8")
        with running([browser, "--headless", "--marionette", "--no-remote", "--profile", profile]) as process:
            connection = connected(port, process)
            driver = MarionetteDriver(connection, FirefoxOptions())
            try:
                yield driver
            finally:
                driver.quit()
                connection.close()


@contextmanager
def display(server: str) -> Iterator[str]:
    """Start an X server without a screen and return its name."""
    reading, writing = os.pipe()
    command = [server, "-displayfd", str(writing), "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)  # noqa: S603 - no input from outside
    os.close(writing)
    try:
        with os.fdopen(reading) as number:
            yield f":{number.readline().strip()}"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def webkit() -> Iterator[WebDriver]:
    """Start a browser of its own, on a screen that nobody sees, with a fresh profile."""
    browser, driver_path, server = find_or_install(webkit_programs, ["webkit2gtk-driver", "xvfb"])
    options = WebKitGTKOptions()
    options.binary_location = browser
    options.add_argument("--automation")
    with display(server) as screen:
        environment = {**os.environ, **WEBKIT_ENVIRONMENT, "DISPLAY": screen}
        with warnings.catch_warnings():  # Selenium's own, about what it does itself
            warnings.simplefilter("ignore", DeprecationWarning)
            driver = WebKitGTK(options=options, service=WebKitService(driver_path, env=environment))
        try:
            yield driver
        finally:
            driver.quit()


ENGINES: dict[str, Callable[[], AbstractContextManager[WebDriver]]] = {
    "chromium": chromium,
    "firefox": firefox,
    "webkit": webkit,
}
