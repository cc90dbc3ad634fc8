"""The book itself: built whole, read in a browser, read back from paper, run as notebooks."""

from __future__ import annotations

import base64
import gzip
import html
import importlib
import json
import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
import queries
import tiny
from playwright.sync_api import Browser, Locator, Page, expect
from reading import loaded_fonts, served

from book import contents, live, notebooks
from book.contents import Book
from book.execute import STORE
from book.store import Store

pytestmark = pytest.mark.needs("the whole book, TeX and a browser")

ROOT = tiny.HERE
SITE, PDF = ROOT / "_build" / "html", ROOT / "_build" / "pdf" / "equations-that-run.pdf"
NOTEBOOKS = ROOT / "_build" / "notebooks"


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "book", "--no-setup", *arguments]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def book() -> Book:
    """The book, built: site, PDF and notebooks."""
    done = command("build")
    assert done.returncode == 0, done.stderr
    return contents.load(ROOT)


@pytest.fixture(scope="module")
def site(book: Book) -> Iterator[str]:
    """The built site's address on this machine."""
    with served(SITE) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A page that fails its test when the console complains or anything is asked of another host."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, service_workers="block")
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on(
        "request",
        lambda r: (
            None if r.url.startswith((site, "data:", f"blob:{site}")) else complaints.append(r.url)
        ),
    )
    yield opened
    context.close()
    assert complaints == []


@cache
def html_pages() -> list[Path]:
    """Those that lie where they are read; the one for dead addresses is shown at any address."""
    found = (p for p in SITE.rglob("*.html") if "_static" not in p.parts)
    return sorted(p for p in found if p.name != "404.html")


def test_every_equation_is_checked_and_few_are_exempt(book: Book) -> None:
    listed = json.loads(command("equations", "--json").stdout)
    assert listed["labelled"] == listed["checked"] + listed["exempt"]
    assert listed["labelled"] == sum(len(c.labelled) for c in book.pages) > 60
    assert listed["exempt"] < 0.05 * listed["labelled"]
    assert all(i["values"] > 0 for i in listed["items"] if i["state"] == "checked")


def test_every_exercise_has_hidden_cases_and_every_case_an_exercise(book: Book) -> None:
    for chapter in book.chapters:
        if chapter.exercises:
            module = importlib.import_module(
                f"tensorbook.exercises.{chapter.slug.replace('-', '_')}"
            )
            assert set(module.check_exercise.labels) == {e.label for e in chapter.exercises}


def test_every_page_fits_a_phone_and_a_desk_in_both_themes(page: Page, site: str) -> None:
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        for file in html_pages():
            page.goto(site + file.relative_to(SITE).as_posix())
            for theme in ("light", "dark"):
                page.evaluate(f"document.body.dataset.theme = '{theme}'")
                overflow = page.evaluate(
                    "document.documentElement.scrollWidth - document.documentElement.clientWidth"
                )
                assert overflow <= 0, f"{file.name} at {width} px, {theme}"


OUTSIDE = """() => [...document.querySelectorAll("article > section > section")].filter((s) =>
  s.lastElementChild.getBoundingClientRect().bottom > s.getBoundingClientRect().bottom + 1).map((s) => s.id)"""


def test_a_section_that_waits_has_room_for_what_it_will_hold(page: Page, site: str) -> None:
    page.set_viewport_size({"width": 360, "height": 640})
    waited = 0
    for file in html_pages():
        page.goto(site + file.relative_to(SITE).as_posix())
        assert page.evaluate(OUTSIDE) == [], file.name
        waited += page.locator("html[data-rest='later']").count()
    assert waited > 5


WIDER = """boxes => boxes.filter((box) => box.scrollWidth > box.clientWidth + 1)
  .map((box) => box.closest("[id]").id + ": " + box.textContent.slice(0, 60))"""


