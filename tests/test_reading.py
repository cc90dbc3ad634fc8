"""How long a chapter takes to read."""

from pathlib import Path

import tiny

from book import reading
from book.chapter import parse

BODY = (
    "# Ten words\n\n"
    + "one two three four five six seven $x + y$.\n\n"
    + "```{math}\n:label: eq-a\na\n```\n\n$$\nb\n$$\n\n"
    + tiny.cell("x = 1\n\n# a remark\ny = 2")
    + tiny.cell("hidden = 1", "hide-input")
)
SOLUTION = (
    "\n```{exercise-start} Halve\n:label: ex-half\n```\nHalve it.\n```{exercise-end}\n```\n\n"
    "```{solution-start} ex-half\n:class: dropdown\n```\nMany more words.\n\n```{math}\nc\n```\n\n"
    + tiny.cell("z = 3")
    + "```{solution-end}\n```\n"
)


def of(body: str) -> reading.Reading:
    return reading.of(parse(Path("chapters/part/x.md"), tiny.chapter(body)))


def test_words_lines_of_code_and_displayed_equations_are_counted() -> None:
    assert of(BODY) == reading.Reading(words=10, lines=3, equations=2)


def test_solutions_and_folded_code_are_not_counted() -> None:
    found = of(BODY + SOLUTION)
    assert (found.lines, found.equations) == (3, 2)
    assert found.words == 12  # the exercise itself: "Halve it."


def test_minutes_are_rounded_up_and_code_takes_time() -> None:
    found = reading.Reading(words=2000, lines=200, equations=30)
    assert (found.minutes, found.without_code) == (30, 20)
    assert reading.Reading(1, 0, 0).minutes == 1
