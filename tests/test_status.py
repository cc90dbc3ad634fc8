"""What is on record of each chapter, and how a copy of the book is cited."""

import ast
import json
import subprocess
from pathlib import Path

import pytest
import tiny

from book import contents, equations, evidence, execute, status
from book.findings import BookError
from book.mutate import ChapterReport, MutationReport
from book.sphinx import status as page
from book.store import Store


def statuses(root: Path) -> list[status.ChapterStatus]:
    book, store = contents.load(root), Store(root / execute.STORE)
    return status.of(book, store, equations.collect(book, store))


def test_a_run_is_recorded_with_its_device_and_an_earlier_device_is_kept(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    assert [o.finding for o in execute.run(contents.load(root)) if o.finding] == []
    (root / "evidence").mkdir()
    table = {"NVIDIA H200": {"date": "2026-01-31", "commit": "abc", "cores": 16, "versions": {}, "chapters": {"sums": 0.5}}}  # fmt: skip
    (root / evidence.SECONDS).write_text(json.dumps(table), "utf-8")
    devices = evidence.record_seconds(contents.load(root), Store(root / execute.STORE))
    assert devices == ["cpu"]
    kept = evidence.seconds(root)
    assert kept["NVIDIA H200"] == table["NVIDIA H200"]
    (sums,) = statuses(root)
    assert kept["cpu"]["chapters"] == {"sums": sums.seconds}
    assert (sums.device, sums.gpu, sums.cpu) == ("cpu", 0.5, sums.seconds)
    assert (sums.equations, sums.checked) == (1, 1)


ON_A_GPU = """
import torch
from tensorbook import recorded

torch.cuda.is_available = lambda: True
torch.cuda.get_device_name = lambda *which: "NVIDIA H200"
recorded.keep("recipe", [{"epochs": 8, "accuracy": 0.5}])
print("alone:", recorded.alone())
"""


def test_what_a_gpu_measured_is_kept_and_lent_to_a_build_without_one(tmp_path: Path) -> None:
    asked = tiny.cell("from tensorbook import recorded\n\nprint(recorded.read('recipe'))")
    pages = {
        "sums": tiny.chapter(tiny.GOOD + "\n" + tiny.cell(ON_A_GPU)),
        "table": tiny.chapter("# A table\n\n" + asked),
    }
    root = tiny.write(tmp_path, pages, library=True)

    def said(slug: str) -> str:
        outcomes = execute.run(contents.load(root))
        assert [o.finding for o in outcomes if o.finding] == []
        book, store = contents.load(root), Store(root / execute.STORE)
        loaded = store.load(book.entry(slug).chapter)
        assert loaded
        return str(loaded[1].cells[-1].outputs[-1].text)

    assert said("table") == "None\n"
    book, store = contents.load(root), Store(root / execute.STORE)
    assert evidence.record_kept(book, store) == ([], ["recipe"])  # two ran at once
    assert said("sums").endswith("alone: False\n")
    store.forget(book.entry("sums").chapter)
    assert said("sums").endswith("alone: True\n")
    assert evidence.record_kept(book, store) == (["recipe"], [])
    kept = ast.literal_eval(said("table"))  # it ran again, because the file that it reads changed
    assert kept["device"] == "NVIDIA H200"
    assert kept["rows"] == [{"epochs": 8, "accuracy": 0.5}]


def test_a_table_with_a_hole_is_not_recorded(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    with pytest.raises(BookError, match="never ran as it is now"):
        evidence.record_seconds(contents.load(root), Store(root / execute.STORE))
    assert not (root / evidence.SECONDS).exists()


def test_mutations_are_marked_once_the_chapter_has_changed(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    report = MutationReport((ChapterReport("sums", 8, 7, (), (), 1.0),))
    evidence.record_mutations(contents.load(root), report)
    (sums,) = statuses(root)
    assert (sums.mutations, sums.caught, sums.fresh) == (8, 7, True)
    assert "7/8 |" in "\n".join(page.table([sums]))
    file = root / "chapters" / "part" / "sums.md"
    file.write_text(file.read_text("utf-8").replace("a, b = 2.0, 3.0", "a, b = 2.0, 4.0"), "utf-8")
    (sums,) = statuses(root)
    assert not sums.fresh
    assert "7/8 † |" in "\n".join(page.table([sums]))
    assert any("has changed since" in line for line in page.legend([sums]))


@pytest.mark.parametrize("text", ["{", "[]", '{"cpu": 3}'])
def test_a_damaged_record_is_named_with_its_cure(tmp_path: Path, text: str) -> None:
    root = tiny.write(tmp_path)
    (root / "evidence").mkdir()
    (root / evidence.SECONDS).write_text(text, "utf-8")
    with pytest.raises(BookError, match="restore it from version control") as caught:
        statuses(root)
    assert caught.value.findings[0].file == evidence.SECONDS


def test_a_copy_is_cited_with_its_own_address_and_commit(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    git = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "One"], ["remote", "add", "origin", "https://github.com/second/book"]):  # fmt: skip
        subprocess.run([*git, *command], check=True)
    name = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True).stdout
    entry = page.citation(contents.load(root))
    assert "url = {https://second.github.io/book/}" in entry
    assert f"Commit {name[:10]}" in entry
    assert f"https://github.com/second/book/commit/{name.strip()}" in page.origin(contents.load(root))[0]  # fmt: skip
