"""What the executed cells must satisfy: exercises judged right, errors where promised, alt text."""

from __future__ import annotations

from nbformat import NotebookNode
from packaging.version import Version

from book import live, lock
from book.chapter import Cell, Chapter
from book.contents import Book
from book.findings import Finding
from book.store import Store


def findings(
    book: Book, store: Store, chapters: tuple[Chapter, ...] | None = None
) -> list[Finding]:
    """What is wrong with the stored outputs of `chapters` (all by default).

    What a PyTorch older than the pinned one warns of is not held against a chapter.
    """
    torch = lock.version_in(book.root, "torch")
    found = []
    for chapter in book.chapters if chapters is None else chapters:
        loaded = store.load(chapter)
        if loaded is None:
            continue  # that it did not run is reported by the run
        code = [cell for cell in loaded[1].cells if cell.cell_type == "code"]
        older = torch and Version(loaded[0].versions.get("torch", torch)) < Version(torch)
        for cell, executed in zip(chapter.cells, code, strict=True):
            wrong = _of(cell, executed) + ([] if older else _warnings(cell, executed))
            found += [Finding(chapter.path, cell.line, *what) for what in wrong]
        found += _exercises(chapter, code)
    return sorted(found)


def _of(cell: Cell, executed: NotebookNode) -> list[tuple[str, str]]:
    problems = []
    raised = [o for o in executed.outputs if o.output_type == "error"]
    if "raises-exception" in cell.tags and not raised:
        problems.append(("this cell no longer raises; mend it or drop its tag", "raises-nothing"))
    if raised and "raises-exception" not in cell.tags:
        message = f"this cell raised {raised[0].ename}; mend it, or tag it raises-exception"
        problems.append((message, "cell-raised"))
    for output in executed.outputs:
        problems += _figure(cell, output)
    shown = [o for o in executed.outputs if "data" in o and "scrapbook" not in o.metadata]
    if cell.options.get("mystnb", {}).get("figure") and len(shown) > 1:
        message = f"{len(shown)} outputs would get the same caption; check in a cell of its own"
        problems.append((message, "figure-twice"))
    return problems


def _warnings(cell: Cell, executed: NotebookNode) -> list[tuple[str, str]]:
    noise = [o for o in executed.outputs if o.output_type == "stream" and o.name == "stderr"]
    if noise and "warns" not in cell.tags:
        first = noise[0].text.strip().splitlines()[0][:160]
        return [(f"writes to stderr: {first}; silence the cause, or tag it warns", "stderr")]
    if "warns" in cell.tags and not noise:
        return [("this cell no longer warns; mend it or drop its tag", "warns-nothing")]
    return []


def _figure(cell: Cell, output: NotebookNode) -> list[tuple[str, str]]:
    record = output.get("metadata", {}).get("tensorbook", {})
    if "live" in record:
        weight = live.weight(record["live"], output["data"]["text/html"])
        if weight > live.BUDGET:
            message = f"the figure weighs {weight:,} of {live.BUDGET:,} bytes, compressed"
            return [(f"{message}; send fewer numbers", "live-size")]
    if record.get("runtime") and record["runtime"] not in live.RUNTIMES:
        message = f"there is no runtime {record['runtime']}; known are {', '.join(live.RUNTIMES)}"
        return [(message, "runtime")]
    is_image = any(mime.startswith("image/") for mime in output.get("data", {}))
    if is_image and not cell.alt and "remove-output" not in cell.tags:
        return [("a figure without alt text; add `mystnb: image: alt:`", "figure-alt")]
    return []


def _exercises(chapter: Chapter, code: list[NotebookNode]) -> list[Finding]:
    """Each exercise's stub must fail its checker, and its solution must pass it."""
    seen: dict[str, set[str]] = {"stub": set(), "solution": set()}
    found = []
    for cell, executed in zip(chapter.cells, code, strict=True):
        for output in executed.outputs:
            verdict = output.get("metadata", {}).get("tensorbook", {})
            if "exercise" not in verdict:
                continue
            label, passed = verdict["exercise"], verdict["passed"]
            for kind, wanted in (("stub", False), ("solution", True)):
                if kind in cell.tags:
                    seen[kind].add(label)
                    if passed != wanted:
                        said = output.data["text/plain"]
                        message = (
                            f"the {kind} of {label} must {'pass' if wanted else 'fail'}: {said}"
                        )
                        found.append(Finding(chapter.path, cell.line, message, f"exercise-{kind}"))
    for exercise in chapter.exercises:
        for kind, labels in seen.items():
            if exercise.label and exercise.label not in labels:
                message = f'no {kind} cell calls check_exercise("{exercise.label}", …); add one'
                found.append(Finding(chapter.path, exercise.line, message, f"exercise-no-{kind}"))
    return found
