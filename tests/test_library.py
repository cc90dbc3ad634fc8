"""The library as readers install it: the same bytes and the same commit wherever it is made."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import tiny

from book import library
from book.findings import BookError


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A library that a test may change."""
    package = tmp_path / "code" / "tensorbook"
    (package / "files").mkdir(parents=True)
    (package / "__init__.py").write_text("answer = 42\n")
    (package / "files" / "data.csv").write_text("1,2\n")
    shutil.copy(tiny.HERE / "code" / "pyproject.toml", tmp_path / "code")
    return tmp_path / "code"


def test_its_version_follows_from_its_files_and_from_nothing_else(code: Path) -> None:
    before = library.of(code)
    (code / "tensorbook" / "__pycache__").mkdir()
    (code / "tensorbook" / "__pycache__" / "x.pyc").touch()
    (code / "tensorbook" / ".DS_Store").touch()
    assert library.of(code).wheel == before.wheel
    (code / "tensorbook" / "files" / "data.csv").write_text("1,3\n")
    assert library.of(code).version != before.version


def test_the_copy_on_the_branch_has_the_same_version_as_its_source(code: Path) -> None:
    made = library.of(code)
    (code / "pyproject.toml").write_text(made.project)
    assert library.of(code).version == made.version
    assert library.of(code).commit == made.commit


def test_every_file_of_the_package_is_in_the_wheel(code: Path, tmp_path: Path) -> None:
    made = library.of(code)
    (tmp_path / made.name).write_bytes(made.wheel)
    with zipfile.ZipFile(tmp_path / made.name) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
    assert {"tensorbook/__init__.py", "tensorbook/files/data.csv"} < set(names)
    assert len(names) == len(made.files) + 3


def test_git_gives_its_commit_the_hash_that_the_notebooks_name(code: Path, tmp_path: Path) -> None:
    made, store = library.of(code), tmp_path / "store.git"
    subprocess.run(["git", "init", "-q", "--bare", str(store)], check=True)

    def stored(kind: str, data: bytes) -> str:
        command = ["git", "-C", str(store), "hash-object", "-w", "-t", kind, "--stdin"]
        done = subprocess.run(command, input=data, capture_output=True, check=True)
        return done.stdout.decode().strip()

    stored("blob", made.wheel)
    stored("tree", made.tree)
    assert stored("commit", made.commit_text) == made.commit
    fsck = ["git", "-C", str(store), "fsck", "--strict", "--no-dangling"]
    assert subprocess.run(fsck, capture_output=True, check=True).returncode == 0
    show = ["git", "-C", str(store), "cat-file", "blob", f"{made.commit}:{made.name}"]
    assert subprocess.run(show, capture_output=True, check=True).stdout == made.wheel


def test_pip_installs_the_wheel_and_finds_nothing_wrong_with_it(code: Path, tmp_path: Path) -> None:
    made = library.of(code)
    wheel, target = tmp_path / made.name, tmp_path / "target"
    wheel.write_bytes(made.wheel)
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-index", "--target"]
    subprocess.run([*pip, str(target), str(wheel)], check=True, capture_output=True)
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import tensorbook, importlib.metadata as m;"
        "print(tensorbook.answer, m.version('tensorbook'), *m.requires('tensorbook'))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(target)], check=True, capture_output=True, text=True
    ).stdout.split()
    assert said == [
        "42",
        made.version,
        "torch",
        "torchvision",
        "matplotlib",
        "numpy",
        "scikit-learn",
        "tqdm",
    ]


def test_a_missing_or_unreadable_project_file_is_named(code: Path) -> None:
    (code / "pyproject.toml").write_text("[project]\n")
    with pytest.raises(BookError, match=r"code/pyproject.toml:1: no line `version"):
        library.of(code)
    (code / "pyproject.toml").unlink()
    with pytest.raises(BookError, match=r"code/pyproject.toml:1: missing"):
        library.of(code)
