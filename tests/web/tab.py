"""One tab for all tests, as good as new for each: to open and close one takes a third of the work of a page's test."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium.webdriver import Chrome

# What a test may have changed about the tab, and the browser around it, back as it was.
AS_NEW: tuple[tuple[str, dict[str, Any]], ...] = (
    ("Emulation.clearDeviceMetricsOverride", {}),
    ("Emulation.setTouchEmulationEnabled", {"enabled": False}),
    ("Emulation.setEmulatedMedia", {"features": []}),
    ("Emulation.setUserAgentOverride", {"userAgent": ""}),
    ("Browser.resetPermissions", {}),
    ("Page.resetNavigationHistory", {}),
    ("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"}),
)
ONLINE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}


@contextmanager
def clean_tab(driver: Chrome) -> Iterator[None]:
    """Leave the browser's tab as it was found: the only one, empty, with nothing remembered and nothing emulated."""
    first = driver.current_window_handle
    try:
        yield
    finally:
        for handle in set(driver.window_handles) - {first}:
            driver.switch_to.window(handle)
            driver.close()
        driver.switch_to.window(first)
        set_network(driver, is_online=True)
        driver.execute_script("try { sessionStorage.clear(); } catch { /* The user blocks it. */ }")
        driver.get("about:blank")
        for command, parameters in AS_NEW:
            driver.execute_cdp_cmd(command, parameters)


def set_network(driver: Chrome, *, is_online: bool) -> None:
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", ONLINE | {"offline": not is_online})
