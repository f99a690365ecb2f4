"""The pages as a site: every link leads somewhere, the search finds, and reading it asks nobody else."""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from tests.browser import chromium

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = re.compile(r"<(?:script|link|img|iframe|source)\b[^>]*\b(?:src|href)=[\"']?(?:https?:)?//[^\s>]+")


def build(config: Path, out: Path) -> subprocess.CompletedProcess[str]:
    pytest.importorskip("mkdocs", reason="needs mkdocs-material, which is not installed")
    command = [
        sys.executable,
        "-m",
        "mkdocs",
        "build",
        "--strict",
        "--config-file",
        str(config),
        "--site-dir",
        str(out),
    ]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"})


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("docs") / "site"
    done = build(ROOT / "mkdocs.yml", out)
    assert done.returncode == 0, done.stderr
    return out


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_every_page_is_in_the_navigation_and_on_the_first_page() -> None:
    pages = {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    nav = re.findall(
        r"[\w/-]+\.md", yaml.dump(yaml.safe_load((ROOT / "mkdocs.yml").read_text(encoding="utf-8"))["nav"])
    )
    assert set(nav) == pages and len(nav) == len(pages)
    linked = re.findall(r"\(([\w/-]+\.md)\)", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    assert {page for page in pages if "/" not in page} - {"index.md"} <= set(linked)


@pytest.mark.slow
def test_every_page_is_built_and_none_asks_for_anything_from_elsewhere(site: Path) -> None:
    built = {path.relative_to(site).with_suffix(".md").as_posix() for path in site.rglob("*.html")} - {"404.md"}
    assert built == {path.relative_to(ROOT / "docs").as_posix() for path in (ROOT / "docs").rglob("*.md")}
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert ELSEWHERE.findall(text) == [], page
        assert 'http-equiv="Content-Security-Policy"' in text


@pytest.mark.slow
def test_a_link_that_leads_nowhere_stops_the_build(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    with (tmp_path / "docs" / "glossary.md").open("a", encoding="utf-8") as page:
        page.write("\n[a](gone.md) [b](scoring.md#gone) [c](../gone.py)\n")
    done = build(tmp_path / "mkdocs.yml", tmp_path / "site")
    assert done.returncode != 0
    for told in ("'gone.md'", "'scoring.md#gone'", "no file ../gone.py"):
        assert told in done.stderr, done.stderr


@pytest.mark.slow
def test_the_search_finds_a_word_and_the_browser_asks_only_this_server(address: str, tmp_path: Path) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    with chromium(tmp_path) as browser:
        browser.get(f"{address}/index.html")
        browser.execute_script("document.querySelector('.md-search__input').focus()")
        browser.find_element("css selector", ".md-search__input").send_keys("silver")
        found = WebDriverWait(browser, 30).until(
            lambda page: page.find_elements("css selector", ".md-search-result__link[href*='glossary']")
        )
        assert found
        asked = browser.execute_script("return performance.getEntriesByType('resource').map(each => each.name)")
        assert asked and all(each.startswith((address, "data:", "blob:")) for each in asked), asked
        severe = [line for line in browser.get_log("browser") if line["level"] == "SEVERE"]
        assert [line for line in severe if "favicon" not in line["message"]] == []
