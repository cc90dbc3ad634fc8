"""What the whole book uses, by name: for the index, and for the command that prints it."""

from __future__ import annotations

import sys

from book.contents import Book
from book.functions.reader import Use, uses
from book.markers import hidden

UNSEEN = {"remove-cell", "remove-input"}
FIRST = ("torch", "torch.Tensor")  # before all other modules


def by_page(book: Book) -> dict[str, list[Use]]:
    """What the cells that a reader sees use of PyTorch, by the name of their page."""
    if (library := str(book.root / "code")) not in sys.path:
        sys.path.append(library)  # the readers' library, as the chapters import it
    found = {}
    for chapter in book.chapters:
        shown = {c.index for c in chapter.cells if not UNSEEN & set(c.tags)}
        used = uses((c.index, hidden(c.source)) for c in chapter.cells)
        found[chapter.docname] = [use for use in used if use.cell in shown]
    return found


def by_name(pages: dict[str, list[Use]]) -> dict[str, dict[str, list[int]]]:
    """For each name, sorted: the cells that use it, by page, each cell once."""
    found: dict[str, dict[str, list[int]]] = {}
    for docname, used in pages.items():
        for use in used:
            cells = found.setdefault(use.name, {}).setdefault(docname, [])
            if use.cell not in cells:
                cells.append(use.cell)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def owner(name: str) -> str:
    """The module or the class that a name belongs to."""
    return name.rpartition(".")[0]


def _order(name: str) -> tuple[bool, str, str]:
    return owner(name) not in FIRST, owner(name), name.rpartition(".")[2].lower()
