"""What a pull request changes, in Markdown: chapters, equations, seconds, from two statuses.

A status is what `python -m book status --json` prints.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from book.findings import BookError, Finding

Status = Mapping[str, Any]
NOTHING: Status = {"chapters": []}
COLUMNS = ("equations", "checked", "exercises")
# Seconds differ from run to run; what differs less is not told.
TOLERANCE = 0.25


def read(path: Path) -> Status:
    """The status in the file `path`; raises `BookError` where it holds none."""
    cure = "write it with `python -m book status --json`"
    try:
        status = json.loads(path.read_text(encoding="utf-8"))
        if not all(isinstance(c["slug"], str) for c in status["chapters"]):
            raise TypeError
    except (ValueError, KeyError, TypeError):
        raise BookError(Finding(path, 1, f"this is no status; {cure}", "status")) from None
    except FileNotFoundError:
        raise BookError(Finding(path, 1, f"there is no such file; {cure}", "status")) from None
    return dict(status)


def summary(base: Status, now: Status) -> str:
    """The differences as Markdown, with a table of the chapters that changed."""
    old, new = ({c["slug"]: c for c in status["chapters"]} for status in (base, now))
    rows = [_row(old.get(slug), new.get(slug)) for slug in dict.fromkeys([*new, *old])]
    changed = [row for row in rows if row]
    lines = ["## What changes", "", _totals(old.values(), new.values()), ""]
    if not old:
        lines += ["There is no earlier book to compare with.", ""]
    if not changed:
        return (
            "\n".join([*lines, "No chapter changes its equations, its exercises or its time."])
            + "\n"
        )
    lines += [
        "| chapter | equations | checked | exercises | seconds | |",
        "|---|--:|--:|--:|--:|---|",
    ]
    return "\n".join([*lines, *changed]) + "\n"


def _totals(old: Iterable[Status], new: Iterable[Status]) -> str:
    before, after = list(old), list(new)
    parts = [_count("chapters", len(before), len(after))]
    parts += [_count(name, _sum(before, name), _sum(after, name)) for name in COLUMNS]
    seconds = (sum(float(c.get("seconds") or 0) for c in side) for side in (before, after))
    return ", ".join([*parts, _count("seconds", *(round(s) for s in seconds))]) + "."


def _sum(chapters: list[Status], name: str) -> int:
    return sum(int(c.get(name) or 0) for c in chapters)


def _count(name: str, before: int, after: int) -> str:
    return f"{after} {name}" + (f" ({after - before:+d})" if after != before else "")


def _row(old: Status | None, new: Status | None) -> str:
    """A row of the table; empty for a chapter that is as it was."""
    if new is None:
        assert old is not None
        return f"| ~~{_text(old['title'])}~~ | | | | | gone |"
    notes = _notes(old, new)
    counts = [_arrow(old, new, name) for name in COLUMNS]
    slower = old is not None and _time_differs(old, new)
    if old is not None and not notes and not slower and not any("→" in count for count in counts):
        return ""
    cells = [_text(new["title"]), *counts, _seconds(old, new, slower), "; ".join(notes)]
    return "| " + " | ".join(cells) + " |"


def _notes(old: Status | None, new: Status) -> list[str]:
    notes = [] if old is not None else ["new"]
    if not new.get("device"):
        notes.append("not run")
    elif old is not None and old.get("device") not in ("", None, new["device"]):
        notes.append(_text(f"ran on {new['device']}, before on {old['device']}"))
    stand_ins = sorted(name for name, kind in (new.get("data") or {}).items() if kind != "real")
    if stand_ins:
        notes.append(_text(f"stand-in data: {', '.join(stand_ins)}"))
    if old is not None and old.get("title") != new.get("title"):
        notes.append(_text(f"was called {old['title']}"))
    return notes


def _arrow(old: Status | None, new: Status, name: str) -> str:
    after = new.get(name, 0)
    before = after if old is None else old.get(name, 0)
    return str(after) if before == after else f"{before} → {after}"


def _time_differs(old: Status, new: Status) -> bool:
    before, after = (float(c.get("seconds") or 0) for c in (old, new))
    alike = old.get("device") == new.get("device")
    return alike and abs(after - before) > max(1.0, TOLERANCE * before)


def _seconds(old: Status | None, new: Status, differs: bool) -> str:
    after = f"{float(new.get('seconds') or 0):.1f}"
    if old is None or not differs:
        return after
    return f"{float(old.get('seconds') or 0):.1f} → {after}"


def _text(text: object) -> str:
    """`text` as it may stand in a cell of a table."""
    return (
        " ".join(str(text).split()).replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    )
