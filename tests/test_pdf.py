"""The PDF of a tiny book, read back: built once, then broken in several ways."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import tiny
from pypdf import PdfReader

from book import build as sphinx_build
from book import contents, downloads, execute, pdf, system, texlog
from book.findings import BookError
from book.sphinx import latex_cells

pytestmark = pytest.mark.needs("TeX")

if system.missing_for_pdf():
    pytest.skip("XeLaTeX is not installed", allow_module_level=True)

FIRST = r"""# Tensors and $\R^n$

What is a number, asked {cite:t}`knuth1984literate`?

```{math}
:label: eq-sum
s = \sum_{i=1}^{n} x_i.
```

```{code-cell} ipython3
import torch

from tensorbook import check, glue

x = torch.arange(4.0)
check("eq-sum", x.sum(), sum(x.tolist()))
glue("total", "6")
```

The sum is {glue:text}`total`, by {eq}`eq-sum`; α → β ≤ γ ✓.

## What is long

```{code-cell} ipython3
print("x" * 500)
for i in range(100):
    print("line", i, "✓ × → ≤ ∂ Σ α")
```

```{code-cell} ipython3
:tags: [raises-exception]
torch.zeros(2, 3) @ torch.zeros(2, 3)
```

## A table

| symbol | code | shape | meaning |
|---|---|---|---|
| $\mathbf{x}$ | `a_name_that_is_long_enough_to_need_its_room` | `(number, of, axes)` | words that go on for more than a line of this page can hold, and then some |
| $s, n$ | — | `()` | a sum, how many |
"""

SECOND = r"""# Softmax

{dfn}`Scores <score; evidence>` become probabilities; see {ref}`ex-shift`, {numref}`fig-line` and [tensors](tensors.md).

| symbol | code | shape | meaning |
|---|---|---|---|
| $K$, $p$, $a, b$ | — | `()` | how many, a probability, two numbers |
| $\mathbf{z}$ | `z` | `(K,)` | scores |

```{math}
:label: eq-soft
p_i = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}.
```

```{code-cell} ipython3
import matplotlib.pyplot as plt
import torch

from tensorbook import check
from tensorbook.checks import Exercises, expect

check_exercise = Exercises()


@check_exercise.checker("ex-shift")
def shift(answer):
    expect(answer(torch.ones(3)), torch.ones(3), "not the same")


z = torch.tensor([0.1, -0.7, 2.0])
check("eq-soft", z.exp() / z.exp().sum(), z.softmax(0))
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-line
    caption: A line that goes up.
  image:
    alt: A straight line from the lower left to the upper right.
tags: [hide-input]
---
secret_of_the_figure = plt.plot([0, 1])
plt.show()
```

:::{dropdown} A derivation
```{math}
:label: eq-log
\begin{aligned}
\log p_i &= z_i - \log \sum_{j=1}^{K} e^{z_j} \\
 &= z_i - \LSE(\mathbf{z}).
\end{aligned}
```
:::

```{code-cell} ipython3
check("eq-log", z - z.exp().sum().log(), z.log_softmax(0))
```

## Exercises

```{exercise-start} The shift
:label: ex-shift
```
Write `shift(z)`.

```{code-cell} ipython3
:tags: [stub]
def shifted(z):
    return ...  # your line here


check_exercise("ex-shift", shifted)
```
```{exercise-end}
```

```{solution-start} ex-shift
:class: dropdown
```
Nothing moves, by

```{math}
:label: eq-moved
e^{a+b} = e^a e^b.
```

```{code-cell} ipython3
:tags: [solution]
check("eq-moved", (z + 1).exp(), z.exp() * torch.tensor(1.0).exp())
check_exercise("ex-shift", lambda z: z)
```
```{solution-end}
```

## After the exercises

```{math}
:label: eq-one
\sum_i p_i = 1.
```

% eq-one is not checked: it is here for its number
"""

BIBLIOGRAPHY = """@article{knuth1984literate,
  author = {Knuth, Donald E.}, title = {Literate Programming}, journal = {The Computer Journal},
  volume = {27}, number = {2}, pages = {97--111}, year = {1984}}
"""

LAST = """  - caption: Appendices
    chapters:
      - file: chapters/functions
      - file: chapters/terms
      - file: chapters/references
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> contents.Book:
    """Two executed chapters and a bibliography."""
    pages = {"tensors": tiny.chapter(FIRST), "softmax": tiny.chapter(SECOND)}
    root = tiny.write(tmp_path_factory.mktemp("pdf") / "book", pages)
    (root / "chapters" / "references.bib").write_text(BIBLIOGRAPHY, "utf-8")
    (root / "chapters" / "references.md").write_text(
        "# References\n\n```{bibliography}\n```\n", "utf-8"
    )
    for page, title in {"functions": "Functions in cells", "terms": "Index of words"}.items():
        body = f"# {title}\n\nAll of them.\n\n```{{book-{page}}}\n```\n"
        (root / "chapters" / f"{page}.md").write_text(body, "utf-8")
    with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write(LAST)
    loaded = contents.load(root)
    assert not [o.finding for o in execute.run(loaded, jobs=1) if o.finding]
    return loaded


