"""Bring the execution store up to date: run each chapter whose inputs changed, and no other."""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from nbformat import NotebookNode

from book import evidence, history, kernel
from book.chapter import Chapter
from book.contents import Book
from book.dependencies import Inputs, device_kind, inputs
from book.findings import BookError, Finding
from book.store import Run, Shapes, Store, as_notebook
from book.workplace import data_kinds, need_space, only_one

STORE = Path("_build/.jupyter_cache")
# What a stored run must share with the present source to be shown, wherever it was made.
SOURCES = {
    "cells": "its cells",
    "library": "code/tensorbook",
    "pins": "the first paragraph of requirements.in, as pinned",
}


@dataclass(frozen=True)
class Outcome:
    """What became of one chapter: `ran`, `reused` or `failed`."""

    slug: str
    state: str
    seconds: float
    device: str
    finding: Finding | None = None

    def as_json(self) -> dict[str, object]:
        shown = asdict(self) | {"finding": str(self.finding) if self.finding else None}
        return {k: v for k, v in shown.items() if v is not None}


@dataclass(frozen=True)
class Progress:
    """How far a chapter is: cell `cell` of `cells`, `seconds` after its start."""

    slug: str
    cell: int
    cells: int
    seconds: float


def run(
    book: Book,
    chapters: tuple[Chapter, ...] | None = None,
    *,
    jobs: int | None = None,
    frozen: bool = False,
    report: Callable[[Progress | Outcome | str], None] = lambda event: None,
) -> list[Outcome]:
    """Execute every chapter of `chapters` (all by default) that is out of date.

    Args:
        jobs: how many at once; as many as there are cores, up to four, by default.
        frozen: execute nothing; a chapter whose code, library or pins are not those of its stored
            run has failed. Where it ran, and on which data, does not count.
        report: is told of progress, of outcomes, and of what was mended in the store.

    Returns one outcome per chapter. One chapter's failure does not stop the others.
    """
    chosen = book.chapters if chapters is None else chapters
    # Sphinx asks for a frozen run while the command that started it holds the lock.
    with contextlib.nullcontext() if frozen else only_one(book.root):
        need_space(book.root)
        store = Store(book.root / STORE)
        for done in store.heal():
            report(done)
        if not frozen:
            store.prune({chapter.slug for chapter in book.chapters})
        device, kinds = device_kind(), data_kinds(book.root, chosen, fetch=not frozen)
        plan = [(c, inputs(book.root, c, device, kinds)) for c in chosen]
        outcomes, stale = [], []
        for chapter, now in plan:
            kept = store.run_of(chapter.slug)
            current = kept and (
                not differing(kept, now)
                if frozen
                else kept.digest == now.digest and kept.shapes is not None
            )
            if kept and current and store.load(chapter):
                store.refile(chapter)
                outcomes.append(Outcome(chapter.slug, "reused", kept.seconds, kept.device))
                report(outcomes[-1])
            else:
                stale.append((chapter, now))
        if frozen:
            outcomes += [_missing(c, store.run_of(c.slug), now) for c, now in stale]
        elif stale:
            workers = jobs or min(4, os.cpu_count() or 1)
            outcomes += asyncio.run(_run_stale(book, store, stale, workers, report))
        order = {c.slug: i for i, c in enumerate(chosen)}
        return sorted(outcomes, key=lambda o: order[o.slug])