def test_no_code_no_formula_and_no_notation_is_wider_than_a_desk_shows(
    page: Page, site: str
) -> None:
    seen = 0
    for file in html_pages():
        page.goto(f"{site}{file.relative_to(SITE).as_posix()}#all")  # laid out whole, at once
        assert page.locator("[data-rest]").count() == 0
        page.evaluate("document.querySelectorAll('details').forEach((fold) => fold.open = true)")
        page.evaluate("document.fonts.ready")
        tables = ".table-wrapper:has(table.notation th:nth-child(4):last-child)"  # of one chapter
        boxes = page.locator(f"article :is(.formula, .cell_input pre, {tables})")
        assert boxes.evaluate_all(WIDER) == [], file.name
        seen += boxes.count()
    assert seen > 200


def test_every_checked_equation_leads_to_its_check_and_back(
    page: Page, site: str, book: Book
) -> None:
    for chapter in book.chapters:
        page.goto(f"{site}{chapter.docname}.html")
        for equation in chapter.labelled:
            anchor = page.locator(f"[id='equation-{equation.label}']")
            assert anchor.count() == 1, equation.label
        targets = page.evaluate(
            "[...document.querySelectorAll('a[href^=\"#\"]')].map(a => a.getAttribute('href').slice(1))"
            ".filter(id => id && !document.getElementById(decodeURIComponent(id)))"
        )
        assert targets == [], f"{chapter.slug}: links to nowhere"


def test_an_address_leads_to_its_place_and_a_reload_stays_there(page: Page, site: str) -> None:
    """Guessed heights of what was not laid out yet would lead elsewhere."""
    address = site + "chapters/images/convolution.html"

    def arrives(label: str) -> None:
        for _ in range(50):
            page.wait_for_timeout(100)
            top = page.evaluate(f"document.getElementById('{label}').getBoundingClientRect().top")
            if abs(top - 40) < 45:
                return
        raise AssertionError(f"{label} is {top} pixels below the window's upper edge")

    for label in ("summary", "fig-conv-digit-reader", "equation-eq-conv-kernel-gradient"):
        page.goto("about:blank")
        page.goto(f"{address}#{label}")
        arrives(label)
    page.goto(address)
    page.evaluate("location.hash = '#summary'")
    arrives("summary")
    page.goto(address)
    expect(page.locator("html[data-rest]")).to_have_count(1)  # nobody is there yet
    page.mouse.move(400, 400)
    expect(page.locator("html[data-rest]")).to_have_count(0)
    page.evaluate("document.getElementById('summary').scrollIntoView()")
    page.reload()
    arrives("summary")


