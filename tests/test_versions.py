"""The chapters with other versions: what is installed, what is reported."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import tiny

from book import versions

WANTED = "# what we ask for\ntorch==2.14.1\ntorchvision==0.29.2\nnumpy\n\njupyter-book==1.0.4\nsphinx==7.4.7\n"
PINNED = (
    "# made by uv\nnumpy==2.4.6 ; python_full_version < '3.12' \\\n    --hash=sha256:aa\n"
    "nvidia-cublas==13.1 ; sys_platform == 'linux' \\\n    --hash=sha256:bb\n"
    "torch==2.14.1 \\\n    --hash=sha256:cc\ntriton==3.8\n"
)


def test_with_another_pytorch_all_else_stays_pinned() -> None:
    wanted, constraints = versions.asked("newest", WANTED, PINNED)
    assert wanted.split() == [
        "torch",
        "torchvision",
        "numpy",
        "jupyter-book==1.0.4",
        "sphinx==7.4.7",
    ]
    assert constraints == "numpy==2.4.6 ; python_full_version < '3.12'\n"
    wanted, _ = versions.asked("oldest", WANTED, PINNED)
    assert wanted.split()[:2] == ["torch==2.11.*", "torchvision==0.26.*"]
    wanted, constraints = versions.asked("pinned", WANTED, PINNED)
    assert wanted.split()[0] == "torch==2.14.1"
    assert "nvidia-cublas==13.1 ; sys_platform == 'linux'\n" in constraints


def test_with_the_newest_of_everything_nothing_is_pinned_but_the_program() -> None:
    wanted, constraints = versions.asked("everything", WANTED, PINNED)
    assert wanted.split() == ["torch", "torchvision", "numpy", "jupyter-book<2", "sphinx"]
    assert constraints == ""


def test_this_books_own_lists_can_be_asked_for() -> None:
    texts = [(tiny.HERE / n).read_text() for n in ("requirements.in", "requirements.txt")]
    wanted, constraints = versions.asked("newest", *texts)
    assert "torch\n" in wanted
    assert "\nsympy==" in constraints
    assert not any(
        line.startswith(("torch", "nvidia", "triton")) for line in constraints.split("\n")
    )
    assert "hash" not in constraints


def test_the_chapters_that_fail_are_named_and_the_others_are_counted(tmp_path: Path) -> None:
    bad = tiny.chapter("# T\n\n" + tiny.cell("1 / 0"))
    root = tiny.write(tmp_path, {"sums": tiny.chapter(tiny.GOOD), "bad": bad})
    result = versions.judge(root, Path(sys.executable), "newest", [])
    assert result.chapters == 2
    (finding,) = result.findings
    assert finding.startswith("chapters/part/bad.md:19: cell 1 raised ZeroDivisionError")
    text = versions.issue(result)
    assert f"- `{finding}`" in text
    assert "`python -m book versions newest`" in text


def test_a_book_that_does_not_start_is_a_failure_too(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    (root / "_config.yml").write_text("title: [")
    result = versions.judge(root, Path(sys.executable), "newest", [])
    assert len(result.findings) == 1
    assert "_config.yml" in result.findings[0]


def test_it_runs_in_a_copy_and_leaves_the_books_own_store_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tiny.write(tmp_path, library=True)
    monkeypatch.setattr(versions, "_install", lambda place, *texts: Path(sys.executable))
    assert versions.run(root, "pinned", ["sums"]).findings == ()
    assert not (root / "_build/.jupyter_cache").exists()
    copy = root / versions.PLACE / "pinned" / "book"
    assert (copy / "_build/.jupyter_cache/book/sums.json").is_file()


def test_versions_that_differ_from_the_pins_stand_in_the_issue() -> None:
    differing = versions._differing("a==1 \\\n  --hash=x\nb-c==2\n", "a==1\nB_c==3\nd==4\n")
    assert differing == {"b-c": ("2", "3")}
    result = versions.Result("everything", ("x.md:1: broken `code` [id]",), differing, 1)
    assert "| b-c | 2 | 3 |" in versions.issue(result)
    assert "- `x.md:1: broken 'code' [id]`" in versions.issue(result)
