"""Exported notebooks and scripts: plain Markdown with the book's numbers, and code that runs alone."""

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest
import tiny

from book import library
from book.chapter import Chapter, parse
from book.contents import Book, load
from book.findings import BookError
from book.markers import hidden
from book.notebooks import export, links, run
from book.notebooks.cells import cells
from book.notebooks.export import chosen
from book.notebooks.latex import expand
from book.notebooks.page import Page, Surroundings
from book.store import Run, Store, as_notebook

HERE = Path(__file__).resolve().parent.parent
SITE = "https://example.org/book/"
LEFTOVERS = re.compile(
    r"\{[a-z][a-z:-]*\}`|^\s*(?:> ?)*(?:`{3,}|:{3,})\{|^:{3,}|\{glue|^% |^\([\w-]+\)=|^\+\+\+|\[\^\w+\]",
    flags=re.M,
)
CONFIG = """\
title: A tiny book
repository: {url: https://github.com/tiny/book, branch: main}
html: {baseurl: https://example.org/book/}
bibtex_bibfiles: [chapters/references.bib]
"""
TOC = """\
root: index
parts:
  - caption: Part
    numbered: true
    chapters: [{file: chapters/part/first}, {file: chapters/part/second}]
  - caption: Appendix
    chapters: [{file: chapters/appendix/words}]
"""
HEADER = """\
---
kernelspec: {name: python3, display_name: Python 3, language: python}
book: {accelerator: GPU}
---
"""
FIRST = """\
(the-start)=
# First things

% a remark for authors
Take half of $x \\in \\R^n$, then see {doc}`second`, [the second](second.md), [](second.md), {ref}`there`.
It costs \\$5 and `{eq}` stays code. {term}`Softmax`, {term}`the odds <log-odds>`.[^why]

| symbol | code | shape | meaning |
|---|---|---|---|
| $\\|x\\|$ | `x` | `()` | a number |

```{math}
:label: eq-half
\\begin{aligned}
h &= \\frac{x}{2}, \\\\  % halves
\\E[h] &= \\E_p[x]/2.
\\end{aligned}
```

Both {eq}`eq-half` and {eq}`eq-double` hold {cite:p}`lecun1998gradient,cox1958`, as {cite:t}`cox1958` knew.
Measured: {glue:text}`share`, {glue:text}`raw:.2f`, {glue:text}`count:d`.

```{code-cell} ipython3
from tensorbook import check, glue

x = 3.0
glue("share", "93.1%")
glue("raw", 0.93123)
glue("count", 12)
check("eq-half", x / 2, 1.5)
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-line
    caption: A line that {eq}`eq-half` halves.
  image:
    alt: A line.
tags: [hide-input]
---
import matplotlib.pyplot as plt

plt.plot([1, 2]);
```

{numref}`fig-line` and {numref}`Figure %s <fig-line>` and {numref}`fig-dot` and {ref}`ex-half`.

```{note}
A note with

$$
a = b
$$
```

:::{dropdown} More on $x$
Text.

```{math}
c = \\softmax(z)
```
:::

1. An item with

   ```{math}
   :label: eq-item
   y_\\softmax = 1
   ```

Term
: Its meaning.

```python
plain = "code"


stays = "as it is"
```

```{code-cell} ipython3
:tags: [raises-exception]
text = \"\"\"two
lines\"\"\"
assert text == "two\\nlines"
[][0]
```

```{exercise-start} The half of $x$
:label: ex-half
```
Halve it.

```{hint}
:class: dropdown
Divide, as {eq}`eq-half` does.
```

```{code-cell} ipython3
:tags: [stub]
def half(x):
    return ...
```
```{exercise-end}
```

```{solution-start} ex-half
:class: dropdown
```
Because.

```{code-cell} ipython3
:tags: [solution]
def half(x):
    return x / 2
```
```{solution-end}
```

[^why]: A footnote, by {eq}`eq-half`.
"""
SECOND = """\
# Second things

(there)=
## A place

```{math}
:label: eq-double
d = 2x
```

```{figure} dot.png
:name: fig-dot
:alt: A dot.
A dot.
```

```{code-cell} ipython3
import tensorbook
```
"""
WORDS = """\
# Words

```{glossary}
softmax
  Scores in, probabilities out.

log-odds
  Logarithm of a ratio.
```
"""
SOURCES = """\
@article{lecun1998gradient, author = {LeCun, Yann and Bottou, L{\\'e}on and Bengio, Yoshua},
  title = {Gradient-based learning}, journal = {Proceedings}, year = {1998}, doi = {10.1109/5.726791}}
@book{cox1958, author = {Cox, David}, title = {On {R}egression}, publisher = {Wiley}, year = {1958}}
"""
GLUED = {"share": "93.1%", "raw": "0.93123", "count": "12"}


