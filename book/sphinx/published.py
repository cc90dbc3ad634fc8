"""What a published site needs beside its pages: a map for search engines, a page for dead addresses, redirects."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from sphinx.application import Sphinx

from book import history, redirects
from book.contents import Book
from book.sphinx import state

LOST = "404"  # GitHub Pages shows this page at every address that does not exist
ADDRESS = re.compile(
    r"""(?P<before>(?:\s(?:href|src)|<meta name="worker" content)=")(?P<url>[^"]*)(?=")"""
)
ROBOTS = "User-agent: *\nAllow: /\nSitemap: {site}sitemap.xml\n"
SITEMAP = """\
<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
{entries}
</urlset>
"""


def setup(app: Sphinx) -> None:
    """Add the page for dead addresses; write the rest once all pages are there."""
    app.add_config_value(redirects.SETTING, {}, "", types=(dict,))
    app.connect("builder-inited", _add_page)
    app.connect("build-finished", _write, priority=900)  # before `offline` lists the files


def _add_page(app: Sphinx) -> None:
    if app.builder.name == "html":
        app.config.html_additional_pages[LOST] = f"{LOST}.html"


def _write(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    book, site = state.of(app).book, Path(app.outdir)
    redirects.write(book, site)
    (site / "sitemap.xml").write_text(sitemap(book), encoding="utf-8")
    (site / "robots.txt").write_text(ROBOTS.format(site=book.site), encoding="utf-8")
    lost = site / f"{LOST}.html"
    text = absolute(lost.read_text(encoding="utf-8"), urlsplit(book.site).path)
    lost.write_text(text, encoding="utf-8")


def sitemap(book: Book) -> str:
    """Every page of the contents, with the day of its last edit where git knows one."""
    return SITEMAP.format(entries="\n".join(_entries(book)))


def _entries(book: Book) -> Iterable[str]:
    for page in book.pages:
        address = book.site + ("" if page.docname == "index" else f"{page.docname}.html")
        day = history.last_edit(book.root, page.path).day
        edited = f"<lastmod>{day}</lastmod>" if day else ""
        yield f"  <url><loc>{escape(address)}</loc>{edited}</url>"


def absolute(page: str, root: str) -> str:
    """`page`, which stands at the top of the site, with addresses that hold in every folder.

    Args:
        root: the path of the site on its host, `/` or such as `/book/`.
    """

    def moved(url: str) -> str:
        parts = urlsplit(url)
        outside = parts.scheme or parts.netloc or not parts.path
        return url if outside else urljoin(root, url)

    return ADDRESS.sub(lambda match: match["before"] + moved(match["url"]), page)
