"""The tiny book as a site, and a browser to read it with, for every file of tests that asks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import tiny_site
from playwright.sync_api import Browser, BrowserContext, sync_playwright
from reading import Reader, Site, served

from book import browser as installed
from book import contents, downloads, execute, html

for variable in ("GITHUB_REPOSITORY", "GITHUB_SERVER_URL", "BOOK_SITE"):
    os.environ.pop(variable, None)  # a tiny book has the address of its settings, on GitHub too

FIXTURES = {"browser": "a browser", "chromium": "a browser"}  # what a test that asks for it needs


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--quick", action="store_true", help="leave out tests marked `needs`, saying what they need"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With `--quick`, leave out what needs more than `requirements.txt` brings."""
    for item in items if config.getoption("--quick") else ():
        if needs := needs_of(item):
            item.add_marker(pytest.mark.skip(reason=f"quick: this needs {needs}"))


def needs_of(item: pytest.Item) -> str:
    """What the test needs that this machine may lack, in words; empty for nothing."""
    marked = [str(mark.args[0]) for mark in item.iter_markers("needs")]
    asked = [need for name, need in FIXTURES.items() if name in getattr(item, "fixturenames", ())]
    return " and ".join(marked or dict.fromkeys(asked))


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tiny_site.write(tmp_path_factory.mktemp("book"))
    book = contents.load(root)
    downloads.pdf(book).parent.mkdir(parents=True)
    downloads.pdf(book).write_bytes(b"%PDF")
    downloads.stamp(book)
    assert [o.finding for o in execute.run(book) if o.finding] == []
    folder = html.build(book)
    (folder / "_static" / "live" / "kernel-editor.js").write_text(
        tiny_site.SLIDER, encoding="utf-8"
    )
    with served(folder) as address:
        yield Site(root, folder, address)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for one file of tests: Playwright keeps an event loop running, and no other may run beside it."""
    program = installed.path()
    if program is None:
        pytest.skip("no Chromium here; install it to test the pages")
    with sync_playwright() as play:
        opened = play.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def browser(site: Site, chromium: Browser) -> Browser:
    """The browser, opened after the site was built, which takes an event loop of its own."""
    return chromium


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(
        viewport={"width": 1280, "height": 900}, color_scheme="light", service_workers="block"
    )
    made.set_default_timeout(10_000)
    yield made
    made.close()


@pytest.fixture
def reader(context: BrowserContext, site: Site) -> Iterator[Reader]:
    page = context.new_page()
    reading = Reader(page, site)
    page.on("pageerror", lambda error: reading.faults.append(str(error)))
    page.on(
        "console", lambda said: reading.faults.append(said.text) if said.type == "error" else None
    )
    page.on("request", lambda request: reading.requests.append(request.url))
    yield reading
    assert reading.faults == []
