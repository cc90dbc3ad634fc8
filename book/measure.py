"""What the recording of shapes costs a chapter, and that it changes no output.

Runs each chapter with and without, in turns, so that both meet the same machine. Compared is the
processor's time in the kernel: others at work on the machine stretch a clock's time, not this one's.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from book import kernel
from book.chapter import Chapter
from book.store import as_notebook


@dataclass(frozen=True)
class Trial:
    """One run of a chapter: seconds of processor time, and each cell's outputs as JSON."""

    seconds: float
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Cost:
    """Runs of a chapter without and with recording, in turns."""

    slug: str
    without: tuple[Trial, ...]
    recorded: tuple[Trial, ...]

    @property
    def ratio(self) -> float:
        """How many times longer a chapter takes when it is recorded: the median of the pairs."""
        pairs = zip(self.without, self.recorded, strict=True)
        return median(ours.seconds / plain.seconds for plain, ours in pairs)

    @property
    def varying(self) -> list[int]:
        """Cells, from 1, whose outputs are not the same in all runs without: they tell times."""
        return _differing([t.outputs for t in self.without])

    @property
    def changed(self) -> list[int]:
        """Cells whose outputs differ with recording, though all runs without agree."""
        everything = _differing([t.outputs for t in (*self.without, *self.recorded)])
        return [cell for cell in everything if cell not in self.varying]

    def __str__(self) -> str:
        plain, ours = (median(t.seconds for t in side) for side in (self.without, self.recorded))
        changed = ", ".join(map(str, self.changed)) or "none"
        return (
            f"{self.slug}: {plain:.2f} s without, {ours:.2f} s with, ratio {self.ratio:.3f} "
            f"({len(self.without)} pairs); of {len(self.without[0].outputs)} cells "
            f"{len(self.varying)} vary by themselves; changed by recording: {changed}"
        )


def shapes(
    root: Path, chapter: Chapter, repeats: int, progress: Callable[[str], None] = lambda _: None
) -> Cost:
    """Run `chapter` `repeats` times without and with recording; files nothing.

    Raises:
        BookError: the chapter does not run.
    """
    without, recorded = [], []
    for number in range(repeats):
        progress(f"{chapter.slug}: pair {number + 1} of {repeats}")
        without.append(_run(root, chapter, record=False))
        recorded.append(_run(root, chapter, record=True))
    return Cost(chapter.slug, tuple(without), tuple(recorded))


def _run(root: Path, chapter: Chapter, *, record: bool) -> Trial:
    notebook = as_notebook(chapter)
    running = kernel.run_cells(
        root, chapter, notebook, threads=1, on_cell=lambda index: None, record=record
    )
    facts = json.loads(asyncio.run(running))
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    return Trial(facts["cpu"], tuple(json.dumps(cell.outputs) for cell in code))


def _differing(runs: list[tuple[str, ...]]) -> list[int]:
    """The cells, from 1, on which these runs do not all agree."""
    return [n for n, outputs in enumerate(zip(*runs, strict=True), 1) if len(set(outputs)) > 1]
