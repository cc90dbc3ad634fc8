"""What Sphinx warns about, as findings with a file, a line and a cure; folders that change places."""

from __future__ import annotations

from pathlib import Path

import pytest

from book import build, workplace

PAGE = "# T\n\nA paragraph that goes on\nand names {ref}`nowhere` late.\n"


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        (
            "/x/page.md:3: WARNING: undefined label: 'nowhere' [ref.ref]",
            "page.md:4: undefined label: 'nowhere'; correct the label, or label the target [ref.ref]",
        ),
        (
            "/x/page.md:: WARNING: latex [x] is odd [katex]",
            "page.md:1: latex [x] is odd [katex]",
        ),
        ("WARNING: something general", "_config.yml:1: something general [sphinx]"),
        (
            '/x/page.md:3: ERROR: Unknown interpreted text role "shout". [myst.role_unknown]',
            'page.md:3: Unknown interpreted text role "shout".; correct the role\'s name [myst.role_unknown]',
        ),
    ],
)
def test_a_warning_becomes_a_finding(tmp_path: Path, log: str, expected: str) -> None:
    (tmp_path / "page.md").write_text(PAGE, encoding="utf-8")
    (found,) = build._findings(tmp_path, log.replace("/x", str(tmp_path)))
    assert str(found) == expected


def test_a_stop_between_two_renames_loses_nothing(tmp_path: Path) -> None:
    old = tmp_path / "_build" / "html.old"
    old.mkdir(parents=True)
    (old / "index.html").touch()
    workplace.recover(tmp_path)
    assert (tmp_path / "_build" / "html" / "index.html").exists()
    old.mkdir()  # stopped after both renames
    workplace.recover(tmp_path)
    assert not old.exists()
    assert (tmp_path / "_build" / "html" / "index.html").exists()
