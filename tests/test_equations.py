"""The contract: which equations are checked, on how many values, and how far the sides differ."""

from pathlib import Path
from typing import Any

import pytest
import tiny
from nbformat.v4 import new_output

from book import contents, equations, katex, mathml
from book.contents import Book
from book.equations import EquationRecord
from book.store import Run, Store, as_notebook

BODY = """# Sums

```{math}
:label: eq-commute
a + b = b + a.
```

```{code-cell} ipython3
check("eq-commute", 1, 1)
check("eq-commute", 2, 2)
```

```{math}
:label: eq-argmin
x = 1.
```

% eq-argmin is not checked: a definition
"""


def record(label: str, values: int, difference: float, **more: Any) -> dict[str, Any]:
    return {"check": label, "values": values, "difference": difference, "device": "cpu", **more}


def write(root: Path, records: list[dict[str, Any]], body: str = BODY) -> tuple[Book, Store]:
    """A book of one chapter whose first cell published `records`."""
    book = contents.load(tiny.write(root, {"sums": tiny.chapter(body)}))
    chapter = book.chapters[0]
    notebook = as_notebook(chapter)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 1
            cell.outputs = [
                new_output("display_data", data={"text/plain": "✓"}, metadata={"tensorbook": r})
                for r in records
            ]
    store = Store(root / "_build" / ".jupyter_cache")
    store.save(chapter, notebook, Run("sums", "d", {}, 1.0, "cpu", {}, {}, "c", "2026-01-01"))
    return book, store


def one(book: Book, store: Store) -> EquationRecord:
    return next(r for r in equations.collect(book, store) if r.label == "eq-commute")


def test_several_checks_of_one_equation_count_together(tmp_path: Path) -> None:
    book, store = write(tmp_path, [record("eq-commute", 3, 1e-8), record("eq-commute", 4, 6e-8)])
    found = one(book, store)
    assert (found.state, found.values, found.difference) == ("checked", 7, 6e-8)
    assert (found.number, found.chapter, found.short) == ("1.1", "sums", "6e-08")
    assert "7 values" in found.sentence
    lines = (tmp_path / "chapters/part/sums.md").read_text().splitlines()
    assert lines[found.cell_line - 1] == 'check("eq-commute", 1, 1)'


@pytest.mark.parametrize(
    ("more", "short"),
    [
        ({}, "0"),
        ({"relation": "<="}, "≤"),
        ({"standard_errors": 1.26}, "1.3 se"),
    ],
)
def test_the_badge_says_what_kind_of_check_it_was(
    tmp_path: Path, more: dict[str, Any], short: str
) -> None:
    assert one(*write(tmp_path, [record("eq-commute", 1, 0.0, **more)])).short == short


def test_an_exact_check_outweighs_a_simulation(tmp_path: Path) -> None:
    simulated = record("eq-commute", 1, 0.3, standard_errors=2.0)
    found = one(*write(tmp_path, [simulated, record("eq-commute", 1, 1e-7)]))
    assert (found.short, found.standard_errors) == ("1e-07", None)


def test_totals_count_each_equation_once(tmp_path: Path) -> None:
    book, store = write(tmp_path, [record("eq-commute", 3, 1e-8)])
    told = equations.as_json(equations.collect(book, store))
    assert {k: told[k] for k in ("labelled", "checked", "exempt", "unchecked")} == {
        "labelled": 2, "checked": 1, "exempt": 1, "unchecked": 0,
    }  # fmt: skip
    assert told["items"][1]["reason"] == "a definition"


def test_an_equation_that_no_cell_checked_is_named_with_the_cure(tmp_path: Path) -> None:
    book, store = write(tmp_path, [])
    found = equations.findings(book, store)
    assert [str(f) for f in found] == [
        'chapters/part/sums.md:20: eq-commute is never checked; add check("eq-commute", …) [eq-unchecked]'
    ]


def test_a_check_of_an_unknown_equation_suggests_the_nearest(tmp_path: Path) -> None:
    book, store = write(tmp_path, [record("eq-commute", 1, 0.0), record("eq-comute", 1, 0.0)])
    (found,) = equations.findings(book, store)
    assert found.id == "check-unknown"
    assert "did you mean eq-commute?" in found.message


def test_a_chapter_that_has_not_run_is_judged_by_its_source(tmp_path: Path) -> None:
    book = contents.load(tiny.write(tmp_path, {"sums": tiny.chapter(BODY)}))
    store = Store(tmp_path / "_build" / ".jupyter_cache")
    assert equations.findings(book, store) == []
    assert [r.state for r in equations.collect(book, store)] == ["unchecked", "exempt"]


def test_katex_says_what_is_wrong_with_a_formula() -> None:
    fine, open_brace, unknown = katex.errors([r"\frac{a}{b}", r"\frac{a", r"\foo x"])
    assert fine == ""
    assert "expected '}'" in open_brace
    assert r"\foo" in unknown


def test_katex_knows_every_macro_of_the_book() -> None:
    engine = katex.shared()
    arguments = [macro + "{x}" for macro in engine.macros]
    assert katex.errors(arguments) == [""] * len(arguments)


def test_a_formula_carries_mathml_for_those_who_listen() -> None:
    html = katex.shared().html(r"\R^n", display=False)
    assert "<math" in html
    assert 'aria-hidden="true"' in html


def test_an_operators_name_in_an_index_makes_mathml_that_is_valid() -> None:
    engine = katex.shared()
    html = engine.html(r"\lambda_{\min} + x_{\max}^2 + \min x", display=False)
    assert "<msub><mi>λ</mi><mi>min</mi></msub>" in html
    assert "<msubsup><mi>x</mi><mi>max</mi><mn>2</mn></msubsup>" in html
    assert (
        "<mi>min</mi><mo>\u2061</mo>" in html
    )  # said between a function and what it is applied to
    assert "<mo>mod</mo>" in mathml.standard(
        "<math><mo><mrow><mi>m</mi><mi>od</mi></mrow></mo></math>"
    )


def test_a_process_that_rendered_a_formula_ends() -> None:
    import subprocess
    import sys

    code = "from book import katex; print(katex.errors(['x']))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tiny.HERE, capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "['']"
