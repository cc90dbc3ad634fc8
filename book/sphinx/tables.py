"""Mark notation tables, so that a narrow screen can set their meanings below the symbols."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

HEADINGS = ["symbol", "code", "shape", "meaning"]


def setup(app: Sphinx) -> None:
    """Add the transform."""
    app.add_post_transform(Notation)


class Notation(SphinxPostTransform):
    """Runs before the theme puts tables into boxes (its priority is 500)."""

    default_priority = 30
    formats = ("html",)

    def run(self, **options: object) -> None:
        for table in self.document.findall(nodes.table):
            head = next(iter(table.findall(nodes.thead)), None)
            names = [entry.astext() for entry in head.findall(nodes.entry)] if head else []
            if names[: len(HEADINGS)] == HEADINGS:
                table["classes"].append("notation")
