"""The branch that readers run: what it holds, how it is published, and how its first cell behaves."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import tiny
from packaging.requirements import Requirement

from book import contents, library, lock
from book.branch import environment, places, push, tree, trial
from book.chapter import parse
from book.findings import BookError
from book.notebooks import export, links
from book.store import Store

HERE = tiny.HERE
PERSON = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}


@pytest.fixture(autouse=True)
def _only_this_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_REPOSITORY", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in PERSON.items():
        monkeypatch.setenv(name, value)


def git(root: Path, *arguments: str) -> str:
    command = ["git", "-C", str(root), "-c", "user.name=A", "-c", "user.email=a@b", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tiny book under version control, its branch built."""
    made = tiny.write(tmp_path / "book", library=True)
    shutil.copy(HERE / "LICENSE", made)
    git(made, "init", "-q", "-b", "main")
    (made / ".gitignore").write_text("/_build/\n")
    git(made, "add", "-A")
    git(made, "commit", "-q", "-m", "A book")
    build(made)
    return made


@pytest.fixture
def remote(tmp_path: Path) -> Path:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    return tmp_path / "remote.git"


def build(root: Path) -> Path:
    book, out = contents.load(root), root / "_build" / "notebooks"
    store = Store(root / "_build" / ".jupyter_cache")
    export(book, store, out)
    return tree.build(book, store, out, root / push.FOLDER)


def publish(root: Path, remote: Path | str) -> str | None:
    return push.push(root, root / push.FOLDER, str(remote), "notebooks")


def change(root: Path) -> None:
    page = root / "chapters/part/sums.md"
    page.write_text(page.read_text().replace("Addition commutes", "A sum commutes"))
    build(root)


def history(remote: Path) -> list[str]:
    return git(remote, "rev-list", "--first-parent", "notebooks").split()


def holding(remote: Path) -> list[str]:
    return git(remote, "ls-tree", "-r", "--name-only", "notebooks").splitlines()


def test_the_branch_holds_notebooks_library_and_environment_and_nothing_else(root: Path) -> None:
    folder = root / push.FOLDER
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    package = set(library.of(root / "code").files)
    assert package < found
    assert sorted(found - package) == [
        "LICENSE", "README.md", "binder/postBuild", "binder/requirements.txt", "binder/runtime.txt",
        "binder/torch.txt", "part/sums.ipynb", "pyproject.toml",
    ]  # fmt: skip


def test_its_first_page_leads_to_every_notebook_and_says_how_to_run_them(root: Path) -> None:
    text = (root / push.FOLDER / "README.md").read_text()
    book = contents.load(root)
    chapter = book.entry("sums").chapter
    assert "- [1. Sums](part/sums.ipynb) · [page](" in text
    assert links.colab(book, chapter) in text
    assert links.binder(book, chapter) in text
    assert f"--branch notebooks {book.repository} notebooks" in text
    assert library.of(root / "code").version in text


def test_two_builds_of_the_same_sources_are_equal_to_the_byte(root: Path) -> None:
    def held() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (root / push.FOLDER).rglob("*") if p.is_file()}

    before = held()
    build(root)
    assert held() == before


def test_binder_installs_the_versions_that_the_book_was_built_with() -> None:
    files = environment.files(HERE)
    pinned = lock.pins((HERE / "requirements.txt").read_text())
    lines = [*files["requirements.txt"].splitlines(), *files["torch.txt"].splitlines()]
    assert set(lines) < set(pinned)
    names = {Requirement(line).name for line in lines}
    asked = set(environment.cells_run_on(HERE))
    assert names == asked - {"ipykernel"} | {"uv"}
    assert {Requirement(line).name for line in files["torch.txt"].splitlines()} == {
        "torch", "torchvision",
    }  # fmt: skip


def test_binders_files_are_in_a_form_that_it_reads_and_name_no_registry(tmp_path: Path) -> None:
    files = environment.files(HERE)
    assert re.fullmatch(r"python-3\.\d+\n", files["runtime.txt"])
    script = tmp_path / "postBuild"
    script.write_text(files["postBuild"])
    assert subprocess.run(["bash", "-n", str(script)]).returncode == 0
    assert files["postBuild"].startswith("#!/bin/bash\n")
    assert not re.search(r"https?://|index-url", "".join(files.values()))


