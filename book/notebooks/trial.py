"""Execute the exported notebooks and scripts as a reader would: alone, in an empty folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from book import library
from book.chapter import Chapter
from book.contents import Book
from book.findings import Finding
from book.notebooks.export import chosen, items, script_items
from book.notebooks.links import path_of
from book.notebooks.page import Surroundings
from book.notebooks.script import line_in_chapter
from book.store import Store

GRACE = 60  # seconds for starting Python and importing torch
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
# Run by the reader's Python, which knows nothing of this package.
CHILD = """\
import json, sys, nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

notebook = nbformat.read(sys.argv[1], as_version=4)
here = {"metadata": {"path": "."}}
client = NotebookClient(notebook, timeout=None, kernel_name="python3", resources=here)
told = None
try:
    client.execute()
except CellExecutionError as error:
    told = {"error": f"{error.ename}: {error.evalue}", "traceback": str(error.traceback)}
except DeadKernelError as error:
    told = {"error": f"the kernel died: {error}", "traceback": ""}
print(json.dumps(told))
"""


def run(
    book: Book,
    out: Path,
    slugs: Sequence[str] | None = None,
    jobs: int = 2,
    python: str = sys.executable,
    *,
    scripts: bool = False,
    bare: bool = False,
    patience: float = 1,
) -> list[Finding]:
    """Execute what `export` wrote to `out`, `jobs` at a time, with the Python `python`.

    Each runs in an empty folder and finds the library as it is installed, but nothing else of the
    book; when `bare`, not even that: the notebook must see to it. With `scripts`, the scripts run
    as well. What fails is found at the chapter's line, and so is what takes `patience` times as long
    as the chapter may.
    """
    threads = max(1, (os.cpu_count() or 1) // jobs)
    kinds = (".ipynb", ".py") if scripts else (".ipynb",)
    work = [(chapter, kind) for chapter in chosen(book, slugs) for kind in kinds]

    with (
        tempfile.TemporaryDirectory(prefix="library-") as installed,
        ThreadPoolExecutor(max_workers=jobs) as pool,
    ):
        if not bare:
            library.of(book.root / "code").unpack(Path(installed))

        def attempt(pair: tuple[Chapter, str]) -> Finding | None:
            file = out / path_of(pair[0]).with_suffix(pair[1])
            seconds = (60 * pair[0].minutes + GRACE) * patience
            return _try(book, pair[0], file, python, _environment(installed, threads), seconds)

        return sorted(finding for finding in pool.map(attempt, work) if finding)


def _try(
    book: Book,
    chapter: Chapter,
    file: Path,
    python: str,
    environment: dict[str, str],
    seconds: float,
) -> Finding | None:
    """Execute one file; returns what is wrong with it."""
    if not file.is_file():
        message = f"{file.name} was never written; run `python -m book notebooks`"
        return Finding(chapter.path, 1, message, "no-notebook")
    with tempfile.TemporaryDirectory(prefix=f"{chapter.slug}-") as scratch:
        work = Path(scratch, "work")
        work.mkdir()
        program = ["-c", CHILD] if file.suffix == ".ipynb" else []
        command = [python, *program, str(file.resolve())]
        private = environment | {"IPYTHONDIR": str(Path(scratch, "ipython"))}
        try:
            code, output, errors = _child(command, work, private, seconds)
        except subprocess.TimeoutExpired:
            message = f"{file.name} was still running after {seconds:g} s; make the chapter faster"
            return Finding(chapter.path, 1, message, "notebook-time")
    if code:
        return _child_failed(book, chapter, file, errors)
    told = json.loads(output.strip().splitlines()[-1]) if file.suffix == ".ipynb" else None
    return _notebook_failed(chapter, file, told) if told else None


def _child(
    command: list[str], work: Path, environment: dict[str, str], seconds: float
) -> tuple[int, str, str]:
    """Run the command with its own process group, so that no kernel survives a time-out."""
    child = subprocess.Popen(
        command, cwd=work, env=environment, text=True, start_new_session=os.name == "posix",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        output, errors = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        if os.name == "posix":
            os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        child.communicate()
        raise
    return child.returncode, output, errors


def _environment(installed: str, threads: int) -> dict[str, str]:
    """A reader's environment: the library is in `installed`, and nothing is set up for the book."""
    kept = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "PYTHONSTARTUP")}
    return kept | {"PYTHONPATH": installed, "OMP_NUM_THREADS": str(threads)}


def _notebook_failed(chapter: Chapter, file: Path, told: dict[str, str]) -> Finding:
    """Where in the chapter the notebook's code cell stands; the first one installs the library."""
    frames = re.findall(r"Cell In\[(\d+)\], line (\d+)", ANSI.sub("", told["traceback"]))
    count, line = map(int, frames[0]) if frames else (1, 1)
    error = " ".join(ANSI.sub("", told["error"]).split())[:300]
    message = f"{file.name}: code cell {count} fails when the notebook runs alone: {error}"
    if count < 2 or count - 2 >= len(chapter.cells):
        return Finding(chapter.path, 1, message, "notebook-run")
    cell = chapter.cells[count - 2]
    shift = 1 if "solution" in cell.tags else 0
    return Finding(chapter.path, cell.line + max(0, line - 1 - shift), message, "notebook-run")


def _child_failed(book: Book, chapter: Chapter, file: Path, errors: str) -> Finding:
    """A script's error, by the script's own line in the traceback."""
    last = (errors.strip() or "no message").splitlines()[-1][:300]
    message = f"{file.name} fails when it runs alone: {last}"
    frames = re.findall(rf'{re.escape(file.name)}", line (\d+)', errors)
    if file.suffix != ".py" or not frames:
        return Finding(chapter.path, 1, message, "notebook-run")
    around = Surroundings(book, Store(book.root / "_build" / ".jupyter_cache"))
    found = script_items(around, chapter, items(around, chapter))
    return Finding(chapter.path, line_in_chapter(found, int(frames[0])), message, "notebook-run")
