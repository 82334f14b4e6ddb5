"""A headless Chromium from the system's packages."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

PACKAGES = ("chromium", "chromium-driver")
ADVICE = f"The browser tests need Chromium and its driver: apt-get install {' '.join(PACKAGES)}"
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
)


class NoBrowser(RuntimeError):
    """Chromium is not there and could not be installed."""


def installed() -> tuple[str, str] | None:
    browser = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    return (browser, driver) if browser and driver else None


def install() -> None:
    apt = shutil.which("apt-get")
    if os.geteuid() != 0 or apt is None:
        raise NoBrowser(ADVICE)
    for command in ([apt, "update", "-qq"], [apt, "install", "-y", "-qq", "--no-install-recommends", *PACKAGES]):
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - no input from outside
        if done.returncode:
            raise NoBrowser(f"{ADVICE}\nInstalling it failed: {done.stderr.strip()}")


def find_or_install() -> tuple[str, str]:
    found = installed()
    if found is None:
        install()
        found = installed()
    if found is None:
        raise NoBrowser(ADVICE)
    return found


@contextmanager
def chromium(arguments: Sequence[str] = (), *, language: str = "en") -> Iterator[Chrome]:
    """Start a browser of its own, with a fresh profile; `language` is what its user prefers."""
    browser, driver_path = find_or_install()
    options = ChromeOptions()
    options.binary_location = browser
    for argument in (*ARGUMENTS, *arguments):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"intl.accept_languages": language})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options=options, service=Service(driver_path))
    try:
        yield driver
    finally:
        driver.quit()
