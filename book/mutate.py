"""Do the checks notice mistakes? Run a chapter once for every small mistake in its formulas."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from book.chapter import Chapter
from book.findings import BookError, Finding
from book.mutation.formulas import Mutation, mutations
from book.mutation.reader import read


@dataclass(frozen=True)
class ChapterReport:
    """What became of the mutations of one chapter.

    Attributes:
        survivors: mutations that no check noticed.
        equivalent: unnoticed too, but marked `# same: …` in the source; not counted.
    """

    slug: str
    mutations: int
    caught: int
    survivors: tuple[Mutation, ...]
    equivalent: tuple[Mutation, ...]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "mutations": self.mutations,
            "caught": self.caught,
            "survivors": [_entry(m) for m in self.survivors],
            "equivalent": [_entry(m) | {"reason": m.reason} for m in self.equivalent],
            "seconds": round(self.seconds, 1),
        }


@dataclass(frozen=True)
class MutationReport:
    """What became of the mutations of all chapters."""

    chapters: tuple[ChapterReport, ...]

    @property
    def mutations(self) -> int:
        return sum(chapter.mutations for chapter in self.chapters)

    @property
    def caught(self) -> int:
        return sum(chapter.caught for chapter in self.chapters)

    @property
    def survivors(self) -> tuple[Mutation, ...]:
        return tuple(m for chapter in self.chapters for m in chapter.survivors)

    @property
    def equivalent(self) -> tuple[Mutation, ...]:
        return tuple(m for chapter in self.chapters for m in chapter.equivalent)

    @property
    def findings(self) -> list[Finding]:
        """One finding for each survivor."""
        return [
            Finding(m.file, m.line, f"no check notices `{m.before}` → `{m.after}`", "mutation")
            for m in self.survivors
        ]

    def as_json(self) -> dict[str, Any]:
        return {
            "mutations": self.mutations,
            "caught": self.caught,
            "survivors": [_entry(m) for m in self.survivors],
            "equivalent": [_entry(m) | {"reason": m.reason} for m in self.equivalent],
            "chapters": {chapter.slug: chapter.as_json() for chapter in self.chapters},
        }


def mutate(
    root: Path,
    chapters: list[Chapter],
    *,
    progress: Callable[[str], None],
    jobs: int = 2,
    patience: float = 10.0,
) -> MutationReport:
    """Run every mutation of every chapter, `jobs` at once.

    A mutation counts as caught when the chapter then raises, or takes longer than `patience`
    seconds and five times as long as unchanged.

    Raises:
        BookError: a chapter that fails unchanged; nothing can be said about its checks.
    """
    reports = []
    for chapter in chapters:
        start = time.monotonic()
        found = mutations(chapter, read(chapter))
        caught = _in_own_process(root, chapter, jobs, patience) if found else []
        missed = [m for m, noticed in zip(found, caught, strict=True) if not noticed]
        report = ChapterReport(
            chapter.slug,
            mutations=len(found) - sum(bool(m.reason) for m in missed),
            caught=sum(caught),
            survivors=tuple(m for m in missed if not m.reason),
            equivalent=tuple(m for m in missed if m.reason),
            seconds=time.monotonic() - start,
        )
        reports.append(report)
        progress(f"{report.slug}: {report.caught} of {report.mutations} mutations caught, "
                 f"{len(report.equivalent)} change nothing, {report.seconds:.0f} s")  # fmt: skip
    return MutationReport(tuple(reports))


def _entry(mutation: Mutation) -> dict[str, Any]:
    return {
        "file": mutation.file.as_posix(),
        "line": mutation.line,
        "before": mutation.before,
        "after": mutation.after,
    }


def _in_own_process(root: Path, chapter: Chapter, jobs: int, patience: float) -> list[bool]:
    """A fresh interpreter for the chapter: it is forked from, and may change anything in itself."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    with tempfile.TemporaryDirectory() as folder:
        given = theirs, folder, (root.resolve(), chapter, jobs, patience)
        process = context.Process(target=_work, args=given)
        process.start()
        theirs.close()
        try:
            answer = ours.recv()
        except EOFError:
            answer = Finding(chapter.path, 1, "the interpreter died; run it by hand", "mutation")
        finally:
            process.terminate()
            process.join()
    if isinstance(answer, Finding):
        raise BookError(answer)
    return list(answer)


def _work(connection: Connection, folder: str, given: tuple[Path, Chapter, int, float]) -> None:
    """In the fresh interpreter: silence it, hide the GPU (it survives no fork), run the chapter."""
    os.environ |= {"CUDA_VISIBLE_DEVICES": "", "MPLBACKEND": "Agg", "OMP_NUM_THREADS": "1"}
    os.chdir(folder)
    silence = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(silence, stream)
    from book.mutation.runner import Runner

    connection.send(Runner(*given).verdicts())
