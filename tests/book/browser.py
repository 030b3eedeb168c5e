"""A headless Chromium for the tests of the built pages."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from selenium import webdriver

ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)


def missing() -> str | None:
    """Return why no browser can be started here, or None."""
    absent = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else None


@contextmanager
def browser(*, log_requests: bool = False) -> Iterator[webdriver.Chrome]:
    """Start a browser with a profile of its own; it ends with the context."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = str(shutil.which("chromium"))
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        logs = {"browser": "ALL", **({"performance": "ALL"} if log_requests else {})}
        options.set_capability("goog:loggingPrefs", logs)
        service = webdriver.ChromeService(shutil.which("chromedriver"))
        driver = webdriver.Chrome(options=options, service=service)
        try:
            yield driver
        finally:
            driver.quit()


def look(driver: webdriver.Chrome, *, width: int, height: int = 900, dark: bool = False) -> None:
    """Set the size of the page, and the theme that pages opened from now on take."""
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [scheme]})


def address(page: Path | str) -> str:
    """Return what to open: an address as it is, a file as its address."""
    return page if isinstance(page, str) and "://" in page else Path(page).resolve().as_uri()


def requested_hosts(driver: webdriver.Chrome) -> set[str]:
    """Return the hosts that pages asked since the last call."""
    hosts = set()
    for entry in driver.get_log("performance"):
        message: dict[str, Any] = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            url = urlparse(message["params"]["request"]["url"])
            if url.scheme in ("http", "https", "ws", "wss"):
                hosts.add(str(url.hostname))
    return hosts
