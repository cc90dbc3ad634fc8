"""Every kind of page: light to load, open to everyone, good to read on a screen and on paper."""

from __future__ import annotations

import gzip
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup
from playwright.sync_api import Page, expect
from reading import GALLERY, KINDS, Reader, Site, loaded_fonts
from sphinx.util.images import get_image_size

from book import contents, emblem, glyphs, styles

SIZES = {"rules": {"target-size": {"enabled": True}}}  # axe leaves it off unless asked
BUDGET = 400_000  # bytes that a page may ask for before its figures


def pages(site: Site) -> list[Path]:
    return sorted(site.folder.rglob("*.html"))


def soup(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_nothing_on_any_kind_of_page(reader: Reader, name: str, theme: str) -> None:
    page = reader.open_and_stir(name)
    page.evaluate(f"document.body.dataset.theme = '{theme}'")
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    for box in page.locator(".live").all():
        box.scroll_into_view_if_needed()
        expect(box).to_have_attribute("data-ready", "")
    found = Axe().run(page, options=SIZES)
    assert found.violations_count == 0, found.generate_report()


def test_axe_would_find_what_is_wrong(reader: Reader) -> None:
    page = reader.open("index.html")
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=x>')")
    found = {violation["id"] for violation in Axe().run(page).response["violations"]}
    assert "image-alt" in found
    reader.faults.clear()  # the image is not there


def test_a_page_is_light_before_its_figures(site: Site) -> None:
    static = site.folder / "_static"
    fonts = sum(font.stat().st_size for font in static.glob("fonts/*.woff2"))
    shared = sum(len(gzip.compress((static / n).read_bytes())) for n in ("book.css", "book.js"))
    for file in pages(site):
        own = len(gzip.compress(file.read_bytes()))
        assert own + shared + fonts < BUDGET, file.name


def test_nothing_but_the_style_sheet_holds_up_the_first_screen(site: Site) -> None:
    for file in pages(site):
        page = soup(file)
        sheets = [link["href"] for link in page.select("link[rel=stylesheet]")]
        assert [Path(str(href)).name for href in sheets] == ["book.css"], file.name
        for script in page.select("script[src]"):
            assert script.has_attr("defer"), f"{file.name}: {script['src']}"


def test_the_usual_letters_come_with_the_style_sheet_and_none_waits(reader: Reader) -> None:
    page = reader.open("index.html")
    assert {"Book Serif 400", "Book Serif 600", "Book Sans 400"} <= loaded_fonts(page)
    assert [name for name in reader.requests if name.endswith(".woff2")] == []
    page = reader.open(GALLERY)
    fonts = {Path(name).name for name in reader.requests if name.endswith(".woff2")}
    kept = {file.name for file in (reader.site.folder / "_static" / "fonts").iterdir()}
    assert fonts <= kept
    assert not [name for name in kept if re.search(r"-(400|600|usual)[.]", name)]


def test_static_files_are_those_that_pages_use(site: Site) -> None:
    names = {file.name for file in (site.folder / "_static").iterdir()}
    assert not names & {"basic.css", "debug.css", "styles", "scripts", "sphinx-design.min.css"}
    style = (site.folder / "_static" / "book.css").read_text(encoding="utf-8")
    for font in (site.folder / "_static" / "fonts").glob("*.woff2"):
        assert font.name in style


@pytest.mark.parametrize("file", ["index.html", GALLERY, "chapters/appendix/equations.html"])
def test_a_page_introduces_itself_to_search_engines(site: Site, file: str) -> None:
    page = soup(site.folder / file)
    assert page.select_one("html[lang=en]")
    description = str(page.select_one("meta[name=description]")["content"])  # type: ignore[index]
    assert 20 < len(description) < 200
    canonical = str(page.select_one("link[rel=canonical]")["href"])  # type: ignore[index]
    assert canonical == contents.load(site.root).site + file.removesuffix("index.html")
    assert page.title
    assert page.title.string
    assert len(page.select("meta[name=viewport]")) == 1


def test_headings_go_down_one_step_at_a_time_from_a_single_h1(site: Site) -> None:
    for file in pages(site):
        levels = [int(h.name[1]) for h in soup(file).find_all(re.compile("^h[1-6]$"))]
        assert levels[0] == 1, file.name
        assert levels.count(1) == 1, file.name
        assert all(b <= a + 1 for a, b in pairwise(levels)), file.name


def test_links_say_where_they_lead_and_images_how_large_they_are(site: Site) -> None:
    for file in pages(site):
        page = soup(file)
        for link in page.select("a[href]"):
            said = link.get_text(" ", strip=True) or str(link.get("aria-label", ""))
            assert said, f"{file.name}: {link}"
            assert said.lower() not in {"here", "click here", "link", "this"}, (
                f"{file.name}: {said}"
            )
        for image in page.select("article img"):
            assert image.get("width"), f"{file.name}: {image.get('src')}"
            assert image.get("height"), f"{file.name}: {image.get('src')}"
            assert image.get("alt"), f"{file.name}: {image.get('src')}"


def test_a_wide_table_scrolls_in_its_own_box(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 360, "height": 740})
    page = reader.open(GALLERY)
    box = page.locator(".table-wrapper", has_text="twelfth")
    box.scroll_into_view_if_needed()
    assert box.evaluate("(b) => b.scrollWidth > b.clientWidth")
    assert box.evaluate("(b) => getComputedStyle(b).overflowX") == "auto"
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    expect(box).to_have_attribute("tabindex", "0")


@pytest.mark.parametrize("width", [360, 1280])
def test_neither_contents_scrolls_sideways(reader: Reader, width: int) -> None:
    reader.page.set_viewport_size({"width": width, "height": 740})
    page = reader.open(GALLERY)
    for box in page.locator(".sidebar-scroll, .toc-scroll").all():
        assert box.evaluate("(b) => b.scrollWidth - b.clientWidth") == 0, box.get_attribute("class")


