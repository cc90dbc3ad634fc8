"""The execution store: jupyter-cache's own, with a note beside each result on how it came about.

Jupyter Book finds a chapter's outputs by a hash of its cells and their metadata. That key knows
nothing of imported modules, versions, devices or data, so a note `book/<slug>.json` keeps the
digest of all inputs (`book.dependencies`); where only metadata changed, such as a caption, the
outputs are filed again under the new key.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.db import NbCacheRecord
from myst_nb.core.read import read_myst_markdown_notebook
from myst_parser.config.main import MdParserConfig

from book.chapter import Chapter

EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath", "html_image", "substitution"}
Shapes = dict[str, dict[str, str]]  # of a cell: function → name → what it referred to


@dataclass(frozen=True)
class Run:
    """How a chapter's outputs came about.

    Attributes:
        digest: of the inputs; `parts` are the inputs themselves.
        seconds: wall-clock time of all cells.
        device: `cpu`, or the accelerator's name; `versions` of Python and the libraries.
        data: each dataset's kind, `real` or `stand-in`.
        key, sha256: where the outputs are filed, and of which bytes.
        shapes: of each cell, the function being empty for names of the cell itself; None when the
            run was not recorded.
        cores, at_once: of the processor it ran on, and how many chapters shared it; 0 in a note
            that does not say.
    """

    slug: str
    digest: str
    parts: dict[str, Any]
    seconds: float
    device: str
    versions: dict[str, str]
    data: dict[str, str]
    commit: str
    date: str
    key: str = ""
    sha256: str = ""
    shapes: list[Shapes] | None = None
    cores: int = 0
    at_once: int = 0


def as_notebook(chapter: Chapter) -> nbformat.NotebookNode:
    """The chapter as the notebook that Jupyter Book will look up."""
    config = MdParserConfig(enable_extensions=EXTENSIONS)
    return read_myst_markdown_notebook(
        chapter.text, config=config, add_source_map=True, path=chapter.path
    )


class Store:
    """Executed chapters below one folder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes = path / "book"
        self.cache = get_cache(path)

    def heal(self) -> list[str]:
        """Drop what is damaged, so that it is executed again; returns what was done."""
        done = []
        database = self.path / "global.db"
        if database.exists() and not _is_sound(database):
            aside = self.path.with_name(self.path.name + ".corrupt")
            shutil.rmtree(aside, ignore_errors=True)
            self.path.rename(aside)
            self.cache = get_cache(self.path)
            return [
                f"the execution store was damaged; it is set aside as {aside}, a new one begins"
            ]
        for record in self.cache.list_cache_records() if database.exists() else []:
            if self._outputs(record.hashkey) is None:
                NbCacheRecord.remove_records([record.pk], self.cache.db)
                shutil.rmtree(self.path / "executed" / record.hashkey, ignore_errors=True)
                done.append(f"{Path(record.uri).name}: its stored outputs were damaged; dropped")
        return done

    def run_of(self, slug: str) -> Run | None:
        """The note on the last good run of the chapter `slug`."""
        try:
            run = Run(**json.loads((self.notes / f"{slug}.json").read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None
        sound = isinstance(run.key, str) and isinstance(run.seconds, (int, float))
        sound = sound and (run.shapes is None or isinstance(run.shapes, list))
        return run if sound and isinstance(run.device, str) else None

    def load(self, chapter: Chapter) -> tuple[Run, nbformat.NotebookNode] | None:
        """The last good run with its outputs merged into the chapter's own cells.

        None when there is none, when its bytes are not those that were filed, or when the code
        has changed since.
        """
        run = self.run_of(chapter.slug)
        outputs = self._outputs(run.key) if run else None
        if run is None or outputs is None or _sha(self._file(run.key)) != run.sha256:
            return None
        notebook = as_notebook(chapter)
        cells = [c for c in notebook.cells if c.cell_type == "code"]
        if [c.source for c in cells] != [c.source for c in outputs.cells]:
            return None
        for cell, stored in zip(cells, outputs.cells, strict=True):
            cell.outputs, cell.execution_count = stored.outputs, stored.execution_count
        return run, notebook

    def save(self, chapter: Chapter, notebook: nbformat.NotebookNode, run: Run) -> Run:
        """File an executed notebook where Jupyter Book looks, then the note that makes it count."""
        old = self.run_of(chapter.slug)
        bundle = CacheBundleIn(notebook, str(chapter.path), data={"execution_seconds": run.seconds})
        record = self.cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
        if old and old.key and old.key != record.hashkey:
            self._remove(old.key)
        filed = {"key": record.hashkey, "sha256": _sha(self._file(record.hashkey))}
        kept = Run(**{**asdict(run), **filed})
        self.notes.mkdir(parents=True, exist_ok=True)
        write_whole(self.notes / f"{chapter.slug}.json", json.dumps(asdict(kept), indent=1))
        return kept

    def refile(self, chapter: Chapter) -> None:
        """Move good outputs under the chapter's present key, after a caption or a tag changed."""
        loaded = self.load(chapter)
        if loaded is None:
            raise KeyError(f"nothing is stored for {chapter.slug}")
        run, notebook = loaded
        key = self.cache.create_hashed_notebook(notebook)[1]
        if key != run.key:
            self.save(chapter, notebook, run)

    def forget(self, chapter: Chapter) -> None:
        """Remove what would be found for this chapter's present cells, which failed.

        The last good run of other cells stays: whoever takes the change back has it at once.
        """
        run = self.run_of(chapter.slug)
        present = self.cache.create_hashed_notebook(as_notebook(chapter))[1]
        if run is None or run.key == present:
            (self.notes / f"{chapter.slug}.json").unlink(missing_ok=True)
        self._remove(present)

    def prune(self, slugs: Collection[str]) -> None:
        """Remove the runs of chapters that the book has no more."""
        for note in sorted(self.notes.glob("*.json")):
            if note.stem not in slugs:
                run = self.run_of(note.stem)
                note.unlink()
                if run:
                    self._remove(run.key)

    def _remove(self, key: str) -> None:
        try:
            record = NbCacheRecord.record_from_hashkey(key, self.cache.db)
        except KeyError:
            pass
        else:
            NbCacheRecord.remove_records([record.pk], self.cache.db)
        shutil.rmtree(self.path / "executed" / key, ignore_errors=True)

    def _file(self, key: str) -> Path:
        return self.path / "executed" / key / "base.ipynb"

    def _outputs(self, key: str) -> nbformat.NotebookNode | None:
        """The stored notebook, or None when it is missing or unreadable."""
        damaged = (OSError, ValueError, TypeError, AttributeError, KeyError)
        try:
            return nbformat.read(self._file(key), as_version=4)
        except (*damaged, nbformat.ValidationError, nbformat.reader.NotJSONError):
            return None


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old text or the new one, never half."""
    aside = path.with_name(path.name + ".new")
    with aside.open("w", encoding="utf-8") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    aside.replace(path)


def _is_sound(database: Path) -> bool:
    try:
        connection = sqlite3.connect(database)
        try:
            answer = connection.execute("PRAGMA integrity_check").fetchone()[0]
            connection.execute("SELECT pk, hashkey, uri FROM nbcache").fetchall()
        finally:
            connection.close()
    except sqlite3.DatabaseError:
        return False
    return str(answer) == "ok"


def _sha(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
