"""What surrounds a page's text: what it ran on, security policy, styles and scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

import furo
from docutils import nodes
from sphinx.application import Sphinx

from book import history
from book.contents import Entry
from book.sphinx import assets, landing, state

STYLED = re.compile(r'style="width: (\d+)px; height: (\d+)px;?"')
VIEWPORT = re.compile(r'<meta name="viewport"[^>]*>')
# A chapter among the contents; between number and title stands an en space.
NUMBERED = re.compile(r'(<a class="[^"]*reference internal[^>]*>)(\d+)\u2002')
# What MyST writes for MathJax, and a label that would hide a summary's own words.
SPENT = (' class="tex2jax_ignore mathjax_ignore"', ' aria-label="Toggle hidden content"')


def setup(app: Sphinx) -> None:
    """Fill each page's context, after the theme and the other extensions."""
    app.connect("html-page-context", _fill, priority=900)


def _fill(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    body = STYLED.sub(r'width="\1" height="\2"', context.get("body", ""))
    for spent in SPENT:
        body = body.replace(spent, "")
    context["body"] = body
    # The theme has one of its own.
    context["metatags"] = VIEWPORT.sub("", context.get("metatags", ""))
    here = state.of(app)
    entry = here.entry(pagename)
    # The theme calls the parts headings but not of which level; they are labels of a list.
    tree = context.get("furo_navigation_tree", "")
    tree = NUMBERED.sub(r'\1<span class="number">\2</span>', tree)
    context["furo_navigation_tree"] = tree.replace(' role="heading"', "")
    context["book"] = here.book
    context["entry"] = entry
    context["policy"] = _policy(runtime='data-runtime="' in body)
    context["run"] = here.run_of(entry) if entry else None
    context["source"] = _source(app, entry) if entry else None
    context["description"] = landing.opening(entry.chapter) if entry else ""
    context["map"] = 'class="map"' in body
    context["numbers"] = {e.chapter.docname: e.number for e in here.book.entries}
    context["live"] = 'class="live"' in body
    # The theme's and the extensions' files are in ours: see book.sphinx.bundle.
    context["css_files"] = context["script_files"] = []


def _source(app: Sphinx, entry: Entry) -> tuple[history.Commit, str] | None:
    """The last commit that changed the page, and its address."""
    found = history.last_edit(Path(app.srcdir), entry.chapter.path)
    return (found, f"{state.of(app).book.repository}/commit/{found.name}") if found.name else None


def _policy(*, runtime: bool) -> str:
    """What a page may load: only this site, and the few inline scripts, by their hashes.

    With a `runtime`, also what that page's own scripts unpack: a module and its WebAssembly.
    """
    ours = (assets.SITE / "templates" / name for name in ("early.html", "fonts.html"))
    templates = (furo.THEME_PATH / "base.html", *ours)
    text = "".join(template.read_text(encoding="utf-8") for template in templates)
    scripts = re.findall(r"<script>(.*?)</script>", text, flags=re.S)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    unpacked = ["blob:", "'wasm-unsafe-eval'"] if runtime else []
    allowed = " ".join(["'self'", *(f"'sha256-{h}'" for h in hashes), *unpacked])
    return (
        f"default-src 'self'; script-src {allowed}; style-src 'self' 'unsafe-inline'; "
        "font-src 'self' data:; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
    )
