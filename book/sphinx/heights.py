"""How tall a section will be, roughly and never too little, before the browser has laid it out.

A section far from the screen waits (book/site/css/30-text.css). Were its place too small, what
stands in it would reach into the next section, and a finger, a reader of screens or a tool that
asks where things are would meet two at one spot.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.sphinx.folds import fold

ROOM = (50, 100, 200, 400, 800, 1600, 3200)  # rem, of the classes `room-1`, `room-2`, …
LINE, CHARACTERS = 1.6, 20  # rem, on a telephone
HEIGHTS = {
    fold: 3.5, nodes.math_block: 6.0, nodes.math: 0.6, nodes.raw: 0.0, nodes.image: 24.0, nodes.row: 3.5,
    nodes.literal_block: 2.5, nodes.term: 1.6, nodes.paragraph: 1.6,
}  # fmt: skip
# What is inside these does not show as text.
CLOSED = (fold, nodes.math_block, nodes.math, nodes.raw, nodes.Invisible)


def setup(app: Sphinx) -> None:
    """Add the transform."""
    app.add_post_transform(Rooms)


def guess(node: nodes.Node) -> float:
    """The height of a node in rem on a telephone."""
    if isinstance(node, nodes.Text):
        return LINE * len(node) / CHARACTERS
    own = next((rem for kind, rem in HEIGHTS.items() if isinstance(node, kind)), 0.0)
    if isinstance(node, CLOSED):
        return own
    return own + sum(guess(child) for child in node.children)


def room(height: float) -> str:
    """The class of the smallest place that is large enough."""
    fits = (number for number, rem in enumerate(ROOM, start=1) if rem >= height)
    return f"room-{next(fits, len(ROOM))}"


class Rooms(SphinxPostTransform):
    """Give each section of a page the class of its place."""

    default_priority = 700  # when outputs and folds are there
    formats = ("html",)

    def run(self, **options: object) -> None:
        for page in self.document.children:
            for section in page.children if isinstance(page, nodes.section) else ():
                if isinstance(section, nodes.section):
                    section["classes"].append(room(guess(section)))
