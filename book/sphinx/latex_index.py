"""The printed indexes: marks where something is used or explained, and the page that lists them.

LaTeX knows the page numbers, makeindex sorts and joins them.
"""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import texescape

from book.functions.listing import owner
from book.sphinx import state
from book.sphinx.functions import anchor, functions_list
from book.sphinx.latex_nodes import starts
from book.sphinx.terms import terms_list


def setup(app: Sphinx) -> None:
    """Connect the transforms."""
    app.add_post_transform(Indexes)


class Indexes(SphinxPostTransform):
    """Marks the uses in the cells that are printed; prints the indexes in the place of their parts."""

    formats = ("latex",)
    default_priority = 8  # after the code that only draws has gone

    def run(self, **kwargs: Any) -> None:
        for page in starts(self.document):
            uses = state.of(self.app).uses.get(page["docname"], [])
            for cell in page.findall(nodes.container):
                if cell.get("nb_element") == "cell_code" and _shows_code(cell):
                    used = {use.name for use in uses if anchor(use.cell) in cell["ids"]}
                    marks = "".join(_mark(name) for name in sorted(used))
                    cell.insert(0, nodes.raw("", marks, format="latex"))
        self._print(functions_list, r"\printindex[functions]")
        self._print(terms_list, r"\printindex")

    def _print(self, kind: type[Element], command: str) -> None:
        """Sections of names, made for the site, give way to what LaTeX prints."""
        sections = [place.parent for place in self.document.findall(kind)]
        for section in sections[1:]:
            section.parent.remove(section)
        for section in sections[:1]:
            section.replace_self(nodes.raw("", command, format="latex"))


def _shows_code(cell: Element) -> bool:
    return any(part.get("nb_element") == "cell_code_source" for part in cell.children)


def _mark(name: str) -> str:
    """A name below its module: `torch` and its tensors come first, as on the site."""
    module = owner(name)
    levels = [(module, module), (name.rpartition(".")[2].lower(), name.rpartition(".")[2])]
    path = "!".join(f"{key}@{_code(text)}" for key, text in levels)
    return rf"\index[functions]{{{path}|hyperpage}}"


def _code(text: str) -> str:
    """A name in typewriter letters; a long one may go on in the next line after a dot."""
    escaped = texescape.escape(text, "xelatex").replace(".", r".\allowbreak{}")
    return rf"\texttt{{{escaped}}}"
