"""Live through what a reader does: the branch is published, the notebooks open elsewhere and run.

The remote is a folder and its web server a thread on this machine; all else is what readers meet.
"""

from __future__ import annotations

import contextlib
import functools
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import nbformat

from book import notebooks
from book.branch import places, push
from book.branch.places import Place
from book.contents import Book
from book.findings import BookError, Finding
from book.notebooks.export import chosen
from book.notebooks.links import path_of

LIMIT = 10  # seconds in which the first cell must have brought the library
PATIENCE = 5  # another machine's speed is not what a trial judges; it tells the seconds
NOWHERE = "http://127.0.0.1:9"  # nobody answers: what Binder has built must be enough


@dataclass
class Report:
    """What a trial found; prints as one line for each fact."""

    lines: list[str]
    findings: list[Finding] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.lines)


def attempt(
    book: Book, on: str, slugs: list[str] | None, torch: str | None, progress: Callable[[str], None]
) -> Report:
    """Execute notebooks of the built branch in a new environment like Colab's or Binder's.

    Raises:
        BookError: the branch was not built, or the environment cannot be.
    """
    root, slugs = book.root, slugs or three(book)
    if not (root / push.FOLDER).is_dir():
        message = "nothing to try; run `python -m book branch` first"
        raise BookError(Finding(push.FOLDER, 1, message, "try"))
    folder = root / "_build" / "try" / "-".join(filter(None, [on, torch]))
    remote, home = _published(root, folder)
    progress(f"building {folder / 'environment'}")
    if on == "colab":
        place = places.colab(root, folder / "environment", torch)
    else:
        place = places.binder(root, folder / "environment", home)
    report = Report([f"{on}: {line}" for line in (*place.remarks, _described(place))])
    with served(remote) as address:
        source = address if on == "colab" else NOWHERE
        copied = _pointed_at(source, book, home, folder / "notebooks")
        before = place.state()
        for slug in slugs:
            progress(f"executing {slug}")
            _execute(book, place, copied, slug, report)
        if on == "colab":
            _time_setup(place, copied / path_of(book.entry(slugs[0]).chapter), report)
        after = place.state()
        if touched := sorted({n.split("/")[0] for n in before if after.get(n) != before[n]}):
            message = f"a notebook changed the reader's own {', '.join(touched)}"
            report.findings.append(Finding(Path(on), 1, message, "touched"))
    return report


def three(book: Book) -> list[str]:
    """Chapters that are unlike each other: the first, the last, and one that installs more."""
    found = [c for c in chosen(book, None) if book.entry(c.slug).number]
    more, middle = [c for c in found if c.packages], found[len(found) // 2]
    unlike = [found[0], *more[:1], found[-1], middle]
    return list(dict.fromkeys(chapter.slug for chapter in unlike))[:3]


def _published(root: Path, folder: Path) -> tuple[Path, Path]:
    """A remote that holds the branch, and a clone of it as Binder makes one."""
    shutil.rmtree(folder, ignore_errors=True)
    remote, home = folder / "remote.git", folder / "home"
    subprocess.run(["git", "init", "--quiet", "--bare", str(remote)], check=True)
    push.push(root, root / push.FOLDER, str(remote), push.BRANCH)
    clone = ["git", "clone", "--quiet", "--branch", push.BRANCH, str(remote), str(home)]
    subprocess.run(clone, check=True)
    return remote, home


@contextlib.contextmanager
def served(remote: Path) -> Iterator[str]:
    """Answer `/raw/<commit>/<file>` from a repository, as GitHub does; yields the address."""
    handler = functools.partial(_Raw, remote)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Raw(BaseHTTPRequestHandler):
    def __init__(self, remote: Path, *arguments: object) -> None:
        self.remote = remote
        super().__init__(*arguments)  # type: ignore[arg-type]

    def do_GET(self) -> None:
        commit, _, name = self.path.removeprefix("/raw/").partition("/")
        command = ["git", "-C", str(self.remote), "cat-file", "blob", f"{commit}:{name}"]
        done = subprocess.run(command, capture_output=True)
        self.send_response(404 if done.returncode else 200)
        self.send_header("Content-Length", str(len(done.stdout)))
        self.end_headers()
        self.wfile.write(done.stdout)

    def log_message(self, *arguments: object) -> None:
        """The report says what matters."""


def _pointed_at(address: str, book: Book, home: Path, copied: Path) -> Path:
    """The branch's notebooks with the repository's address replaced; nothing else differs."""
    for path in home.rglob("*.ipynb"):
        target = copied / path.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text(encoding="utf-8")
        text = text.replace(f"{book.repository}/raw/", f"{address}/raw/")
        target.write_text(text, encoding="utf-8")
    return copied


def _described(place: Place) -> str:
    total, needed = places.sizes(place)
    program = "import sys, torch; print(sys.version.split()[0], torch.__version__)"
    python, torch = place.run(str(place.python), "-c", program).stdout.split()
    return f"Python {python}, torch {torch}; packages {total} MB, without CUDA {needed} MB"


def _execute(book: Book, place: Place, copied: Path, slug: str, report: Report) -> None:
    start = time.monotonic()
    python = str(place.python)
    found = notebooks.run(book, copied, [slug], 1, python, bare=True, patience=PATIENCE)
    said = "fails" if found else "runs"
    report.lines.append(f"{slug}: {said}, {time.monotonic() - start:.0f} s")
    report.findings += found


def _time_setup(place: Place, notebook: Path, report: Report) -> None:
    """How long the first cell takes where the library is missing."""
    cells = nbformat.read(notebook, as_version=4).cells
    source = next(cell.source for cell in cells if cell.cell_type == "code")
    python = str(place.python)
    place.run(python, "-m", "pip", "uninstall", "--yes", "--quiet", "tensorbook")
    start = time.monotonic()
    done = place.run(python, "-c", source)
    seconds = time.monotonic() - start
    report.lines.append(f"the first cell installs the library in {seconds:.1f} s")
    if done.returncode or seconds > LIMIT:
        message = f"the first cell took {seconds:.1f} s: {done.stderr.strip()[-300:] or 'too long'}"
        report.findings.append(Finding(Path(notebook.name), 1, message, "set-up"))
