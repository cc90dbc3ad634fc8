"""Measurements that a build does not repeat, kept in the repository with date, device and commit.

`evidence/seconds.json`: by device, how long each chapter took there; `python -m book record` adds
the stored runs. `evidence/mutations.json`: by chapter, how many flips of its formulas a check
noticed; `python -m book mutate --record` adds what it found. `code/tensorbook/recorded.json`: what
chapters measured on a GPU and lend to builds without one (`tensorbook.recorded`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from book import history
from book.contents import Book
from book.dependencies import cells_digest
from book.findings import BookError, Finding
from book.mutate import MutationReport
from book.store import Store, write_whole

SECONDS = Path("evidence", "seconds.json")
MUTATIONS = Path("evidence", "mutations.json")
KEPT = Path("code", "tensorbook", "recorded.json")
RECORD = "python -m book record"


def seconds(root: Path) -> dict[str, Any]:
    """By device: `date`, `commit`, `cores`, `versions`, `chapters` with their seconds, and how many of them ran `at_once`."""
    return _read(root, SECONDS)


def longest(root: Path, device: str) -> dict[str, float]:
    """The most seconds on record for each chapter on the CPU or on any GPU, as `device` (`cpu`, `cuda`) says."""
    found: dict[str, float] = {}
    for name, table in seconds(root).items():
        if (name == "cpu") == (device == "cpu"):
            for slug, time in table.get("chapters", {}).items():
                found[slug] = max(time, found.get(slug, 0.0))
    return found


def mutations(root: Path) -> dict[str, Any]:
    """By chapter: `date`, `commit`, `mutations`, `caught`, and `cells`, a digest of its code."""
    return _read(root, MUTATIONS)


def record_seconds(book: Book, store: Store) -> list[str]:
    """Add the stored run of every chapter; returns the devices that they ran on.

    Raises:
        BookError: a chapter has no current run, so that the table would have a hole.
    """
    runs = {c.slug: loaded[0] for c in book.chapters if (loaded := store.load(c))}
    missing = [c for c in book.chapters if c.slug not in runs]
    if missing:
        message = f"never ran as it is now; run `python -m book run`, then `{RECORD}`"
        raise BookError([Finding(c.path, 1, message, "not-run") for c in missing])
    table = seconds(book.root)
    devices = sorted({run.device for run in runs.values()})
    for device in devices:
        here = {slug: run for slug, run in runs.items() if run.device == device}
        newest = max(here.values(), key=lambda run: run.date)
        table[device] = {
            "date": newest.date, "commit": newest.commit, "cores": newest.cores, "at_once": max(run.at_once for run in here.values()), "versions": newest.versions,
            "chapters": {slug: run.seconds for slug, run in sorted(here.items())},
        }  # fmt: skip
    _write(book.root, SECONDS, table)
    return devices


def record_kept(book: Book, store: Store) -> tuple[list[str], list[str]]:
    """Write down what stored runs on a GPU offered to keep, each alone on its machine.

    Returns the names of the tables kept, and of those left as they were because other chapters ran
    beside theirs: a clock that others slow down says nothing of the GPU.
    """
    table = _read(book.root, KEPT)
    names, crowded = [], []
    for run, notebook in filter(None, map(store.load, book.chapters)):
        outputs = [o for cell in notebook.cells for o in cell.get("outputs", [])]
        for record in (o.get("metadata", {}).get("tensorbook", {}) for o in outputs):
            if "recorded" in record and run.at_once != 1:
                crowded.append(record["recorded"])
            elif "recorded" in record:
                names.append(record["recorded"])
                kept = {"date": run.date, "device": record["device"], "rows": record["rows"]}
                table[record["recorded"]] = kept
    if names:
        _write(book.root, KEPT, table)
    return names, crowded


def record_mutations(book: Book, report: MutationReport) -> None:
    """Add what became of the mutations of the chapters in `report`; others keep their entry."""
    table = mutations(book.root)
    today, commit = datetime.now(UTC).strftime("%Y-%m-%d"), history.head(book.root).name[:10]
    for chapter in report.chapters:
        table[chapter.slug] = {
            "date": today, "commit": commit, "mutations": chapter.mutations, "caught": chapter.caught,
            "cells": cells_digest(book.entry(chapter.slug).chapter),
        }  # fmt: skip
    _write(book.root, MUTATIONS, {k: v for k, v in table.items() if k in _slugs(book)})


def _slugs(book: Book) -> Iterable[str]:
    return {chapter.slug for chapter in book.chapters}


def _read(root: Path, file: Path) -> dict[str, Any]:
    try:
        found = json.loads((root / file).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        message = f"not valid JSON: {error}; restore it from version control"
        raise BookError(Finding(file, 1, message, "evidence")) from None
    if not isinstance(found, dict) or not all(isinstance(v, dict) for v in found.values()):
        message = "not a table of tables; restore it from version control"
        raise BookError(Finding(file, 1, message, "evidence"))
    return found


def _write(root: Path, file: Path, table: dict[str, Any]) -> None:
    (root / file).parent.mkdir(exist_ok=True)
    write_whole(root / file, json.dumps(table, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
