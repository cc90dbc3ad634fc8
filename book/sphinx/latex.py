"""What Sphinx needs to write the book for paper: fonts, the book's style, its title page and its facts."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.builders.latex import LaTeXBuilder
from sphinx.config import Config
from sphinx.util import texescape
from sphinx.util.texescape import escape

from book.sphinx import latex_tree, latex_writer

HERE = Path(__file__).resolve().parent
STYLE = HERE.parent / "latex" / "equations.sty"
MACROS = HERE.parent / "macros.json"
MONO = ("DejaVuSansMono", "DejaVuSansMono-Bold", "DejaVuSansMono-Oblique", "DejaVuSansMono-BoldOblique")
NAMES = {"python": "Python", "torch": "PyTorch", "numpy": "NumPy", "matplotlib": "Matplotlib"}

FONTS = r"""
\setmainfont{lmroman10-regular}[Extension=.otf,BoldFont=lmroman10-bold,ItalicFont=lmroman10-italic,
  BoldItalicFont=lmroman10-bolditalic,
  FontFace={m}{sc}{Font=lmromancaps10-regular}]
\setsansfont{lmsans10-regular}[Extension=.otf,BoldFont=lmsans10-bold,ItalicFont=lmsans10-oblique]
\setmonofont{DejaVuSansMono}[Path=./,Extension=.ttf,BoldFont=*-Bold,ItalicFont=*-Oblique,
  BoldItalicFont=*-BoldOblique,Scale=0.8,HyphenChar=None]
\usepackage[mathbf=sym,warnings-off={mathtools-colon,mathtools-overbracket}]{unicode-math}
\setmathfont{latinmodern-math.otf}
\AtBeginDocument{\renewcommand{\boldsymbol}{\symbfit}}
"""


def setup(app: Sphinx) -> None:
    """Make the LaTeX builder write the book; other builders are left alone."""
    latex_tree.setup(app)
    if "comments_config" not in app.config.values:  # Jupyter Book sets it for an extension left out
        app.add_config_value("comments_config", {}, "env")
    app.set_translator("latex", latex_writer.PaperTranslator, override=True)
    app.connect("config-inited", _configure, priority=900)
    app.connect("builder-inited", _prepare)


def _configure(app: Sphinx, config: Config) -> None:
    config.latex_engine = "xelatex"
    config.latex_use_xindy = False
    config.latex_theme = "manual"
    config.latex_docclass = {"manual": "book"}
    config.latex_toplevel_sectioning = "chapter"
    config.latex_domain_indices = False
    config.latex_table_style = ["booktabs"]
    config.latex_show_urls = "no"
    config.latex_elements = {
        "papersize": "a4paper",
        "pointsize": "11pt",
        "extraclassoptions": "openany",
        "fontpkg": FONTS,
        "fvset": "",
        "fncychap": "",
        "figure_align": "!htbp",
        "maketitle": r"\booktitlepage",
        "tableofcontents": r"\bookcontents",
        "makeindex": "",
        "printindex": "",
        "preamble": r"\usepackage{equations}" + "\n" + r"\input{facts.tex}",
    }


def _prepare(app: Sphinx) -> None:
    """Lay the style, the fonts and the facts beside the document."""
    if not isinstance(app.builder, LaTeXBuilder):
        return
    import matplotlib

    for table in (texescape._tex_escape_map_without_unicode, texescape._tex_hlescape_map_without_unicode):
        for sign in "✓✔✕✖":  # Sphinx would write these as mathematics; the book's fonts have them
            table.pop(ord(sign), None)
    app.config.pygments_style = "book.sphinx.paper.Paper"
    out = Path(str(app.outdir))
    shutil.copy(STYLE, out / STYLE.name)
    for font in MONO:  # Matplotlib brings this family along, with every glyph that outputs need
        shutil.copy(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf"), out)
    text = "\n".join([*_facts(Path(str(app.srcdir))), *macros(json.loads(MACROS.read_text("utf-8")))])
    (out / "facts.tex").write_text(text + "\n", encoding="utf-8")


def macros(table: dict[str, str]) -> list[str]:
    """The book's mathematical macros, which replace any that a package defines."""
    lines = [r"\AtBeginDocument{%"]
    for name, meaning in table.items():
        count = max(map(int, re.findall(r"#(\d)", meaning)), default=0)
        arguments = f"[{count}]" if count else ""
        lines.append(rf"\providecommand{{{name}}}{{}}\renewcommand{{{name}}}{arguments}{{{meaning}}}%")
    return [*lines, "}"]


