"""Mark notation tables, so that a narrow screen can set their meanings below the symbols."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.chapter import NOTATION


def setup(app: Sphinx) -> None:
    """Add the transform."""
    app.add_post_transform(Notation)


class Notation(SphinxPostTransform):
    """Runs before the theme puts tables into boxes (its priority is 500)."""

    default_priority = 30
    formats = ("html",)

    def run(self, **options: object) -> None:
        for table in filter(is_notation, self.document.findall(nodes.table)):
            table["classes"].append("notation")


def is_notation(table: nodes.table) -> bool:
    """Whether a table has the headings of a notation table."""
    head = next(iter(table.findall(nodes.thead)), None)
    titles = [entry.astext() for entry in head.findall(nodes.entry)] if head else []
    return titles[: len(NOTATION)] == NOTATION
