"""Set every percentage alike: a space before the sign, and no line break between, whoever wrote the number."""

from __future__ import annotations

import re

from docutils import nodes
from sphinx.application import Sphinx

# A cell may lend "97%" to the prose that says "97 %" itself.
SIGN = re.compile(r"(?<=\d)%|\s%(?!\w)")
VERBATIM = (nodes.literal, nodes.literal_block, nodes.math, nodes.math_block, nodes.raw)


def setup(app: Sphinx) -> None:
    """Connect to the moment at which all numbers are in their places, for every kind of output."""
    app.connect("doctree-resolved", lambda app, document, name: spaced(document))


def spaced(document: nodes.Element) -> None:
    """Change the texts of the document in place; code, output and formulas stay as they are."""
    for text in list(document.findall(nodes.Text)):
        new = SIGN.sub("\u00a0%", text)
        if new != text and not _within(text, VERBATIM):
            text.parent.replace(text, nodes.Text(new))


def _within(node: nodes.Node, kinds: tuple[type[nodes.Node], ...]) -> bool:
    above = node.parent
    while above is not None and not isinstance(above, kinds):
        above = above.parent
    return above is not None