@pytest.fixture(autouse=True)
def _away_from_github(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_REPOSITORY", raising=False)


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return _book(tmp_path)


def _book(root: Path, first: str = FIRST, second: str = SECOND) -> Book:
    files = {
        "_config.yml": CONFIG, "_toc.yml": TOC, "index.md": "# Hello\n",
        "chapters/part/first.md": HEADER + first,
        "chapters/part/second.md": HEADER.replace("book: {accelerator: GPU}\n", "") + second,
        "chapters/appendix/words.md": WORDS, "chapters/references.bib": SOURCES,
        "chapters/part/dot.png": "", "book/macros.json": (HERE / "book" / "macros.json").read_text(),
    }  # fmt: skip
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if not (root / "code").exists():
        (root / "code").symlink_to(HERE / "code")
    return load(root)


def _store(book: Book) -> Store:
    """A store with a run of the first chapter, as if it had been executed."""
    store = Store(book.root / "_build" / ".jupyter_cache")
    chapter = book.chapters[0]
    notebook = as_notebook(chapter)
    outputs = []
    for name, value in GLUED.items():
        prefix = "application/papermill.record/"
        scrap = {"scrapbook": {"name": name, "mime_prefix": prefix}}
        data = {f"{prefix}text/plain": value}
        outputs.append(nbformat.v4.new_output("display_data", data=data, metadata=scrap))
    next(c for c in notebook.cells if c.cell_type == "code").outputs = outputs
    store.save(chapter, notebook, Run("first", "", {}, 1.0, "cpu", {}, {}, "", ""))
    return store


def _exported(book: Book) -> nbformat.NotebookNode:
    path = export(book, _store(book), book.root / "out")[0]
    return nbformat.read(path, as_version=4)


def _text(notebook: nbformat.NotebookNode) -> str:
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def _outside_code(markdown: str) -> str:
    return re.sub(r"^```.*?^```|`[^`\n]+`", "", markdown, flags=re.M | re.S)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*.*"))}


def test_a_notebook_is_valid_and_holds_no_outputs(book: Book) -> None:
    notebook = _exported(book)
    nbformat.validate(notebook)
    code = [c for c in notebook.cells if c.cell_type == "code"]
    assert all(not c.outputs and c.execution_count is None for c in code)
    assert notebook.metadata.kernelspec.name == "python3"


def test_colab_is_asked_for_a_gpu_where_the_chapters_header_does(book: Book) -> None:
    asking, plain = (
        nbformat.read(path, as_version=4).metadata
        for path in export(book, _store(book), book.root / "out")
    )
    assert (asking.accelerator, asking.colab.gpuType) == ("GPU", "T4")
    assert "accelerator" not in plain
    assert "gpuType" not in plain.colab


def test_only_executed_chapters_become_notebooks(book: Book) -> None:
    written = export(book, _store(book), book.root / "out")
    assert [p.relative_to(book.root / "out").as_posix() for p in written] == [
        "part/first.ipynb",
        "part/second.ipynb",
    ]
    assert sorted(_files(book.root / "out")) == [
        "part/first.ipynb", "part/first.py", "part/second.ipynb", "part/second.py",
    ]  # fmt: skip


def test_the_first_cell_says_what_it_is_and_where_it_can_be_opened(book: Book) -> None:
    first, install, *_ = _exported(book).cells
    assert first.source.startswith("# 1. First things\n")
    assert f"({SITE}chapters/part/first.html)" in first.source
    assert (
        "colab.research.google.com/github/tiny/book/blob/notebooks/part/first.ipynb" in first.source
    )
    assert (
        "mybinder.org/v2/gh/tiny/book/notebooks?urlpath=lab%2Ftree%2Fpart%2Ffirst.ipynb"
        in first.source
    )
    found = library.of(HERE / "code")
    assert f'version != "{found.version}"' in install.source
    wheel = f"https://github.com/tiny/book/raw/{found.commit}/{found.name}"
    assert f'install("--no-deps", "{wheel}")' in install.source
    assert "find_spec" not in install.source
    assert install.metadata.cellView == "form"


def test_a_chapters_own_packages_are_installed_where_they_are_missing(book: Book) -> None:
    text = "book:\n  packages: [onnx, onnxruntime]\n"
    header = tiny.chapter("# T\n").replace("book:\n", text)
    chapter = parse(Path("chapters/part/t.md"), header)
    source = links.install(book, chapter, library.of(HERE / "code"))
    assert 'for name in ["onnx", "onnxruntime"] if find_spec(name) is None]' in source
    assert source.endswith('install("--constraint", str(Path(folder, "kept.txt")), *missing)')
    compile(source, "the first cell", "exec")


def test_equations_carry_the_numbers_that_the_book_gives_them(book: Book) -> None:
    text = _text(_exported(book))
    numbers = [n for n, chapter in book.equation_numbers().values() if chapter.slug == "first"]
    assert re.findall(r"\\tag\{(.+?)\}", text) == numbers == ["1.1", "1.2"]
    assert f"[(2.1)]({SITE}chapters/part/second.html#equation-eq-double)" in text


def test_formulas_need_no_macros_comments_or_markup(book: Book) -> None:
    text = _text(_exported(book))
    formula = (
        "$$\n\\begin{aligned}\nh &= \\frac{x}{2}, \\\\\n\\mathbb{E}[h] &= \\mathbb{E}_p[x]/2.\n"
        "\\end{aligned}\n\\tag{1.1}\n$$"
    )
    assert formula in text
    assert "$x \\in \\mathbb{R}^n$" in text
    assert "| $\\vert x\\vert$ |" in text


def test_formulas_in_a_quote_stay_on_one_line_and_in_a_list_stay_indented(book: Book) -> None:
    text = _text(_exported(book))
    assert "> **Note**\n>\n> A note with\n>\n> $$ a = b $$" in text
    assert (
        "1. An item with\n\n   $$\n   y_{\\operatorname{softmax}} = 1\n   \\tag{1.2}\n   $$" in text
    )


@pytest.mark.parametrize(
    ("latex", "wanted"),
    [
        (r"\R^n", r"\mathbb{R}^n"),
        (r"\Rest \R", r"\Rest \mathbb{R}"),
        (r"x_\R", r"x_{\mathbb{R}}"),
        (r"\pair{a}{b_{c}}", r"\langle a, b_{c}\rangle"),
        (r"\pair ab", r"\langle a, b\rangle"),
        (r"\two", r"\mathbb{R}^2"),
        (r"\arrow x", r"\to x"),
        (r"\arrow{}x", r"\to{}x"),
        (r"\\R", r"\\R"),
    ],
)
def test_macros_are_written_out(latex: str, wanted: str) -> None:
    table = {
        r"\R": r"\mathbb{R}", r"\pair": r"\langle #1, #2\rangle", r"\two": r"\R^2", r"\arrow": r"\to",
    }  # fmt: skip
    assert expand(latex, table) == wanted


def test_references_lead_to_the_published_pages(book: Book) -> None:
    text, page = _text(_exported(book)), f"{SITE}chapters/part"
    for link in (
        f"[Second things]({page}/second.html)",
        f"[the second]({page}/second.html)",
        f"[A place]({page}/second.html#there)",
        f"[Fig. 1.1]({page}/first.html#fig-line)",
        f"[Figure 1.1]({page}/first.html#fig-line)",
        f"[Fig. 2.1]({page}/second.html#fig-dot)",
        f"[Exercise 1.1]({page}/first.html#ex-half)",
        f"[Softmax]({SITE}chapters/appendix/words.html#term-softmax)",
        f"[the odds]({SITE}chapters/appendix/words.html#term-log-odds)",
    ):
        assert link in text


def test_citations_read_aloud_and_end_in_a_list(book: Book) -> None:
    text = _text(_exported(book))
    assert (
        "([LeCun et al., 1998](https://doi.org/10.1109/5.726791); Cox, 1958), as Cox (1958)" in text
    )
    assert text.index("## References") < text.index("- David Cox. *On Regression*. Wiley, 1958.")
    assert "Yann LeCun, Léon Bottou, and Yoshua Bengio. Gradient-based learning." in text


def test_glued_values_are_those_of_the_stored_run(book: Book) -> None:
    assert "Measured: 93.1%, 0.93, 12." in _text(_exported(book))


def test_footnotes_become_a_list(book: Book) -> None:
    text = _text(_exported(book))
    assert "<sup>1</sup>" in text
    assert (
        f"## Notes\n\n1. A footnote, by [(1.1)]({SITE}chapters/part/first.html#equation-eq-half)."
        in text
    )


def test_code_cells_are_the_chapters_own_except_caught_errors_and_titled_solutions(
    book: Book,
) -> None:
    notebook = _exported(book)
    code = [c.source for c in notebook.cells if c.cell_type == "code"][1:]
    for cell, shown in zip(book.chapters[0].cells, code, strict=True):
        if "solution" in cell.tags:
            assert shown == f"# @title Solution: The half of x\n{cell.source}"
        elif "raises-exception" in cell.tags:
            assert shown != cell.source
        else:
            assert shown == cell.source


def test_an_exercise_has_its_stub_in_sight_and_its_solution_folded(book: Book) -> None:
    notebook = _exported(book)
    text = _text(notebook)
    assert (
        "### Exercise 1.1. The half of $x$\n\nHalve it.\n\n<details>\n<summary>Hint</summary>"
        in text
    )
    assert (
        "<details>\n<summary>Solution to Exercise 1.1</summary>\n\nBecause.\n\n</details>" in text
    )
    stub, solution = (
        next(c for c in notebook.cells if tag in c.metadata.get("tags", []))
        for tag in ("stub", "solution")
    )
    assert "jupyter" not in stub.metadata
    assert solution.metadata.jupyter.source_hidden
    assert solution.metadata.cellView == "form"


def test_an_error_that_is_the_point_is_printed_and_does_not_stop_the_reader(
    book: Book, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = next(c for c in _exported(book).cells if "[][0]" in c.source)
    assert "raises-exception" not in cell.metadata.get("tags", [])
    exec(cell.source, {})
    assert capsys.readouterr().out == "IndexError: list index out of range\n"


def test_a_figures_caption_stands_below_its_cell(book: Book) -> None:
    cells = _exported(book).cells
    place = next(i for i, c in enumerate(cells) if "plt.plot" in c.source)
    assert cells[place + 1].source.startswith("**Fig. 1.1.** A line that [(1.1)](")


def test_code_in_the_text_is_untouched(book: Book) -> None:
    text = _text(_exported(book))
    assert '```python\nplain = "code"\n\n\nstays = "as it is"\n```' in text
    assert "It costs \\$5 and `{eq}` stays code." in text


def test_no_myst_is_left(book: Book) -> None:
    assert not LEFTOVERS.findall(_outside_code(_text(_exported(book))))


def test_two_exports_are_equal_to_the_byte(book: Book) -> None:
    store, out = _store(book), book.root / "out"
    export(book, store, out)
    before = _files(out)
    export(load(book.root), store, out)
    assert _files(out) == before
    ids = [c["id"] for c in json.loads(before["part/first.ipynb"])["cells"]]
    assert ids[:2] == ["first-000", "first-001"]


def test_one_chapter_can_be_exported_while_another_is_not_executed(book: Book) -> None:
    out = book.root / "out"
    export(book, _store(book), out)
    before = _files(out)
    export(
        _book(book.root, first=FIRST.replace("x = 3.0", "x = 4.0")), _store(book), out, ["second"]
    )
    assert _files(out) == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("{eq}`eq-nowhere`", "nothing is labelled 'eq-nowhere'"),
        ("{cite:t}`nobody`", "no source is called 'nobody'"),
        ("{glue:text}`nothing`", "no cell glues 'nothing'"),
        ("[x](nowhere.md)", "no page of the book is chapters/part/nowhere.md"),
        ("{strange}`x`", "the role {strange} has no plain form"),
        ("```{strange}\n```", "the directive {strange} has no plain form"),
        ("[^nowhere]", "the footnote nowhere is never defined"),
    ],
)
def test_what_has_no_plain_form_stops_the_export_at_its_line(
    book: Book, wrong: str, message: str
) -> None:
    out = book.root / "out"
    export(book, _store(book), out)
    before = _files(out)
    broken = _book(book.root, FIRST.replace("```{note}", f"{wrong}\n\n```{{note}}", 1))
    with pytest.raises(BookError) as caught:
        export(broken, _store(broken), out)
    (finding,) = caught.value.findings
    assert message in finding.message
    assert finding.line == broken.chapters[0].line_of(wrong.splitlines()[0])
    assert _files(out) == before


