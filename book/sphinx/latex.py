"""What Sphinx needs to write the book for paper: fonts, the book's style, its title page and its facts."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.builders.latex import LaTeXBuilder
from sphinx.config import Config
from sphinx.util import texescape

from book import emblem, history
from book.contents import Book
from book.sphinx import latex_cells, latex_index, latex_tree, latex_writer, state
from book.sphinx.latex_nodes import tagline
from book.sphinx.state import State
from book.status import by_machine

HERE = Path(__file__).resolve().parent
STYLE = HERE.parent / "latex" / "equations.sty"
MACROS = HERE.parent / "macros.json"
MONO = (
    "DejaVuSansMono",
    "DejaVuSansMono-Bold",
    "DejaVuSansMono-Oblique",
    "DejaVuSansMono-BoldOblique",
)
MADE = (
    "Set in Latin Modern and DejaVu Sans Mono with XeLaTeX; the cover in Source Serif and Source Sans. "
    "Its curves are the softmax of scores that grow, in 120 directions, from the centre of the triangle "
    "of probabilities to its corners."
)

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
    latex_cells.setup(app)
    latex_tree.setup(app)
    latex_index.setup(app)
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
        "preamble": r"\usepackage{equations}" + "\n" + r"\input{facts.sty}",
    }


def _prepare(app: Sphinx) -> None:
    """Lay the style, the fonts and the facts beside the document."""
    if not isinstance(app.builder, LaTeXBuilder):
        return
    import matplotlib

    for table in (
        texescape._tex_escape_map_without_unicode,
        texescape._tex_hlescape_map_without_unicode,
    ):
        for sign in "✓✔✕✖":  # Sphinx would write these as mathematics; the book's fonts have them
            table.pop(ord(sign), None)
    app.config.pygments_style = "book.sphinx.paper.Paper"
    out = Path(str(app.outdir))
    for style in (STYLE, STYLE.with_suffix(".ist")):
        shutil.copy(style, out / style.name)
    (out / "cover.pdf").write_bytes(emblem.cover())
    for name, weight in (("serif", 600), ("sans", 400)):
        (out / f"cover-{name}.ttf").write_bytes(emblem.typeface(name, weight))
    for font in MONO:  # Matplotlib brings this family along, with every glyph that outputs need
        shutil.copy(Path(matplotlib.get_data_path(), "fonts", "ttf", f"{font}.ttf"), out)
    text = "\n".join([*_facts(state.of(app)), *macros(json.loads(MACROS.read_text("utf-8")))])
    (out / "facts.sty").write_text(text + "\n", encoding="utf-8")


def macros(table: dict[str, str]) -> list[str]:
    """The book's mathematical macros, which replace any that a package defines."""
    lines = [r"\AtBeginDocument{%"]
    for name, meaning in table.items():
        count = max(map(int, re.findall(r"#(\d)", meaning)), default=0)
        arguments = f"[{count}]" if count else ""
        lines.append(
            rf"\providecommand{{{name}}}{{}}\renewcommand{{{name}}}{arguments}{{{meaning}}}%"
        )
    return [*lines, "}"]


def _facts(here: State) -> list[str]:
    """Title, date, commit, and what the chapters ran on."""
    book, (name, date, _) = here.book, history.head(here.root)
    commit = name[:10]
    facts = {
        "booktitle": book.title,
        "bookauthor": str(book.config.get("author", "")),
        "booktagline": tagline(book.entries[0].chapter.text),
        "bookdate": date,
    }
    lines = [rf"\newcommand{{\{name}}}{{{_plain(value)}}}" for name, value in facts.items()]
    paragraphs = [_licence(book), _source(book, commit, date), *_runs(here), MADE]
    return [*lines, r"\newcommand{\bookcolophon}{%", "\\par\n".join(paragraphs) + "}"]


def _plain(text: str) -> str:
    """Text as LaTeX, whatever signs it holds."""
    return texescape.escape(text, "xelatex")


def _licence(book: Book) -> str:
    years, holder = (_plain(str(book.config.get(key, ""))) for key in ("copyright", "author"))
    return (
        rf"© {years} {holder}. The text is published under the Creative Commons Attribution 4.0 "
        r"licence (\href{https://creativecommons.org/licenses/by/4.0/}{CC BY 4.0}), the code under "
        "the MIT licence."
    )


def _source(book: Book, commit: str, date: str) -> str:
    made = f"This copy was made from commit {commit} of {date}. " if commit else ""
    return (
        rf"{made}The pages, with figures that move, are at \url{{{book.site}}}, "
        rf"the source at \url{{{book.repository}}}."
    )


def _runs(here: State) -> list[str]:
    """What the chapters were executed on, said once for all that ran on the same."""
    runs = [run for entry in here.book.entries if (run := here.run_of(entry))]
    groups, lines = by_machine(runs), []
    for (device, versions), alike in groups.items():
        which = "All code was" if len(groups) == 1 else f"The code of {len(alike)} chapters was"
        where = "a CPU" if device == "cpu" else device
        seconds = sum(run.seconds for run in alike)
        lines.append(f"{which} executed on {where} in {seconds:.0f} s, with {versions}.")
    kinds = {name: kind for run in runs for name, kind in run.data.items()}
    stand_ins = sorted(name for name, kind in kinds.items() if kind != "real")
    real = sorted(name for name, kind in kinds.items() if kind == "real")
    if real:
        lines.append(f"Data: {', '.join(real)}.")
    if stand_ins:
        lines.append(
            f"Stand-ins took the place of data that could not be had: {', '.join(stand_ins)}."
        )
    return [_plain(line) for line in lines]


def epoch(root: Path) -> str:
    """The time that the PDF carries: `SOURCE_DATE_EPOCH`, or that of the commit."""
    return os.environ.get("SOURCE_DATE_EPOCH") or history.head(root).time or "315532800"
