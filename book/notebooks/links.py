"""Where readers open a notebook, and how it gets the book's helpers there."""

from __future__ import annotations

import subprocess
from pathlib import PurePosixPath

from book.chapter import Chapter
from book.contents import Book
from book.notebooks.targets import page_url

COLAB = "https://colab.research.google.com/github"
BRANCH = "notebooks"  # of the book's repository, where the notebooks are published
INSTALL = """\
# {note}
try:
    import tensorbook
except ImportError:
    %pip install -q --no-deps "{requirement}"
"""
PACKAGES = """\
try:
    import {names}
except ImportError:
    %pip install -q {packages}
"""
NOTE = "The book's own helpers, where they are missing. Your PyTorch is left as it is."


def path_of(chapter: Chapter) -> PurePosixPath:
    """The notebook's place in the export: `learning/classification.ipynb`."""
    parts = PurePosixPath(chapter.docname).parts
    folders = parts[1:-1] if parts[0] == "chapters" else parts[:-1]
    return PurePosixPath(*folders, f"{chapter.slug}.ipynb")


def colab(book: Book, chapter: Chapter) -> str:
    """Opens the notebook in Colab; empty for a repository that Colab cannot read."""
    name = _on_github(book)
    return f"{COLAB}/{name}/blob/{BRANCH}/{path_of(chapter)}" if name else ""


def binder(book: Book, chapter: Chapter) -> str:
    """Opens the notebook on Binder; empty for a repository that is not on GitHub."""
    name = _on_github(book)
    tree = f"lab/tree/{path_of(chapter)}".replace("/", "%2F")
    return f"https://mybinder.org/v2/gh/{name}/{BRANCH}?urlpath={tree}" if name else ""


def header(book: Book, chapter: Chapter) -> str:
    """One line under the title."""
    places = [
        ("read it on the web", page_url(book, chapter)),
        ("open it in Colab", colab(book, chapter)),
        ("open it on Binder", binder(book, chapter)),
    ]
    links = " · ".join(f"[{text}]({url})" for text, url in places if url)
    return f"A chapter of [*{book.title}*]({book.site}): {links}."


def requirement(book: Book) -> str:
    """What pip installs: the library as of the commit that last changed it, or of the branch.

    Not the newest commit: the notebooks then stay the same until the library or the text changes.
    """
    command = ["git", "-C", str(book.root), "log", "-1", "--format=%H", "--", "code"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        commit = ""
    return f"tensorbook @ git+{book.repository}@{commit or book.branch}#subdirectory=code"


def install(book: Book, chapter: Chapter) -> str:
    """The cell that installs the library, and what else the chapter imports, where that fails."""
    source = INSTALL.format(note=NOTE, requirement=requirement(book))
    if chapter.packages:
        names, packages = (mark.join(chapter.packages) for mark in (", ", " "))
        source += PACKAGES.format(names=names, packages=packages)
    return source.rstrip()


def remark(book: Book, chapter: Chapter) -> str:
    """The same for a script, which its reader installs for."""
    commands = [f'python -m pip install --no-deps "{requirement(book)}"']
    if chapter.packages:
        commands.append(f"python -m pip install {' '.join(chapter.packages)}")
    return "\n".join([NOTE, "", *(f"    {command}" for command in commands)])


def _on_github(book: Book) -> str:
    """`owner/name`, or an empty string."""
    before, _, name = book.repository.partition("//github.com/")
    return name if before == "https:" else ""
