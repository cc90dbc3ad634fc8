"""What each command does, in the book's own environment; the only place that prints."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from book import contents, execute, frozen
from book.console import Console
from book.contents import Book
from book.execute import STORE, Outcome
from book.findings import BookError, Finding
from book.store import Store, write_whole
from book.workplace import only_one, recover

# into folders that two of them would share
WRITE = ("build", "html", "pdf", "epub", "notebooks", "branch")


def dispatch(root: Path, options: argparse.Namespace) -> int:
    """Run the command; 0 when all is well, 1 when there is something to mend."""
    os.chdir(root)
    command: Callable[[Path, argparse.Namespace], int] = globals()[f"_{options.command}"]
    try:
        with only_one(root) if options.command in WRITE else contextlib.nullcontext():
            if options.command in WRITE:
                recover(root)
            return command(root, options)
    except BookError as error:
        for finding in error.findings:
            print(finding, file=sys.stderr)
        return 1
    except OSError as error:
        if error.filename is None:
            raise
        print(
            f"{error.filename}:1: {error.strerror}; mend that and run again [system]",
            file=sys.stderr,
        )
        return 1


def _build(root: Path, options: argparse.Namespace) -> int:
    book = _executed(root, options)
    _write_notebooks(book)
    _write_pdf(book)
    _write_site(book)
    _write_epub(book)
    return 0


def _run(root: Path, options: argparse.Namespace) -> int:
    book = contents.load(root)
    chosen = _chosen(book, options.chapters)
    outcomes = _execute(book, chosen, options)
    if options.json:
        print(json.dumps({"chapters": [o.as_json() for o in outcomes]}, indent=1))
    failed = [o.finding for o in outcomes if o.finding]
    return _say(failed) or _say(_output_findings(book, chosen))


def _html(root: Path, options: argparse.Namespace) -> int:
    _write_site(_executed(root, options))
    return 0


def _pdf(root: Path, options: argparse.Namespace) -> int:
    _write_pdf(_executed(root, options))
    return 0


def _epub(root: Path, options: argparse.Namespace) -> int:
    book = _executed(root, options)
    _write_site(book)  # the e-book is made from its pages
    _write_epub(book)
    return 0


def _notebooks(root: Path, options: argparse.Namespace) -> int:
    from book import notebooks

    slugs = [c.slug for c in _chosen(contents.load(root), options.chapters)]
    book = _executed(root, options)
    _write_notebooks(book)
    if not options.run:
        return 0
    findings = notebooks.run(book, root / "_build" / "notebooks", slugs, jobs=options.jobs or 2)
    return _say(findings)


def _branch(root: Path, options: argparse.Namespace) -> int:
    from book.branch import push

    _write_branch(_executed(root, options))
    if options.push:
        _note(push.publish(root, options.push))
    return 0


def _try(root: Path, options: argparse.Namespace) -> int:
    from book.branch import trial

    book = contents.load(root)
    chapters = [c.slug for c in _chosen(book, options.chapters)] if options.chapters else None
    report = trial.attempt(book, options.on, chapters, options.torch, progress=_note)
    print(report)
    return _say(report.findings)


def _check(root: Path, options: argparse.Namespace) -> int:
    from book import lint

    try:
        findings = lint.findings(contents.load(root))
    except BookError as error:
        findings = error.findings
    if options.json:
        print(json.dumps({"findings": [_as_json(f) for f in findings]}, indent=1))
        return 1 if findings else 0
    return _say(findings)


def _equations(root: Path, options: argparse.Namespace) -> int:
    from book import equations

    book = contents.load(root)
    records = equations.collect(book, Store(root / STORE))
    if options.json:
        print(json.dumps(equations.as_json(records), indent=1))
    else:
        for record in records:
            print(record)
    return _say(equations.findings(book, Store(root / STORE)))


def _functions(root: Path, options: argparse.Namespace) -> int:
    from book.functions import addresses, listing

    names = listing.by_name(listing.by_page(contents.load(root)))
    if options.online:
        wrong = addresses.check(names)
        for name in wrong:
            print(f"{name}: {addresses.address(name)} is not in PyTorch's inventory")
        return 1 if wrong else 0
    for name, pages in names.items():
        where = "; ".join(
            f"{p} {', '.join(str(c + 1) for c in cells)}" for p, cells in pages.items()
        )
        print(f"{name}  {addresses.address(name) or '(not documented)'}  {where}")
    return 0


def _ready(root: Path, options: argparse.Namespace) -> int:
    from book import ready

    return _say(ready.findings(contents.load(root), options.device))


def _changes(root: Path, options: argparse.Namespace) -> int:
    from book import changes

    base = changes.read(options.base) if options.base.exists() else changes.NOTHING
    _publish(changes.summary(base, changes.read(options.now)))
    return 0


def _links(root: Path, options: argparse.Namespace) -> int:
    from book import links

    book = contents.load(root)
    answers = links.check(
        book, links.collect(root), report=lambda a: _note(f"{a.state}: {a.link.url}")
    )
    odd = [answer for answer in answers if answer.state != "there"]
    _publish(links.summary(answers))
    return _say([a.finding for a in odd if a.state == "broken"])


def _versions(root: Path, options: argparse.Namespace) -> int:
    from book import versions

    chapters = [c.slug for c in _chosen(contents.load(root), options.chapters)]
    result = versions.run(root, options.which, chapters if options.chapters else [], report=_note)
    text = versions.issue(result)
    write_whole(root / versions.PLACE / options.which / "issue.md", text)
    _publish(text)
    return 1 if result.findings else 0


def _sbom(root: Path, options: argparse.Namespace) -> int:
    from book import supply

    _note(f"bill of materials: {supply.sbom(root)}")
    return 0


def _status(root: Path, options: argparse.Namespace) -> int:
    from book import equations, status

    book, store = contents.load(root), Store(root / STORE)
    if options.json:
        print(json.dumps(status.as_json(book, store), indent=1))
        return 0
    for chapter in status.of(book, store, equations.collect(book, store)):
        print(status.line(chapter))
    return 0


def _record(root: Path, options: argparse.Namespace) -> int:
    from book import evidence

    book, store = contents.load(root), Store(root / STORE)
    devices = evidence.record_seconds(book, store)
    _note(f"{evidence.SECONDS}: the stored runs on {', '.join(devices)}")
    kept, crowded = evidence.record_kept(book, store)
    for name in kept:
        _note(f"{evidence.KEPT}: {name}")
    for name in crowded:
        _note(
            f"{evidence.KEPT}: {name} stays as it was; other chapters ran beside it: run it alone"
        )
    return 0


def _mutate(root: Path, options: argparse.Namespace) -> int:
    from book.mutate import mutate

    book = contents.load(root)
    chapters = list(_chosen(book, options.chapters))
    report = mutate(root, chapters, progress=_note, jobs=options.jobs or 2)
    if options.record:
        from book import evidence

        evidence.record_mutations(book, report)
    if options.json:
        print(json.dumps(report.as_json(), indent=1))
    for s in report.survivors:
        print(
            f"{s.file}:{s.line}: no check notices `{s.before}` → `{s.after}` [mutation]",
            file=sys.stderr,
        )
    share = report.caught / report.mutations if report.mutations else 1.0
    _note(f"{report.caught} of {report.mutations} mutations caught ({share:.1%})")
    return 0 if share >= 0.95 else 1


def _measure(root: Path, options: argparse.Namespace) -> int:
    from book import measure

    book = contents.load(root)
    costs = []
    for chapter in _chosen(book, options.chapters):
        costs.append(measure.shapes(root, chapter, options.pairs, progress=_note))
        print(costs[-1], flush=True)
    return 1 if any(cost.changed for cost in costs) else 0


def _serve(root: Path, options: argparse.Namespace) -> int:
    from book import serve

    serve.serve(root, options.port, lambda: _attempt(lambda: _write_site(_executed(root, options))))
    return 0


def _test(root: Path, options: argparse.Namespace) -> int:
    from book import supply

    python = [sys.executable, "-m"]
    steps = [
        [*python, "ruff", "check", "."],
        [*python, "ruff", "format", "--check", "."],
        [*python, "mypy"],
        *supply.checks(root),
        [*python, "pytest", *(["--quick", "-rs"] if options.quick else []), *options.arguments],
    ]
    for step in steps:
        _note("$ " + " ".join(step[2:] if step[1] == "-m" else [Path(step[0]).name, *step[1:]]))
        done = subprocess.run(step, cwd=root, env=os.environ | {"PYTHONUTF8": "1"})
        if done.returncode:
            return 1
    return 0


def _executed(root: Path, options: argparse.Namespace) -> Book:
    """The book, linted, with a good run of every chapter in the store; raises `BookError`."""
    from book import lint

    book = contents.load(root)
    if findings := lint.findings(book):
        raise BookError(findings)
    outcomes = _execute(book, book.chapters, options)
    if failed := [o.finding for o in outcomes if o.finding]:
        raise BookError(failed)
    if findings := _output_findings(book, book.chapters):
        raise BookError(findings)
    return book


def _execute(book: Book, chapters: tuple[Any, ...], options: argparse.Namespace) -> list[Outcome]:
    if frozen.asked():
        frozen.freeze(os.environ)
    with Console() as console:
        return execute.run(
            book, chapters, jobs=options.jobs, frozen=frozen.asked(), report=console.report
        )


def _output_findings(book: Book, chapters: tuple[Any, ...]) -> list[Finding]:
    from book import equations, outputs

    store = Store(book.root / STORE)
    slugs = {c.path for c in chapters}
    found = [f for f in equations.findings(book, store) if f.file in slugs]
    return sorted(found + outputs.findings(book, store, chapters))


def _write_site(book: Book) -> None:
    from book import html

    _note(f"site: {html.build(book)}")


def _write_pdf(book: Book) -> None:
    from book import pdf

    _note(f"PDF: {pdf.build(book)}")


def _write_epub(book: Book) -> None:
    from book import epub

    _note(f"EPUB: {epub.build(book)}")


def _write_notebooks(book: Book) -> None:
    from book import notebooks

    out = book.root / "_build" / "notebooks"
    written = notebooks.export(book, Store(book.root / STORE), out)
    _note(f"notebooks: {out} ({len(written)} files)")


def _write_branch(book: Book) -> None:
    from book.branch import push, tree

    _write_notebooks(book)
    store, notebooks = Store(book.root / STORE), book.root / "_build" / "notebooks"
    _note(f"branch: {tree.build(book, store, notebooks, book.root / push.FOLDER)}")


def _chosen(book: Book, names: list[str]) -> tuple[Any, ...]:
    if not names:
        return book.chapters
    chosen = [book.entry(name).chapter for name in names]
    if idle := [c for c in chosen if not c.executed]:
        message = "this page has no cells to run; leave it out"
        raise BookError([Finding(c.path, 1, message, "no-cells") for c in idle])
    return tuple(chosen)


def _attempt(action: Callable[[], None]) -> None:
    """For the live preview: say what is wrong and go on with the last good site."""
    try:
        action()
    except BookError as error:
        _say(error.findings)


def _say(findings: list[Finding]) -> int:
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "file": str(finding.file),
        "line": finding.line,
        "message": finding.message,
        "id": finding.id,
    }


def _publish(text: str) -> None:
    """Print Markdown; a workflow shows it on its own page, too."""
    print(text, end="")
    if page := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(page).open("a", encoding="utf-8") as handle:
            handle.write(text)


def _note(text: str) -> None:
    print(f"book: {text}", file=sys.stderr, flush=True)
