"""A headless Chromium for tests of pages; where there is none, the test is skipped and says so."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest


@contextmanager
def chromium(downloads: Path, width: int = 1280, height: int = 900) -> Iterator[Any]:
    """A Selenium driver whose downloads go to a folder. Skips without Selenium, Chromium or its driver."""
    selenium = pytest.importorskip("selenium.webdriver", reason="needs the package selenium, which is not installed")
    browser, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if browser is None or driver is None:
        pytest.skip("needs chromium and chromedriver (Debian: chromium, chromium-driver), which are not here")
    options = selenium.ChromeOptions()
    options.binary_location = browser
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = selenium.Chrome(options=options, service=selenium.ChromeService(driver))
    try:
        chrome.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
        )
        yield chrome
    finally:
        chrome.quit()


def downloaded(folder: Path, name: str) -> Path:
    """A file that the browser was told to save, once it is there."""
    for _ in range(200):
        if (folder / name).exists():
            break
        time.sleep(0.05)
    return folder / name