async def _run_stale(
    book: Book,
    store: Store,
    stale: list[tuple[Chapter, Inputs]],
    workers: int,
    report: Callable[[Progress | Outcome | str], None],
) -> list[Outcome]:
    """Run the chapters, `workers` at once: those of which nothing is known, then the longest first."""
    slots = asyncio.Semaphore(workers)
    known = evidence.longest(book.root, stale[0][1].device)

    def length(item: tuple[Chapter, Inputs]) -> float:
        slug = item[0].slug
        last = store.run_of(slug)
        return -(last.seconds if last else known.get(slug, math.inf))

    async def one(chapter: Chapter, now: Inputs) -> Outcome:
        async with slots:
            outcome = await _run_one(book, store, chapter, now, workers, len(stale), report)
            report(outcome)
            return outcome

    # An error of the engine itself waits until the other chapters are through.
    tasks = (one(*item) for item in sorted(stale, key=length))
    done = await asyncio.gather(*tasks, return_exceptions=True)
    for result in done:
        if isinstance(result, BaseException):
            raise result
    return [outcome for outcome in done if isinstance(outcome, Outcome)]


async def _run_one(
    book: Book,
    store: Store,
    chapter: Chapter,
    now: Inputs,
    workers: int,
    stale: int,
    report: Callable[[Progress | Outcome | str], None],
) -> Outcome:
    threads, at_once = max(1, (os.cpu_count() or 1) // workers), min(workers, stale)
    started = time.monotonic()

    def on_cell(index: int) -> None:
        seconds = time.monotonic() - started
        report(Progress(chapter.slug, index + 1, len(chapter.cells), seconds))

    notebook = as_notebook(chapter)
    try:
        facts = json.loads(
            await kernel.run_cells(
                book.root, chapter, notebook, threads=threads, on_cell=on_cell, at_once=at_once
            )
        )
        if facts["problems"]:
            message = f"the recorder of shapes failed: {facts['problems'][0]}; mend book/recorder"
            raise BookError(Finding(chapter.path, 1, message, "recorder"))
    except BookError as error:
        store.forget(chapter)
        seconds = time.monotonic() - started
        return Outcome(chapter.slug, "failed", seconds, now.device, error.findings[0])
    seconds = round(time.monotonic() - started, 1)
    note = Run(
        slug=chapter.slug, digest=now.digest, parts=asdict(now), seconds=seconds,
        device=facts["device"], cores=facts["cores"], at_once=at_once, versions=facts["versions"], data=now.data | _read(notebook),
        shapes=_of_each_cell(chapter, facts["shapes"]), commit=history.head(book.root).name[:10], date=datetime.now(UTC).strftime("%Y-%m-%d"),
    )  # fmt: skip
    store.save(chapter, notebook, note)
    return Outcome(chapter.slug, "ran", seconds, facts["device"])


def _read(notebook: NotebookNode) -> dict[str, str]:
    """The kind of every dataset that the cells said they read, those that need no download too."""
    outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
    records = [o.get("metadata", {}).get("tensorbook", {}) for o in outputs]
    return {record["data"]: record["kind"] for record in records if "data" in record}


def _of_each_cell(chapter: Chapter, recorded: list[Shapes]) -> list[Shapes]:
    """What was recorded, with nothing for cells that are empty and so never reach the kernel."""
    following = iter(recorded)
    return [next(following) if cell.source.strip() else {} for cell in chapter.cells]


def differing(run: Run, now: Inputs) -> list[str]:
    """What of the source is not as it was when the stored `run` was made, in words."""
    same = {part: run.parts.get(part) == getattr(now, part) for part in SOURCES}
    return [SOURCES[part] for part in SOURCES if not same[part]]


def _missing(chapter: Chapter, run: Run | None, now: Inputs) -> Outcome:
    finding = not_run(chapter, differing(run, now) if run else [])
    return Outcome(chapter.slug, "failed", 0.0, "", finding)


def not_run(chapter: Chapter, changed: list[str]) -> Finding:
    """That nothing good is stored of the chapter as it is now; `changed` since the stored run."""
    cure = f"run `python -m book run {chapter.slug}`"
    if not changed:
        message = f"no stored run of this chapter's present code; {cure}"
        return Finding(chapter.path, 1, message, "not-run")
    message = f"changed since the stored run: {' and '.join(changed)}; {cure}"
    return Finding(chapter.path, 1, message, "stale")
