"""The site in a browser: a tiny book is built once, served, and read as a reader would."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect
from reading import GALLERY, KINDS, PATHS, SUMS, Reader, Site, loaded_fonts

from book import build, contents, downloads, execute, html, notebooks, ways
from book.findings import BookError
from book.store import Store


@pytest.mark.parametrize("name", KINDS)
def test_no_page_asks_another_host_for_anything(reader: Reader, name: str) -> None:
    reader.open(name)
    outside = [u for u in reader.requests if not u.startswith((reader.site.address, "data:"))]
    assert outside == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", KINDS)
def test_no_page_scrolls_sideways_on_a_small_phone(reader: Reader, name: str, scheme: str) -> None:
    reader.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    reader.page.set_viewport_size({"width": 360, "height": 740})
    page = reader.open(name)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_mathematics_is_drawn_with_the_books_own_fonts(reader: Reader) -> None:
    page = reader.open(GALLERY)
    assert page.locator("#equation-eq-shift .katex-html").is_visible()
    page.evaluate("document.fonts.ready")
    assert {"KaTeX_Main 400", "KaTeX_Math 400", "Book Serif 400"} <= loaded_fonts(page)
    assert "mathjax" not in page.content().lower()


def test_a_wide_equation_scrolls_by_itself_and_is_reachable_by_keyboard(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 360, "height": 740})
    formula = reader.open(GALLERY).locator("#equation-eq-wide .formula")
    assert formula.evaluate("(box) => box.scrollWidth > box.clientWidth")
    expect(formula).to_have_attribute("tabindex", "0")


def test_a_badge_leads_to_the_check_and_the_check_back_to_the_equation(reader: Reader) -> None:
    page = reader.open_and_stir(GALLERY)
    badge = page.locator("#equation-eq-shift .badge")
    said = badge.get_attribute("aria-label") or ""
    assert re.fullmatch(
        r"Equation \(2\.1\) checked on 10 values, largest difference \S+, on cpu", said
    )
    assert badge.get_attribute("title") == said
    assert re.fullmatch(r"✓ \S+ cpu", badge.inner_text())
    badge.click()
    line = page.locator("p.check:target")
    expect(line).to_contain_text("(2.1)")
    expect(line).to_be_in_viewport()
    line.get_by_role("link").click()
    expect(page.locator(".math:target")).to_be_in_viewport()
    page.wait_for_url("**#equation-eq-shift")


def test_numbers_on_the_page_are_those_of_the_records(reader: Reader) -> None:
    page = reader.open(GALLERY)
    numbers = contents.load(reader.site.root).equation_numbers()
    for label in ("eq-shift", "eq-wide"):
        shown = page.locator(f"#equation-{label} .eqno").inner_text()
        assert shown.startswith(f"({numbers[label][0]})")


def test_an_equation_that_cannot_be_checked_says_why(reader: Reader) -> None:
    mark = reader.open(GALLERY).locator("#equation-eq-wide .exempt")
    assert mark.inner_text() == "not checked: it names a polynomial, no more"


def test_copying_a_cell_copies_its_source_alone(reader: Reader, context: BrowserContext) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = reader.open_and_stir(GALLERY)
    cell = page.locator(".cell", has_text="def peculiar_softmax").first
    cell.locator(".cell_input").hover()
    cell.locator("button.copybtn").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("def peculiar_softmax(z):\n    e = torch.exp(z)\n")
    assert copied.rstrip().endswith("peculiar_softmax(z)")
    assert page.locator(".cell_output button.copybtn").count() == 0


def test_the_theme_changes_and_is_remembered(reader: Reader) -> None:
    page = reader.open(GALLERY)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.locator(".theme-toggle-content button").click()
    dark = page.evaluate(paper)
    assert dark != light
    figure = page.locator(".cell_output img").first
    assert "invert" in figure.evaluate("(image) => getComputedStyle(image).filter")
    captioned = page.locator(".cell_output figure img").first
    captioned.evaluate("(image) => image.closest('.cell').classList.add('tag_photo')")
    assert captioned.evaluate("(image) => getComputedStyle(image).filter") == "none"
    page.reload()
    assert page.evaluate(paper) == dark


def test_a_live_figure_takes_the_place_of_its_still(reader: Reader) -> None:
    page = reader.open(GALLERY)
    box = page.locator(".live")
    still = box.locator("img")
    assert (still.get_attribute("src") or "").startswith("../../_images/")
    box.scroll_into_view_if_needed()
    expect(box).to_have_attribute("data-ready", "")
    slider = box.get_by_label("index")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(box.locator(".live-says")).to_have_text("now 2")
    assert box.locator("img").count() == 0


def test_launch_links_run_the_chapter_and_take_it_away(reader: Reader) -> None:
    page = reader.open(GALLERY)
    repository = contents.load(reader.site.root).repository.removeprefix("https://github.com/")
    links = {
        a.inner_text().strip(): a.get_attribute("href")
        for a in page.locator("article .launch a").all()
    }
    tree = f"{repository}/notebooks?urlpath=lab%2Ftree%2Fpart%2Fgallery.ipynb"
    assert links == {
        "Colab": f"https://colab.research.google.com/github/{repository}/blob/notebooks/part/gallery.ipynb",
        "Binder": f"https://mybinder.org/v2/gh/{tree}",
        ".ipynb": "../../notebooks/part/gallery.ipynb",
        ".py": "../../notebooks/part/gallery.py",
        ".md": "../../notebooks/part/gallery.md",
        "PDF": "../../equations-that-run.pdf",
        "Edit this page": f"https://github.com/{repository}/edit/main/chapters/part/gallery.md",
    }
    assert reader.open("index.html").locator("a[href='equations-that-run.pdf']").count() >= 1


def test_what_is_taken_away_is_the_chapter(reader: Reader) -> None:
    page = reader.open(GALLERY)
    files = {}
    for suffix in (".ipynb", ".py", ".md"):
        with page.expect_download() as started:
            page.locator("article .launch a", has_text=suffix).click()
        assert started.value.suggested_filename == f"gallery{suffix}"
        files[suffix] = started.value.path().read_text(encoding="utf-8")
    cells = json.loads(files[".ipynb"])["cells"]
    assert any("def peculiar_softmax" in "".join(cell["source"]) for cell in cells)
    compile(files[".py"], "gallery.py", "exec")
    source = reader.site.root / "chapters" / "part" / "gallery.md"
    assert files[".md"] == source.read_text(encoding="utf-8")


def test_every_page_leads_to_where_it_is_edited_corrected_and_discussed(reader: Reader) -> None:
    book = contents.load(reader.site.root)
    for name, slug in ((GALLERY, "gallery"), ("chapters/appendix/notation.html", "notation")):
        links = reader.open(name).locator("footer").get_by_role("group", name="Improve this page")
        entry = book.entry(slug)
        found = {a.inner_text().strip(): a.get_attribute("href") for a in links.locator("a").all()}
        assert found == {
            "Edit this page": ways.edit(book, entry),
            "Report a mistake": ways.mistake(book, entry, ""),  # a book in no repository
            "Discuss": ways.discuss(book, entry),
        }


def test_a_mistake_in_an_equation_is_reported_from_beside_it(reader: Reader) -> None:
    page = reader.open(GALLERY)
    mark = page.locator("#equation-eq-shift").get_by_role(
        "link", name="Report a mistake in equation (2.1)"
    )
    asked = parse_qs(urlsplit(mark.get_attribute("href") or "").query)
    assert asked["equation"] == ["(2.1) eq-shift"]
    assert asked["page"][0].endswith("chapters/part/gallery.html#equation-eq-shift")
    mark.focus()
    expect(mark).to_have_css("opacity", "1")


def test_time_to_read_and_what_the_page_builds_on_stand_under_the_title(reader: Reader) -> None:
    line = reader.open(GALLERY).locator("h1 + .reading")
    expect(line).to_contain_text(
        re.compile(r"^\d+ min to read.* · ran in [\d.]+ s on a CPU · builds on Sums$")
    )
    line.get_by_role("link", name="Sums").click()
    reader.page.wait_for_url(f"**{SUMS}")
    expect(line).to_contain_text("needs no other chapter")
    times = reader.open("index.html").locator(".book-contents .time")
    assert [t.inner_text() for t in times.all()] == ["1 min", "3 min"]


def test_the_map_is_a_graph_of_links_and_a_list(reader: Reader) -> None:
    page = reader.open(PATHS)
    for width, drawn in ((1280, "wide"), (360, "narrow")):
        page.set_viewport_size({"width": width, "height": 800})
        stops = page.locator(f".map svg.{drawn} .stop")
        assert stops.evaluate_all("(all) => all.map((a) => a.getAttribute('aria-label'))") == [
            "Chapter 1: Sums, 1 minutes, needs nothing",
            "Chapter 2: Everything at once, 3 minutes, needs Sums",
        ]
        assert stops.evaluate_all("(all) => all.every((a) => a.getBoundingClientRect().width > 90)")
    page.locator(".map summary").click()
    levels = page.locator(".map .levels > li")
    assert [li.get_by_role("link").count() for li in levels.all()] == [1, 1]
    stops.nth(1).focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery.html")


def test_a_path_lights_up_on_the_map(reader: Reader) -> None:
    page = reader.open(PATHS)
    lit = "(all) => all.filter((a) => a.classList.contains('on')).map((a) => a.dataset.slug)"
    stops = page.locator(".map svg.wide .stop")
    button = page.get_by_role("button", name="Short path to sums")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    assert stops.evaluate_all(lit) == ["sums"]
    stops.nth(1).focus()
    assert stops.evaluate_all(lit) == ["sums", "gallery"]  # a chapter, with what it builds on
    button.click()
    assert stops.evaluate_all(lit) == []


def test_a_path_that_is_followed_leads_on_until_it_is_left(reader: Reader) -> None:
    page = reader.open(PATHS)
    section = page.locator("#path-far")
    expect(section).to_contain_text("2 chapters, about 4 min. The book does not reach the end")
    section.get_by_role("button", name="Follow this path").click()
    expect(section.get_by_role("button", name="Leave this path")).to_be_visible()
    step = reader.open(SUMS).locator(".step:visible")
    expect(step).to_contain_text(
        "Path to far away: chapter 1 of 2. Next on your path: Everything at once, 3 min."
    )
    step.get_by_role("link").click()
    page.wait_for_url("**/gallery.html")
    expect(step).to_contain_text("This is the last one so far.")
    step.get_by_role("button", name="Leave the path").click()
    assert step.count() == 0
    page.reload()
    assert step.count() == 0


def test_mathematics_only_folds_the_code_and_is_remembered(reader: Reader) -> None:
    page = reader.open(GALLERY)
    code = page.locator(".cell", has_text="def peculiar_softmax").first
    whole = page.locator(".reading").inner_text()
    switch = page.get_by_role("button", name="Mathematics only")
    switch.click()
    expect(code.locator(".cell_input")).not_to_be_visible()
    assert page.locator(".reading").inner_text() != whole
    for kept in ("#equation-eq-shift", "p.check >> nth=0", "#fig-line img", ".live"):
        expect(page.locator(kept)).to_be_visible()
    expect(code.locator("pre")).to_have_count(2)
    assert not any(pre.is_visible() for pre in code.locator("pre").all())
    page.reload()
    expect(code.locator(".cell_input")).not_to_be_visible()
    code.get_by_role("button", name="Show the code").click()
    expect(code.locator(".cell_input pre")).to_be_visible()
    page.emulate_media(media="print")  # paper shows what the screen does
    expect(page.locator(".tag_solution .cell_input")).not_to_be_visible()
    page.emulate_media(media="screen")
    switch.click()
    page.reload()
    expect(page.locator(".cell_input:visible").first).to_be_visible()


def test_folded_code_is_folded_before_anything_is_painted(reader: Reader) -> None:
    page = reader.open(GALLERY)
    page.get_by_role("button", name="Mathematics only").click()
    page.route("**/ways.js", lambda route: route.abort())
    page.goto(reader.site.address + GALLERY)
    expect(page.locator(".cell_input").first).not_to_be_visible()
    reader.faults[:] = [fault for fault in reader.faults if "ERR_FAILED" not in fault]


def test_without_a_script_the_page_is_whole_and_offers_nothing_that_needs_one(
    browser: Browser, site: Site
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(site.address + GALLERY)
    assert page.locator(".cell_input:visible").count() > 0
    assert page.locator(".fold-code:visible, .step:visible").count() == 0
    page.goto(site.address + PATHS)
    assert page.locator(".map svg.wide .stop:visible").count() == 2
    assert page.locator(".map-show:visible, .path-follow:visible").count() == 0
    page.context.close()


def test_a_site_without_a_pdf_has_no_link_to_one(site: Site, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    kept = downloads.pdf(contents.load(site.root)).with_suffix(".sources")
    text = kept.read_text(encoding="utf-8")
    kept.write_text("another state of the book\n", encoding="utf-8")
    try:
        build.sphinx(site.root, "html", folder)
    finally:
        kept.write_text(text, encoding="utf-8")
    assert not list(folder.rglob("*.pdf"))
    assert all(".pdf" not in file.read_text("utf-8") for file in folder.rglob("*.html"))
    assert html.findings(folder, urlsplit(contents.load(site.root).site).path) == []


def test_an_error_shows_its_last_line_and_unfolds(reader: Reader) -> None:
    raised = reader.open(GALLERY).locator("details.raised")
    expect(raised.locator("summary code")).to_contain_text("RuntimeError: mat1 and mat2")
    expect(raised.locator("pre")).not_to_be_visible()
    raised.locator("summary").click()
    expect(raised.locator("pre")).to_be_visible()


def test_a_message_of_many_lines_shows_the_first_of_them_whatever_they_hold(
    reader: Reader,
) -> None:
    said = reader.open("chapters/part/sums.html").locator("details.raised summary code")
    assert said.inner_text().splitlines() == ["ValueError: three cures:", "(1) `a`", "(2) $b?", "…"]


def test_hidden_code_hints_and_solutions_unfold_without_a_script(
    browser: Browser, site: Site
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(site.address + GALLERY)
    for fold, inside in (
        ("details.hide", ".cell_input"),
        ("details.hint", "p"),
        ("details.solution", ".tag_solution pre"),
    ):
        hidden = page.locator(f"{fold} {inside}").first
        assert not hidden.is_visible()
        page.locator(f"{fold} > summary").first.click()
        assert hidden.is_visible()
    assert page.locator("#equation-eq-shift .katex-html").is_visible()
    page.context.close()


def test_verdicts_of_stub_and_solution_differ(reader: Reader) -> None:
    page = reader.open(GALLERY)
    expect(page.locator(".tag_stub .verdict.waiting")).to_contain_text("waiting for your answer")
    assert page.locator(".tag_solution .verdict.right").count() == 1


def test_figures_have_numbers_alt_texts_and_sizes(reader: Reader) -> None:
    page = reader.open(GALLERY)
    figure = page.locator("#fig-line")
    expect(figure.locator("figcaption")).to_contain_text("Figure 2.1 A line goes up")
    image = figure.locator("img")
    assert image.get_attribute("alt") == "A straight line from the lower left to the upper right."
    assert int(image.get_attribute("width") or 0) > 300
    assert page.locator("p a", has_text="Figure 2.1").count() == 1


def test_the_appendix_gathers_equations_and_symbols(reader: Reader) -> None:
    page = reader.open_and_stir("chapters/appendix/equations.html")
    expect(page.locator("article")).to_contain_text("4 equations have a name. 3 were computed")
    entry = page.locator(".catalogue li", has_text="(2.1)")
    expect(entry).to_contain_text("checked on 10 values")
    entry.get_by_role("link").first.click()
    page.wait_for_url("**gallery.html#equation-eq-shift")
    page.locator("#equation-eq-shift .eqno a").first.click()  # the number leads to its place here
    page.wait_for_url("**equations.html#listed-eq-shift")
    expect(page.locator(".catalogue li:target")).to_contain_text("(2.1)")
    expect(page.locator(".catalogue li:target")).to_be_in_viewport()
    page.locator(".catalogue li:target .facts a").click()
    page.wait_for_url("**gallery.html#check-eq-shift")
    expect(page.locator("p.check:target")).to_be_in_viewport()
    reader.open(GALLERY).locator(
        "#equation-eq-wide .eqno a"
    ).first.click()  # not checked: listed all the same
    expect(page.locator(".catalogue li:target")).to_contain_text("names a polynomial")
    assert page.locator(".catalogue li:target .facts a").count() == 0
    page = reader.open("chapters/appendix/notation.html")
    expect(page.locator("tr", has_text="scores").last).to_contain_text("(K,)")


def test_the_index_of_functions_leads_to_the_cell_that_uses_one(reader: Reader) -> None:
    page = reader.open("chapters/appendix/functions.html")
    entry = page.locator(".functions li", has_text="softmax")
    arrow = entry.get_by_role("link", name="↗")
    address = "https://docs.pytorch.org/docs/stable/generated/torch.softmax.html"
    expect(arrow).to_have_attribute("href", address)
    entry.get_by_role("link", name="2", exact=True).click()
    cell = page.locator(".cell:target")
    expect(cell).to_contain_text("torch.softmax(z, 0)")
    expect(cell.locator("pre").first).to_be_in_viewport()
    assert cell.evaluate("(box) => getComputedStyle(box).boxShadow") != "none"


def test_the_index_leads_to_the_sentence_that_explains_a_word(reader: Reader) -> None:
    page = reader.open("chapters/appendix/terms.html")
    expect(page.locator(".terms li", has_text="leaf")).to_have_text("leaf, see page")
    page.locator(".terms li", has_text="page").get_by_role("link").click()
    word = page.locator("dfn:target")
    expect(word).to_have_text("page")
    expect(word).to_be_in_viewport()
    page.wait_for_url("**gallery.html#term-page")


def test_a_place_far_down_a_page_is_where_its_link_leads(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 1280, "height": 300})
    page = reader.open(GALLERY + "#ex-double")
    expect(page.locator("#ex-double")).to_be_in_viewport()


def test_a_link_to_a_cell_opens_what_hides_it(reader: Reader) -> None:
    page = reader.open(GALLERY + "#cell-3")  # it plots, and shows its code on demand
    expect(page.locator(".cell:target pre").first).to_be_visible()
    page = reader.open("chapters/part/sums.html")
    page = reader.open(GALLERY + "#cell-8")  # the solution of an exercise
    expect(page.locator(".cell:target pre").first).to_be_in_viewport()


def test_calls_in_a_cell_lead_to_pytorchs_pages_and_are_one_stop_of_the_tab_key(
    reader: Reader, context: BrowserContext
) -> None:
    page = reader.open(GALLERY)
    links = page.locator("#cell-2 .highlight pre a")
    assert [link.inner_text() for link in links.all()] == [
        "exp", "sum", "randn", "softmax",
    ]  # fmt: skip
    tabs = [link.get_attribute("tabindex") for link in links.all()]
    assert tabs == ["0", "-1", "-1", "-1"]
    links.first.focus()
    page.keyboard.press("ArrowRight")
    expect(links.nth(1)).to_be_focused()
    expect(links.first).to_have_attribute("tabindex", "-1")
    place = links.nth(1).get_attribute("href")
    assert place == "https://docs.pytorch.org/docs/stable/generated/torch.Tensor.sum.html"
    plain = links.nth(2).evaluate("(a) => getComputedStyle(a).textDecorationLine")
    links.nth(2).hover()
    pointed = links.nth(2).evaluate("(a) => getComputedStyle(a).textDecorationLine")
    assert (plain, pointed) == ("none", "underline")


def test_the_page_says_what_it_ran_on(reader: Reader) -> None:
    ran = reader.open(GALLERY).locator(".ran")
    for word in ("a CPU", "Python 3.", "PyTorch 2.", " s, with"):
        expect(ran).to_contain_text(word)


def test_everything_works_from_a_folder_too(reader: Reader) -> None:
    base = reader.site.folder.as_uri() + "/"
    page = reader.open(GALLERY, base)
    assert page.locator("#equation-eq-shift .katex-html").is_visible()
    page.locator(".live").scroll_into_view_if_needed()
    expect(page.locator(".live")).to_have_attribute("data-ready", "")
    page.locator("a.sidebar-search-container").click()
    page.get_by_role("combobox").fill("twice")
    expect(page.get_by_role("option").first).to_be_visible()
    assert all(url.startswith(("file:", "data:")) for url in reader.requests)


def test_the_drawer_of_a_phone_opens_by_keyboard_and_closes(reader: Reader) -> None:
    reader.page.set_viewport_size({"width": 360, "height": 740})
    page = reader.open(GALLERY)
    link = page.locator(".sidebar-tree a", has_text="Notation")
    expect(link).not_to_be_in_viewport()
    button = page.get_by_role("button", name="Contents of the book")
    button.focus()
    page.keyboard.press("Enter")
    expect(link).to_be_in_viewport()
    expect(button).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Escape")
    expect(link).not_to_be_in_viewport()


def _cell(page: Page, text: str) -> Locator:
    return page.locator(".cell_input", has_text=text).first


def test_pointing_at_a_name_shows_what_it_was_until_the_pointer_or_escape_leaves(
    reader: Reader,
) -> None:
    page = reader.open_and_stir(GALLERY)
    tip = page.get_by_role("tooltip")
    names = _cell(page, "def peculiar_softmax").locator("[data-v]")
    names.get_by_text("e", exact=True).first.hover()
    expect(tip).to_have_text("e · (5,) · float32 · cpu")
    tip.hover()  # a reader who magnifies the page must be able to go there
    page.wait_for_timeout(400)
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    names.get_by_text("c", exact=True).first.hover()
    expect(tip).to_contain_text("c · (1,) · float32 · cpu")
    page.locator("h1").hover()
    expect(tip).to_be_hidden()


def test_a_cell_is_one_tab_stop_and_arrows_go_from_name_to_name(reader: Reader) -> None:
    page = reader.open(GALLERY)
    named = page.locator(".cell_input pre:has([data-v])").count()
    assert named > 2
    assert page.locator("[data-v][tabindex]").count() == named
    names = _cell(page, "def peculiar_softmax").locator("[data-v]")
    names.first.focus()
    tip, focused = page.get_by_role("tooltip"), page.locator("[data-v]:focus")
    expect(tip).to_contain_text("z · (5,) · float32 · cpu")
    said = re.compile(r"^z · \(5,\) · float32 · cpu .*scores$")
    expect(focused).to_have_accessible_description(said)
    expect(focused).to_have_role("button")
    page.keyboard.press("ArrowRight")
    expect(focused).to_have_text("e")
    page.keyboard.press("ArrowDown")
    expect(focused).to_have_text("e")  # the next line begins with `return e`
    page.keyboard.press("End")
    expect(focused).to_have_text("z")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")  # nothing is there
    assert names.first.evaluate("name => name === document.activeElement")
    assert page.locator("[data-v][tabindex]").count() == named
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()
    page.keyboard.press("Tab")
    assert page.locator("[data-v]:focus").count() == 0


def test_a_tap_shows_a_shape_within_a_phone_and_another_tap_closes_it(
    browser: Browser, site: Site
) -> None:
    phone = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    page = phone.new_page()
    page.goto(site.address + GALLERY)
    tip = page.get_by_role("tooltip")
    for name in _cell(page, "def peculiar_softmax").locator("[data-v]").all()[:6]:
        name.tap()
        expect(tip).to_contain_text("· float32 · cpu")
        box = tip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    page.locator("h1").tap()
    expect(tip).to_be_hidden()
    phone.close()


def test_stubs_solutions_and_folded_cells_have_names_too(reader: Reader) -> None:
    page = reader.open(GALLERY)
    assert page.locator(".tag_solution [data-v]").all_text_contents() == ["x"] * 3
    assert page.locator(".tag_stub [data-v]").all_text_contents() == ["x"]
    fold = page.locator("details:has(.tag_solution)")
    name = fold.locator("[data-v]").first
    expect(name).to_be_hidden()
    fold.locator("> summary").click()
    name.focus()
    expect(page.get_by_role("tooltip")).to_be_visible()


def test_a_symbol_and_its_names_light_up_together_in_both_directions(reader: Reader) -> None:
    page = reader.open_and_stir(GALLERY)
    tip, lit = page.get_by_role("tooltip"), page.locator("article .lit")
    formula = page.locator("#equation-eq-shift .katex-html")
    formula.get_by_text("z", exact=True).first.hover()
    expect(tip).to_contain_text("scores")
    assert set(lit.all_text_contents()) == {"z"}
    assert page.locator("#equation-eq-shift .lit").count() == 4
    assert page.locator(".cell_input .lit").count() >= 8
    assert page.locator(".notation .lit").count() == 2  # the symbol and its name
    page.keyboard.press("Escape")
    expect(lit).to_have_count(0)
    _cell(page, "def peculiar_softmax").locator("[data-s]").get_by_text(
        "c", exact=True
    ).first.hover()
    expect(tip).to_contain_text("a shift")
    assert set(lit.all_text_contents()) == {"c"}
    assert page.locator("#equation-eq-shift .lit").count() == 2
    formula.get_by_text("K", exact=True).first.hover()  # of the book's own table, on another page
    expect(tip).to_contain_text("classes")


def test_only_the_variable_itself_is_a_symbol(reader: Reader) -> None:
    page = reader.open(GALLERY)
    cell = _cell(page, "def peculiar_softmax")
    source = cell.locator("pre").inner_text()
    marked = cell.locator("[data-s]").all_text_contents()
    assert set(marked) == {"z", "c"}
    assert len(marked) == len(re.findall(r"\b[zc]\b", source))


def test_arrow_keys_name_the_symbols_of_an_equation(reader: Reader) -> None:
    page = reader.open(GALLERY)
    formula = page.locator("#equation-eq-shift .formula")
    expect(formula).to_have_attribute("tabindex", "0")
    expect(formula).to_have_accessible_name("Equation (2.1), arrow keys name its symbols")
    formula.focus()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(page.get_by_role("tooltip")).to_be_visible()
    voice = page.locator(".unseen[aria-live]")
    expect(voice).to_contain_text("classes")  # the leftmost letter is the K above the lower sum
    page.keyboard.press("ArrowRight")
    expect(voice).to_have_text("z, z, (K,), scores")
    page.keyboard.press("Tab")
    expect(page.get_by_role("tooltip")).to_be_hidden()


def test_a_tap_shows_a_symbol_and_another_tap_closes_it(browser: Browser, site: Site) -> None:
    for scheme in ("light", "dark"):
        phone = browser.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
        page = phone.new_page()
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.goto(site.address + GALLERY)
        letter = page.locator("#equation-eq-shift [data-s]").first
        letter.tap()
        expect(page.get_by_role("tooltip")).to_be_in_viewport(ratio=1)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        style = "(a) => [getComputedStyle(a).outlineStyle, getComputedStyle(a).outlineColor, getComputedStyle(document.body).backgroundColor]"
        line, ring, paper = letter.evaluate(style)
        assert line == "solid"
        assert _contrast(ring, paper) >= 3
        page.locator("h1").tap()
        expect(page.get_by_role("tooltip")).to_be_hidden()
        phone.close()


def test_the_pdf_and_the_notebooks_hold_plain_latex(site: Site, tmp_path: Path) -> None:
    book = contents.load(site.root)
    build.sphinx(site.root, "latex", tmp_path / "latex")
    written = notebooks.export(book, Store(site.root / execute.STORE), tmp_path / "notebooks")
    (tex,) = [
        f for f in (tmp_path / "latex").glob("*.tex") if r"\begin{document}" in f.read_text("utf-8")
    ]
    cells = next(
        json.loads(f.read_text("utf-8"))["cells"] for f in written if f.name == "gallery.ipynb"
    )
    notebook = "".join("".join(cell["source"]) for cell in cells)
    formula = book.entry("gallery").chapter.labelled[0].latex
    page = (site.folder / GALLERY).read_text("utf-8")
    assert "data-s" in page
    for text in (tex.read_text("utf-8"), notebook):
        assert formula.rstrip(".") in text
        for trace in ("data-s", "booksymbol", "symbol-"):
            assert trace not in text


def _contrast(one: str, two: str) -> float:
    def light(colour: str) -> float:
        shares = [int(n) / 255 for n in re.findall(r"\d+", colour)[:3]]
        linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05

    pair = sorted([light(one), light(two)])
    return pair[1] / pair[0]


def test_no_identifier_stands_twice_on_a_page(site: Site) -> None:
    for file in site.folder.rglob("*.html"):
        found = re.findall(r'\sid="([^"]+)"', file.read_text(encoding="utf-8"))
        assert sorted(found) == sorted(set(found)), file


def test_a_second_build_of_the_same_store_is_byte_for_byte_the_same(site: Site) -> None:
    book = contents.load(site.root)
    before = {
        f.relative_to(site.folder): f.read_bytes() for f in site.folder.rglob("*") if f.is_file()
    }
    slider = before.pop(Path("_static/live/kernel-editor.js"))
    html.build(book)
    after = {
        f.relative_to(site.folder): f.read_bytes() for f in site.folder.rglob("*") if f.is_file()
    }
    after.pop(Path("_static/live/kernel-editor.js"))
    (site.folder / "_static/live/kernel-editor.js").write_bytes(slider)
    assert sorted(before) == sorted(after)
    assert [str(f) for f in before if before[f] != after[f]] == []


def test_a_formula_that_katex_rejects_fails_the_build_and_leaves_the_last_site(
    site: Site,
) -> None:
    page = site.root / "chapters" / "part" / "sums.md"
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace("Addition commutes", r"Addition $\frac{1$ commutes"), "utf-8")
    line = (
        page.read_text(encoding="utf-8")
        .splitlines()
        .index(next(t for t in page.read_text(encoding="utf-8").splitlines() if r"\frac{1" in t))
    )
    try:
        with pytest.raises(BookError) as caught:
            html.build(contents.load(site.root))
    finally:
        page.write_text(text, encoding="utf-8")
    (found,) = caught.value.findings
    assert (str(found.file), found.line) == ("chapters/part/sums.md", line + 1)
    assert r"\frac{1" in found.message
    assert (site.folder / "index.html").is_file()


@pytest.mark.parametrize(
    ("page", "identifier"),
    [
        ('<script src="https://cdn.example/x.js"></script>', "remote"),
        ('<link rel="stylesheet" href="//fonts.example/x.css">', "remote"),
        ('<img src="https://example.org/x.png" alt="">', "remote"),
        ('<p style="background:url(https://example.org/x.png)">', "remote"),
        ('<a href="nowhere.html">x</a>', "dead-link"),
        ('<a href="#nowhere">x</a>', "dead-link"),
    ],
)
def test_a_page_that_asks_elsewhere_or_leads_nowhere_is_found(
    tmp_path: Path, page: str, identifier: str
) -> None:
    (tmp_path / "index.html").write_text(f"<!doctype html>\n{page}", encoding="utf-8")
    assert [(f.id, f.line) for f in html.findings(tmp_path)] == [(identifier, 2)]


def test_links_that_a_reader_may_follow_are_no_fault(tmp_path: Path) -> None:
    page = '<a id="here" href="https://example.org">x</a><a href="#here">y</a><link rel="canonical" href="https://b">'
    (tmp_path / "index.html").write_text(page, encoding="utf-8")
    assert html.findings(tmp_path) == []


def test_a_page_of_outputs_has_a_limit_and_one_that_lists_the_book_grows_with_it(
    tmp_path: Path,
) -> None:
    much = "<p>word</p>\n" * (html.LIMIT // 12 + 1)
    (tmp_path / "index.html").write_text(much, "utf-8")
    assert html.findings(tmp_path) == []
    (tmp_path / "index.html").write_text(f'<div class="cell_output docutils">{much}</div>', "utf-8")
    assert [f.id for f in html.findings(tmp_path)] == ["page-size"]
