"""The search in a browser: what it finds in the tiny book, by keyboard, on its own page."""

from __future__ import annotations

import re

from playwright.sync_api import expect
from reading import GALLERY, Reader


def test_the_search_finds_titles_words_functions_equations_and_errors(reader: Reader) -> None:
    wanted = {
        "Everything at once": "gallery.html#everything-at-once",
        "line goes up": "gallery.html#fig-line",
        "nn.peculiar_softmax": "gallery.html#a-claim",
        "peculiar softmaxx": "gallery.html#a-claim",
        "eq-wide": "gallery.html#equation-eq-wide",
        "double": "gallery.html#ex-double",
        "RuntimeError: mat1 and mat2 shapes cannot be multiplied (64x784 and 10x784)": "gallery.html#cell-5",
    }
    page = reader.open("index.html")
    for query, place in wanted.items():
        page.keyboard.press("Control+k")
        page.get_by_role("combobox").fill(query)
        first = page.get_by_role("option").first
        expect(first).to_have_attribute("href", re.compile(re.escape(place) + "$"))
        page.keyboard.press("Escape")
        expect(page.locator("dialog")).not_to_be_visible()


def test_the_search_is_worked_by_keyboard_alone(reader: Reader) -> None:
    page = reader.open(GALLERY)
    assert not any("search" in url for url in reader.requests)  # it costs nothing before it opens
    toggle = page.locator(".theme-toggle-content button")
    toggle.focus()
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search the book")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")
    page.keyboard.insert_text("softmax")
    expect(box).to_have_attribute("aria-expanded", "true")
    status = page.get_by_role("status")
    expect(status).to_have_text(re.compile(r"^\d+ results$"))  # the index is there by now
    options = page.get_by_role("option")
    expect(options).to_have_count(int(status.inner_text().split()[0]))
    for key, chosen in (("ArrowDown", 1), ("ArrowDown", 2), ("ArrowUp", 1)):
        page.keyboard.press(key)
        name = options.nth(chosen).get_attribute("id") or ""
        expect(box).to_have_attribute("aria-activedescendant", name)
        expect(options.nth(chosen)).to_have_attribute("aria-selected", "true")
    page.keyboard.press("Escape")
    expect(toggle).to_be_focused()


def test_a_result_leads_to_its_heading_and_marks_the_words(reader: Reader) -> None:
    page = reader.open("index.html")
    page.keyboard.press("/")
    page.get_by_role("combobox").fill("a claim peculiar")
    expect(page.get_by_role("option").first).to_contain_text("A claim")
    page.keyboard.press("Enter")
    page.wait_for_url("**/gallery.html#a-claim")
    expect(page.locator("#a-claim h2")).to_be_in_viewport()
    page.wait_for_function("CSS.highlights.get('found')?.size > 1")
    page.keyboard.press("Escape")
    assert page.evaluate("CSS.highlights.has('found')") is False


def test_the_search_page_answers_a_link_and_says_when_nothing_is_found(reader: Reader) -> None:
    page = reader.open("search.html?q=pitfall")
    expect(page.get_by_role("option").first).to_be_visible()
    page.get_by_role("combobox").fill("xyzzyplugh")
    expect(page.get_by_role("status")).to_have_text("Nothing found. Try fewer words, or others.")
