"""Every page in a real browser: what it asks for, complains of, and how it fits a phone."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from course_lib.publish.serve import server
from tests.book.browser import browser, look, missing, requested_hosts
from tests.book.html_pages import pages

# On a machine of your own a missing browser skips these tests; CI must have one.
REQUIRED = os.environ.get("COURSE_REQUIRE_CHROMIUM") == "1"
pytestmark = [
    pytest.mark.book,
    pytest.mark.skipif(missing() is not None and not REQUIRED, reason=f"no browser: {missing()}"),
]

PHONE = 375


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    with browser(log_requests=True) as started:
        yield started


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with server(site) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()


@pytest.fixture(scope="module")
def names(site: Path) -> list[str]:
    return [path.relative_to(site).as_posix() for path in pages(site)]


def test_no_page_asks_a_third_party_or_complains(
    driver: webdriver.Chrome, address: str, names: list[str]
) -> None:
    look(driver, width=1280)
    for name in names:
        driver.get(f"{address}/{name}")
        assert requested_hosts(driver) <= {"127.0.0.1"}, name
        assert complaints(driver) == [], name


def complaints(driver: webdriver.Chrome) -> list[str]:
    """Errors and warnings in the console since the last call; the theme also says what it does."""
    return [e["message"] for e in driver.get_log("browser") if e["level"] in ("SEVERE", "WARNING")]


def test_a_request_elsewhere_and_a_script_error_would_be_seen(
    driver: webdriver.Chrome, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text('<img src="http://elsewhere.invalid/a.png"><script>nosuch()</script>')
    driver.get(page.as_uri())
    assert requested_hosts(driver) == {"elsewhere.invalid"}
    assert any("nosuch is not defined" in complaint for complaint in complaints(driver))


def test_no_page_scrolls_sideways_on_a_phone(
    driver: webdriver.Chrome, address: str, names: list[str]
) -> None:
    look(driver, width=PHONE)
    for name in names:
        driver.get(f"{address}/{name}")
        width = driver.execute_script("return document.documentElement.scrollWidth")
        assert width <= PHONE, f"{name} is {width} px wide"


def test_all_mathematics_is_rendered(
    driver: webdriver.Chrome, address: str, names: list[str]
) -> None:
    find = "return [...document.querySelectorAll('.math')].map(e => !!e.querySelector('.katex'))"
    rendered = []
    for name in names:
        driver.get(f"{address}/{name}")
        rendered += driver.execute_script(find)
        text = driver.execute_script("return document.body.innerText")
        assert "\\(" not in text and "$$" not in text, name
    assert rendered and all(rendered)


def test_every_slider_answers_the_keyboard_and_says_so(
    driver: webdriver.Chrome, address: str, names: list[str]
) -> None:
    look(driver, width=1280)
    tried = 0
    for name in (n for n in names if n.startswith("book/")):
        driver.get(f"{address}/{name}")
        for slider in driver.find_elements(By.CSS_SELECTOR, ".course-live input[type=range]"):
            output = slider.find_element(By.XPATH, "following-sibling::output")
            before = output.text
            high = slider.get_attribute("value") == slider.get_attribute("max")
            slider.send_keys(Keys.ARROW_LEFT if high else Keys.ARROW_RIGHT)
            assert output.text != before, f"{name} {slider.get_attribute('id')}"
            tried += 1
    assert tried


def test_a_quiz_shows_its_feedback_and_remembers_the_answer(
    driver: webdriver.Chrome, address: str, names: list[str]
) -> None:
    chapter = next(name for name in names if name.startswith("book/08_"))
    driver.get(f"{address}/{chapter}")
    quiz = driver.find_element(By.CSS_SELECTOR, "fieldset.quiz")
    right = quiz.find_element(By.CSS_SELECTOR, "[data-right=true]")
    feedback = right.find_element(By.CSS_SELECTOR, ".quiz-feedback")
    assert not feedback.is_displayed()
    right.find_element(By.TAG_NAME, "input").send_keys(Keys.SPACE)
    assert feedback.is_displayed()
    assert "Right." in quiz.find_element(By.CSS_SELECTOR, "[role=status]").text
    driver.refresh()
    kept = driver.find_element(By.CSS_SELECTOR, "fieldset.quiz [data-right=true] input")
    assert kept.is_selected()


def test_a_page_opened_from_a_folder_comes_alive(driver: webdriver.Chrome, site: Path) -> None:
    driver.get((site / "book" / "09_momentum.html").as_uri())
    assert driver.find_elements(By.CSS_SELECTOR, ".course-live svg path")
