"""The branch's files: every chapter's notebook, the library, Binder's environment, a page that explains them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from book import library
from book.branch import environment
from book.branch.push import BRANCH
from book.chapter import Chapter
from book.contents import Book
from book.notebooks import links
from book.notebooks.cells import title
from book.notebooks.export import chosen
from book.notebooks.page import Page, Surroundings
from book.notebooks.targets import page_url
from book.store import Store
from book.workplace import put_in_place

LICENCES = ("LICENSE", "LICENSE-TEXT")
README = """\
# The notebooks of *{title}*

Each chapter of [*{title}*]({site}) as a notebook that runs alone: the text, every equation, the code that
computes it. They hold no outputs; [the pages]({site}) show those.

**In the browser.** Colab and Binder, in the lists below, need no installation. On Colab the first cell brings the
book's helpers in a few seconds; where a chapter is faster on a GPU, Colab is asked for one.

**On your computer.** With Python 3.11 or newer and `git`:

    git clone --depth 1 --branch {branch} {repository} notebooks
    cd notebooks
    python -m pip install . jupyterlab
    jupyter lab

`pip install .` installs `tensorbook`, what the chapters import, and PyTorch where it is missing.
{chapters}
## What is here

| | |
|---|---|
| `{folders}` | the notebooks |
| `tensorbook/`, `pyproject.toml` | the library that they import, version {version} |
| `binder/` | the environment that Binder builds |

A program writes this branch whenever the book changes, so nothing is edited here:
[the sources]({repository}) are the place for that. Code is under the MIT licence (`LICENSE`), text
and figures under CC BY 4.0 (`LICENSE-TEXT`); small data in `tensorbook/files` says its own.
"""


def build(book: Book, store: Store, notebooks: Path, out: Path) -> Path:
    """Write the branch's files to `out`; `notebooks` is what `export` wrote.

    Raises:
        BookError: the library or a pin is missing.
    """
    aside = out.with_name(f"{out.name}.new")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    around = Surroundings(book, store)
    for name, text in _texts(around).items():
        path = aside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    for name, data in around.library.files.items():
        path = aside / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for name in LICENCES:
        if (book.root / name).is_file():
            shutil.copyfile(book.root / name, aside / name)
    for place in map(links.path_of, chosen(book, None)):
        (aside / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(notebooks / place, aside / place)
    put_in_place(aside, out)
    return out


def _texts(around: Surroundings) -> dict[str, str]:
    binder = environment.files(around.book.root)
    return {
        "README.md": _readme(around),
        library.PROJECT: around.library.project,
        **{f"binder/{name}": text for name, text in binder.items()},
    }


def _readme(around: Surroundings) -> str:
    book = around.book
    folders = sorted({str(links.path_of(chapter).parent) for chapter in chosen(book, None)})
    return README.format(
        title=book.title, site=book.site, repository=book.repository, branch=BRANCH,
        chapters="\n".join(_chapters(around)), version=around.library.version,
        folders="/`, `".join(folders) + "/",
    )  # fmt: skip


def _chapters(around: Surroundings) -> Iterator[str]:
    """A list of each part's chapters with the places where each opens."""
    book, part = around.book, ""
    for chapter in chosen(book, None):
        entry = book.entry(chapter.slug)
        if entry.part != part:
            part = entry.part
            yield f"\n## {part}\n"
        yield f"- {_chapter(around, chapter, entry.number)}"
    yield ""


def _chapter(around: Surroundings, chapter: Chapter, number: int) -> str:
    book = around.book
    name = title(Page(around, chapter), number).removeprefix("# ")
    places = [
        ("page", page_url(book, chapter)),
        ("Colab", links.colab(book, chapter)),
        ("Binder", links.binder(book, chapter)),
    ]
    found = [f"[{text}]({url})" for text, url in places if url]
    return " · ".join([f"[{name}]({links.path_of(chapter)})", *found])
