"""The container of an e-book: a zip archive with a list of what is in it, in EPUB 3's own order."""

from __future__ import annotations

import uuid
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path, PurePosixPath

from book.epub.pages import Page

FOLDER = "EPUB"
KINDS = {
    ".png": "image/png", ".svg": "image/svg+xml", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".gif": "image/gif",
    ".webp": "image/webp", ".css": "text/css", ".woff2": "font/woff2",
}  # fmt: skip
CONTAINER = f"""\
<?xml version="1.0" encoding="utf-8"?>
<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0">
<rootfiles><rootfile full-path="{FOLDER}/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
OPF = """\
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>en</dc:language>
<dc:rights>{rights}</dc:rights>
<dc:source>{source}</dc:source>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
<meta property="schema:accessibilitySummary">Formulas are MathML; every figure has a description.</meta>
</metadata>
<manifest>
{manifest}
</manifest>
<spine>
{spine}
</spine>
</package>
"""
NAV = """\
<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">
<head><meta charset="utf-8"/><title>Contents</title><link rel="stylesheet" type="text/css" href="book.css"/></head>
<body>
<nav epub:type="toc" id="toc"><h1>Contents</h1>
<ol>
{entries}
</ol>
</nav>
</body>
</html>
"""


@dataclass(frozen=True)
class Facts:
    """What the package says of the book; `modified` is a moment such as `2026-01-31T12:00:00Z`."""

    title: str
    author: str
    rights: str
    source: str
    modified: str


def write(
    out: Path, facts: Facts, parts: Iterable[tuple[str, list[Page]]], files: Mapping[str, bytes]
) -> None:
    """Write the e-book; equal contents give equal bytes.

    Args:
        parts: the pages in order, by the name of their part, which is empty for those without one.
        files: style sheet, cover and images, by their names in the e-book; the cover is `cover.png`.
    """
    listed = list(parts)
    pages = [page for _, group in listed for page in group]
    contents: dict[str, bytes] = {
        "META-INF/container.xml": CONTAINER.encode(),
        f"{FOLDER}/package.opf": _opf(facts, pages, files).encode(),
        f"{FOLDER}/nav.xhtml": NAV.format(entries="\n".join(map(_part, listed))).encode(),
    }
    contents |= {f"{FOLDER}/{page.name}": page.text.encode() for page in pages}
    contents |= {f"{FOLDER}/{name}": data for name, data in files.items()}
    with zipfile.ZipFile(out, "w") as archive:
        # Readers look for these bytes at this place, so they come first and are not compressed.
        _add(archive, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        for name, data in contents.items():
            _add(archive, name, data, zipfile.ZIP_DEFLATED)


def _add(archive: zipfile.ZipFile, name: str, data: bytes, method: int) -> None:
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.compress_type = method
    archive.writestr(entry, data)


def _opf(facts: Facts, pages: list[Page], files: Mapping[str, bytes]) -> str:
    items = [
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    ]
    spine = []
    for i, page in enumerate(pages):
        known = f' properties="{page.properties}"' if page.properties else ""
        items.append(
            f'<item id="p{i}" href="{page.name}" media-type="application/xhtml+xml"{known}/>'
        )
        spine.append(f'<itemref idref="p{i}"/>')
    spine.insert(1, '<itemref idref="nav"/>')
    for i, name in enumerate(files):
        kind = KINDS[PurePosixPath(name).suffix]
        known = ' properties="cover-image"' if name == "cover.png" else ""
        items.append(f'<item id="f{i}" href="{escape(name)}" media-type="{kind}"{known}/>')
    words = {key: escape(value, quote=False) for key, value in vars(facts).items()}
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"{facts.source}#{facts.modified}")
    return OPF.format(
        identifier=identifier, manifest="\n".join(items), spine="\n".join(spine), **words
    )


def _part(part: tuple[str, list[Page]]) -> str:
    name, pages = part
    items = "\n".join(map(_entry, pages))
    return f"<li><span>{escape(name)}</span>\n<ol>\n{items}\n</ol></li>" if name else items


def _entry(page: Page) -> str:
    inner = "".join(
        f'<li><a href="{page.name}#{escape(anchor)}">{escape(title)}</a></li>'
        for anchor, title in page.headings
    )
    below = f"\n<ol>{inner}</ol>" if inner else ""
    return f'<li><a href="{page.name}">{escape(page.title)}</a>{below}</li>'