def test_text_that_quotes_a_run_needs_one(book: Book) -> None:
    with pytest.raises(BookError, match="python -m book run first"):
        export(book, Store(book.root / "_build" / ".jupyter_cache"), book.root / "out")


def test_notebooks_and_scripts_run_alone_in_an_empty_folder(book: Book) -> None:
    out = book.root / "out"
    export(book, _store(book), out)
    assert run(book, out, ["first"], scripts=True) == []


def test_a_failure_names_the_notebook_the_cell_and_the_chapters_line(tmp_path: Path) -> None:
    cell = "```{code-cell} ipython3\nx = 1\n\nopen('data.txt')\n```\n"
    book = _book(tmp_path, second=SECOND + "\n" + cell)
    out = tmp_path / "out"
    export(book, _store(book), out)
    notebook, script = sorted(run(book, out, ["second"], scripts=True), key=lambda f: f.message)
    line = book.chapters[1].line_of("open('data.txt')")
    assert (notebook.line, script.line) == (line, line)
    assert "second.ipynb: code cell 3 fails when the notebook runs alone" in notebook.message
    assert "second.py fails when it runs alone: FileNotFoundError" in script.message


class _AnyValue(dict[str, str]):
    """Stands for the run of a chapter that was not executed on this machine."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> str:
        return "42"


def _chapters() -> list[Chapter]:
    try:
        return chosen(load(HERE), None)
    except BookError:  # other tests say so
        return []


@pytest.mark.parametrize("chapter", _chapters(), ids=lambda chapter: chapter.slug)
def test_every_chapter_of_the_book_has_a_plain_form(
    chapter: Chapter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Surroundings, "glued", lambda self, chapter: _AnyValue())
    book = load(HERE)
    found = cells(Page(Surroundings(book, Store(tmp_path)), chapter))
    text = "\n\n".join(item.source for item in found if item.kind == "markdown")
    assert not LEFTOVERS.findall(_outside_code(text))
    numbers = [n for n, c in book.equation_numbers().values() if c.slug == chapter.slug]
    assert re.findall(r"\\tag\{(.+?)\}", text) == numbers
    code = [item for item in found if item.kind == "code"]
    assert len(code) == len(chapter.cells)
    for item, cell in zip(code, chapter.cells, strict=True):
        if not {"raises-exception", "solution"} & set(cell.tags):
            assert item.source == hidden(cell.source)
        elif "raises-exception" in cell.tags:
            ast.parse(item.source)


def test_what_speaks_to_the_mutation_tester_is_not_shown_to_the_reader() -> None:
    assert hidden("x = 1  # same: any will do\ny = 2  # the same\n") == "x = 1\ny = 2  # the same\n"