def _facts(root: Path) -> list[str]:
    """Title, date, commit, and what the chapters ran on."""
    from book import contents

    book = contents.load(root)
    facts = {
        "booktitle": book.title,
        "bookauthor": str(book.config.get("author", "")),
        "booktagline": tagline(book.entries[0].chapter.text),
        "bookdate": edition(root)[1],
    }
    lines = [rf"\newcommand{{\{name}}}{{{escape(value, 'xelatex')}}}" for name, value in facts.items()]
    paragraphs = [_licence(book), _source(book, root), *_runs(book), _made_with()]
    return [*lines, r"\newcommand{\bookcolophon}{%", "\\par\n".join(filter(None, paragraphs)), "}"]


def tagline(text: str) -> str:
    """What the book is, in a line: the landing page's first paragraph, when it is plain and short."""
    match = re.search(r"^# .+\n+(?P<line>[A-Z][^\n`{$*]{10,150}?)\.?\n\n", text, flags=re.M)
    return match["line"] if match else ""


def edition(root: Path) -> tuple[str, str]:
    """The commit, abbreviated, and its date; both empty outside a repository."""
    command = ["git", "-C", str(root), "log", "-1", "--abbrev=10", "--format=%h %cs"]
    done = subprocess.run(command, capture_output=True, text=True)
    commit, _, date = done.stdout.strip().partition(" ")
    return commit, date


def _licence(book: Any) -> str:
    holder = escape(str(book.config.get("author", "")), "xelatex")
    years = escape(str(book.config.get("copyright", "")), "xelatex")
    return (
        rf"© {years} {holder}. The text is published under the Creative Commons Attribution 4.0 licence "
        r"(\href{https://creativecommons.org/licenses/by/4.0/}{CC BY 4.0}), the code under the MIT licence."
    )


def _source(book: Any, root: Path) -> str:
    commit, date = edition(root)
    made = f"This copy was made from commit {commit} of {date}. " if commit else ""
    return (
        rf"{made}The pages, with figures that move, are at \url{{{book.site}}}, "
        rf"the source at \url{{{book.repository}}}."
    )


def _runs(book: Any) -> list[str]:
    """What the chapters were executed on, said once for all that ran on the same."""
    from book.store import Store

    path = book.root / "_build" / ".jupyter_cache"
    store = Store(path) if path.is_dir() else None
    groups: dict[tuple[str, str], list[Any]] = {}
    for chapter in book.chapters:
        run = store.run_of(chapter.slug) if store else None
        if run:
            versions = ", ".join(f"{NAMES.get(k, k)} {v}" for k, v in run.versions.items())
            groups.setdefault((run.device, versions), []).append(run)
    lines = []
    for (device, versions), runs in groups.items():
        which = "All code was" if len(groups) == 1 else f"{len(runs)} chapters were"
        seconds = sum(run.seconds for run in runs)
        shown = {"cpu": "a CPU"}.get(device, device)
        text = f"{which} executed on {shown} in {seconds:.0f} s, with {versions}."
        lines.append(escape(text, "xelatex"))
    kinds = {name: kind for runs in groups.values() for run in runs for name, kind in run.data.items()}
    if stand_ins := sorted(name for name, kind in kinds.items() if kind != "real"):
        lines.append(escape(f"Stand-ins took the place of data that could not be had: {', '.join(stand_ins)}.", "xelatex"))
    return lines


def _made_with() -> str:
    return r"Set in Latin Modern and DejaVu Sans Mono with XeLaTeX."


def epoch(root: Path) -> str:
    """The time that the PDF carries: `SOURCE_DATE_EPOCH`, or that of the commit."""
    if os.environ.get("SOURCE_DATE_EPOCH"):
        return os.environ["SOURCE_DATE_EPOCH"]
    command = ["git", "-C", str(root), "log", "-1", "--format=%ct"]
    done = subprocess.run(command, capture_output=True, text=True)
    return done.stdout.strip() or "315532800"
