"""Terms: what is marked in a chapter, and where it stands in the index."""

from __future__ import annotations

from pathlib import Path

import pytest
import tiny

from book import contents
from book.chapter import parse as chapter_of
from book.terms import Term, order, parse, terms


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("strides", Term("strides", "strides")),
        ("calibrated <calibration>", Term("calibrated", "calibration")),
        ("odds <odds; betting odds; bet>", Term("odds", "odds", ("betting odds", "bet"))),
        ("two\n words", Term("two words", "two words")),
    ],
)
def test_a_term_says_what_the_index_shall_say(content: str, expected: Term) -> None:
    assert parse(content) == expected


def test_terms_are_found_in_text_and_not_in_code() -> None:
    body = "# T\n\nA {dfn}`tree` has {dfn}`leaves <leaf>`.\n\n" + tiny.cell("x = '{dfn}`root`'")
    found = list(terms(chapter_of(Path("x.md"), tiny.chapter(body))))
    assert [(t.entry, t.text) for t in found] == [("tree", "tree"), ("leaf", "leaves")]
    assert (
        found[0].line
        == found[1].line
        == tiny.chapter(body).splitlines().index("A {dfn}`tree` has {dfn}`leaves <leaf>`.") + 1
    )


def test_entries_are_sorted_as_a_reader_looks_for_them() -> None:
    entries = ["Zeta", "log-sum-exp", "alpha", "log loss", "Kullback–Leibler divergence"]
    assert sorted(entries, key=order) == [
        "alpha", "Kullback–Leibler divergence", "log loss", "log-sum-exp", "Zeta",
    ]  # fmt: skip


def test_an_anchor_is_plain() -> None:
    assert parse("x <Kullback–Leibler divergence>").anchor == "term-kullback-leibler-divergence"


def test_what_an_entry_points_to_is_explained_somewhere() -> None:
    """No `see` leads in a circle, and every numbered chapter explains some words."""
    book = contents.load(tiny.HERE)
    found = [term for chapter in book.pages for term in terms(chapter)]
    entries = {term.entry for term in found}
    assert not entries & {word for term in found for word in term.also}
    assert [e.chapter.slug for e in book.entries if e.number and not list(terms(e.chapter))] == []