def test_a_package_that_is_asked_for_and_not_pinned_is_named(tmp_path: Path) -> None:
    (tmp_path / "requirements.in").write_text("numpy\n\nscipy\n\n# the book\npytest\n")
    (tmp_path / "requirements.txt").write_text("numpy==2.0\n")
    with pytest.raises(BookError, match=r"requirements.txt:1: .*scipy is asked for"):
        environment.pins(tmp_path, environment.cells_run_on(tmp_path))


def test_colabs_list_is_one_that_can_be_installed() -> None:
    text = places.COLAB.read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    names = [Requirement(line).name for line in lines]
    assert len(set(names)) == len(names)
    assert {"torch", "torchvision", "numpy", "matplotlib", "scikit-learn", "ipykernel"} < set(names)
    assert not {"tensorbook", "onnx", "onnxruntime", "onnxscript"} & set(names)


def test_the_first_push_makes_the_branch_of_these_files_alone(root: Path, remote: Path) -> None:
    commit = publish(root, remote)
    assert git(remote, "rev-parse", "notebooks") == commit
    folder = root / push.FOLDER
    built = [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()]
    assert holding(remote) == sorted(built)
    for name in ("part/sums.ipynb", "tensorbook/files/glove.npz"):
        command = ["git", "-C", str(remote), "cat-file", "blob", f"notebooks:{name}"]
        assert subprocess.run(command, capture_output=True).stdout == (folder / name).read_bytes()
    mode = git(remote, "ls-tree", "notebooks", "binder/postBuild").split()[0]
    assert mode == "100755"


