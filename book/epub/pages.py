"""A page of the site as a page of an e-book: XHTML, formulas as MathML, nothing that needs a script."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup, Tag

# What only works, or only makes sense, in a browser.
GONE = (
    "script, template, button, .launch, .flaw, .headerlink, .katex-html, annotation, .expanded, [hidden], "
    ".highlight > pre > span:empty, .copybtn"
)
SPENT = (
    "tabindex",
    "download",
    "loading",
    "data-s",
    "data-v",
    "data-live",
    "data-alt",
    "data-runtime",
    "role",
)
# HTML forgets the capitals that SVG insists on.
CAPITALS = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}
PAGE = """\
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head>
<meta charset="utf-8"/>
<title>{title}</title>
<link rel="stylesheet" type="text/css" href="book.css"/>
</head>
<body>
{body}
</body>
</html>
"""


@dataclass(frozen=True)
class Page:
    """A page of the e-book.

    Attributes:
        name: of its file, such as `foundations-tensors.xhtml`.
        images: what it shows, as paths below the site; in the e-book each has `image_name`.
        headings: its sections, as anchor and title, in order.
    """

    name: str
    title: str
    text: str
    images: tuple[str, ...]
    headings: tuple[tuple[str, str], ...]

    @property
    def properties(self) -> str:
        """What the package must declare of it."""
        kinds = {"mathml": "<math", "svg": "<svg"}
        return " ".join(kind for kind, mark in kinds.items() if mark in self.text)


def page_name(docname: str) -> str:
    """The file of the page that Sphinx calls `docname`."""
    return docname.removeprefix("chapters/").replace("/", "-") + ".xhtml"


def image_name(path: str) -> str:
    """Where the e-book keeps an image of the site."""
    return "images/" + posixpath.basename(path)


def convert(html: str, docname: str, title: str, docnames: set[str], site: str) -> Page:
    """The article of a page of the site.

    Args:
        docnames: the pages that the e-book has; links to others lead to the site.
        site: where the pages are published, with a slash at the end.

    Raises:
        ValueError: the page has no article.
    """
    article = BeautifulSoup(html, "html.parser").article
    if article is None:
        raise ValueError(f"{docname} has no article")
    for tag in article.select(GONE):
        tag.decompose()
    for tag in article.select("semantics, .katex-mathml, .katex, .katex-display"):
        tag.unwrap()
    for drawing in article.select("svg"):
        drawing["xmlns"] = "http://www.w3.org/2000/svg"
        for place in drawing.select("a[aria-label]"):
            place.insert(0, _titled(str(place.attrs.pop("aria-label"))))
    for summary in article.select("summary"):
        summary.string = summary.get_text(" ", strip=True)
    images: dict[str, None] = {}
    for tag in article.find_all(True):
        _attributes(tag)
        if tag.name == "img":
            path = posixpath.normpath(posixpath.join(posixpath.dirname(docname), str(tag["src"])))
            images[path] = None
            tag["src"] = image_name(path)
        elif "href" in tag.attrs:
            tag["href"] = link(str(tag["href"]), docname, docnames, site)
    article.name, article.attrs = "section", {"epub:type": "chapter"}
    headings = tuple(_headings(article))
    body = article.decode(formatter="minimal")
    shown = BeautifulSoup("", "html.parser").new_string(title).output_ready("minimal")
    text = PAGE.format(title=shown, body=body)
    return Page(page_name(docname), title, text, tuple(images), headings)


def link(href: str, docname: str, docnames: set[str], site: str) -> str:
    """Where a link of the page leads in the e-book: within it where it can, else to the web."""
    parts = urlsplit(href)
    if parts.scheme or parts.netloc:
        return href
    anchor = f"#{parts.fragment}" if parts.fragment else ""
    if not parts.path:
        return anchor or "#"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(docname), unquote(parts.path)))
    target = path.removesuffix(".html")
    return page_name(target) + anchor if target in docnames else f"{site}{path}{anchor}"


def _titled(title: str) -> Tag:
    tag = BeautifulSoup("", "html.parser").new_tag("title")
    tag.string = title
    return tag


def picture(data: bytes) -> bytes:
    """An SVG as e-books may have it: without a document type, and with a line in every path, as of a space."""
    if b"<svg" not in data[:1000]:
        return data
    text = re.sub(r"<!DOCTYPE[^>]*>\s*", "", data.decode("utf-8"), count=1)
    return re.sub(r"<path(?![^>]*\sd=)", '<path d="M0 0"', text).encode()


def _attributes(tag: Tag) -> None:
    for name in [name for name in tag.attrs if name in SPENT or name.startswith("data-")]:
        if name != "role" or tag.name != "span":
            del tag[name]
    for small, right in CAPITALS.items():
        if small in tag.attrs:
            tag[right] = tag.attrs.pop(small)


def _headings(article: Tag) -> list[tuple[str, str]]:
    found = []
    for heading in article.find_all("h2"):
        section = heading.find_parent(attrs={"id": True})
        if section is not None:
            found.append((str(section["id"]), heading.get_text(" ", strip=True)))
    return found
