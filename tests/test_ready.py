"""What may be published, and that rendering a store executes nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import clone
import pytest
import tiny

from book import contents, execute, frozen, ready
from book.execute import STORE


def edit_note(root: Path, **changes: object) -> None:
    note = root / STORE / "book" / "sums.json"
    note.write_text(json.dumps(json.loads(note.read_text()) | changes))


def found(root: Path, device: str = "any") -> list[tuple[str, str]]:
    return [(f.id, f.message) for f in ready.findings(contents.load(root), device)]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny book that reads a data set, with its run in the store."""
    root = tmp_path_factory.mktemp("ran")
    tiny.write(root, {"sums": tiny.chapter(tiny.GOOD, data="[mnist]")}, library=True)
    assert [o.finding for o in execute.run(contents.load(root))] == [None]
    edit_note(root, data={"mnist": "real"})
    return root


@pytest.fixture
def root(ran: Path, tmp_path: Path) -> Path:
    return shutil.copytree(ran, tmp_path / "book", symlinks=True)


def test_a_complete_store_is_ready_and_a_cpu_will_do_unless_a_gpu_is_asked_for(root: Path) -> None:
    assert found(root) == []
    ((kind, message),) = found(root, "gpu")
    assert kind == "cpu-only"
    assert "run it where there is one" in message
    parts = json.loads((root / STORE / "book" / "sums.json").read_text())["parts"]
    edit_note(root, parts=parts | {"device": "cuda"}, device="Some GPU")
    assert found(root, "gpu") == []


def test_stand_in_data_is_refused_and_named_where_it_is_declared(root: Path) -> None:
    edit_note(root, data={"mnist": "stand-in"})
    (finding,) = ready.findings(contents.load(root))
    assert (finding.id, finding.line) == ("stand-in", 12)
    assert "$TENSORBOOK_DATA" in finding.message


def test_a_chapter_that_never_ran_or_changed_since_is_refused(root: Path) -> None:
    page = root / "chapters/part/sums.md"
    page.write_text(page.read_text().replace("a, b = 2.0", "a, b = 5.0"))
    ((kind, message),) = found(root)
    assert (kind, "its cells" in message) == ("stale", True)
    (root / STORE / "book" / "sums.json").unlink()
    assert [kind for kind, _ in found(root)] == ["not-run"]


def test_an_equation_that_its_run_did_not_check_is_refused(root: Path) -> None:
    page = root / "chapters/part/sums.md"
    page.write_text(page.read_text().replace(":label: eq-commute", ":label: eq-other"))
    assert {kind for kind, _ in found(root)} >= {"eq-unchecked"}


def test_where_it_is_frozen_jupyter_itself_finds_no_kernel_to_start() -> None:
    environment = dict(os.environ)
    code = "from jupyter_client.manager import start_new_kernel as s; s()[0].shutdown_kernel()"
    line = [sys.executable, "-c", code]
    assert subprocess.run(line, env=environment, capture_output=True).returncode == 0
    frozen.freeze(environment)
    done = subprocess.run(line, env=environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert "NoSuchKernel" in done.stderr


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clone.origin(tmp_path_factory.mktemp("origin"))


@pytest.fixture(scope="module")
def store(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store as another machine, with a GPU and the data, hands it over."""
    there = clone.clone(repository, tmp_path_factory.mktemp("there") / "book")
    done = clone.type_("python -m book run", there)
    assert done.returncode == 0, done.stderr
    note = there / STORE / "book" / "sums.json"
    run = json.loads(note.read_text())
    run |= {"device": "Some GPU", "parts": run["parts"] | {"device": "cuda"}, "commit": "0" * 10}
    note.write_text(json.dumps(run | {"date": "2020-01-01"}))
    return there / STORE


def render(line: str, repository: Path, store: Path, folder: Path) -> tuple[Path, str]:
    """Type `line` in another clone, edited since, in which no kernel can start."""
    here = clone.clone(repository, folder / "elsewhere" / "book")
    shutil.copytree(store, here / STORE)
    (folder / "stop").mkdir()
    (folder / "stop" / "sitecustomize.py").write_text(clone.NO_KERNEL)
    (here / "README.md").write_text("Another commit.\n")
    clone.git(here, "add", "README.md")
    clone.git(here, "commit", "-qm", "Another")
    page = here / "chapters/part/sums.md"
    page.write_text(page.read_text().replace("Addition commutes", "Sums commute"))
    done = clone.type_(line, here, BOOK_FROZEN="1", PYTHONPATH=str(folder / "stop"))
    return here, done.stderr if done.returncode else ""


def test_a_store_from_a_gpu_renders_in_a_fresh_clone_that_can_start_no_kernel(
    repository: Path, store: Path, tmp_path: Path
) -> None:
    line = 'python -m book ready --device "$DEVICE" && make html && make notebooks'
    here, wrong = render("DEVICE=gpu; " + line, repository, store, tmp_path)
    assert wrong == ""
    html = (here / "_build/html/chapters/part/sums.html").read_text(encoding="utf-8")
    assert "Sums commute" in html
    assert "eq-commute" in html
    assert 'class="check"' in html
    assert "Some GPU" in html
    assert (here / "_build/notebooks/part/sums.ipynb").is_file()


@pytest.mark.needs("TeX")
def test_every_line_that_renders_and_previews_works_from_the_store_alone(
    repository: Path, store: Path, tmp_path: Path
) -> None:
    lines = [
        "export DEVICE=any",
        *clone.lines("book", "render"),
        *clone.lines("preview", "preview"),
    ]
    here, wrong = render(" && ".join(lines), repository, store, tmp_path)
    assert wrong == ""
    for written in (
        "pdf/*.pdf",
        "epub/*.epub",
        "html/index.html",
        "branch/README.md",
        "sbom.cdx.json",
    ):
        assert list((here / "_build").glob(written)), written
    now = json.loads((here / "_build/status.json").read_text(encoding="utf-8"))
    assert [chapter["device"] for chapter in now["chapters"]] == ["Some GPU"]


def test_the_guard_of_these_tests_stops_a_run(
    repository: Path, store: Path, tmp_path: Path
) -> None:
    """What the two tests above rest on: here something does want a kernel, and gets none."""
    there = clone.clone(repository, tmp_path / "book")
    (tmp_path / "sitecustomize.py").write_text(clone.NO_KERNEL)
    done = clone.type_("python -m book run", there, PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert "something wanted to start a kernel" in done.stderr


def test_a_store_without_a_chapters_run_stops_the_rendering_and_names_it(
    repository: Path, store: Path, tmp_path: Path
) -> None:
    other = shutil.copytree(store, tmp_path / "store")
    (other / "book" / "sums.json").unlink()
    here, wrong = render("make html", repository, other, tmp_path)
    assert "chapters/part/sums.md:1: no stored run of this chapter's present code" in wrong
    assert not (here / "_build/html").exists()
