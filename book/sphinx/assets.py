"""Files that pages need, copied from `book/site`; nothing comes from another host."""

from __future__ import annotations

import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config

from book.sphinx import state

SITE = Path(__file__).parents[1] / "site"
PDF = "equations-that-run.pdf"


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
        "search.js",
        "shapes.js",
        "favicon.svg",
        "katex/katex.min.css",
        "katex/LICENSE",
    ):
        _place(SITE / name, static / name)
    for pattern in ("live/*.js", "fonts/*"):
        for file in sorted(SITE.glob(pattern)):
            _place(file, static / file.relative_to(SITE))
    for font in sorted(SITE.glob("katex/fonts/*.woff2")):
        _place(font, static / "fonts" / font.name)
    for file in downloads(app):
        _place(Path(app.srcdir) / "_build" / file, out / published(file))


def downloads(app: Sphinx) -> list[Path]:
    """What other steps of the build have made for readers to take away, relative to `_build`."""
    found = [Path("pdf", PDF)]
    for chapter in state.of(app).book.chapters:
        if chapter.path.parts[0] == "chapters":
            notebook = Path("notebooks") / chapter.path.relative_to("chapters")
            found += [notebook.with_suffix(".ipynb"), notebook.with_suffix(".py")]
    return [file for file in found if (Path(app.srcdir) / "_build" / file).is_file()]


def published(file: Path) -> str:
    """Where a download lies on the site: the PDF at the top, notebooks in their folder."""
    return file.name if file.name == PDF else file.as_posix()


def _place(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
