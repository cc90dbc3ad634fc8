"""The book as a PDF: Sphinx writes LaTeX, XeLaTeX sets it, and only a good one replaces the last."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from book import build as sphinx_build
from book import downloads, system, texlog
from book.contents import Book
from book.findings import BookError, Finding
from book.store import Store

LIMIT = 900  # seconds that LaTeX may take
NUMBER = re.compile(
    r"^\\newlabel\{equation:[^:}]*:(?P<label>eq-[\w-]+)\}\{+(?P<number>[\w.]*)\}", re.M
)


def build(book: Book) -> Path:
    """Write `_build/pdf/equations-that-run.pdf` from the sources and their stored runs.

    Everything happens aside, in `_build/latex`; the last good PDF stays until a new one is good.

    Raises:
        BookError: Sphinx or LaTeX complained, a line sticks out, a glyph is missing, or a number
            differs from that of the site; each with the line of the source.
    """
    system.need(system.missing_for_pdf(), "the PDF")
    aside, target = book.root / "_build" / "latex", downloads.pdf(book)
    sphinx_build.sphinx(book.root, "latex", aside)
    settings = book.config.get("latex", {}).get("latex_documents", {})
    tex = aside / str(settings.get("targetname", target.with_suffix(".tex").name))
    log = _typeset(book.root, tex)
    cache = book.root / "_build" / ".jupyter_cache"
    store = Store(cache) if cache.is_dir() else None
    trace = texlog.Trace.read(book.root, tex)
    if found := texlog.findings(book, trace, log, store) or _numbers(book, tex.with_suffix(".aux")):
        raise BookError(found)
    made = tex.with_suffix(".pdf")
    _check_file(book, made)
    target.parent.mkdir(parents=True, exist_ok=True)
    made.replace(target)
    downloads.stamp(book)
    return target


def _typeset(root: Path, tex: Path) -> str:
    """Run XeLaTeX until all references stand; returns its log."""
    command = ["latexmk", "-norc", "-xelatex", "-interaction=nonstopmode", "-file-line-error"]
    command += ["-e", "$makeindex = q/makeindex -q -s equations.ist %O -o %D %S/"]
    try:
        done = subprocess.run(
            [*command, tex.name],
            cwd=tex.parent,
            env=_environment(root),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        message = f"XeLaTeX was still running after {LIMIT} s; see {tex.with_suffix('.log')}"
        raise BookError(Finding(Path("_config.yml"), 1, message, "pdf-time")) from None
    said = done.stdout.decode("utf-8", "replace")
    (tex.parent / "latexmk.log").write_text(said, encoding="utf-8")
    log = tex.with_suffix(".log")
    text = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else ""
    if done.returncode and not any(texlog.ERROR.match(line) for line in text.split("\n")):
        last = [line.strip() for line in said.splitlines() if line.strip()][-1:] or ["no output"]
        message = f"latexmk stopped: {last[0]}; the whole log is {tex.parent / 'latexmk.log'}"
        raise BookError(Finding(Path("_config.yml"), 1, message, "pdf-latex"))
    return text


def _environment(root: Path) -> dict[str, str]:
    from book.sphinx.latex import epoch

    return os.environ | {
        "SOURCE_DATE_EPOCH": epoch(root),
        "FORCE_SOURCE_DATE": "1",
        "max_print_line": "10000",  # the log is read by lines, so LaTeX must not fold them
        "error_line": "254",
        "half_error_line": "238",
    }


def _numbers(book: Book, aux: Path) -> list[Finding]:
    """Equations whose number on paper is not that of the contents and the site."""
    printed = {m["label"]: m["number"] for m in NUMBER.finditer(aux.read_text(encoding="utf-8"))}
    found = []
    for label, (number, chapter) in book.equation_numbers().items():
        if printed.get(label) != number:
            message = f"{label} is ({number}), but ({printed.get(label, 'none')}) in the PDF"
            line = next(e.line for e in chapter.labelled if e.label == label)
            found.append(Finding(chapter.path, line, message, "pdf-number"))
    return found


def _check_file(book: Book, pdf: Path) -> None:
    """The file opens, and has a bookmark for every page of the book's contents."""
    try:
        reader = PdfReader(pdf)
        titles = " ".join(_titles(reader.outline))
        missing = [c for c in book.pages[1:] if _plain(c.title) not in _plain(titles)]
    except (OSError, PyPdfError) as error:
        message = f"the PDF cannot be read: {error}; run again"
        raise BookError(Finding(Path("_config.yml"), 1, message, "pdf-broken")) from error
    if missing:
        message = (
            "this page is not among the PDF's bookmarks; look for what LaTeX left out before it"
        )
        raise BookError([Finding(c.path, 1, message, "pdf-page") for c in missing])


def _titles(outline: Sequence[object]) -> list[str]:
    titles: list[str] = []
    for item in outline:
        titles += _titles(item) if isinstance(item, list) else [str(getattr(item, "title", ""))]
    return titles


def _plain(title: str) -> str:
    """Letters and digits only: mark-up in a title is not in its bookmark."""
    return re.sub(r"\W", "", re.sub(r"\$[^$]*\$|\{[^}]*\}", "", title)).lower()
