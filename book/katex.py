"""LaTeX to HTML with KaTeX, in an embedded V8: no browser, no Node, no network."""

from __future__ import annotations

import atexit
import json
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from py_mini_racer import JSEvalException, MiniRacer

HERE = Path(__file__).parent
SCRIPT = HERE / "site" / "katex" / "katex.min.js"
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


class LatexError(ValueError):
    """KaTeX rejects a formula; the message says why and shows where."""


class Katex:
    """A KaTeX with the book's macros. Identical formulas are rendered once."""

    def __init__(self, macros: dict[str, str] | None = None) -> None:
        self.macros = json.loads(MACROS.read_text("utf-8")) if macros is None else macros
        self._seen: dict[tuple[str, bool], tuple[str, str]] = {}
        self._engine: Any = None

    def html(self, latex: str, *, display: bool) -> str:
        """The formula as HTML with MathML inside; raises `LatexError`."""
        error, html = self._render(latex, display)
        if error:
            raise LatexError(error)
        return html

    def error(self, latex: str, *, display: bool = True) -> str:
        """What KaTeX has against the formula; empty when nothing."""
        return self._render(latex, display)[0]

    def _render(self, latex: str, display: bool) -> tuple[str, str]:
        key = (latex.strip(), display)
        if key not in self._seen:
            if self._engine is None:
                self._engine = MiniRacer()
                # Left to the interpreter's end, V8 waits for a thread that is gone by then.
                atexit.register(self._engine.close)
                self._engine.eval(SCRIPT.read_text("utf-8"))
                self._engine.eval(RENDER)
            try:
                error, html = self._engine.call("render", *key, self.macros)
            except JSEvalException as failure:  # V8 itself gave up, on a formula without end
                error, html = str(failure).splitlines()[0], ""
            self._seen[key] = (_plain(error), html)
        return self._seen[key]


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
