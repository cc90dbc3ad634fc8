"""Parsing: every part of a chapter is found, at its line."""

from pathlib import Path

import tiny

from book.chapter import Chapter, Row, parse


def of(text: str) -> Chapter:
    return parse(Path("chapters/part/x.md"), text)


def test_a_cell_knows_its_first_source_line_its_tags_and_its_alt_text() -> None:
    text = tiny.chapter(
        "# T\n\n```{code-cell} ipython3\n---\ntags: [photo]\nmystnb:\n  image:\n    alt: a cat\n---\n\nx = 1\n```\n"
        + tiny.cell("y = 2", "stub, warns")
    )
    first, second = of(text).cells
    assert text.splitlines()[first.line - 1] == "x = 1"
    assert (first.tags, first.alt) == (("photo",), "a cat")
    assert text.splitlines()[second.line - 1] == "y = 2"
    assert second.tags == ("stub", "warns")


def test_equations_are_found_in_every_notation_and_depth() -> None:
    chapter = of(
        "# T\n\n```{math}\n:label: eq-a\na\n```\n\n$$\nb\n$$ (eq-b)\n\n"
        ":::{dropdown} More\n```{math}\n:label: eq-c\nc\n```\n:::\n\n$$d$$\n"
    )
    assert [(e.label, e.latex.strip()) for e in chapter.equations] == [
        ("eq-a", "a"), ("eq-b", "b"), ("eq-c", "c"), ("", "d"),
    ]  # fmt: skip


def test_what_stands_in_a_code_cell_is_not_an_equation() -> None:
    chapter = of("# T\n\n" + tiny.cell('"""\n$$x$$\n```{math}\n"""') + "\n")
    assert chapter.equations == ()


def test_an_exempt_equation_carries_its_reason() -> None:
    text = (
        "# T\n\n```{math}\n:label: eq-a\na\n```\n% eq-a is not checked: an argmin is a definition\n"
    )
    assert of(text).equations[0].exempt == "an argmin is a definition"


def test_a_fence_that_is_never_closed_is_a_problem_at_its_line() -> None:
    problems = of("# T\n\n```{math}\na\n").problems
    assert [(p.line, p.id) for p in problems] == [(3, "fence")]


def test_a_broken_header_is_a_problem_at_its_line() -> None:
    problems = of("---\nkernelspec: [\nbook: 1\n---\n# T\n").problems
    assert [(p.line, p.id) for p in problems] == [(3, "yaml")]


def test_exercises_and_solutions_are_paired_by_label() -> None:
    chapter = of(
        "# T\n\n```{exercise-start} Halve\n:label: ex-half\n```\nHalve it.\n```{exercise-end}\n```\n\n"
        "```{solution-start} ex-half\n:class: dropdown\n```\nSo.\n```{solution-end}\n```\n"
    )
    assert [(e.label, e.title) for e in chapter.exercises] == [("ex-half", "Halve")]
    assert [s.label for s in chapter.solutions] == ["ex-half"]


def test_the_notation_table_is_read_row_by_row() -> None:
    chapter = of(
        "# T\n\n| symbol | code | shape | meaning |\n|---|---|---|---|\n| $x$ | `x` | `(D,)` | input |\n"
    )
    assert chapter.notation == (Row("$x$", "`x`", "`(D,)`", "input", 5),)
