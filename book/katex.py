"""LaTeX to HTML with KaTeX, in an embedded V8: no browser, no Node, no network."""

from __future__ import annotations

import atexit
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from py_mini_racer import JSEvalException, MiniRacer

from book import mathml
from book.marks import coloured, transplanted

HERE = Path(__file__).parent
SCRIPTS = (HERE / "site" / "katex" / "katex.min.js", HERE / "symbols.js")
MACROS = HERE / "macros.json"

# One function, so that each formula crosses into V8 and back once. Macros are copied, because
# KaTeX keeps what a formula defines.
RENDER = """
function render(latex, display, macros) {
  try {
    return ["", katex.renderToString(latex, {
      displayMode: display, macros: Object.assign({}, macros), output: "htmlAndMathml",
      throwOnError: true, strict: "error", trust: false, maxExpand: 1000,
    })];
  } catch (error) { return [String(error.message || error), ""]; }
}
"""
# What the eye sees of a formula; before it comes the MathML that screen readers read.
VISIBLE = '<span class="katex-html"'


class LatexError(ValueError):
    """KaTeX rejects a formula; the message says why and shows where."""


@dataclass(frozen=True)
class Letter:
    r"""One letter of a formula, as KaTeX reads it.

    Attributes:
        text: the letter, or the command that draws it: `x`, `\varepsilon`.
        font: `mathbf`, `mathcal`, …; empty for plain italics.
        accents: the commands above it, the outermost first.
        name: the words and digits of its subscript: `in` of `C_\text{in}`, `1` of `W_1`.
        indices: how many letters or sums stand in its subscript: 2 of `x_{i+1,j}`.
        index: it stands in a subscript itself, or below a sum.
        start, end: where it stands in the formula.
    """

    text: str
    font: str = ""
    accents: tuple[str, ...] = ()
    prime: bool = False
    name: str = ""
    indices: int = 0
    index: bool = False
    start: int = 0
    end: int = 0


@dataclass(frozen=True)
class Reading:
    """The letters of a formula; `bound` are those that a sum, a product or a maximum runs over."""

    letters: tuple[Letter, ...] = ()
    bound: frozenset[str] = frozenset()


class Katex:
    """A KaTeX with the book's macros. Identical formulas are rendered once."""

    def __init__(self, macros: dict[str, str] | None = None) -> None:
        self.macros = json.loads(MACROS.read_text("utf-8")) if macros is None else macros
        self._seen: dict[tuple[str, bool], tuple[str, str]] = {}
        self._readings: dict[str, Reading] = {}
        self._running: Any = None

    def html(self, latex: str, *, display: bool, marks: Mapping[Letter, str] | None = None) -> str:
        """The formula as HTML with MathML inside; raises `LatexError`.

        With `marks`, letters get these attributes in what the eye sees; nothing else differs.
        """
        html = self._good(latex, display)
        if not marks:
            return html
        letters = sorted(marks, key=lambda letter: letter.start)
        places = [(letter.start, letter.end) for letter in letters]
        colours = self._good(coloured(latex.strip(), places), display)
        unseen, _, shown = html.partition(VISIBLE)
        attributes = [marks[letter] for letter in letters]
        shown = transplanted(shown, colours.partition(VISIBLE)[2], attributes)
        return unseen + VISIBLE + shown

    def error(self, latex: str, *, display: bool = True) -> str:
        """What KaTeX has against the formula; empty when nothing."""
        return self._render(latex, display)[0]

    def read(self, latex: str) -> Reading:
        """The letters of a formula, without white space around it; none when KaTeX rejects it."""
        latex = latex.strip()
        if latex not in self._readings:
            bad = self.error(latex)
            raw = {"letters": [], "bound": []} if bad else json.loads(
                self._engine.call("lettersOf", latex, self.macros)
            )  # fmt: skip
            letters = (Letter(**{**x, "accents": tuple(x["accents"])}) for x in raw["letters"])
            in_order = sorted(letters, key=lambda letter: letter.start)
            self._readings[latex] = Reading(tuple(in_order), frozenset(raw["bound"]))
        return self._readings[latex]

    def _good(self, latex: str, display: bool) -> str:
        error, html = self._render(latex, display)
        if error:
            raise LatexError(error)
        return html

    def _render(self, latex: str, display: bool) -> tuple[str, str]:
        key = (latex.strip(), display)
        if key not in self._seen:
            try:
                error, html = self._engine.call("render", *key, self.macros)
            except JSEvalException as failure:  # V8 itself gave up, on a formula without end
                error, html = str(failure).splitlines()[0], ""
            self._seen[key] = (_plain(error), mathml.standard(html))
        return self._seen[key]

    @property
    def _engine(self) -> Any:
        """V8 with KaTeX in it, started when it is first needed."""
        if self._running is None:
            self._running = MiniRacer()
            # Left to the interpreter's end, V8 waits for a thread that is gone by then.
            atexit.register(self._running.close)
            for script in SCRIPTS:
                self._running.eval(script.read_text("utf-8"))
            self._running.eval(RENDER)
        return self._running


@cache
def shared() -> Katex:
    """One KaTeX for the whole process: starting V8 costs more than a hundred formulas."""
    return Katex()


def errors(formulas: Iterable[str], *, display: bool = True) -> list[str]:
    """For each formula, what KaTeX has against it, or an empty string."""
    return [shared().error(latex, display=display) for latex in formulas]


def _plain(message: str) -> str:
    """KaTeX's message on one line, without its own name and its underlining."""
    text = re.sub("[\u0332]", "", message.removeprefix("KaTeX parse error: "))
    return " ".join(text.split())
