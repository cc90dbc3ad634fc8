"""The command line: exit codes, JSON, messages, and the set-up that comes before it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import tiny

from book import browser, setup, system
from book.findings import BookError


def book(*arguments: str, root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(root)} | variables
    command = [sys.executable, "-m", "book", "--no-setup", *arguments]
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tiny book with its own copy of the package, whose root is the book's root."""
    import shutil

    made = tiny.write(tmp_path)
    (made / "book").unlink()
    shutil.copytree(tiny.HERE / "book", made / "book")
    return made


def test_an_unknown_option_or_command_exits_with_2(root: Path) -> None:
    for arguments in (["run", "--fast"], ["publish"], [], ["run", "--jobs", "0"]):
        done = book(*arguments, root=root)
        assert done.returncode == 2
        assert "usage" in done.stderr


def test_a_good_book_checks_with_0_and_findings_exit_with_1(root: Path) -> None:
    assert book("check", root=root).returncode == 0
    page = root / "chapters/part/sums.md"
    page.write_text(page.read_text().replace('check("eq-commute"', 'print("eq-commute"'))
    done = book("check", root=root)
    assert done.returncode == 1
    assert done.stderr.startswith("chapters/part/sums.md:22: eq-commute is never checked; add")
    listed = json.loads(book("check", "--json", root=root).stdout)["findings"]
    assert [f["id"] for f in listed] == ["eq-unchecked"]


def test_run_reports_each_chapter_as_json_and_progress_as_plain_lines(root: Path) -> None:
    done = book("run", "--json", root=root)
    assert done.returncode == 0, done.stderr
    (chapter,) = json.loads(done.stdout)["chapters"]
    assert (chapter["slug"], chapter["state"], chapter["device"]) == ("sums", "ran", "cpu")
    assert chapter["seconds"] > 0
    assert "sums: cell 1 of 1" in done.stderr
    again = json.loads(book("run", "--json", "sums", root=root).stdout)["chapters"]
    assert again[0]["state"] == "reused"


def test_equations_are_listed_with_their_checks(root: Path) -> None:
    assert book("run", root=root).returncode == 0
    listed = json.loads(book("equations", "--json", root=root).stdout)
    assert {k: listed[k] for k in ("labelled", "checked", "exempt")} == {
        "labelled": 1, "checked": 1, "exempt": 0,
    }  # fmt: skip
    assert listed["items"][0]["label"] == "eq-commute"


def test_a_check_that_did_not_run_leaves_its_equation_unchecked(root: Path) -> None:
    page = root / "chapters/part/sums.md"
    page.write_text(page.read_text().replace("check(", "if False:\n    check("))
    done = book("run", root=root)
    assert done.returncode == 1
    assert "sums.md:22: eq-commute" in done.stderr
    assert "[eq-unchecked]" in done.stderr


def test_a_failed_chapter_exits_with_1_and_names_the_line(root: Path) -> None:
    page = root / "chapters/part/sums.md"
    page.write_text(page.read_text().replace("b + a)", "b + a + 1)"))
    done = book("run", root=root)
    assert done.returncode == 1
    assert "chapters/part/sums.md:29: cell 1 raised CheckFailed: eq-commute" in done.stderr


def test_a_chapter_that_does_not_exist_gets_the_nearest_name(root: Path) -> None:
    done = book("run", "sum", root=root)
    assert done.returncode == 1
    assert "did you mean sums?" in done.stderr


def test_what_the_system_refuses_is_named_without_a_traceback(root: Path) -> None:
    (root / "_build").write_text("a file where a folder should be")
    done = book("run", root=root)
    assert done.returncode == 1
    assert (
        done.stderr.strip() == f"{root / '_build'}:1: File exists; mend that and run again [system]"
    )


def test_an_old_python_is_told_which_one_it_takes() -> None:
    code = (
        "import sys, runpy; sys.version_info = (3, 10, 0); sys.version = '3.10.0 (old)';"
        "runpy.run_module('book', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tiny.HERE, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed; this is 3.10.0" in done.stderr


def test_the_first_files_can_be_read_by_an_old_python() -> None:
    import ast

    for name in ("__main__", "setup", "system", "browser", "findings", "__init__"):
        ast.parse((tiny.HERE / "book" / f"{name}.py").read_text(), feature_version=(3, 8))


def test_a_set_up_that_is_current_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".venv").mkdir()
    (tmp_path / "requirements.txt").write_text("uv==0.1\n")
    (tmp_path / ".venv" / ".requirements.sha256").write_text(setup._digest(tmp_path))
    monkeypatch.setattr(setup, "_do", lambda command: pytest.fail(f"ran {command}"))
    setup.ensure(tmp_path, "html")


def test_a_changed_pin_sets_up_again_and_a_failure_leaves_no_stamp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    stamp = tmp_path / ".venv" / ".requirements.sha256"
    stamp.write_text("an older digest")
    (tmp_path / "requirements.txt").write_text("uv==0.1\n")

    def fail(command: list[str]) -> None:
        raise SystemExit(1)

    monkeypatch.setattr(setup, "_do", fail)
    with pytest.raises(SystemExit):
        setup.ensure(tmp_path, "html")
    assert not stamp.exists()


def test_the_set_up_installs_nothing_without_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[list[str]] = []
    monkeypatch.setattr(setup, "_do", done.append)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "python").touch()
    pin = "uv==0.1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
    (tmp_path / "requirements.txt").write_text(
        f"attrs==1 \\\n    --hash=sha256:cc\n{pin}uvloop==2\n"
    )
    setup.ensure(tmp_path, "html")
    installs = [command for command in done if "install" in command]
    assert len(installs) == 2
    assert all("--require-hashes" in command for command in installs)
    assert Path(installs[0][-1]).read_text() == pin
    assert installs[1][-1] == str(tmp_path / "requirements.txt")


def test_every_pin_has_its_hashes() -> None:
    lines = (tiny.HERE / "requirements.txt").read_text().splitlines()
    pins = [line for line in lines if line[0].isalnum()]
    assert len(pins) > 150
    assert all("==" in pin and pin.endswith("\\") for pin in pins)


def test_ubuntu_is_told_from_debian(tmp_path: Path) -> None:
    for name, snap in (("ubuntu", True), ("debian", False)):
        release = tmp_path / name
        release.write_text(f"NAME=x\nID={name}\nID_LIKE=ubuntu\n")
        assert browser.comes_as_snap(release) is snap


def test_without_the_right_to_install_the_pdf_stops_with_the_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "missing_for_pdf", lambda: ["latexmk"])
    monkeypatch.setattr(system, "_has_apt", lambda: True)
    monkeypatch.setattr(system, "_prefix", lambda: None)  # neither root nor sudo
    monkeypatch.setattr(setup, "_make", lambda root: pytest.fail("went on"))
    (tmp_path / "requirements.txt").touch()
    with pytest.raises(BookError, match=r"type: sudo apt-get install .*latexmk"):
        setup.ensure(tmp_path, "pdf")


def test_a_set_up_that_cannot_go_on_is_one_line_and_exit_1(tmp_path: Path) -> None:
    code = (
        "import sys, runpy; from book import system; system.missing_for_pdf = lambda: ['latexmk'];"
        "system._has_apt = lambda: True; system._prefix = lambda: None;"
        "sys.argv = ['book', 'pdf']; runpy.run_module('book', run_name='__main__')"
    )
    line = [sys.executable, "-c", code]
    done = subprocess.run(line, cwd=tiny.HERE, capture_output=True, text=True)
    assert done.returncode == 1
    assert "type: sudo apt-get install" in done.stderr
    assert "Traceback" not in done.stderr
