"""Run a chapter up to each mutated statement, fork there, and see whether a check notices."""

from __future__ import annotations

import ast
import contextlib
import linecache
import multiprocessing
import os
import pickle
import random
import signal
import sys
import time
import traceback
import types
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from book.chapter import Chapter
from book.dataflow import Flow, source_of
from book.findings import Finding
from book.mutations import Mutation, mutations

PATIENCE = 10.0  # seconds that a mutant may take at least, before it counts as caught
MEMORY = 8 * 2**30  # bytes that a mutant may allocate: a wrong size should not stop the machine


@dataclass(frozen=True)
class Moment:
    """Where all random generators stood before a statement, and how long the statement took."""

    seconds: float
    states: dict[str, Any]


class Runner:
    """Executes the statements of one chapter that its checks need."""

    def __init__(self, root: Path, chapter: Chapter, jobs: int) -> None:
        torch.set_num_threads(1)  # before any other call: threads do not survive a fork
        warnings.simplefilter("ignore")
        sys.path[:0] = [str(folder) for folder in (root / "code", root) if folder.is_dir()]
        self._chapter, self._jobs = chapter, jobs
        self._flow = Flow(chapter)
        self._mutations = mutations(chapter, self._flow)
        self._order = sorted(self._flow.run(self._flow.sinks))
        self._moments: dict[int, Moment] = {}
        self._running: dict[int, int] = {}  # process → index of its mutation
        self._caught = [True] * len(self._mutations)
        module = types.ModuleType("__main__")  # dataclasses and pickle look the chapter up there
        sys.modules["__main__"] = module
        self._names = module.__dict__
        self._names["display"] = lambda *_, **__: None

    def verdicts(self) -> list[bool] | Finding:
        """For each mutation, whether it was caught; a finding when the chapter itself fails."""
        failure = self._rehearse()
        if failure:  # something is needed that no name tells of: run everything
            self._order = list(range(len(self._flow.statements)))
            failure = self._rehearse()
        if failure:
            return failure
        waiting: dict[int, list[int]] = {}
        for index, mutation in enumerate(self._mutations):
            waiting.setdefault(mutation.statement, []).append(index)
        for statement in self._order:
            for index in waiting.get(statement, ()):
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
            message = "the unchanged chapter ends the interpreter"
            answer = Finding(self._chapter.path, 1, message, "mutation-run")
        os.waitpid(process, 0)
        if isinstance(answer, Finding):
            return answer
        self._moments = answer
        return None

    def _baseline(self) -> dict[int, Moment] | Finding:
        moments = {}
        for statement in self._order:
            states, start = _states(self._names), time.monotonic()
            try:
                self._execute(statement)
            except BaseException as error:
                return self._failure(statement, error)
            moments[statement] = Moment(time.monotonic() - start, states)
        return moments

    def _failure(self, statement: int, error: BaseException) -> Finding:
        path = self._chapter.path
        frames = traceback.extract_tb(error.__traceback__)
        lines = [frame.lineno for frame in frames if frame.filename == str(path)]
        where = self._flow.statements[statement]
        line = lines[-1] if lines else where.cell.line + where.node.lineno - 1
        said = str(error).strip().split("\n")[0]
        message = f"the unchanged chapter fails here: {type(error).__name__}: {said}; mend it first"
        return Finding(path, line or 1, message, "mutation-run")

    def _execute(self, index: int, source: str | None = None) -> None:
        """Execute a statement, or its mutated form from the whole cell's `source`."""
        statement = self._flow.statements[index]
        cell, name = statement.cell, str(self._chapter.path)
        node = ast.parse(source or source_of(cell)).body[statement.place]
        tree = ast.increment_lineno(ast.Module([node], []), cell.line - 1)
        if name not in linecache.cache:  # for tracebacks and inspect.getsource
            lines = self._chapter.text.splitlines(keepends=True)
            linecache.cache[name] = (len(self._chapter.text), None, lines, name)
        errors = (Exception,) if "raises-exception" in cell.tags else ()
        with contextlib.suppress(*errors):
            exec(compile(tree, name, "exec"), self._names)  # noqa: S102

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
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                signal.setitimer(signal.ITIMER_REAL, max(PATIENCE, 5 * usual))
                _limit_memory()
                self._execute(mutation.statement, mutation.source)
                for statement in rest:
                    _restore(self._names, self._moments[statement].states)
                    self._execute(statement)
            except BaseException:
                os._exit(1)
            os._exit(0)
        self._running[process] = index

    def _after(self, mutation: Mutation) -> list[int]:
        """The later statements that the checks which can notice the mutation need."""
        reached = self._flow.reached(mutation.step)
        needed = self._flow.run(reached)
        everything = len(self._order) == len(self._flow.statements)
        return [i for i in self._order if i > mutation.statement and (everything or i in needed)]

    def _collect(self) -> None:
        """Wait for one child. Only an exit with 0 means that every check passed."""
        process, status = os.wait()
        index = self._running.pop(process, None)
        if index is not None:
            self._caught[index] = status != 0


def _states(names: dict[str, Any]) -> dict[str, Any]:
    """The states of the global generators, and of those that have a name."""
    return {
        "": (torch.get_rng_state(), random.getstate(), np.random.get_state()),
        **{n: g.get_state() for n, g in _generators(names)},
    }


def _restore(names: dict[str, Any], states: dict[str, Any]) -> None:
    """Set the generators as they stood in the unchanged run: skipping draws must not shift others."""
    for_torch, for_python, for_numpy = states[""]
    torch.set_rng_state(for_torch)
    random.setstate(for_python)
    np.random.set_state(for_numpy)
    for name, generator in _generators(names):
        if name in states:
            generator.set_state(states[name])


def _generators(names: dict[str, Any]) -> Iterable[tuple[str, torch.Generator]]:
    return [(n, v) for n, v in names.items() if isinstance(v, torch.Generator)]


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        pages = int(Path("/proc/self/statm").read_text().split()[0])
        used = pages * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, resource.RLIM_INFINITY))
