"""The chapter that the page on contributing shows: whoever copies it starts from one that works."""

from __future__ import annotations

import shutil
from pathlib import Path

import tiny

from book import contents, execute
from book.mutate import mutate

TEMPLATE = tiny.HERE / ".github" / "template"


def book(tmp_path: Path) -> Path:
    text = (TEMPLATE / "mean-square.md").read_text(encoding="utf-8")
    root = tiny.write(tmp_path, {"mean-square": text}, library=True)
    shutil.copy(TEMPLATE / "mean_square.py", root / "code" / "tensorbook" / "exercises")
    return root


def test_the_template_has_no_finding_and_runs(tmp_path: Path) -> None:
    root = book(tmp_path)
    assert tiny.findings(root) == []
    (outcome,) = (o for o in execute.run(contents.load(root)) if o.slug == "mean-square")
    assert (outcome.state, outcome.finding) == ("ran", None)


def test_its_check_notices_every_flip(tmp_path: Path) -> None:
    root = book(tmp_path)
    chapter = contents.load(root).entry("mean-square").chapter
    (report,) = mutate(root, [chapter], progress=lambda _: None).chapters
    assert report.mutations > 5
    assert report.survivors == ()