@pytest.fixture(scope="module")
def made(book: contents.Book, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A copy of the good PDF, and of what LaTeX wrote of its labels."""
    kept = tmp_path_factory.mktemp("kept") / "book.pdf"
    shutil.copy(pdf.build(book), kept)
    return kept, (book.root / "_build" / "latex" / downloads.PDF.replace(".pdf", ".aux")).read_text(
        "utf-8"
    )


@pytest.fixture(scope="module")
def text(made: tuple[Path, str]) -> str:
    return _text(made[0])


def _text(file: Path) -> str:
    command = ["pdftotext", "-layout", str(file), "-"]
    if shutil.which("pdftotext"):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return "\n".join(page.extract_text() for page in PdfReader(file).pages)


def _broken(book: contents.Book, slug: str, old: str, new: str) -> list[str]:
    """What is said when `old` is `new` in a chapter; the chapter is put right again."""
    path = book.root / book.entry(slug).chapter.path
    good = path.read_text("utf-8")
    assert old in good
    path.write_text(good.replace(old, new, 1), "utf-8")
    try:
        with pytest.raises(BookError) as error:
            pdf.build(contents.load(book.root))
    finally:
        path.write_text(good, "utf-8")
    return [str(finding) for finding in error.value.findings]


def _line(book: contents.Book, slug: str, needle: str) -> str:
    chapter = book.entry(slug).chapter
    return f"{chapter.path}:{chapter.line_of(needle)}:"


def test_every_page_of_the_contents_has_a_bookmark(made: tuple[Path, str]) -> None:
    titles = pdf._titles(PdfReader(made[0]).outline)
    for title in ("Softmax", "Solutions", "List of equations", "References"):
        assert any(title in bookmark for bookmark in titles)
    assert any("2" in bookmark and "Softmax" in bookmark for bookmark in titles)


def test_all_fonts_are_inside_and_every_link_leads_somewhere(made: tuple[Path, str]) -> None:
    reader = PdfReader(made[0])
    for page in reader.pages:
        for annotation in page.get("/Annots", []):
            target = annotation.get_object().get("/A", {}).get("/D")
            assert not isinstance(target, str) or target in reader.named_destinations
    if shutil.which("pdffonts"):
        listing = subprocess.run(["pdffonts", made[0]], capture_output=True, text=True, check=True)
        rows = listing.stdout.splitlines()[2:]
        assert rows
        assert all(re.search(r"\byes\s+(yes|no)\s+(yes|no)\s+\d+\s+\d+$", row) for row in rows)


def test_nothing_is_undefined_and_every_glyph_is_there(text: str) -> None:
    assert "??" not in text
    assert "α → β ≤ γ ✓" in text
    assert "✓ × → ≤ ∂ Σ α" in text


def test_numbers_are_those_of_the_book_and_of_the_site(
    book: contents.Book, made: tuple[Path, str], tmp_path: Path
) -> None:
    wanted = {label: number for label, (number, _) in book.equation_numbers().items()}
    paper = {m["label"]: m["number"] for m in pdf.NUMBER.finditer(made[1])}
    assert paper == wanted
    assert wanted["eq-moved"] == "2.3"
    assert wanted["eq-one"] == "2.4"  # although its neighbour has gone to the end of the book
    sphinx_build.sphinx(book.root, "html", tmp_path / "html")
    page = (tmp_path / "html" / "chapters" / "part" / "softmax.html").read_text("utf-8")
    for number in ("2.1", "2.2", "2.3", "2.4"):
        assert f"({number})" in page
    figure = re.search(r'caption-number">\D*([\d.]+\d)', page)
    assert figure
    assert f"softmax:fig-line}}{{{{{figure[1]}}}" in made[1]


def test_solutions_stand_at_the_end_and_are_linked_with_their_exercises(text: str) -> None:
    body = text[text.rindex("List of equations") - len(text) :]
    assert "Nothing moves" not in body
    solution = text.index("Nothing moves")
    assert text.index("Exercise 2.1 The shift") < text.index("After the exercises", 2000) < solution
    assert re.search(r"Solution on page \d+", text)
    assert re.search(r"Exercise 2\.1 +The shift +page \d+", text[solution - 400 :])


@pytest.mark.parametrize(
    ("entry", "there"), [("log_softmax", "z.log_softmax(0)"), ("score", "Scores become")]
)
def test_a_printed_index_names_the_right_pages(
    made: tuple[Path, str], entry: str, there: str
) -> None:
    pages = [page.extract_text() for page in PdfReader(made[0]).pages]
    listed = [re.search(rf"\b{entry} ([\d, –]+)$", page, flags=re.M) for page in pages]
    (found,) = [match for match in listed if match]
    numbers = {int(number) for number in re.findall(r"\d+", found[1])}
    assert any(there in pages[number - 1] for number in numbers)
    assert len(numbers) <= sum(there.split("(")[0][-8:] in page for page in pages)


def test_a_printed_index_points_from_other_words_to_the_entry(text: str) -> None:
    assert re.search(r"evidence\s+see score", text)


def test_paper_shows_what_paper_can_show(text: str) -> None:
    assert "secret_of_the_figure" not in text
    assert "A line that goes up." in text
    assert "waiting for your answer" not in text
    assert re.search(r"✓ eq-soft: 3 values, largest difference \S+ +\(2\.1\)", text)
    assert "The sum is 6, by (1.1)" in text
    assert "A derivation" in text
    assert "not checked: it is here for its number" in text


def test_long_outputs_are_cut_and_say_so(text: str) -> None:
    assert "300 more characters" in text
    assert "more lines, left out on paper" in text
    assert "site-packages" not in text
    assert "mat1 and mat2 shapes cannot be multiplied" in text


def test_the_same_store_gives_the_same_bytes(book: contents.Book, made: tuple[Path, str]) -> None:
    assert pdf.build(book).read_bytes() == made[0].read_bytes()


def test_broken_latex_is_named_by_its_line_and_the_good_pdf_stays(
    book: contents.Book, made: tuple[Path, str]
) -> None:
    said = _broken(
        book, "softmax", r"p_i = \frac", r"p_i \Darr \frac"
    )  # KaTeX knows it, LaTeX does not
    assert len(said) == 1
    assert said[0].startswith(_line(book, "softmax", r"p_i = \frac"))
    assert "Undefined control sequence" in said[0]
    assert r"\Darr" in said[0]
    target = downloads.pdf(book)
    assert target.read_bytes() == made[0].read_bytes()


def test_a_missing_glyph_and_a_wide_formula_are_named_by_their_lines(
    book: contents.Book, made: tuple[Path, str]
) -> None:
    wide = " + ".join(f"x_{{{i}}}" for i in range(60))
    new = f"A 你 in a sentence.\n\n```{{math}}\ns =\n{wide}\n```\n\nThe sum is"
    said = _broken(book, "tensors", "The sum is", new)
    where = book.entry("tensors").chapter
    at = where.line_of("The sum is")
    glyph = "the font FreeSerif.otf has no 你 (U+4F60); write it in another way [pdf-glyph]"
    assert said[0] == f"{where.path}:{at}: {glyph}"
    assert said[1].startswith(f"{where.path}:{at + 4}: ")
    assert "pt too wide for the text on paper" in said[1]


def test_what_latex_says_is_traced_to_the_line_of_the_chapter(
    book: contents.Book, tmp_path: Path
) -> None:
    chapter = book.entry("tensors").chapter
    at = chapter.line_of("What is a number")
    tex = tmp_path / "x.tex"
    tex.write_text(f"head\n%@ {chapter.path}:{at}\nWhat is a number, asked Knuth?\n\n", "utf-8")
    trace = texlog.Trace.read(book.root, tex)
    log = "Overfull \\hbox (12.5pt too wide) in paragraph at lines 1--4\n[]\\TU/lmr What is a num-ber\n"
    [finding] = texlog.findings(book, trace, log, None)
    assert (finding.file, finding.line, finding.id) == (chapter.path, at, "pdf-overfull")
    assert texlog.findings(book, trace, log.replace("12.5", "9.9"), None) == []
    log = "LaTeX Warning: Reference `nowhere' on page 3 undefined on input line 3.\n"
    [finding] = texlog.findings(book, trace, log, None)
    assert (finding.line, finding.id) == (at, "pdf-reference")


def test_a_long_line_wraps_at_a_space_and_a_traceback_is_brief() -> None:
    lines = latex_cells.shorten("word " * 30).split("\n")
    assert max(map(len, lines)) <= latex_cells.WIDTH
    assert lines[1].startswith("  ↪ word")
    trace = (
        "-----\nValueError      Traceback (most recent call last)\nCell In[1], line 1\n"
        "----> 1 f(2)\n\nFile /x/y.py:3, in f(x)\n----> 3 raise ValueError(x)\n\nValueError: no\nmore"
    )
    assert latex_cells.raised_in(trace) == "----> 1 f(2)\nValueError: no\nmore"


def test_only_what_is_missing_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system, "_prefix", lambda: None)
    monkeypatch.setattr(system, "_has_apt", lambda: True)
    system.need([], "nothing")
    with pytest.raises(BookError, match="apt-get install --no-install-recommends latexmk"):
        system.need(["latexmk"], "the PDF")
    monkeypatch.setattr(system, "_has_apt", lambda: False)
    with pytest.raises(BookError, match="XeLaTeX, latexmk"):
        system.need(["latexmk"], "the PDF")


def test_a_table_has_as_few_lines_as_its_words_allow() -> None:
    texts = [["symbol", "code", "meaning"], ["x", "a_long_name, another", "word " * 30]]
    least = [[6, 4, 7], [1, 12, 4]]
    widths = latex_cells._column_widths(texts, least)
    assert sum(widths) == latex_cells.TABLE
    assert widths[0] == latex_cells.GAP + 6
    assert latex_cells.GAP + 12 <= widths[1] <= latex_cells.GAP + 20
    assert latex_cells._lines(texts, widths) == min(
        latex_cells._lines(texts, [10, i, 82 - i]) for i in range(16, 70)
    )