def test_an_unchanged_branch_gets_no_commit(root: Path, remote: Path) -> None:
    publish(root, remote)
    before = history(remote)
    (root / "README.md").write_text("Something that readers of notebooks do not see\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "Elsewhere")
    build(root)
    assert publish(root, remote) is None
    assert history(remote) == before


def test_a_change_is_one_commit_on_top_that_names_its_source(root: Path, remote: Path) -> None:
    first = publish(root, remote)
    change(root)
    (root / push.FOLDER / "part" / "gone.ipynb").write_text("{}")
    second = publish(root, remote)
    (root / push.FOLDER / "part" / "gone.ipynb").unlink()
    third = publish(root, remote)
    assert history(remote)[:3] == [third, second, first]
    assert "part/gone.ipynb" not in holding(remote)
    source = git(root, "rev-parse", "HEAD")
    assert f"Source: {source}" in git(remote, "log", "-1", "--format=%B", "notebooks")


def test_the_author_is_whom_git_knows_else_the_workflows_bot(root: Path, remote: Path) -> None:
    publish(root, remote)
    assert git(remote, "log", "-1", "--format=%an", "notebooks") == "github-actions[bot]"
    git(root, "config", "user.name", "Ada")
    git(root, "config", "user.email", "ada@example.org")
    change(root)
    publish(root, remote)
    assert git(remote, "log", "-1", "--format=%an %ce", "notebooks") == "Ada ada@example.org"


def test_the_checkout_is_not_touched(root: Path, remote: Path) -> None:
    publish(root, remote)
    change(root)
    (root / "index.md").write_text("# Changed and not committed\n")
    (root / "new.md").write_text("# Staged\n")
    git(root, "add", "new.md")

    def state() -> list[str]:
        questions = (["status", "--porcelain"], ["branch", "-a"], ["rev-parse", "HEAD"],
                     ["for-each-ref"], ["diff", "--cached", "--name-only"])  # fmt: skip
        return [git(root, *question) for question in questions]

    before, index = state(), (root / ".git" / "index").read_bytes()
    publish(root, remote)
    assert (root / ".git" / "index").read_bytes() == index
    assert state() == before
    assert not (root / ".git" / "FETCH_HEAD").exists()


def test_the_library_that_a_notebook_names_stays_there_when_the_library_moves_on(
    root: Path, remote: Path
) -> None:
    old = library.of(root / "code")
    publish(root, remote)
    with (root / "code" / "tensorbook" / "spy.py").open("a") as file:
        file.write("# changed\n")
    build(root)
    publish(root, remote)
    for made in (old, library.of(root / "code")):
        git(remote, "merge-base", "--is-ancestor", made.commit, "notebooks")
        command = ["git", "-C", str(remote), "cat-file", "blob", f"{made.commit}:{made.name}"]
        assert subprocess.run(command, capture_output=True).stdout == made.wheel
    notebook = (root / push.FOLDER / "part" / "sums.ipynb").read_text()
    assert f"/raw/{library.of(root / 'code').commit}/" in notebook
    assert len(history(remote)) == 3  # the two that were published, on the first library


def test_a_push_in_between_is_kept_and_built_upon(
    root: Path, remote: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(root, remote)
    change(root)
    offer, theirs = push.Git.offer, []

    def late(self: push.Git, commit: str, *, last: bool) -> bool:
        if not theirs:
            made = git(remote, "commit-tree", "notebooks^{tree}", "-p", "notebooks", "-m", "Theirs")
            git(remote, "update-ref", "refs/heads/notebooks", made)
            theirs.append(made)
        return offer(self, commit, last=last)

    monkeypatch.setattr(push.Git, "offer", late)
    ours = publish(root, remote)
    assert history(remote)[:2] == [ours, theirs[0]]


def test_a_remote_that_refuses_is_quoted_and_keeps_its_branch(root: Path, remote: Path) -> None:
    publish(root, remote)
    before = history(remote)
    hook = remote / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'this branch is protected' >&2\nexit 1\n")
    hook.chmod(0o755)
    change(root)
    with pytest.raises(BookError, match=r"did not take the branch.*protected"):
        publish(root, remote)
    assert history(remote) == before


def test_a_remote_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(BookError, match=r"the remote upstream cannot be read: .*git remote -v"):
        publish(root, "upstream")


def test_pushing_before_building_says_what_to_type(root: Path, remote: Path) -> None:
    shutil.rmtree(root / push.FOLDER)
    with pytest.raises(BookError, match="run `python -m book branch` first"):
        publish(root, remote)


def test_what_was_built_is_published_by_a_bare_python(root: Path, remote: Path) -> None:
    (root / "book").unlink()
    shutil.copytree(HERE / "book", root / "book", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-S", "-E", "-m", "book", "branch", "--built"]
    done = subprocess.run(
        [*command, "--push", str(remote)], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "notebooks" in done.stderr
    assert len(history(remote)) == 2
    again = subprocess.run(
        [*command, "--push", str(remote)], cwd=root, capture_output=True, text=True
    )
    assert "exactly this already" in again.stderr
    assert subprocess.run(command, cwd=root, capture_output=True).returncode == 2


def setup_cell(root: Path) -> str:
    notebook = nbformat.read(root / push.FOLDER / "part" / "sums.ipynb", as_version=4)
    return next(str(cell.source) for cell in notebook.cells if cell.cell_type == "code")


def run_cell(
    source: str, path: Path, python: str = sys.executable
) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(path), "PYTHONWARNINGS": "default"}
    command = [python, "-c", source]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A reader's packages: a pip that writes down what it is asked, and fails when `fails` is there."""
    pip = tmp_path / "elsewhere" / "pip"
    pip.mkdir(parents=True)
    (pip / "__init__.py").touch()
    (pip / "__main__.py").write_text(
        "import json, pathlib, sys\n"
        "here = pathlib.Path(__file__).parent\n"
        "said = [open(a).read() if a.endswith('kept.txt') else a for a in sys.argv[1:]]\n"
        "(here / 'asked.json').write_text(json.dumps(said))\n"
        "sys.exit('ERROR: no route to host' if (here / 'fails').exists() else 0)\n"
    )
    return pip.parent


def asked(elsewhere: Path) -> list[str]:
    file = elsewhere / "pip" / "asked.json"
    return list(json.loads(file.read_text())) if file.exists() else []


def test_the_first_cell_asks_for_nothing_where_the_pages_version_is_installed(
    root: Path, elsewhere: Path
) -> None:
    library.of(root / "code").unpack(elsewhere)
    done = run_cell(setup_cell(root), elsewhere)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert asked(elsewhere) == []


@pytest.mark.parametrize("older", [True, False])
def test_the_first_cell_installs_where_the_library_is_older_or_missing(
    root: Path, elsewhere: Path, older: bool
) -> None:
    if older:
        info = elsewhere / "tensorbook-0.1.0+g0000000000.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Name: tensorbook\nVersion: 0.1.0+g0000000000\n")
    done = run_cell(setup_cell(root), elsewhere)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    wanted = library.of(root / "code")
    command = asked(elsewhere)
    assert command[0] == "install"
    assert command[-2] == "--no-deps"
    assert command[-1].endswith(f"/raw/{wanted.commit}/{wanted.name}")


def test_a_chapters_own_packages_come_without_changing_what_the_reader_has(
    root: Path, elsewhere: Path
) -> None:
    library.of(root / "code").unpack(elsewhere)
    info = elsewhere / "torch-2.11.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Name: torch\nVersion: 2.11.0+cu128\n")
    text = tiny.chapter(tiny.GOOD).replace("book:\n", "book:\n  packages: [json, not_here]\n")
    book = contents.load(root)
    source = links.install(book, parse(Path("x.md"), text), library.of(root / "code"))
    done = run_cell(source, elsewhere)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    *_, option, kept, package = asked(elsewhere)
    assert (option, package) == ("--constraint", "not_here")
    assert "torch==2.11.0+cu128" in kept.splitlines()


def test_without_a_network_the_first_cell_says_what_to_do(root: Path, elsewhere: Path) -> None:
    (elsewhere / "pip" / "fails").touch()
    done = run_cell(setup_cell(root), elsewhere)
    assert done.returncode == 1
    assert "ImportError: pip could not install https://" in done.stderr
    assert "no route to host" in done.stderr
    assert "Is this computer online? Then run this cell once more." in done.stderr


def test_the_first_cell_brings_the_library_from_the_published_branch(
    root: Path, remote: Path, tmp_path: Path
) -> None:
    publish(root, remote)
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = str(tmp_path / "venv" / "bin" / "python")
    source, book = setup_cell(root), contents.load(root)
    with trial.served(remote) as address:
        done = run_cell(source.replace(book.repository, address), tmp_path, python)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    again = run_cell(source.replace(book.repository, "http://127.0.0.1:9"), tmp_path, python)
    assert again.returncode == 0  # nothing is fetched a second time
    show = [python, "-c", "from importlib.metadata import version as v; print(v('tensorbook'))"]
    said = subprocess.run(show, capture_output=True, text=True).stdout.strip()
    assert said == library.of(root / "code").version


def test_a_trial_takes_chapters_that_are_unlike_each_other() -> None:
    book = contents.load(HERE)
    slugs = trial.three(book)
    numbered = [c.slug for c in book.chapters if book.entry(c.slug).number]
    assert {numbered[0], numbered[-1]} <= set(slugs)
    assert any(book.entry(slug).chapter.packages for slug in slugs)


def test_a_trial_of_nothing_says_what_to_type(root: Path) -> None:
    shutil.rmtree(root / push.FOLDER)
    with pytest.raises(BookError, match="run `python -m book branch` first"):
        trial.attempt(contents.load(root), "colab", None, None, progress=print)


def test_what_changes_a_package_shows_and_what_python_caches_does_not(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name in ("torch/__init__.py", "torch/__pycache__/a.pyc", "torch-2.0.dist-info/RECORD"):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text("1")
    place = places.Place(tmp_path / "bin" / "python")
    before = place.state()
    (packages / "torch/__pycache__/a.pyc").write_text("22")
    assert place.state() == before
    (packages / "torch" / "__init__.py").write_text("22")
    assert place.state() != before


@pytest.mark.skipif("BOOK_TRY" not in os.environ, reason="builds 5 GB; set BOOK_TRY=1 for it")
@pytest.mark.parametrize("on", ["colab", "binder"])
def test_notebooks_run_where_readers_open_them(on: str) -> None:
    report = trial.attempt(contents.load(HERE), on, None, None, progress=print)
    assert report.findings == []
