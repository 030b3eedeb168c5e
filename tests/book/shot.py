"""Take a picture of a built page: python -m tests.book.shot PAGE OUT.png [--width 375] [--dark]."""

from __future__ import annotations

import argparse
import time
from base64 import b64decode
from pathlib import Path

from tests.book.browser import address, browser, look


def main() -> None:
    """Read the command line, open the page, and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("page")
    parser.add_argument("out", type=Path)
    parser.add_argument("--width", type=int, default=1280)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--selector", help="one element instead of the page, such as #fig-9-2")
    parser.add_argument("--offset", type=int, default=0, help="pixels from the top")
    parser.add_argument("--height", type=int, default=4000, help="pixels of the page to show")
    arguments = parser.parse_args()
    with browser() as driver:
        look(driver, width=arguments.width, dark=arguments.dark)
        driver.get(address(arguments.page))
        time.sleep(0.5)  # fonts and widgets
        # A window as high as the page: a capture beyond the window shifts what sticks to its sides.
        high = driver.execute_script("return document.documentElement.scrollHeight")
        look(driver, width=arguments.width, height=high, dark=arguments.dark)
        shot = {"clip": _area(driver, arguments)}
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
    arguments.out.write_bytes(b64decode(picture))


def _area(driver: object, arguments: argparse.Namespace) -> dict[str, float]:
    find = (
        "const e = arguments[0] ? document.querySelector(arguments[0]) : null;"
        "const r = e && e.getBoundingClientRect();"
        "return r ? [r.x, r.y + scrollY, r.width, r.height]"
        " : [0, 0, innerWidth, document.documentElement.scrollHeight];"
    )
    x, y, width, height = driver.execute_script(find, arguments.selector)  # type: ignore[attr-defined]
    y, height = y + arguments.offset, min(height - arguments.offset, arguments.height)
    return {"x": x, "y": y, "width": width, "height": height, "scale": 1}


if __name__ == "__main__":
    main()
