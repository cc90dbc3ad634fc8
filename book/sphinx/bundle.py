"""What all pages share, made when they are written: one style sheet, one script, reduced fonts.

Readers on slow lines wait for each request and each byte, so pages ask for few files, and these hold
what some page of the book uses and nothing else.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path

from sphinx.application import Sphinx

from book import glyphs, styles
from book.sphinx.assets import SITE

# What the theme and the extensions bring, before our own.
STYLES = ("styles/furo.css", "pygments.css", "katex/katex.min.css")
SCRIPTS = ("documentation_options.js", "scripts/furo.js", "clipboard.min.js", "copybutton.js")
OURS = ("book.js", "ways.js")
# Fonts that nearly every page begins with, so that no letter waits, and none moves when they come.
USUAL = re.compile(r"url\((fonts/(?:[\w-]+-(?:400|600|usual)|KaTeX_Size\d-Regular)\.woff2)\)")
THEIRS = ("*.css", "*.js", "*.svg", "*.png", "scripts/*", "styles/*", "katex/*.css")


def setup(app: Sphinx) -> None:
    """Wait for the last page."""
    app.connect("build-finished", _bundle, priority=900)


def _bundle(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    pages = _read(sorted(out.rglob("*.html")))
    script = [*(static / name for name in SCRIPTS), *(SITE / name for name in OURS)]
    style = [*(static / name for name in STYLES), *sorted((SITE / "css").glob("*.css"))]
    (static / "book.js").write_text("\n;\n".join(_read(script)), "utf-8")
    raw = "\n".join(_read(style))
    _sweep(static, "".join(pages))
    scripts = _read(sorted(static.rglob("*.js")))
    css = styles.purge(raw, styles.used(pages, scripts))
    _reduce(static / "fonts", css, glyphs.characters([*pages, *scripts, css]))
    (static / "book.css").write_text(_with_fonts(static, css), "utf-8")


def _read(files: list[Path]) -> list[str]:
    return [file.read_text(encoding="utf-8") for file in files]


def _sweep(static: Path, pages: str) -> None:
    """Remove what the theme and the extensions brought and no page asks for by name."""
    for pattern in THEIRS:
        for file in sorted(static.glob(pattern)):
            if f"_static/{file.relative_to(static).as_posix()}" not in pages:
                file.unlink()
    for folder in ("scripts", "styles"):
        (static / folder).rmdir()


def _reduce(fonts: Path, style: str, wanted: set[str]) -> None:
    """Leave in each font what the pages use of it; a font that no style names goes."""
    for font in sorted(fonts.glob("*.woff2")):
        if font.name in style:
            font.write_bytes(glyphs.reduced(font.read_bytes(), wanted))
        else:
            font.unlink()


def _with_fonts(static: Path, style: str) -> str:
    """The style sheet with its usual fonts inside; the rare ones stay files, fetched when a page needs them."""

    def inside(named: re.Match[str]) -> str:
        return f"url(data:font/woff2;base64,{base64.b64encode((static / named[1]).read_bytes()).decode()})"

    whole = USUAL.sub(inside, style)
    for name in set(USUAL.findall(style)):
        (static / name).unlink()
    return whole
