"""Progress of an execution: bars in a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from rich.console import Console as Terminal
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from book.execute import Outcome
from book.execute import Progress as Step

QUIET = 10.0  # seconds between two plain lines about one chapter


class Console:
    """Shows what `execute.run` reports, on standard error."""

    def __init__(self) -> None:
        self._terminal = Terminal(stderr=True)
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._last: dict[str, float] = {}

    def __enter__(self) -> Console:
        if self._terminal.is_terminal:
            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=24),
                TextColumn("cell {task.completed:.0f} of {task.total:.0f}"),
                TimeElapsedColumn(),
                console=self._terminal,
                transient=True,
            )
            self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._bars:
            self._bars.stop()

    def report(self, event: Step | Outcome | str) -> None:
        """Show one event."""
        if isinstance(event, Step):
            self._step(event)
        elif isinstance(event, Outcome):
            if self._bars and event.slug in self._tasks:
                self._bars.remove_task(self._tasks.pop(event.slug))
            device = f" on {event.device}" if event.device else ""
            self._line(f"{event.slug}: {event.state}, {event.seconds:.1f} s{device}")
        else:
            self._line(event)

    def _step(self, step: Step) -> None:
        if self._bars:
            if step.slug not in self._tasks:
                self._tasks[step.slug] = self._bars.add_task(step.slug, total=step.cells)
            self._bars.update(self._tasks[step.slug], completed=step.cell)
            return
        now = time.monotonic()
        if now - self._last.get(step.slug, -QUIET) >= QUIET:
            self._last[step.slug] = now
            self._line(f"{step.slug}: cell {step.cell} of {step.cells}, {step.seconds:.1f} s")

    def _line(self, text: str) -> None:
        if self._bars:
            self._bars.console.print(text, markup=False, highlight=False)
        else:
            print(f"book: {text}", file=sys.stderr, flush=True)
