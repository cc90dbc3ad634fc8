"""Mathematics on the page: KaTeX at build time, numbers, permalinks, and a badge for the check."""

from __future__ import annotations

from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

from book.equations import EquationRecord
from book.katex import LatexError
from book.sphinx import state, symbols, ways

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Make this the renderer of all mathematics in HTML."""
    app.add_html_math_renderer("katex", (_inline, None), (_display, None))
    app.connect("config-inited", _choose)
    app.add_post_transform(OneBox)


def _choose(app: Sphinx, config: object) -> None:
    config.html_math_renderer = "katex"  # type: ignore[attr-defined]


class OneBox(SphinxPostTransform):
    """Undo the theme's box around display formulas: it repeats their ids, and ours scroll."""

    default_priority = 510
    formats = ("html",)

    def run(self, **options: object) -> None:
        for box in list(self.document.findall(nodes.container)):
            if "math-wrapper" in box["classes"]:
                box.parent.replace(box, box.children)


def badge(record: EquationRecord) -> str:
    """What stands beside the number: a link to the check, or a quiet word on why there is none."""
    if record.state == "exempt":
        return f'<span class="exempt">not checked: {escape(record.reason)}</span>'
    if record.state != "checked":
        return ""
    said = escape(f"Equation ({record.number}) {record.sentence}", quote=True)
    return (
        f'<a class="badge" href="#check-{escape(record.label)}" title="{said}" aria-label="{said}">'
        f'<span aria-hidden="true">✓</span> {escape(record.short)} '
        f'<span class="device">{escape(record.device)}</span></a>'
    )


def _listed(self: HTML5Translator, record: EquationRecord | None, number: str) -> str:
    """An equation's number, which leads to its place in the list of all equations."""
    assert isinstance(self.builder, StandaloneHTMLBuilder)
    book = state.of(self.builder.app).book
    lists = (p for p in book.pages if any(d.name == "book-equations" for d in p.directives))
    page = next(lists, None)
    if record is None or page is None:
        return f"({number})"
    there = self.builder.get_relative_uri(self.builder.current_docname, page.docname)
    title = f"Equation ({number}) in the list of all equations"
    return f'<a class="listed" href="{there}#listed-{record.label}" title="{title}">({number})</a>'


def html_of(self: HTML5Translator, latex: str, display: bool, node: nodes.Node) -> str:
    """The formula as HTML; what KaTeX rejects becomes a warning and stays readable as LaTeX."""
    try:
        assert isinstance(self.builder, StandaloneHTMLBuilder)
        page = self.builder.current_docname
        return symbols.html_of(self.builder.app, page, latex, display=display)
    except LatexError as error:
        line = " ".join(latex.split())
        message = f"KaTeX rejects this formula: {error}; mend {line}"
        logger.warning("%s", message, location=_place(node), type="book", subtype="latex")
        return f"<code>{escape(latex)}</code>"


def _place(node: nodes.Node) -> str | None:
    """File and line of the nearest node that knows them; inline formulas often do not."""
    at: nodes.Node | None = node
    while at is not None:
        if at.source and at.line is not None:
            return f"{at.source}:{at.line}"
        at = at.parent
    return None


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    html = html_of(self, node.astext(), False, node)
    self.body.append(f'<span class="math notranslate nohighlight">{html}</span>')
    raise nodes.SkipNode


def _display(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math notranslate nohighlight"))
    self.body.append(f'<div class="formula">{html_of(self, node.astext(), True, node)}</div>')
    if node.get("number"):
        number = get_node_equation_number(self, node)
        self.body.append('<div class="beside">')
        record = state.of(self.builder.app).equations.get(node.get("label") or "")
        self.body.append(badge(record) if record else "")
        self.body.append(f'<span class="eqno">{_listed(self, record, number)}')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>" + (ways.flaw(self.builder.app, record) if record else ""))
        self.body.append("</div>")
    self.body.append("</div>\n")
    raise nodes.SkipNode
