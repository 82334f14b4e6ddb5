"""The agent console of the simulated Giosg as an agent handles it, in a tab of its own."""

from collections.abc import Iterator
from contextlib import contextmanager

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webdriver import WebDriver
from selenium.webdriver.support import expected_conditions as expected
from selenium.webdriver.support.ui import WebDriverWait
from tests.toolkit.deployment import PATIENCE_SECONDS


class AgentConsole:
    """Each act goes to the console's tab and comes back."""

    def __init__(self, driver: WebDriver, url: str) -> None:
        self.driver = driver
        self.wait = WebDriverWait(driver, PATIENCE_SECONDS, 0.05)
        visitor = driver.current_window_handle
        driver.switch_to.new_window("tab")
        self._window = driver.current_window_handle
        driver.get(url)
        # Before it has heard of the agents it shows nobody as online.
        self.wait.until(expected.presence_of_element_located((By.CSS_SELECTOR, "#agent option")))
        driver.switch_to.window(visitor)

    def take(self, visitor: str) -> None:
        """Take the waiting chat of a visitor."""
        with self._at_work():
            self._press(By.XPATH, f"//ul[@id='waiting']//button[contains(., '{visitor}')]")
            self._press(By.ID, "take")
            self.wait.until(expected.element_to_be_clickable((By.ID, "text")))

    def say(self, text: str) -> None:
        with self._at_work():
            self.driver.find_element(By.ID, "text").send_keys(text)
            self._press(By.CSS_SELECTOR, "#composer [type=submit]")

    def attach(self, sample: str) -> None:
        """Send one of the console's samples: picture, link or buttons."""
        with self._at_work():
            self._press(By.CSS_SELECTOR, f"[data-sample={sample}]")

    def end(self) -> None:
        with self._at_work():
            self._press(By.ID, "end")

    def until_heard(self, text: str) -> None:
        with self._at_work():
            self.wait.until(expected.text_to_be_present_in_element((By.ID, "messages"), text))

    def set_online(self, *, is_online: bool) -> None:
        with self._at_work():
            wanted = str(is_online).lower()
            if self.driver.find_element(By.ID, "online").get_attribute("aria-checked") != wanted:
                self._press(By.ID, "online")
            self.wait.until(expected.text_to_be_present_in_element_attribute((By.ID, "online"), "aria-checked", wanted))

    def _press(self, by: str, value: str) -> None:
        self.wait.until(expected.element_to_be_clickable((by, value))).click()

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        visitor = self.driver.current_window_handle
        self.driver.switch_to.window(self._window)
        try:
            yield
        finally:
            self.driver.switch_to.window(visitor)
