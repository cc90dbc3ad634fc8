"""What a pull request changes, as its summary says it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from book import changes
from book.findings import BookError

SUMS = {
    "slug": "sums", "title": "Sums", "number": 1, "seconds": 10.0, "device": "cpu",
    "equations": 3, "checked": 3, "exercises": 2, "data": {}, "date": "2026-01-31", "commit": "ab",
}  # fmt: skip


def status(*chapters: dict[str, object]) -> dict[str, object]:
    return {"chapters": list(chapters)}


def rows(base: dict[str, object], now: dict[str, object]) -> list[str]:
    lines = changes.summary(base, now).splitlines()
    return [line for line in lines if line.startswith("|")][2:]


def test_a_change_that_changes_no_number_says_so() -> None:
    text = changes.summary(status(SUMS), status(SUMS | {"seconds": 10.6, "commit": "cd"}))
    assert "No chapter changes" in text
    assert "1 chapters, 3 equations, 3 checked, 2 exercises" in text


def test_equations_exercises_and_seconds_are_compared_chapter_by_chapter() -> None:
    now = SUMS | {"equations": 5, "checked": 4, "exercises": 3, "seconds": 31.0}
    assert rows(status(SUMS), status(now)) == ["| Sums | 3 → 5 | 3 → 4 | 2 → 3 | 10.0 → 31.0 |  |"]
    assert "5 equations (+2), 4 checked (+1), 3 exercises (+1), 31 seconds (+21)" in (
        changes.summary(status(SUMS), status(now))
    )


def test_chapters_that_are_new_gone_or_not_run_are_named() -> None:
    new = SUMS | {"slug": "new", "title": "New", "device": "", "seconds": 0.0}
    found = rows(status(SUMS), status(new))
    assert found[0].startswith("| New | 3 |")
    assert found[0].endswith("| new; not run |")
    assert found[1] == "| ~~Sums~~ | | | | | gone |"


def test_seconds_of_two_devices_are_not_compared() -> None:
    (row,) = rows(status(SUMS | {"device": "H100", "seconds": 1.0}), status(SUMS))
    assert row == "| Sums | 3 | 3 | 2 | 10.0 | ran on cpu, before on H100 |"


def test_stand_in_data_and_a_new_title_are_said_and_no_title_breaks_the_table() -> None:
    now = SUMS | {"title": "a | b <c>", "data": {"mnist": "stand-in", "toy": "real"}}
    (row,) = rows(status(SUMS), status(now))
    assert r"a \| b &lt;c> |" in row
    assert row.endswith("| stand-in data: mnist; was called Sums |")


def test_without_an_earlier_book_everything_is_new() -> None:
    assert "no earlier book" in changes.summary(changes.NOTHING, status(SUMS))
    assert len(rows(changes.NOTHING, status(SUMS))) == 1


@pytest.mark.parametrize("text", ["", "[]", '{"chapters": [{}]}', '{"chapters": 3}'])
def test_a_file_that_is_no_status_is_named_with_the_cure(tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(BookError, match="status --json"):
        changes.read(tmp_path / "x.json")
    (tmp_path / "y.json").write_text(json.dumps(status(SUMS)))
    assert changes.read(tmp_path / "y.json") == status(SUMS)
