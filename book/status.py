"""The state of the book, chapter by chapter: what ran where and when, and what was checked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from book import equations, evidence, history
from book.contents import Book, Entry
from book.dependencies import cells_digest
from book.equations import EquationRecord
from book.store import Run, Store

NAMES = {"python": "Python", "torch": "PyTorch", "numpy": "NumPy", "matplotlib": "Matplotlib"}


@dataclass(frozen=True)
class ChapterStatus:
    """One executed chapter.

    Attributes:
        number: as printed; 0 for a page without one.
        device, seconds, date, commit, data: of its stored run; empty when there is none.
        equations: how many are labelled; `checked` and `exempt` of them.
        cpu, gpu: seconds on each, of the stored run or else of `evidence/`; None when unknown.
        mutations, caught: of `evidence/`; None when never measured. `fresh` is false when the
            chapter's code has changed since.
    """

    slug: str
    title: str
    number: int
    path: str
    device: str
    seconds: float
    date: str
    commit: str
    data: dict[str, str]
    equations: int
    checked: int
    exempt: int
    exercises: int
    cpu: float | None
    gpu: float | None
    mutations: int | None
    caught: int | None
    fresh: bool


def of(book: Book, store: Store, records: Iterable[EquationRecord]) -> list[ChapterStatus]:
    """Every executed chapter in the order of the book; `records` are all its equations."""
    listed = list(records)
    seconds, flips = evidence.seconds(book.root), evidence.mutations(book.root)
    entries = [entry for entry in book.entries if entry.chapter.executed]
    return [_status(entry, store, listed, seconds, flips) for entry in entries]


def as_json(book: Book, store: Store) -> dict[str, Any]:
    """For `python -m book status --json`."""
    chapters = of(book, store, equations.collect(book, store))
    return {
        "commit": history.head(book.root).name,
        "chapters": [asdict(chapter) for chapter in chapters],
        "pages": [{"docname": page.docname, "title": page.title} for page in book.pages],
    }


def by_machine(runs: Iterable[Run]) -> dict[tuple[str, str], list[Run]]:
    """Runs by what they ran on: the device, and the versions in words."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        versions = ", ".join(f"{NAMES.get(k, k)} {v}" for k, v in run.versions.items())
        groups.setdefault((run.device, versions), []).append(run)
    return groups


def line(status: ChapterStatus) -> str:
    """One chapter for the terminal."""
    ran = (
        f"{status.seconds:.1f} s on {status.device}, {status.date}" if status.device else "not run"
    )
    parts = [ran, f"{status.checked} of {status.equations} equations checked"]
    if status.mutations is not None:
        older = "" if status.fresh else ", before its last change"
        parts.append(f"{status.caught} of {status.mutations} mutations caught{older}")
    parts += [f"{name}: {kind}" for name, kind in sorted(status.data.items())]
    return f"{status.path}: {'; '.join(parts)}"


def _status(
    entry: Entry,
    store: Store,
    records: list[EquationRecord],
    seconds: dict[str, Any],
    flips: dict[str, Any],
) -> ChapterStatus:
    chapter = entry.chapter
    loaded = store.load(chapter)
    run = loaded[0] if loaded else None
    times = {
        device: float(table["chapters"][chapter.slug])
        for device, table in seconds.items()
        if chapter.slug in table.get("chapters", {})
    }
    if run:
        times[run.device] = run.seconds
    gpus = [time for device, time in times.items() if device != "cpu"]
    own = [record for record in records if record.chapter == chapter.slug]
    states = [record.state for record in own]
    known = flips.get(chapter.slug, {})
    return ChapterStatus(
        chapter.slug, chapter.title, entry.number, chapter.path.as_posix(),
        run.device if run else "", run.seconds if run else 0.0, run.date[:10] if run else "",
        run.commit if run else "", dict(run.data) if run else {},
        len(own), states.count("checked"), states.count("exempt"), len(chapter.exercises),
        times.get("cpu"), min(gpus, default=None), known.get("mutations"), known.get("caught"),
        fresh=known.get("cells") == cells_digest(chapter),
    )  # fmt: skip
