"""A run tells the mistakes that a check notices from those that none does."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_formulas import IMPORTS, chapter_of

from book.findings import BookError
from book.mutate import ChapterReport, mutate
from book.mutation.formulas import mutations
from book.mutation.reader import read

RUN = {
    "verdicts": chapter_of(
        IMPORTS,
        """
        def square(x):
            return x**2

        def shifted(x):
            return x + 0 * x

        check("eq-square", square(torch.tensor([-1.0, 2.0])), torch.tensor([1.0, 4.0]))
        check("eq-shifted", shifted(torch.tensor(1.0)), 1.0)
        """,
        """
        def even(x):
            return (-x).cos()  # same: cos is even

        a = torch.tensor(0.3)
        check("eq-even", even(a), torch.tensor(math.cos(0.3)))
        """,
        """
        def solve(A, b):
            return torch.linalg.solve(A.T, b)

        A, b = torch.randn(3, 3), torch.randn(3)
        check("eq-solve", solve(A, b), torch.linalg.inv(A.T) @ b, atol=1e-4)
        """,
        """
        # tags: raises-exception
        lost = 1 / 0
        """,
        """
        w = torch.tensor([1.0, 2.0], requires_grad=True)
        loss = (w * w).sum()
        loss.backward()
        check("eq-grad", w.grad, torch.tensor([2.0, 4.0]))
        """,
        slug="verdicts",
    ),
    "draws": chapter_of(
        IMPORTS,
        "def same(x):\n    return x * 1.0**2",
        "a = torch.rand(3)\ncheck('eq-a', a + a, 2 * a)",
        """
        b = torch.rand(3)  # another draw than the first three numbers
        torch.manual_seed(0)
        _, wanted = torch.rand(3), torch.rand(3)
        check("eq-b", same(b), wanted)
        """,
        slug="draws",
    ),
    "endless": chapter_of(
        IMPORTS,
        """
        def halvings(x):
            count = 0
            while x > 1:
                x = x / 2
                count += 1
            return count

        check("eq-halvings", halvings(8.0), 3)
        """,
        slug="endless",
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def reports() -> dict[str, ChapterReport]:
    told: list[str] = []
    report = mutate(Path(), list(RUN.values()), progress=told.append, patience=4)
    assert len(told) == len(RUN)
    assert report.mutations == sum(chapter.mutations for chapter in report.chapters)
    return {chapter.slug: chapter for chapter in report.chapters}


def survivors(report: ChapterReport) -> set[str]:
    return {f"{m.before} → {m.after}" for m in report.survivors}


def test_noticed_mistakes_are_caught_and_the_others_survive(
    reports: dict[str, ChapterReport],
) -> None:
    report = reports["verdicts"]
    assert survivors(report) == {"x + 0 * x → x - 0 * x", "0 * x → 0 / x"}
    assert report.caught == report.mutations - 2


def test_a_crash_counts_as_caught(reports: dict[str, ChapterReport]) -> None:
    assert not [m for m in reports["verdicts"].survivors if "inv" in m.before]


def test_a_marked_mistake_counts_only_when_a_check_notices_it(
    reports: dict[str, ChapterReport],
) -> None:
    report = reports["verdicts"]
    assert [(m.before, m.reason) for m in report.equivalent] == [("-x", "cos is even")]
    chapter = RUN["verdicts"]
    marked = [m for m in mutations(chapter, read(chapter)) if m.reason]
    assert {m.before for m in marked} == {"-x", "(-x).cos()"}
    assert report.mutations == len(mutations(chapter, read(chapter))) - 1


def test_a_cell_draws_what_it_drew_although_others_are_left_out(
    reports: dict[str, ChapterReport],
) -> None:
    assert "1.0**2 → 1.0**3" in survivors(reports["draws"])


def test_a_mistake_that_never_ends_is_stopped_and_caught(
    reports: dict[str, ChapterReport],
) -> None:
    report = reports["endless"]
    assert report.caught == report.mutations > 0
    assert report.seconds < 60


def test_the_report_as_json_names_file_line_and_snippets(tmp_path: Path) -> None:
    chapter = chapter_of(IMPORTS, 'x = torch.ones(())\ncheck("eq-abs", abs(x), 1.0)')
    told = mutate(tmp_path, [chapter], progress=lambda _: None).as_json()
    survivor = {"file": "chapters/part/tiny.md", "before": "abs(x)", "after": "x"}
    survivor["line"] = chapter.line_of("abs(x)")
    assert told["mutations"] == 1
    assert told["caught"] == 0
    assert told["survivors"] == [survivor]
    assert told["chapters"]["tiny"]["survivors"] == [survivor]


def test_a_chapter_that_fails_unchanged_is_an_error_with_its_line(tmp_path: Path) -> None:
    chapter = chapter_of(IMPORTS, "x = 1.0\n\n\ncheck('eq-a', x + x, 3.0)")
    with pytest.raises(BookError, match="eq-a: 1 of 1 values differ") as caught:
        mutate(tmp_path, [chapter], progress=lambda _: None)
    assert caught.value.findings[0].line == chapter.line_of("check('eq-a'")


def test_a_chapter_without_checks_needs_no_run(tmp_path: Path) -> None:
    report = mutate(tmp_path, [chapter_of("x = 1 / 0")], progress=lambda _: None)
    assert (report.mutations, report.survivors, report.findings) == (0, (), [])
