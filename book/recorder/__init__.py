"""Notes, inside a chapter's kernel, what the names in its cells refer to: shapes, dtypes, devices, values.

An IPython extension that `book.kernel` loads by its path under the name `book_recorder`; standard
library only, and the chapter's folder of imports does not know it. After a cell it describes the
names that occur in the cell's source; the names inside a function are described when the
function's first call ends (`functions`). Nothing of the chapter's is kept, printed, drawn or
changed: descriptions are strings (`values`).
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Mapping
from typing import Any

from .functions import FirstCalls
from .paths import paths
from .twins import HOOK
from .values import described

Shapes = list[dict[str, dict[str, str]]]  # of each cell: function, or "" → path → description
_recorder: Recorder | None = None


def load_ipython_extension(shell: Any) -> None:
    """Start to record; IPython calls this before the first cell."""
    global _recorder
    _recorder = Recorder(shell)


def collected() -> dict[str, Any]:
    """What was recorded, and what went wrong inside the recorder itself, ready for JSON."""
    assert _recorder is not None
    return {"shapes": _recorder.shapes, "problems": _recorder.problems}


class Recorder:
    """Follows one chapter from cell to cell."""

    def __init__(self, shell: Any) -> None:
        self.shapes: Shapes = []
        self.problems: list[str] = []
        self._shell = shell
        self._paths: set[str] = set()
        self._recording = False
        self._calls = FirstCalls(self._note, self.problems)
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        shell.ast_transformers.append(self)
        vars(builtins)[HOOK] = self._calls

    def visit(self, tree: ast.Module) -> ast.Module:
        """What IPython asks of an AST transformer: see a cell's tree before it is executed."""
        if self._recording:
            self._paths = paths(tree)
            self._calls.watch(tree, len(self.shapes) - 1)
        return tree

    def _before(self, info: Any) -> None:
        # What the engine itself asks the kernel has no place in the history.
        self._recording = bool(info.store_history)
        self._paths = set()
        if self._recording:
            self.shapes.append({})

    def _after(self, result: Any) -> None:
        if self._recording:
            try:
                self._note(len(self.shapes) - 1, "", self._shell.user_ns, self._paths)
            except Exception as error:  # told at the end of the run, which then fails
                self.problems.append(repr(error))
        self._recording = False

    def _note(self, cell: int, scope: str, names: Mapping[str, Any], paths: set[str]) -> None:
        found = {path: described(names, path, inside=bool(scope)) for path in sorted(paths)}
        told = {path: text for path, text in found.items() if text}
        if told:
            self.shapes[cell][scope] = told