def on_paper(page: Page) -> None:
    page.evaluate("document.body.dataset.theme = 'dark'")
    page.emulate_media(media="print", color_scheme="dark")


def test_paper_shows_the_text_alone_dark_on_white(reader: Reader) -> None:
    page = reader.open(GALLERY)
    on_paper(page)
    for furniture in (
        ".sidebar-drawer",
        ".toc-drawer",
        ".mobile-header",
        ".launch",
        ".related-pages",
    ):
        assert not page.locator(furniture).first.is_visible(), furniture
    assert page.locator("article h1").is_visible()
    colours = page.evaluate(
        "[document.documentElement, document.body, document.querySelector('article section > p:not([class])')]"
        ".map((e) => getComputedStyle(e)).flatMap((s) => [s.backgroundColor, s.color])"
    )
    assert set(colours[::2]) <= {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
    assert colours[5] == "rgb(0, 0, 0)"
    invert = "(i) => getComputedStyle(i).filter"
    assert page.locator(".cell_output img").first.evaluate(invert) == "none"


def test_paper_cuts_no_code_and_says_where_links_lead(reader: Reader) -> None:
    page = reader.open(GALLERY)
    on_paper(page)
    page.set_viewport_size({"width": 630, "height": 900})  # A4 between its margins
    cut = page.evaluate(
        "[...document.querySelectorAll('pre, .table-wrapper')]"
        ".filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => e.textContent.slice(0, 80))"
    )
    assert cut == []
    page.goto(reader.site.address + "index.html")
    address = "(a) => getComputedStyle(a, '::after').content"
    assert "github.com" in page.locator(".start a", has_text="The source").evaluate(address)


@pytest.mark.parametrize("file", ["index.html", GALLERY])
def test_a_link_to_a_page_shows_its_title_its_question_and_a_picture(site: Site, file: str) -> None:
    book, page = contents.load(site.root), soup(site.folder / file)
    said = {
        str(meta.get("property") or meta["name"]): str(meta["content"])
        for meta in page.select("meta[property], meta[name^=twitter]")
    }
    assert said["og:url"] == book.site + file.removesuffix("index.html")
    assert said["og:title"] in page.get_text()
    assert len(said["og:description"]) > 20
    assert said["twitter:card"] == "summary_large_image"
    assert said["og:image"] == f"{book.site}_static/preview.png"
    picture = site.folder / "_static" / "preview.png"
    size = get_image_size(str(picture))
    assert size == (int(said["og:image:width"]), int(said["og:image:height"])) == (1200, 630)
    assert picture.stat().st_size < 600_000


def test_the_emblem_is_the_softmax_of_growing_scores() -> None:
    for corner, points in emblem.curves():
        others = [c for c in range(3) if c != corner]
        assert np.allclose(points[0], emblem.CORNERS.mean(0))
        assert np.linalg.norm(points[-1] - emblem.CORNERS[corner]) < min(
            np.linalg.norm(points[-1] - emblem.CORNERS[other]) for other in others
        )
    scores = np.random.default_rng(0).normal(size=(5, 3))
    theirs = torch.softmax(torch.from_numpy(scores), dim=-1).numpy()
    assert np.allclose(emblem.softmax(scores), theirs)
    assert emblem.cover() == emblem.cover()


NAMES = {"a", "kept", "spoken", "body", "used"}


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".kept { color : red ; }", ".kept{color:red}"),
        (".gone { color: red }", ""),
        (".kept .gone, a.used{top:0}", "a.used{top:0}"),
        ("a:hover, a:not(.gone) { top: 0 }", "a:hover,a:not(.gone){top:0}"),
        ("@media print { .gone { top: 0 } }", ""),
        ("@media print { #kept { top: 0 } /* said */ }", "@media print{#kept{top:0}}"),
        (".kept { --old: 1; --new: 2; top: var(--new) }", ".kept{--new: 2;top:var(--new)}"),
        (".kept{--a:var(--b)} .gone{top:var(--a)}", ""),
        ('@font-face { font-family: "F"; src: url(f.woff2) }', ""),
        (
            '@font-face{font-family:F;src:url("f.woff2")} a{font-family:F}',
            '@font-face{font-family:F;src:url("f.woff2")}a{font-family:F}',
        ),
    ],
)
def test_a_style_sheet_loses_what_no_page_uses(css: str, left: str) -> None:
    assert styles.purge(css, NAMES).replace(": ", ":") == left.replace(": ", ":")


def test_names_are_those_of_pages_and_the_words_of_scripts() -> None:
    page = '<p class="one two" id="three"><custom-tag data-class="no">'
    assert styles.used([page], ["add('four-five')"]) == {
        "one", "two", "three", "p", "custom-tag", "add", "four-five",
    }  # fmt: skip


def test_a_broken_style_sheet_is_named_by_its_line() -> None:
    with pytest.raises(ValueError, match="line 2 of the style sheet"):
        styles.purge("a { top: 0 }\nb", {"a", "b"})


def test_a_font_keeps_the_glyphs_asked_for_and_what_a_reader_may_type() -> None:
    wanted = glyphs.characters(["π &le; é"])
    assert {"π", "≤", "é", "A", "~"} <= wanted
    assert "ü" not in wanted
    font = Path(__file__).parents[1] / "book" / "site" / "fonts" / "book-serif.woff2"
    small = glyphs.reduced(font.read_bytes(), wanted)
    assert small == glyphs.reduced(font.read_bytes(), wanted)
    assert len(small) < 0.8 * font.stat().st_size
