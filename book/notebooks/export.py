"""Write every chapter as a notebook and as a script, all of them or none."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from book.chapter import Chapter
from book.contents import Book
from book.findings import BookError, Finding
from book.notebooks import links
from book.notebooks.cells import Item, cells, title
from book.notebooks.page import Page, Surroundings
from book.notebooks.script import script
from book.store import Store
from book.workplace import put_in_place

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "name": "python", "file_extension": ".py", "mimetype": "text/x-python",
    "pygments_lexer": "ipython3",
}  # fmt: skip
FOLDED = {"jupyter": {"source_hidden": True}, "cellView": "form"}  # only its title is in sight
ACCELERATORS = {"GPU": "T4", "TPU": "V28"}  # Colab's names


def export(book: Book, store: Store, out: Path, slugs: Sequence[str] | None = None) -> list[Path]:
    """Write `<part>/<slug>.ipynb` and `.py` below `out` for every executed chapter.

    Args:
        slugs: only these chapters; what `out` holds of others is kept.

    Returns:
        The notebooks, in the order of the contents.

    Raises:
        BookError: with all findings of all chapters; `out` is then as it was.
    """
    around, aside = Surroundings(book, store), out.with_name(f"{out.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    if slugs is not None and out.is_dir():
        shutil.copytree(out, aside)
    aside.mkdir(parents=True, exist_ok=True)
    try:
        paths = _write_all(around, chosen(book, slugs), aside)
    except BookError:
        shutil.rmtree(aside)
        raise
    put_in_place(aside, out)
    return [out / path for path in paths]


def chosen(book: Book, slugs: Sequence[str] | None) -> list[Chapter]:
    """The chapters that become notebooks: executed ones, without the landing page."""
    root = book.entries[0].chapter
    wanted = None if slugs is None else {book.entry(slug).chapter.slug for slug in slugs}
    return [c for c in book.chapters if c is not root and (wanted is None or c.slug in wanted)]


def items(around: Surroundings, chapter: Chapter) -> list[Item]:
    """All cells of a chapter's notebook: its title, the installation, then the chapter's own."""
    book, page = around.book, Page(around, chapter)
    heading = f"{title(page, book.entry(chapter.slug).number)}\n\n{links.header(book, chapter)}"
    return [
        Item("markdown", heading, 1),
        Item("code", links.install(book, chapter, around.library), 0, metadata=FOLDED),
        *cells(page),
    ]


def script_items(around: Surroundings, chapter: Chapter, found: list[Item]) -> list[Item]:
    """The same cells for a script, where the installation is a remark."""
    remark = links.remark(around.book, chapter, around.library)
    return [found[0], Item("markdown", remark, 0), *found[2:]]


def notebook(chapter: Chapter, found: list[Item]) -> nbformat.NotebookNode:
    """The notebook, without outputs; the cells' ids depend on the chapter and their order alone."""
    made = []
    for index, item in enumerate(found):
        new = new_code_cell if item.kind == "code" else new_markdown_cell
        name = f"{chapter.slug[:56]}-{index:03d}"
        made.append(new(item.source, id=name, metadata=item.metadata))
    return new_notebook(cells=made, metadata=_metadata(chapter))


def _metadata(chapter: Chapter) -> dict[str, Any]:
    colab: dict[str, Any] = {"name": f"{chapter.slug}.ipynb", "provenance": [], "toc_visible": True}
    metadata: dict[str, Any] = {"kernelspec": KERNEL, "language_info": LANGUAGE, "colab": colab}
    if accelerator := chapter.settings.get("accelerator"):
        if accelerator not in ACCELERATORS:
            line = chapter.line_of("accelerator:")
            message = f"`accelerator: {accelerator}` is none of Colab's; write GPU, TPU, or nothing"
            raise BookError(Finding(chapter.path, line, message, "accelerator"))
        metadata["accelerator"] = accelerator
        colab["gpuType"] = ACCELERATORS[accelerator]
    return metadata


def _write_all(around: Surroundings, chapters: list[Chapter], folder: Path) -> list[Path]:
    """Write all chapters, also after one that fails, so that the reader hears of every mistake."""
    findings: list[Finding] = []
    paths = []
    for chapter in chapters:
        try:
            paths.append(_write(around, chapter, folder))
        except BookError as error:
            findings.extend(error.findings)
    if findings:
        raise BookError(findings)
    return paths


def _write(around: Surroundings, chapter: Chapter, folder: Path) -> Path:
    """Write both files; returns the notebook's path within `folder`."""
    if chapter.problems:
        raise BookError(chapter.problems)
    if chapter.slug in sys.stdlib_module_names:
        message = f"a script {chapter.slug}.py would hide Python's own module; rename the chapter"
        raise BookError(Finding(chapter.path, 1, message, "name"))
    found = items(around, chapter)
    made = notebook(chapter, found)
    nbformat.validate(made)
    path = Path(links.path_of(chapter))
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(nbformat.writes(made) + "\n", encoding="utf-8")
    source = script(script_items(around, chapter, found))
    target.with_suffix(".py").write_text(source, encoding="utf-8")
    return path
