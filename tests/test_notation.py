"""Which row of the notation table a letter belongs to, and what the page, the PDF and the notebooks hold of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import tiny

from book import contents, lint, notation
from book.chapter import parse
from book.katex import shared

ROWS = r"""
| $\mathbf{x}, \mathbf{X}$ | `x`, `X` | `(D,)`, `(B, D)` | an example, a batch |
| $\mathbf{W}$ | `W` | `(K, D)` | weights |
| $W_1$ | `W1` | `()` | a weight with a name of its own |
| $y, y_n$ | `y` | `()` | a class |
| $\mathbf{y}$ | `one_hot` | `(K,)` | the class as a row |
| $\bar v, v$ | `v.grad`, `v` | as $v$ | its gradient |
| $\hat\mu, n', C_\text{in}$ | — | `()` | a mean, a length, channels |
| $f, \nabla f$ | `f`, — | `()` | a loss and its slopes |
| $\lambda, \lambda_{\max}$ | `lam`, `largest` | `()` | curvatures |
"""
TABLE = "# T\n\n| symbol | code | shape | meaning |\n|---|---|---|---|" + ROWS
KNOWN = notation.of(parse(Path("t.md"), TABLE))


def rows(latex: str) -> list[str]:
    """For each letter of a formula its symbols, as LaTeX; `-` without any."""
    reading = shared().read(latex)
    found = [KNOWN.find(letter, reading) for letter in reading.letters]
    return [" ".join(shown(KNOWN.symbols[i].letter) for i in numbers) or "-" for numbers in found]


def shown(letter: notation.Letter) -> str:
    return (
        notation.latex(letter) + (f"_{letter.name}" if letter.name else "") + "." * letter.indices
    )


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        (r"\mathbf{x}", [r"\mathbf{x}"]),
        (r"\mathbf x", [r"\mathbf{x}"]),
        ("x_i", [r"\mathbf{x}", "-"]),
        ("x_{ij}", [r"\mathbf{X}", "-", "-"]),
        ("X_{i+1,j}", [r"\mathbf{X}", "-", "-"]),
        (r"\mathbf{x}_n", [r"\mathbf{x}", "-"]),
        ("W_1", ["W_1"]),
        ("W_2", [r"\mathbf{W}"]),
        ("W_{ij}", [r"\mathbf{W}", "-", "-"]),
        ("y_n", ["y.", "-"]),
        ("y_{nk}", [r"\mathbf{y}", "-", "-"]),
        ("p_y", ["-", "y"]),
        (r"\bar v", [r"\bar v"]),
        (r"\bar{\mathbf{W}}", [r"\bar v \mathbf{W}"]),
        (r"\bar W_{ik}", [r"\bar v \mathbf{W}", "-", "-"]),
        (r"\hat{\mu}", [r"\hat{\mu}"]),
        (r"\tilde{\mathbf{W}}", ["-"]),
        ("n'", ["n'"]),
        ("v'", ["v"]),
        (r"C_\text{in}", ["C_in"]),
        (r"C_\text{out}", ["-"]),
        (r"\nabla f(\mathbf{x})", [r"\nabla f", r"\mathbf{x}"]),
        (r"\nabla_{\mathbf{x}} f", [r"\mathbf{x}", r"\nabla f"]),
        (r"\nabla v", ["v"]),
        (r"\lambda_{\max} + \lambda_i", [r"\lambda_max", r"\lambda", "-"]),
        (r"\sum_{v=1}^{y} v", ["-", "y", "-"]),
        (r"\mathrm{y} + \operatorname{y} + \text{y} + \R", []),
    ],
)  # fmt: skip
def test_the_closest_row_counts(latex: str, wanted: list[str]) -> None:
    assert rows(latex) == wanted


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        (r"e^{i \pi} + \sum_{i=1}^{K} W_{ik}", []),  # i is an index here, K a size
        (r"\frac{dy}{dv} = \frac{\mathrm{d}y}{\mathrm{d}v}", []),
        (r"[\,i = y\,] - p_i", ["p"]),
        (r"\max_{0 \le u, t < k} X_{u,t}", []),
        (r"a + \mathbf{G} + \tilde{\mathbf{W}}", ["a", r"\mathbf{G}", r"\tilde{\mathbf{W}}"]),
        (r"\underbrace{W}_{\mathbf{q}}", [r"\mathbf{q}"]),
        (r"\Phi(y) + \boldsymbol\Sigma", [r"\Phi", r"\boldsymbol{\Sigma}"]),  # capitals are letters
    ],
)
def test_every_other_letter_needs_a_row(latex: str, wanted: list[str]) -> None:
    assert [notation.latex(letter) for letter in KNOWN.missing(shared().read(latex))] == wanted


def test_a_name_in_code_leads_to_all_its_symbols_and_the_chapters_come_first() -> None:
    assert [shown(KNOWN.symbols[i].letter) for i in KNOWN.named["y"]] == ["y", "y."]
    assert "v.grad" in KNOWN.named
    wide = parse(
        Path("w.md"), TABLE.replace(ROWS, "\n| $q$ | `x` | | q |\n| $B$ | `B` | | size |\n")
    )
    both = notation.of(parse(Path("t.md"), TABLE), wide)
    assert [shown(both.symbols[i].letter) for i in both.named["x"]] == [r"\mathbf{x}"]
    assert [shown(both.symbols[i].letter) for i in both.named["B"]] == ["B"]


@pytest.mark.parametrize(
    ("row", "identifier", "cure"),
    [
        ("| $a, b, c$ | `a`, `b` | | m |", "notation-row", "3 symbols and 2 names"),
        ("| $ab$ | `a` | | m |", "notation-row", "not one symbol"),
        ("| a | `a` | | m |", "notation-row", "write it as $x$"),
        ("| $a$ | `a` | | |", "notation-row", "last column"),
        ("| $W_1$ | `w` | | m |", "symbol-twice", "keep one row"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: str, identifier: str, cure: str) -> None:
    book = contents.load(tiny.write(tmp_path, {"x": tiny.chapter(TABLE + row + "\n")}))
    (finding,) = lint.findings(book)
    assert finding.id == identifier
    assert cure in finding.message
    assert book.pages[-1].text.splitlines()[finding.line - 1] == row


def test_a_symbol_of_a_labelled_equation_without_a_row_is_named_with_its_line(
    tmp_path: Path,
) -> None:
    text = tiny.GOOD.replace("a + b = b + a.", "a + b\n  = \\mathbf{G} + a.")
    book = contents.load(tiny.write(tmp_path, {"x": tiny.chapter(text)}))
    (finding,) = lint.findings(book)
    assert finding.id == "symbol-unknown"
    assert r"eq-commute uses $\mathbf{G}$" in finding.message
    assert r"add a row `| $\mathbf{G}$ |" in finding.message
    assert r"\mathbf{G}" in book.pages[-1].text.splitlines()[finding.line - 1]


FORMULAS = [
    r"\hat y_i + \bar{\mathbf W}_{ik}^\top", r"x_W^{2} \frac W2 \sqrt W", "2BDK + n k'",
    r"\underbrace{W}_{\text{a } W} \sum_{i=1}^{W} W_{i, W}", r"\begin{cases} W & \text{if } W < 1 \\ 0 \end{cases}",
    r"\mathbf{W} \leftarrow \boldsymbol{W} - \mathcal{W}'", r"\left\lfloor \frac{W}{\varepsilon} \right\rfloor \bmod W",
    r"\mathbf{A}\boldsymbol\Sigma_{ij}\mathbf{A}^\top + \Phi(x)",
]  # fmt: skip


def joined(html: str) -> list[str]:
    """Every tag and every italic letter: neighbours in one span have one each once they are marked."""
    html = re.sub(r' data-s="\d+"', "", html)
    run = r'<span class="(mord mathnormal[^"]*)"( style="[^"]*")?>([^<&]+)</span>'
    return re.findall(r"(<(?!span class=\"mord mathnormal)[^>]*>)", re.sub(run, _letters, html))


def _letters(run: re.Match[str]) -> str:
    return "".join(f"<{run[1]} {letter}>" for letter in run[3]) + (f"<{run[2]}>" if run[2] else "")


@pytest.mark.parametrize("latex", FORMULAS)
def test_a_marked_formula_is_drawn_as_it_was(latex: str) -> None:
    katex = shared()
    letters = katex.read(latex).letters
    assert letters
    plain = katex.html(latex, display=True)
    marked = katex.html(
        latex, display=True, marks={x: f'data-s="{i}"' for i, x in enumerate(letters)}
    )
    found = re.findall(r'data-s="(\d+)">([^<]+)<', marked)
    assert joined(marked) == joined(plain)
    assert sorted(int(n) for n, _ in found) == list(range(len(letters)))
