"""Files that pages need, copied from `book/site`; nothing comes from another host."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from book import downloads
from book.findings import BookError
from book.sphinx import engine, state

SITE = Path(__file__).parents[1] / "site"


def setup(app: Sphinx) -> None:
    """Set what the site's look rests on, and copy when the output folder is known."""
    app.connect("config-inited", _configure, priority=400)
    app.connect("builder-inited", _copy)


def _configure(app: Sphinx, config: Config) -> None:
    config.templates_path.append(str(SITE / "templates"))
    config.html_copy_source = False
    config.html_show_sourcelink = False
    config.html_use_index = False
    config.html_permalinks_icon = "#"
    config.html_secnumber_suffix = "\u2002"
    config.html_scaled_image_link = False
    config.pygments_style = "book.sphinx.colours.Light"
    config.pygments_dark_style = "book.sphinx.colours.Dark"
    config.nb_code_prompt_show = "Show the code"
    config.nb_code_prompt_hide = "Hide the code"
    config.copybutton_selector = ".cell_input pre, div[class*=highlight-] pre:not(.cell pre)"


def _copy(app: Sphinx) -> None:
    if app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    static.mkdir(parents=True, exist_ok=True)
    for name in (
        "live.js",
        "map.js",
        "card.js",
        "shapes.js",
        "symbols.js",
        "favicon.svg",
        "katex/katex.min.css",
        "katex/LICENSE",
    ):
        _place(SITE / name, static / name)
    for pattern in ("live/**/*.js", "fonts/*"):
        for file in sorted(SITE.glob(pattern)):
            _place(file, static / file.relative_to(SITE))
    for font in sorted(SITE.glob("katex/fonts/*.woff2")):
        _place(font, static / "fonts" / font.name)
    here = state.of(app)
    try:
        downloads.write(here.book, here.store, out)
    except BookError as error:
        for finding in error.findings:
            engine.warn(finding)


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
