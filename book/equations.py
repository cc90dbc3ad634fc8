"""Every labelled equation of the book with its check: what was computed, how far the sides differ."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from book.chapter import Cell, Chapter, Equation
from book.contents import Book
from book.findings import Finding
from book.store import Store

CALL = re.compile(r"""\bcheck\(\s*["'](eq-[\w-]+)["']""")


@dataclass(frozen=True)
class Check:
    """One executed `check(label, …)`, as the cell published it; `line` is where it is called."""

    label: str
    line: int
    values: int
    difference: float
    standard_errors: float | None
    relation: str
    device: str


@dataclass(frozen=True)
class EquationRecord:
    """A labelled equation and all its checks, merged.

    Attributes:
        state: `checked`, `exempt` (then `reason` says why) or `unchecked`.
        values: how many values were compared, in all checks together.
        difference: the largest difference in any of them; None without a check.
        standard_errors: the same for simulations, in standard errors.
        cell_line: where the first check is called; 0 without one.
    """

    label: str
    number: str
    chapter: str
    title: str
    path: str
    line: int
    latex: str
    state: str
    reason: str = ""
    values: int = 0
    difference: float | None = None
    standard_errors: float | None = None
    relation: str = "=="
    device: str = ""
    cell_line: int = 0

    @property
    def name(self) -> str:
        """The label in words: `softmax shift` for `eq-softmax-shift`."""
        return self.label.removeprefix("eq-").replace("-", " ")

    @property
    def short(self) -> str:
        """The result in a few signs: `6e-08`, `≤`, or `1.3 se` for a simulation."""
        if self.difference is None:
            return ""
        if self.standard_errors is not None:
            return f"{self.standard_errors:.1f} se"
        return "≤" if self.relation == "<=" else _shown(self.difference)

    @property
    def sentence(self) -> str:
        """The result in words, for a tooltip and for those who listen to the page."""
        if self.state == "exempt":
            return f"not checked: {self.reason}"
        if self.difference is None:
            return "not checked"
        count = f"{self.values:,} value{'s' if self.values != 1 else ''}"
        if self.standard_errors is not None:
            said = f"within {self.standard_errors:.1f} standard errors of a simulation"
        elif self.relation == "<=":
            said = "the inequality holds"
        else:
            said = f"largest difference {_shown(self.difference)}"
        return f"checked on {count}, {said}, on {self.device}"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: ({self.number}) {self.label}: {self.sentence}"


def collect(book: Book, store: Store) -> list[EquationRecord]:
    """All labelled equations in the order of the book, with what the store says of their checks."""
    numbers = book.equation_numbers()
    records = []
    for chapter in book.pages:
        checks = list(checks_of(chapter, store) or ()) if chapter.labelled else []
        for equation in chapter.labelled:
            own = [check for check in checks if check.label == equation.label]
            records.append(_record(chapter, equation, numbers[equation.label][0], own))
    return records


def checks_of(chapter: Chapter, store: Store) -> list[Check] | None:
    """The checks that the stored run of `chapter` made; None when there is no such run."""
    loaded = store.load(chapter) if chapter.executed else None
    if loaded is None:
        return None
    code = [cell for cell in loaded[1].cells if cell.cell_type == "code"]
    found = []
    for cell, executed in zip(chapter.cells, code, strict=True):
        for output in executed.get("outputs", []):
            record = output.get("metadata", {}).get("tensorbook", {})
            if "check" in record:
                found.append(_check(record, cell))
    return found


def findings(book: Book, store: Store) -> list[Finding]:
    """Equations without a check, and checks without an equation.

    A chapter without a current run is judged by the calls in its source.
    """
    found: list[Finding] = []
    for chapter in book.pages:
        executed = checks_of(chapter, store)
        checks = _calls(chapter) if executed is None else {c.label: c.line for c in executed}
        found += _unchecked(chapter, set(checks))
        labels = [equation.label for equation in chapter.labelled]
        for label, line in checks.items():
            if label not in labels:
                near = difflib.get_close_matches(label, labels, n=1)
                cure = (
                    f"did you mean {near[0]}?" if near else "label the equation, or drop the check"
                )
                message = (
                    f"{label} is checked, but no equation of this chapter has that label; {cure}"
                )
                found.append(Finding(chapter.path, line, message, "check-unknown"))
    return sorted(found)


def as_json(records: Iterable[EquationRecord]) -> dict[str, Any]:
    """Totals and items, for `python -m book equations --json`."""
    items = [asdict(record) for record in records]
    states = [item["state"] for item in items]
    totals = {state: states.count(state) for state in ("checked", "exempt", "unchecked")}
    return {"labelled": len(items), **totals, "items": items}


def _shown(difference: float) -> str:
    return f"{difference:.0e}" if difference else "0"


def _unchecked(chapter: Chapter, checked: set[str]) -> Iterator[Finding]:
    for equation in chapter.labelled:
        label, line = equation.label, equation.line
        if not equation.exempt and label not in checked:
            message = f'{label} is never checked; add check("{label}", …)'
            yield Finding(chapter.path, line, message, "eq-unchecked")


def _calls(chapter: Chapter) -> dict[str, int]:
    """Labels that the source checks by name, with the first line of each."""
    calls: dict[str, int] = {}
    for cell in chapter.cells:
        for match in CALL.finditer(cell.source):
            line = cell.line + cell.source.count("\n", 0, match.start())
            calls.setdefault(match[1], line)
    return calls


def _check(record: dict[str, Any], cell: Cell) -> Check:
    at = cell.source.find(f'"{record["check"]}"')
    line = cell.line + (cell.source.count("\n", 0, at) if at >= 0 else 0)
    return Check(
        record["check"], line, int(record["values"]), float(record["difference"]),
        record.get("standard_errors"), record.get("relation", "=="), str(record["device"]),
    )  # fmt: skip


def _record(
    chapter: Chapter, equation: Equation, number: str, checks: list[Check]
) -> EquationRecord:
    errors = [c.standard_errors for c in checks if c.standard_errors is not None]
    exact = [c for c in checks if c.standard_errors is None]
    state = "checked" if checks else "exempt" if equation.exempt else "unchecked"
    return EquationRecord(
        equation.label, number, chapter.slug, chapter.title, Path(chapter.path).as_posix(),
        equation.line, equation.latex, state, equation.exempt,
        values=sum(c.values for c in checks),
        difference=max((c.difference for c in exact or checks), default=None),
        # An exact check says more than a simulation does, so it is the one that is shown.
        standard_errors=max(errors) if errors and not exact else None,
        relation="<=" if checks and all(c.relation == "<=" for c in checks) else "==",
        device=", ".join(dict.fromkeys(c.device for c in checks)),
        cell_line=checks[0].line if checks else 0,
    )  # fmt: skip
