"""One chapter in one kernel: run its cells, watch the clock and the output, name what went wrong."""

from __future__ import annotations

import asyncio
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat import NotebookNode

from book.chapter import Cell, Chapter
from book.findings import BookError, Finding

OUTPUT_LIMIT = 2_000_000  # characters of text that one cell may print
SHOWN_LIMIT = 20_000_000  # characters of figures and results that one cell may show
# Paths in warnings and tracebacks differ from machine to machine.
OWN_CELL = re.compile(r"\S*ipykernel_\d+/\d+\.py")
LIBRARY = re.compile(r"(?:[^\s'\"()]*/)?(?:site-packages|lib/python3\.\d+|code(?=/tensorbook))/")
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
KERNEL_CONFIG = """\
c.InlineBackend.figure_formats = {"svg", "pdf"}
c.HistoryManager.enabled = False
"""
# Found by its path, so that a chapter can import nothing that its readers cannot.
RECORDER = Path(__file__).with_name("recorder")
RECORDER_CONFIG = f"""\
import importlib.util, sys
folder = {str(RECORDER)!r}
found = importlib.util.spec_from_file_location(
    "book_recorder", folder + "/__init__.py", submodule_search_locations=[folder]
)
sys.modules["book_recorder"] = importlib.util.module_from_spec(found)
found.loader.exec_module(sys.modules["book_recorder"])
c.InteractiveShellApp.extensions = ["book_recorder"]
"""
FACTS = """\
import json, os, platform, sys, time
seconds = time.process_time()
from importlib.metadata import version
facts = {"python": platform.python_version()}
facts |= {name: version(name) for name in ("torch", "torchvision", "numpy", "matplotlib")}
device = "cpu"
if "torch" in sys.modules:
    import torch
    if torch.cuda.is_available():
        device = torch.cuda.get_device_name(0)
recorder = sys.modules.get("book_recorder")
recorded = recorder.collected() if recorder else {"shapes": None, "problems": []}
where = {"device": device, "cores": os.cpu_count()}
print(json.dumps({"versions": facts, **where, "cpu": seconds, **recorded}))
"""


class _Client(NotebookClient):
    """nbclient, with a limit on what a cell may print."""

    printed = 0
    shown = 0
    stopping: asyncio.Task[None] | None = None

    @property
    def overflowed(self) -> bool:
        return self.printed > OUTPUT_LIMIT or self.shown > SHOWN_LIMIT

    def begin_cell(self) -> None:
        self.printed = self.shown = 0

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> Any:
        if msg["msg_type"] == "stream":
            self.printed += len(msg["content"]["text"])
        elif msg["msg_type"] in ("display_data", "execute_result"):
            self.shown += sum(len(str(shown)) for shown in msg["content"]["data"].values())
        if self.overflowed:
            if self.stopping is None:  # stop now: the cell may never end
                self.stopping = asyncio.get_running_loop().create_task(self._stop())
            return None
        return super().process_message(msg, cell, cell_index)

    async def _stop(self) -> None:
        assert self.km is not None
        await ensure_async(self.km.shutdown_kernel(now=True))


async def run_cells(
    root: Path,
    chapter: Chapter,
    notebook: NotebookNode,
    *,
    threads: int,
    on_cell: Callable[[int], None],
    record: bool = True,
    at_once: int = 1,
) -> str:
    """Execute `notebook`, the chapter's own, in place; returns the kernel's JSON on what it ran on.

    With `record`, the JSON has the shapes, too (`book/recorder`). The kernel is told how many run `at_once`.

    Raises:
        BookError: a cell raised, ran too long, printed too much, or took its kernel down.
    """
    with tempfile.TemporaryDirectory(prefix="book-") as scratch:
        manager = _manager(Path(scratch))
        client = _Client(notebook, km=manager, timeout=None, record_timing=False)
        current = _Progress(on_cell)
        clock: asyncio.Timeout | None = None
        try:
            work = Path(scratch, "work")
            work.mkdir()  # each chapter starts in an empty folder of its own
            environment = _environment(root, Path(scratch), threads, record)
            environment["TENSORBOOK_AT_ONCE"] = str(at_once)
            await client.async_start_new_kernel(cwd=str(work), env=environment)
            await client.async_start_new_kernel_client()
            async with asyncio.timeout(60 * chapter.minutes) as clock:
                await _run_all(client, notebook, current)
                return await _ask(client, FACTS)
        except Exception as error:
            cell = chapter.cells[current.index]
            if clock is not None and clock.expired():  # nbclient disguises it as a dead kernel
                raise BookError(_too_long(chapter, cell)) from None
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # somebody pressed Ctrl-C
                raise asyncio.CancelledError from None
            if client.overflowed:
                raise BookError(_too_much(chapter, cell)) from None
            raise BookError(_explain(chapter, cell, error)) from error
        finally:
            if client.kc is not None:
                client.kc.stop_channels()
            if client.stopping is not None:  # two at a time would trip over one another
                await client.stopping
            if manager.has_kernel:
                await manager.shutdown_kernel(now=True)


