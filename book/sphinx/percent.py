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


def spaced(element: nodes.Element) -> None:
    """Change the texts below the element in place; code, output and formulas stay as they are.

    Downwards, since in a tree put together from several pages not every node knows its parent.
    """
    for place, child in enumerate(element.children):
        if isinstance(child, nodes.Text):
            new = SIGN.sub("\u00a0%", child)
            if new != child:
                element.children[place] = nodes.Text(new)
                element.children[place].parent = element
        elif isinstance(child, nodes.Element) and not isinstance(child, VERBATIM):
            spaced(child)
