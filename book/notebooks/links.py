"""Where readers open a notebook, and how it gets the book's helpers there."""

from __future__ import annotations

import json
from pathlib import PurePosixPath

from book.branch.push import BRANCH
from book.chapter import Chapter
from book.contents import Book
from book.library import Library
from book.notebooks.targets import page_url

COLAB = "https://colab.research.google.com/github"
INSTALL = """\
# @title Set-up: {note}
import subprocess
import sys
from importlib import invalidate_caches, metadata


def install(*what):
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    limits = ["--retries", "1", "--timeout", "10"]
    done = subprocess.run([*pip, *limits, *what], capture_output=True, text=True)
    if done.returncode:
        raise ImportError(
            f"pip could not install {{what[-1]}}: {{done.stderr.strip()[-300:] or 'it gave no reason'}}\\n\\n"
            "Is this computer online? Then run this cell once more. If an older version is installed,\\n"
            "you can also go on without it: most of the cells below will do the same."
        )
    invalidate_caches()


here = next(metadata.distributions(name="tensorbook"), None)
if here is None or here.version != "{version}":
    install("--no-deps", "{wheel}")
"""
PACKAGES = """\

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

if missing := [name for name in {names} if find_spec(name) is None]:
    found = [d for d in metadata.distributions() if d.metadata["Name"]]
    kept = {{d.metadata["Name"].lower().replace("_", "-"): d.version for d in reversed(found)}}
    with TemporaryDirectory() as folder:  # what is installed stays as it is
        Path(folder, "kept.txt").write_text("\\n".join(f"{{n}}=={{v}}" for n, v in kept.items()))
        install("--constraint", str(Path(folder, "kept.txt")), *missing)
"""
NOTE = "the book's own helpers, where they are missing. Your PyTorch is left as it is."


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


def wheel(book: Book, library: Library) -> str:
    """Where pip finds this version of the library, as long as the branch of the notebooks exists."""
    return f"{book.repository}/raw/{library.commit}/{library.name}"


def install(book: Book, chapter: Chapter, library: Library) -> str:
    """The cell that installs the library, and what else the chapter imports, where that is missing."""
    found = {"note": NOTE, "version": library.version, "wheel": wheel(book, library)}
    source = INSTALL.format(**found)
    if chapter.packages:
        source += PACKAGES.format(names=json.dumps(chapter.packages))
    return source.rstrip()


def remark(book: Book, chapter: Chapter, library: Library) -> str:
    """The same for a script, which its reader installs for."""
    commands = [f'python -m pip install --no-deps "{wheel(book, library)}"']
    if chapter.packages:
        commands.append(f"python -m pip install {' '.join(chapter.packages)}")
    return "\n".join([f"Set-up: {NOTE}", "", *(f"    {command}" for command in commands)])


def _on_github(book: Book) -> str:
    """`owner/name`, or an empty string."""
    before, _, name = book.repository.partition("//github.com/")
    return name if before == "https:" else ""
