"""Brains and bodies: the table of the library is that of the chapter, and the hidden one is another."""

from __future__ import annotations

from pathlib import Path

from tensorbook.animals import hidden, listed

CHAPTER = Path(__file__).parents[2] / "chapters" / "learning" / "linear-regression.md"


def test_the_animals_are_those_of_the_chapter_on_linear_regression() -> None:
    table = CHAPTER.read_text(encoding="utf-8").split('table = """')[1].split('"""')[0]
    rows = [row.split() for row in table.replace("\n", " ").split(",")]
    found = listed()
    assert found.names == [" ".join(row[:-2]) for row in rows]
    assert found.body.tolist() == [float(row[-2]) for row in rows]
    assert found.brain.tolist() == [float(row[-1]) for row in rows]


def test_no_hidden_animal_is_among_those_to_learn_from() -> None:
    known, unseen = listed(), hidden()
    assert len(set(unseen.names)) == 37
    weights = [
        set(zip(part.body.tolist(), part.brain.tolist(), strict=True)) for part in (known, unseen)
    ]
    assert not weights[0] & weights[1]
