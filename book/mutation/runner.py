"""Run a chapter up to each mutated statement, fork there, and see whether a check notices."""

from __future__ import annotations

import ast
import contextlib
import linecache
import multiprocessing
import os
import pickle
import signal
import sys
import time
import traceback
import types
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from book.chapter import Chapter
from book.findings import Finding
from book.mutation.formulas import Mutation, mutations
from book.mutation.randomness import restore, states
from book.mutation.reader import read, source_of

MEMORY = 8 * 2**30  # bytes that a mutant may add: a wrong size must not stop the machine


@dataclass(frozen=True)
class Moment:
    """How long a statement took in the unchanged run, and the random states before it."""

    seconds: float
    random: dict[str, Any]


class Runner:
    """Executes the statements of one chapter that its checks need. Wants a process of its own."""

    def __init__(self, root: Path, chapter: Chapter, jobs: int, patience: float) -> None:
        torch.set_num_threads(1)  # before any other call: threads do not survive a fork
        warnings.simplefilter("ignore")
        sys.path[:0] = [str(folder) for folder in (root / "code",) if folder.is_dir()]
        self._chapter, self._jobs, self._patience = chapter, jobs, patience
        self._flow = read(chapter)
        self._mutations = mutations(chapter, self._flow)
        self._order = sorted(self._flow.needed(self._flow.sinks))
        self._moments: dict[int, Moment] = {}
        self._running: dict[int, int] = {}  # process → index of its mutation
        self._caught = [True] * len(self._mutations)
        module = types.ModuleType("__main__")  # dataclasses and pickle look the chapter up there
        sys.modules["__main__"] = module
        self._names = module.__dict__
        self._names["display"] = lambda *_, **__: None
        file, text = str(chapter.path), chapter.text  # for tracebacks and inspect.getsource
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)

    def verdicts(self) -> list[bool] | Finding:
        """For each mutation, whether it was caught; a finding when the chapter itself fails."""
        failure = self._rehearse()
        if failure:  # something is needed that no name tells of: run everything
            self._order = list(range(len(self._flow.statements)))
            failure = self._rehearse()
        if failure:
            return failure
        for statement in self._order:
            for index, mutation in enumerate(self._mutations):
                if mutation.statement == statement:
                    self._start(index)
            self._execute(statement)
        while self._running:
            self._collect()
        return self._caught

    def _rehearse(self) -> Finding | None:
        """Run the chapter unchanged, in a fork, and note times and random states."""
        ours, theirs = multiprocessing.Pipe(duplex=False)
        process = os.fork()
        if process == 0:
            with contextlib.suppress(BaseException):
                theirs.send_bytes(pickle.dumps(self._baseline()))
            os._exit(0)
        theirs.close()
        try:
            answer = pickle.loads(ours.recv_bytes())
        except EOFError:
            message = "the unchanged chapter ends the interpreter; run it by hand"
            answer = Finding(self._chapter.path, 1, message, "mutation")
        os.waitpid(process, 0)
        if isinstance(answer, Finding):
            return answer
        self._moments = answer
        return None

    def _baseline(self) -> dict[int, Moment] | Finding:
        moments = {}
        for statement in self._order:
            random, start = states(self._names), time.monotonic()
            try:
                self._execute(statement)
            except BaseException as error:
                return self._failure(statement, error)
            moments[statement] = Moment(time.monotonic() - start, random)
        return moments

    def _failure(self, index: int, error: BaseException) -> Finding:
        path, statement = self._chapter.path, self._flow.statements[index]
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        line = lines[-1] if lines else statement.cell.line + statement.node.lineno - 1
        said = f"{type(error).__name__}: {error}".strip().split("\n")[0]
        message = f"the unchanged chapter fails here, {said}; mend it before counting mutations"
        return Finding(path, line or 1, message, "mutation")

    def _execute(self, index: int, source: str | None = None) -> None:
        """Execute a statement, or what the whole cell's mutated `source` makes of it."""
        statement = self._flow.statements[index]
        cell = statement.cell
        node = ast.parse(source or source_of(cell)).body[statement.place]
        tree = ast.increment_lineno(ast.Module([node], []), cell.line - 1)
        errors = (Exception,) if "raises-exception" in cell.tags else ()
        with contextlib.suppress(*errors):
            exec(compile(tree, str(self._chapter.path), "exec"), self._names)

    def _start(self, index: int) -> None:
        """Fork for one mutation, from the state before its statement."""
        while len(self._running) >= self._jobs:
            self._collect()
        mutation = self._mutations[index]
        rest = self._after(mutation)
        usual = sum(self._moments[i].seconds for i in (mutation.statement, *rest))
        process = os.fork()
        if process == 0:
            try:
                signal.signal(signal.SIGALRM, signal.SIG_DFL)  # which ends the process
                signal.setitimer(signal.ITIMER_REAL, max(self._patience, 5 * usual))
                _limit_memory()
                self._execute(mutation.statement, mutation.source)
                for statement in rest:  # left-out statements must not shift later draws
                    restore(self._names, self._moments[statement].random)
                    self._execute(statement)
            except BaseException:
                os._exit(1)
            os._exit(0)
        self._running[process] = index

    def _after(self, mutation: Mutation) -> list[int]:
        """The later statements that the checks which can notice the mutation need."""
        needed = self._flow.needed(self._flow.reached(mutation.step))
        if len(self._order) == len(self._flow.statements):
            needed = set(self._order)
        return [i for i in self._order if i > mutation.statement and i in needed]

    def _collect(self) -> None:
        """Wait for one child. Only an exit with 0 says that every check passed."""
        process, status = os.wait()
        index = self._running.pop(process, None)
        if index is not None:
            self._caught[index] = status != 0


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        used = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
