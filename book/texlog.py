"""What LaTeX said in its log, as findings about lines of the chapters."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from book.contents import Book
from book.findings import Finding
from book.store import Store

MARK = re.compile(r"^%@ (?P<file>.+):(?P<line>\d+)$")
ERROR = re.compile(r"^(?:\./)?(?P<tex>[\w./-]+\.\w+):(?P<at>\d+): (?P<text>.+)$")
OVERFULL = re.compile(
    r"^Overfull \\(?P<box>[hv])box \((?P<size>[\d.]+)pt too (?:wide|high)\)"
    r"(?: in \w+ at lines (?P<first>\d+)--(?P<last>\d+)| detected at line (?P<at>\d+)|.*)$"
)
UNDEFINED = re.compile(
    r"^LaTeX Warning: (?:Hyper r|R)eference `(?P<name>[^']+)'.* on input line (?P<at>\d+)"
)
TWICE = re.compile(r"^LaTeX Warning: Label `(?P<name>[^']+)' multiply defined")
GLYPH = re.compile(
    r"^Missing character: There is no (?P<sign>.+?)(?: \(U\+\w+\))? in font (?P<font>.*?)!?$"
)
TOLERATED = 10.0  # points that a line may stick out, a third of a centimetre


@dataclass(frozen=True)
class Trace:
    """Where each line of the LaTeX file comes from, by the marks that the writer left in it."""

    root: Path
    tex: tuple[str, ...]
    marks: tuple[tuple[int, str, int], ...]  # line of the LaTeX file, source file, its line

    @classmethod
    def read(cls, root: Path, tex: Path) -> Trace:
        lines = tuple(tex.read_text(encoding="utf-8").split("\n"))
        found = ((i, MARK.match(line)) for i, line in enumerate(lines, start=1))
        return cls(root, lines, tuple((i, m["file"], int(m["line"])) for i, m in found if m))

    def locate(self, at: int, text: str = "") -> tuple[Path, int]:
        """The source line behind the line `at`; `text` is what LaTeX showed of it."""
        index = bisect_right([mark[0] for mark in self.marks], at) - 1
        if index < 0:
            return Path("_config.yml"), 1
        _, file, line = self.marks[index]
        shown = text or max(self.tex[self.marks[index][0] : at], key=len, default="")
        return Path(file), self._nearest(file, line, index, shown)

    def _nearest(self, file: str, line: int, index: int, shown: str) -> int:
        """Of the lines of this block, the one that looks most like what LaTeX showed."""
        source = self.root / file
        if not source.is_file():
            return line
        lines = source.read_text(encoding="utf-8").splitlines()
        later = [m[2] for m in self.marks[index + 1 : index + 4] if m[1] == file and m[2] > line]
        block = lines[line - 1 : min(later[0] - 1 if later else line + 25, line + 60)]
        words = _letters(shown)
        if not words or not block:
            return line
        scores = [_alike(words, _letters(text)) for text in block]
        best = max(scores)
        return line + scores.index(best) if best > 0.3 else line


def findings(book: Book, trace: Trace, log: str, store: Store | None) -> list[Finding]:
    """All that must be mended before the PDF is good."""
    lines = log.split("\n")
    errors = list(_errors(trace, lines))
    if errors:
        return errors  # what else the log says follows from them
    return sorted(
        {*_overfull(trace, lines), *_references(trace, lines), *_glyphs(book, lines, store)}
    )


def _errors(trace: Trace, lines: list[str]) -> Iterator[Finding]:
    seen = set()
    for index, line in enumerate(lines):
        match = ERROR.match(line)
        if not match or match["text"].startswith("==>"):
            continue
        at = int(match["at"])
        in_text = match["tex"].endswith(".tex")
        file, where = trace.locate(at) if in_text else (Path("_config.yml"), 1)
        context = next((s for s in lines[index + 1 : index + 12] if s.startswith(f"l.{at} ")), "")
        at_fault = context.removeprefix(f"l.{at} ").strip()[-60:]
        near = f", near `{at_fault}`" if at_fault else ""
        message = (
            f"LaTeX stops here: {match['text'].rstrip('.')}{near}; mend the formula or the text"
        )
        if (file, where) not in seen:
            seen.add((file, where))
            yield Finding(file, where, message, "pdf-latex")
        if len(seen) == 10:
            return


def _overfull(trace: Trace, lines: list[str]) -> Iterator[Finding]:
    for index, line in enumerate(lines):
        match = OVERFULL.match(line)
        if not match or float(match["size"]) <= TOLERATED:
            continue
        shown = lines[index + 1] if index + 1 < len(lines) and match["first"] else ""
        at = int(match["at"] or match["last"] or 0)
        at -= bool(match["last"]) and int(match["last"]) > int(match["first"])
        file, where = trace.locate(at, _visible(shown)) if at else (Path("_config.yml"), 1)
        how = "too wide for the text" if match["box"] == "h" else "too tall for the page"
        cure = "break it into shorter lines, or make it smaller"
        message = f"{float(match['size']):.0f} pt {how} on paper; {cure}"
        yield Finding(file, where, message, "pdf-overfull")


def _references(trace: Trace, lines: list[str]) -> Iterator[Finding]:
    for line in lines:
        if match := UNDEFINED.match(line):
            file, where = trace.locate(int(match["at"]))
            message = f"refers to {match['name']}, which is not in the PDF; mend the reference"
            yield Finding(file, where, message, "pdf-reference")
        elif match := TWICE.match(line):
            name = match["name"].rpartition(":")[2]
            message = f"the label {match['name']} stands twice in the PDF; rename one"
            page = match["name"].rpartition(":")[0].rpartition(":")[2]
            file = Path(page).with_suffix(".md") if page else Path("_config.yml")
            yield Finding(file, _line_of(trace.root / file, name), message, "pdf-label")


def _glyphs(book: Book, lines: list[str], store: Store | None) -> Iterator[Finding]:
    fonts = {m["sign"]: m["font"] for m in map(GLYPH.match, lines) if m}
    for sign, font in fonts.items():
        name = font.strip('"[]').split("/")[0].split(":")[0].rstrip("]")
        code = " ".join(f"U+{ord(c):04X}" for c in sign)
        for file, line in _where(book, sign, store):
            message = f"the font {name} has no {sign} ({code}); write it in another way"
            yield Finding(file, line, message, "pdf-glyph")


def _where(book: Book, sign: str, store: Store | None) -> list[tuple[Path, int]]:
    """The lines that hold `sign`: of the sources, else the cells whose outputs hold it."""
    written = [(c.path, c.line_of(sign)) for c in book.pages if sign in c.text]
    bibliography = [Path(p) for p in book.config.get("bibtex_bibfiles", [])]
    written += [(p, n) for p in bibliography if (n := _line_of(book.root / p, sign, 0))]
    if written or store is None:
        return written or [(Path("_config.yml"), 1)]
    printed = []
    for chapter in book.chapters:
        loaded = store.load(chapter)
        cells = [c for c in loaded[1].cells if c.cell_type == "code"] if loaded else []
        for cell, executed in zip(chapter.cells, cells, strict=False):
            if sign in str(executed.outputs):
                printed.append((chapter.path, cell.line))
    return printed or [(Path("_config.yml"), 1)]


def _line_of(path: Path, needle: str, otherwise: int = 1) -> int:
    if not path.is_file():
        return otherwise
    lines = path.read_text(encoding="utf-8").splitlines()
    return next((i for i, line in enumerate(lines, start=1) if needle in line), otherwise)


def _visible(shown: str) -> str:
    """What LaTeX shows of an overfull line, without its fonts and boxes."""
    return re.sub(r"\\[A-Za-z]+/[^ ]+|\[\]|\$|\|", " ", shown)


def _letters(text: str) -> str:
    """A line without mark-up and hyphens, for comparing."""
    return re.sub(r"\\PYG\{\w*\}|\\sphinx\w+|[^\w+=*/()]", "", text)[:300]


def _alike(shown: str, text: str) -> float:
    """How much of what LaTeX showed stands in `text`, in pieces of four characters or more."""
    blocks = difflib.SequenceMatcher(None, shown, text, autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks if block.size >= 4) / len(shown)