def _manager(scratch: Path) -> AsyncKernelManager:
    """A kernel that only this user's processes can talk to, where the system has such sockets."""
    manager = AsyncKernelManager(kernel_name="python3")
    if os.name == "posix":
        manager.transport = "ipc"
        manager.ip = str(scratch / "socket")
        manager.connection_file = str(scratch / "kernel.json")
    return manager


class _Progress:
    """Which code cell is running."""

    def __init__(self, on_cell: Callable[[int], None]) -> None:
        self.index = 0
        self._on_cell = on_cell

    def start(self, index: int) -> None:
        self.index = index
        self._on_cell(index)


async def _run_all(client: _Client, notebook: NotebookNode, current: _Progress) -> None:
    code = [(i, cell) for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for count, (position, cell) in enumerate(code):
        current.start(count)
        client.begin_cell()
        await client.async_execute_cell(cell, position)
        if client.overflowed:  # it ended before the kernel could be stopped
            raise RuntimeError("too much output")
        _tidy(cell)


async def _ask(client: _Client, source: str) -> str:
    """Run `source` after the last cell, out of its sight, and return what it printed."""
    cell = NotebookNode(
        cell_type="code", source=source, metadata=NotebookNode(), outputs=[], execution_count=None
    )
    client.nb.cells.append(cell)
    client.printed = 0
    try:
        await client.async_execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    finally:
        client.nb.cells.pop()
    return "".join(out.get("text", "") for out in cell.outputs)


def _tidy(cell: NotebookNode) -> None:
    """Join streams and drop what differs from run to run."""
    outputs: list[NotebookNode] = []
    for output in cell.outputs:
        output.pop("transient", None)
        if output.output_type == "stream":
            output.text = _plain(output.text)
            last = outputs[-1] if outputs else None
            if last is not None and last.output_type == "stream" and last.name == output.name:
                last.text += output.text
                continue
        if output.output_type == "error":
            output.traceback = [_plain(line) for line in output.traceback]
        outputs.append(output)
    cell.outputs = outputs


def _plain(text: str) -> str:
    """`text` without colours, and without where this machine keeps its files."""
    return LIBRARY.sub("", OWN_CELL.sub("cell.py", ANSI.sub("", text)))


def _environment(root: Path, scratch: Path, threads: int, record: bool) -> dict[str, str]:
    profile = scratch / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    config = KERNEL_CONFIG + (RECORDER_CONFIG if record else "")
    (profile / "ipython_kernel_config.py").write_text(config, encoding="utf-8")
    return os.environ | {
        "PYTHONPATH": str(root / "code"),
        "IPYTHONDIR": str(scratch / "ipython"),
        "PYTHONHASHSEED": "0",
        "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
        "OMP_NUM_THREADS": str(threads),
        "TQDM_DISABLE": "1",  # a progress bar would be one line of output per update
        "SOURCE_DATE_EPOCH": "315532800",  # figures carry no date of their own
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }


def _too_long(chapter: Chapter, cell: Cell) -> Finding:
    message = (
        f"cell {cell.index + 1} was still running when the chapter's {60 * chapter.minutes:g} s "
        "were over; make it faster, or raise `book: minutes:`"
    )
    return Finding(chapter.path, cell.line, message, "time-limit")


def _too_much(chapter: Chapter, cell: Cell) -> Finding:
    limits = f"{OUTPUT_LIMIT // 1_000_000} MB, or showed more than {SHOWN_LIMIT // 1_000_000} MB"
    message = f"cell {cell.index + 1} printed more than {limits}; print and show less"
    return Finding(chapter.path, cell.line, message, "output-limit")


def _explain(chapter: Chapter, cell: Cell, error: BaseException) -> Finding:
    where = f"cell {cell.index + 1}"
    if isinstance(error, CellExecutionError):
        line = cell.line + _line_in_cell(str(error.traceback or ""), cell.index + 1) - 1
        message = f"{where} raised {error.ename}: {ANSI.sub('', error.evalue or '').strip()[:300]}"
        return Finding(chapter.path, line, message.replace("\n", " "), "cell-raised")
    if isinstance(error, (DeadKernelError, RuntimeError)):
        message = f"{where} took its kernel down (killed, out of memory, or os._exit); {error}"
        return Finding(chapter.path, cell.line, message, "kernel-died")
    raise error


def _line_in_cell(traceback: str, count: int) -> int:
    """The line of the `count`-th cell, from 1, that was last reached before the error."""
    lines = re.findall(rf"Cell In\[{count}\], line (\d+)", ANSI.sub("", traceback))
    return int(lines[-1]) if lines else 1
