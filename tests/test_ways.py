"""Addresses that lead out of a page: they name fields that the form has, and follow the repository."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import tiny
import yaml

from book import contents, downloads, ways
from book.contents import Book

FORMS = tiny.HERE / ".github" / "ISSUE_TEMPLATE"


@pytest.fixture
def book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Book:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)
    root = tiny.write(tmp_path)
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    config["repository"] = {"url": "https://github.com/someone/a-fork/", "branch": "trunk"}
    config["html"]["baseurl"] = "https://someone.github.io/a-fork"
    (root / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    return contents.load(root)


def fields(address: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}


def test_a_page_is_edited_where_its_source_lies(book: Book) -> None:
    expected = "https://github.com/someone/a-fork/edit/trunk/chapters/part/sums.md"
    assert ways.edit(book, book.entry("sums")) == expected


def test_a_mistake_in_an_equation_is_reported_with_all_that_is_known(book: Book) -> None:
    address = ways.mistake(book, book.entry("sums"), "abc123", "eq-commute", "1.1")
    assert address.startswith("https://github.com/someone/a-fork/issues/new?")
    assert fields(address) == {
        "template": "mistake.yml",
        "title": "1. Sums: equation (1.1)",
        "chapter": "1. Sums",
        "equation": "(1.1) eq-commute",
        "page": "https://someone.github.io/a-fork/chapters/part/sums.html#equation-eq-commute",
        "commit": "abc123",
    }


def test_what_is_not_known_is_left_for_the_reader(book: Book) -> None:
    found = fields(ways.mistake(book, book.entry("sums"), ""))
    assert set(found) == {"template", "title", "chapter", "page"}


def test_the_form_has_every_field_that_is_filled_in(book: Book) -> None:
    found = fields(ways.mistake(book, book.entry("sums"), "abc123", "eq-commute", "1.1"))
    form = yaml.safe_load((FORMS / found.pop("template")).read_text("utf-8"))
    kinds = {part["id"]: part["type"] for part in form["body"] if "id" in part}
    found.pop("title")  # every form has one
    assert {kinds.get(name) for name in found} == {"input"}
    asked = {part["id"] for part in form["body"] if part.get("validations", {}).get("required")}
    assert asked - set(found) == {"wrong"}  # all that is left to say


def test_a_discussion_begins_with_the_chapter_and_its_address(book: Book) -> None:
    address = ways.discuss(book, book.entry("sums"))
    assert address.startswith("https://github.com/someone/a-fork/discussions/new?")
    page = "https://someone.github.io/a-fork/chapters/part/sums.html"
    assert fields(address) == {
        "category": "general", "title": "1. Sums: ", "body": f"About [1. Sums]({page}): ",
    }  # fmt: skip


def test_a_pdf_is_offered_while_it_is_that_of_the_sources(book: Book) -> None:
    assert not downloads.has_pdf(book)
    downloads.pdf(book).parent.mkdir(parents=True)
    downloads.pdf(book).write_bytes(b"%PDF")
    assert not downloads.has_pdf(book)  # of unknown origin
    downloads.stamp(book)
    assert downloads.has_pdf(book)
    page = book.root / "chapters" / "part" / "sums.md"
    page.write_text(page.read_text("utf-8") + "\nMore.\n", "utf-8")
    assert not downloads.has_pdf(contents.load(book.root))