LINES = """() => [...document.querySelectorAll("article section > p:not([class])")].flatMap((p) => {
  if (p.querySelector(".katex") || p.closest("details, .admonition")) return [];
  const range = document.createRange(), rows = new Map();
  for (let walk = document.createTreeWalker(p, 4), text; (text = walk.nextNode()); )
    for (let i = 0; i < text.length; i++) {
      range.setStart(text, i); range.setEnd(text, i + 1);
      const box = range.getClientRects()[0];
      const middle = box && (box.top + box.bottom) / 2;
      const row = [...rows.keys()].find((known) => Math.abs(known - middle) < 12) ?? middle;
      if (box) rows.set(row, (rows.get(row) || 0) + 1);
    }
  return [...rows.values()].slice(0, -1);
})"""  # characters of each line of plain text but the last of its paragraph


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_a_line_of_text_has_65_to_75_characters(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{site}chapters/learning/classification.html")
    page.evaluate("document.fonts.ready")
    lines = page.evaluate(LINES)
    assert len(lines) > 20
    assert 65 <= statistics.mean(lines) <= 75


def test_math_is_drawn_with_the_books_own_fonts(page: Page, site: str, book: Book) -> None:
    page.goto(f"{site}chapters/learning/classification.html")
    assert page.locator(".katex").count() > 100
    assert page.locator(".katex-error").count() == 0
    assert page.locator(".katex math").count() > 100  # for screen readers
    page.evaluate("document.fonts.ready")
    assert "KaTeX_Main 400" in loaded_fonts(page)


def test_the_search_answers_what_readers_ask(page: Page, site: str) -> None:
    answers = queries.ask(page, site, queries.load())
    assert len(answers) >= 60
    missed = [a for a in answers if not a.right_among(3)]
    listed = "\n".join(f"{a.query.text!r} led to {[f[0] for f in a.found[:3]]}" for a in missed)
    assert len(missed) <= 0.05 * len(answers), listed


def test_queries_expect_headings_that_are_there(book: Book) -> None:
    named = {c.slug: (SITE / f"{c.docname}.html").read_text("utf-8") for c in book.pages}
    for query in queries.load():
        for place in query.right:
            slug, anchor = place.split("#")
            assert f'id="{anchor}"' in named[slug], f"{query.text!r} expects {place}"


def figures(page: Page, site: str, book: Book) -> Iterator[tuple[str, Locator]]:
    """Each live figure of the book, by name, on its page and in view."""
    for chapter in book.chapters:
        page.goto(f"{site}{chapter.docname}.html#all")  # laid out whole: nothing moves any more
        for box in page.locator(".live[data-live]").all():
            box.scroll_into_view_if_needed()
            yield box.get_attribute("data-live") or "", box


def test_every_script_of_a_live_figure_is_used_and_replaces_its_still(
    page: Page, site: str, book: Book
) -> None:
    seen = set()
    for name, box in figures(page, site, book):
        box.locator(".live-root :is(svg, canvas, table, button)").first.wait_for()
        assert box.locator(".live-root").get_attribute("aria-label"), name
        waits = box.locator("[data-file]").count() > 0  # for the reader to ask: the still stays
        assert box.locator("img").count() == waits, name
        seen.add(name)
    assert seen == {file.stem for file in live.SITE.glob("live/*.js")}


DESCENT = "chapters/foundations/gradient-descent.html"


def test_the_walks_of_the_live_figure_are_those_of_torch(page: Page, site: str) -> None:
    page.goto(site + DESCENT)
    page.locator(".live").scroll_into_view_if_needed()
    off = page.locator(".live-root").get_attribute("data-off")  # by its own measure, at its start
    assert 0 <= float(off or "nan") < 1e-6


def test_a_live_figure_that_computes_something_else_gives_way_to_its_still(
    chromium: Browser, site: str
) -> None:
    page = chromium.new_page()
    told = (SITE / DESCENT).read_text("utf-8")
    wrong = told.replace('"walks":[[0.3,', '"walks":[[0.3001,', 1)
    assert wrong != told
    page.route(f"**/{DESCENT}", lambda route: route.fulfill(body=wrong, content_type="text/html"))
    with page.expect_event("pageerror") as error:
        page.goto(site + DESCENT)
        page.locator(".live").scroll_into_view_if_needed()
    assert "off PyTorch's walk by" in str(error.value)
    assert page.locator(".live img").is_visible()
    page.close()


def test_every_live_figure_fits_its_budget(book: Book) -> None:
    boxes = [
        box
        for file in html_pages()
        for box in re.findall(r'<div class="live".*?</script></div>', file.read_text("utf-8"), re.S)
    ]
    assert len(boxes) >= 6
    for box in boxes:
        (name,) = re.findall(r'data-live="([^"]+)"', box)
        assert live.weight(name, box) < live.BUDGET == 30_000, name


def test_every_live_figure_has_a_still_and_words_on_paper_and_in_the_notebook(book: Book) -> None:
    store = Store(ROOT / STORE)
    for chapter in book.chapters:
        loaded = store.load(chapter)
        assert loaded is not None
        for output in (o for c in loaded[1].cells for o in c.get("outputs", [])):
            if "live" not in output.get("metadata", {}).get("tensorbook", {}):
                continue
            shown = output["data"]
            assert base64.b64decode(shown["application/pdf"]).startswith(b"%PDF")
            picture, alt = re.findall(r'<img src="data:image/svg\+xml;base64,(.+?)" alt="(.+?)">', shown["text/html"])[0]  # fmt: skip
            assert b"<svg" in base64.b64decode(picture)
            assert len(alt.split()) >= 8, alt
            assert html.unescape(alt) in shown["text/plain"]


KEYS = {
    "range": "ArrowRight", "select": "ArrowDown", "number": "ArrowUp", "text": "2", "canvas": " ",
}  # fmt: skip
KIND = """(root) => {
  const at = document.activeElement;
  return root.contains(at) ? (at.tagName === "INPUT" ? at.type : at.tagName.toLowerCase()) : "";
}"""
STATE = "(r) => r.outerHTML + [...r.querySelectorAll('input, select')].map((c) => c.value)"


def test_every_control_of_a_live_figure_works_by_keyboard_alone(
    page: Page, site: str, book: Book
) -> None:
    for name, box in figures(page, site, book):
        root = box.locator(".live-root")
        if box.locator("[data-file]").count():
            root.get_by_role("button").press("Enter")
            root.locator("canvas, input").first.wait_for()
        controls = root.locator("input, select, button, canvas[tabindex]")
        controls.first.focus()
        visited, pressed = 0, set()  # of buttons: one may have nothing to do yet, all may not
        while kind := root.evaluate(KIND):
            if kind == "pre":  # a text that scrolls is reached, and there is nothing to press
                page.keyboard.press("Tab")
                continue
            visited += 1
            before = root.evaluate(STATE)
            page.keyboard.press(KEYS.get(kind, "Enter"))
            if kind == "range" and root.evaluate(STATE) == before:
                page.keyboard.press("ArrowLeft")  # it stood at its end
            if kind == "button":
                pressed |= {before, root.evaluate(STATE)}
            else:
                assert root.evaluate(STATE) != before, f"{name}: control {visited} does nothing"
            page.keyboard.press("Tab")
        assert visited == controls.locator("visible=true").count(), f"{name}: out of Tab's reach"
        assert len(pressed) != 1, f"{name}: its buttons do nothing"


def test_a_reader_who_wants_less_motion_sees_the_still_and_may_ask_for_the_figure(
    page: Page, site: str, book: Book
) -> None:
    page.emulate_media(reduced_motion="reduce")
    for name, box in figures(page, site, book):
        offer = box.get_by_role("button", name="Act on this figure")
        offer.wait_for()
        assert box.locator("img").is_visible(), name
        assert box.locator(".live-root").count() == 0, name
        offer.press("Enter")
        box.locator(".live-root :is(svg, canvas, table, button)").first.wait_for()
        assert box.locator(":focus").count() == 1, f"{name}: the focus is lost"
        assert box.get_by_role("button", name="Play").count() == 0, name


def test_every_image_has_alt_text(page: Page, site: str, book: Book) -> None:
    for file in html_pages():
        page.goto(site + file.relative_to(SITE).as_posix())
        assert page.locator("img:not([alt]), article img[alt='']").count() == 0, file.name


def test_launch_links_point_at_published_notebooks(book: Book) -> None:
    for chapter in book.chapters:
        if chapter.docname == "index":
            continue
        name = f"{chapter.path.parent.name}/{chapter.slug}.ipynb"
        text = (SITE / f"{chapter.docname}.html").read_text(encoding="utf-8")
        launch = re.findall(r'href="(https://(?:colab|mybinder)[^"]+)"', text)
        assert len(launch) >= 2
        assert all(unquote(link).endswith(name) for link in launch)
        assert (NOTEBOOKS / name).is_file()


def test_the_site_carries_the_pdf_and_each_chapters_files(book: Book) -> None:
    assert (SITE / PDF.name).read_bytes() == PDF.read_bytes()
    for chapter in book.chapters[1:]:
        text = (SITE / f"{chapter.docname}.html").read_text(encoding="utf-8")
        assert f'{PDF.name}" title="Download the book as PDF" download' in text
        for suffix in (".ipynb", ".py"):
            name = f"{chapter.path.parent.name}/{chapter.slug}{suffix}"
            assert f"notebooks/{name}" in text
            assert (SITE / "notebooks" / name).read_bytes() == (NOTEBOOKS / name).read_bytes()


def test_the_pdf_has_every_chapter_no_broken_reference_and_embedded_fonts(book: Book) -> None:
    text = subprocess.run(
        ["pdftotext", PDF, "-"], capture_output=True, text=True, check=True
    ).stdout
    plain = re.sub(r"\s+", " ", text).replace("’", "'")  # as they are typed
    for chapter in book.chapters:
        assert chapter.title in plain
    assert "??" not in text
    fonts = subprocess.run(["pdffonts", PDF], capture_output=True, text=True, check=True).stdout
    rows = fonts.splitlines()[2:]
    assert rows
    assert all(row.split()[-5] == "yes" for row in rows)


def test_a_plain_jupyter_book_build_gives_the_same_pages(book: Book, tmp_path: Path) -> None:
    line = [
        Path(sys.executable).with_name("jupyter-book"),
        "build",
        ".",
        "-W",
        "-n",
        "--keep-going",
    ]
    done = subprocess.run(
        [*line, "--path-output", tmp_path], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for chapter in book.pages:
        ours, theirs = (
            (folder / f"{chapter.docname}.html").read_text(encoding="utf-8")
            for folder in (SITE, tmp_path / "_build" / "html")
        )
        assert ours == theirs, chapter.slug


def test_a_notebook_runs_alone_in_an_empty_folder(book: Book) -> None:
    slugs = [c.slug for c in book.chapters if c.docname != "index"]
    chosen = slugs if os.environ.get("BOOK_FULL") else slugs[:1]
    assert notebooks.run(book, NOTEBOOKS, chosen) == []


READER = "[data-live='digit-reader']"


def read_digit(opened: Page, name: str) -> tuple[str, list[float], list[float]]:
    """Load the network, choose a test digit by keyboard: its name, and what page and PyTorch say."""
    box = opened.locator(READER)
    box.get_by_role("button", name="Draw a digit").press("Enter")
    choice = box.get_by_label("show")
    choice.focus()
    opened.keyboard.type(name)
    expect(box.locator("p.quiet").first).to_contain_text("PyTorch")
    said = [float(m.get_attribute("aria-valuenow") or "") for m in box.get_by_role("meter").all()]
    at = box.locator("[data-file='digits.json']").get_attribute("data-at")
    script = (SITE / "_static" / "files" / f"{at}-0.js").read_text(encoding="utf-8")
    digits = json.loads(gzip.decompress(base64.b64decode(script.split('"')[3])))
    chosen = choice.input_value()
    return chosen, said, next(digit["p"] for digit in digits if digit["name"] == chosen)


def test_the_page_runs_the_network_that_the_build_trained(page: Page, site: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{site}chapters/images/convolution.html")
    page.locator(READER).scroll_into_view_if_needed()
    expect(page.locator(READER)).to_contain_text("MB from this site, once")
    assert not [url for url in asked if "_static/files/" in url]
    name, said, wanted = read_digit(page, "test image 1")
    assert max(abs(a - b) for a, b in zip(said, wanted, strict=True)) < 1e-4
    assert name == f"test image 1, a {said.index(max(said))}"
    assert sum(said) == pytest.approx(1, abs=1e-5)


def test_a_digit_drawn_with_the_pointer_or_the_keys_is_read(page: Page, site: str) -> None:
    page.goto(f"{site}chapters/images/convolution.html")
    box = page.locator(READER)
    box.scroll_into_view_if_needed()
    box.get_by_role("button", name="Draw a digit").click()
    paper = box.get_by_role("application")
    said = box.locator(".live-says")
    expect(said).to_contain_text("Nothing is drawn")
    paper.scroll_into_view_if_needed()
    area = paper.bounding_box()
    assert area is not None
    corners = [(90, 60), (190, 60), (130, 220)]
    for index, (x, y) in enumerate(corners):
        page.mouse.move(area["x"] + x, area["y"] + y, steps=8)
        if index == 0:
            page.mouse.down()
    page.mouse.up()
    expect(said).to_contain_text("It reads 7")
    paper.press("Delete")
    expect(said).to_contain_text("Nothing is drawn")
    for key in [" ", *["ArrowDown"] * 15, " "]:
        paper.press(key)
    expect(said).to_contain_text("It reads 1")


def test_the_network_runs_from_a_folder_too(chromium: Browser, book: Book) -> None:
    opened = chromium.new_page()
    page = SITE / "chapters" / "images" / "convolution.html"
    opened.goto(page.as_uri() + "#fig-conv-digit-reader")  # laid out whole, at once
    opened.locator(READER).scroll_into_view_if_needed()
    _, said, wanted = read_digit(opened, "test image 0")
    assert max(abs(a - b) for a, b in zip(said, wanted, strict=True)) < 1e-4
    opened.close()
