"""From one store, every build makes the same bytes: in another folder, another hour, another time zone."""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest
import tiny
from pypdf import PdfReader
from reading import Site

from book import contents, downloads, execute, html, pdf, system

CHANGED = (
    "_static/live/kernel-editor.js"  # the fixture gives the site a small figure after the build
)


@pytest.fixture(scope="module")
def elsewhere(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same sources and the same store in a folder of another name."""
    root = tmp_path_factory.mktemp("another-place") / "copy"
    shutil.copytree(
        site.root, root, symlinks=True, ignore=shutil.ignore_patterns("html*", "latex*")
    )
    return root


def files(folder: Path) -> dict[str, bytes]:
    found = (file for file in sorted(folder.rglob("*")) if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def test_every_file_of_the_site_is_the_same(
    site: Site, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Kiritimati")
    if hasattr(time, "tzset"):
        time.tzset()
    first, second = files(site.folder), files(html.build(contents.load(elsewhere)))
    assert list(first) == list(second)
    differing = [name for name in first if first[name] != second[name] and name != CHANGED]
    assert differing == []
    assert sum(name.endswith(".html") for name in first) > 10


@pytest.mark.skipif(bool(system.missing_for_pdf()), reason="XeLaTeX is not installed")
def test_every_page_of_the_pdf_says_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "of-another-name"
    assert [o.finding for o in execute.run(contents.load(tiny.write(first))) if o.finding] == []
    shutil.copytree(first, second, symlinks=True)
    texts = []
    for root in (first, second):
        book = contents.load(root)
        pdf.build(book)
        texts.append([page.extract_text() for page in PdfReader(downloads.pdf(book)).pages])
    assert texts[0] == texts[1]
    assert any("Addition commutes" in page for page in texts[0])
