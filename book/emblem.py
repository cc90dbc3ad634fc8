"""The figure on the book's cover and on its preview: softmax, executed.

A score vector of length `t` in each direction goes through the softmax, and `t` grows: the curves start
at the centre of the triangle of probabilities, where nothing is known, and end at the corner of the
largest score. Drawn at build time, by the formula and nothing else.
"""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from numpy.typing import NDArray

FONTS = Path(__file__).parent / "site" / "fonts"
CORNERS = np.array([[0, 0], [1, 0], [0.5, 3**0.5 / 2]])
CURVES = 120
PAPER, INK, SOFT, GREEN = "#fdfcf8", "#22252b", "#565c66", "#1c6434"
ON_PAPER = ("#1d4f91", "#b4520f", "#1c7a4a")  # one colour a corner
NIGHT = "#0e2238"  # the cover's blue
ON_BLUE = ("#8db7f0", "#f2b45c", "#8fd19e")


@dataclass(frozen=True)
class Words:
    """What the preview says: the title, the promise, and what the check of an equation found."""

    title: str
    tagline: str
    said: str


def softmax(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Along the last axis."""
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True))


def curves() -> Iterator[tuple[int, NDArray[np.float64]]]:
    """For each direction the index of its largest score and its points in the plane, (100, 2)."""
    across, up = np.array([1, -1, 0]) / 2**0.5, np.array([-1, -1, 2]) / 6**0.5
    length = np.linspace(0, 1, 100)[:, None] ** 1.5 * 14
    for angle in (np.arange(CURVES) + 0.5) * 2 * np.pi / CURVES:
        direction = np.cos(angle) * across + np.sin(angle) * up
        yield int(direction.argmax()), softmax(length * direction) @ CORNERS


def draw(axes: Any, colours: tuple[str, str, str], width: float) -> None:
    """The curves and the triangle around them."""
    for corner, points in curves():
        axes.plot(*points.T, color=colours[corner], linewidth=width, alpha=0.8)
    axes.plot(*CORNERS[[0, 1, 2, 0]].T, color=colours[0], linewidth=width, solid_joinstyle="round")
    axes.set(aspect="equal", xlim=(-0.01, 1.01), ylim=(-0.01, 0.88))
    axes.axis("off")


def cover() -> bytes:
    """The figure alone as PDF, for a dark page; the same bytes at each build."""
    figure = Figure(figsize=(6, 5.3))
    FigureCanvasPdf(figure)
    draw(figure.add_axes((0, 0, 1, 1)), ON_BLUE, 0.7)
    out = io.BytesIO()
    figure.savefig(out, format="pdf", transparent=True, metadata={"CreationDate": None})
    return out.getvalue()


def preview(words: Words) -> bytes:
    """A PNG of 1200 by 630: the title, the promise, the figure, and a check that was run."""
    figure = Figure(figsize=(12, 6.3), dpi=100, facecolor=PAPER)
    FigureCanvasAgg(figure)
    draw(figure.add_axes((0.54, 0.06, 0.44, 0.86)), ON_PAPER, 1.1)
    with TemporaryDirectory() as folder:
        bold, plain = (_font(Path(folder), *face) for face in (("serif", 600), ("sans", 400)))
        title = "\n".join(textwrap.wrap(words.title, 12))
        tagline = "\n".join(textwrap.wrap(words.tagline, 38))
        figure.text(0.06, 0.89, title, font=bold, size=66, color=INK, va="top", linespacing=0.82)
        figure.text(0.06, 0.47, tagline, font=plain, size=25, color=SOFT, va="top", linespacing=1.0)
        if words.said:
            figure.text(0.06, 0.14, "\u2713", size=22, color=GREEN)
            figure.text(0.09, 0.14, words.said, font=plain, size=21, color=GREEN)
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def portrait(title: str) -> bytes:
    """A PNG of 1200 by 1800 for the cover of an e-book: the title above the figure; the same bytes at each build."""
    figure = Figure(figsize=(12, 18), dpi=100, facecolor=NIGHT)
    FigureCanvasAgg(figure)
    draw(figure.add_axes((0.08, 0.1, 0.84, 0.5)), ON_BLUE, 1.2)
    with TemporaryDirectory() as folder:
        bold = _font(Path(folder), "serif", 600)
        figure.text(0.08, 0.92, "\n".join(textwrap.wrap(title, 12)), font=bold, size=110, color=PAPER, va="top",
                    linespacing=0.9)  # fmt: skip
        out = io.BytesIO()
        figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


def typeface(name: str, weight: int) -> bytes:
    """One weight of the site's own typeface, as a font that programs other than browsers read."""
    font = TTFont(FONTS / f"book-{name}.woff2", recalcTimestamp=False)
    fixed = instantiateVariableFont(font, {"wght": weight})
    fixed.flavor = None
    out = io.BytesIO()
    fixed.save(out)
    return out.getvalue()


def _font(folder: Path, name: str, weight: int) -> FontProperties:
    file = folder / f"{name}.ttf"
    file.write_bytes(typeface(name, weight))
    return FontProperties(fname=str(file))
