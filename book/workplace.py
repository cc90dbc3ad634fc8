"""What the machine must offer before anything runs: room on the disk, nobody else at work, data."""

from __future__ import annotations

import contextlib
import importlib
import shutil
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import filelock

from book.chapter import Chapter
from book.findings import BookError, Finding

SPACE = 500_000_000  # bytes that must be free before anything starts


def need_space(root: Path) -> None:
    """Raises `BookError` when the disk is nearly full."""
    build = root / "_build"
    free = shutil.disk_usage(build if build.exists() else root).free
    if free < SPACE:
        message = f"only {free // 1_000_000} MB free on this disk; free {SPACE // 1_000_000} MB"
        raise BookError(Finding(Path("_build"), 1, message, "disk-full"))


@contextlib.contextmanager
def only_one(root: Path) -> Iterator[None]:
    """Hold the lock on `_build`, as often as this process likes; raises `BookError` otherwise."""
    (root / "_build").mkdir(exist_ok=True)
    lock = filelock.FileLock(root / "_build" / ".lock", timeout=0, is_singleton=True)
    try:
        lock.acquire()
    except filelock.Timeout:
        message = "another process executes this book already; wait for it, or stop it"
        raise BookError(Finding(Path("_build/.lock"), 1, message, "locked")) from None
    try:
        yield
    finally:
        lock.release()


def put_in_place(aside: Path, target: Path) -> None:
    """Let the folder `aside` take the place of `target`; `recover` mends a stop in between."""
    old = target.with_name(f"{target.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if target.exists():
        target.rename(old)
    aside.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def recover(root: Path) -> None:
    """Bring back what a stop between the two renames of `put_in_place` left aside."""
    for old in sorted((root / "_build").glob("*.old")):
        target = old.with_suffix("")
        shutil.rmtree(old) if target.exists() else old.rename(target)


def data_kinds(root: Path, chapters: tuple[Chapter, ...], *, fetch: bool) -> dict[str, str]:
    """Each dataset's kind here, `real` or `stand-in`, after trying to fetch what is missing."""
    names = sorted({name for chapter in chapters for name in chapter.datasets})
    if not names:
        return {}
    data = _data_module(root)
    kinds = {}
    for name in names:
        if name not in data.FILES:
            chapter = next(c for c in chapters if name in c.datasets)
            known = ", ".join(data.FILES)
            message = f"`book: data:` names {name}; tensorbook.data has {known}"
            line = chapter.line_of("data:")
            raise BookError(Finding(chapter.path, line, message, "data-unknown"))
        there = data.locate(name) is not None or (fetch and data.fetch(name))
        kinds[name] = "real" if there else "stand-in"
    return kinds


def _data_module(root: Path) -> ModuleType:
    """`tensorbook.data` of this book, without the two seconds that importing torch takes."""
    before = {n: m for n, m in sys.modules.items() if n.split(".")[0] == "tensorbook"}
    for name in before:
        del sys.modules[name]
    package = types.ModuleType("tensorbook")  # its own __init__ imports torch
    package.__path__ = [str(root / "code" / "tensorbook")]
    sys.modules["tensorbook"] = package
    try:
        return importlib.import_module("tensorbook.data")
    finally:
        for name in [n for n in sys.modules if n.split(".")[0] == "tensorbook"]:
            del sys.modules[name]
        sys.modules.update(before)
