"""The engine: what runs, what does not run again, and what happens when a cell goes wrong."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
import tiny
from jupyter_cache import get_cache

from book import contents, dependencies, evidence, execute, workplace
from book.execute import STORE, Outcome
from book.findings import BookError
from book.store import Store, as_notebook

PLAIN = "# T\n\n" + tiny.cell("x = 1\nx + 1")


def run(root: Path, **options: object) -> dict[str, Outcome]:
    outcomes = execute.run(contents.load(root), **options)  # type: ignore[arg-type]
    return {outcome.slug: outcome for outcome in outcomes}


def states(root: Path) -> dict[str, str]:
    return {slug: outcome.state for slug, outcome in run(root).items()}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_data_that_come_with_the_library_are_on_record_though_no_header_names_them(
    tmp_path: Path,
) -> None:
    read = tiny.cell("from tensorbook import data\n\nlen(data.names())")
    root = tiny.write(tmp_path, {"names": tiny.chapter("# Names\n\n" + read)})
    assert [o.finding for o in execute.run(contents.load(root)) if o.finding] == []
    run = Store(root / execute.STORE).run_of("names")
    assert run
    assert run.data == {"names": "real"}


def test_jupyter_book_finds_what_the_engine_filed(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN)})
    assert states(root) == {"x": "ran"}
    notebook = as_notebook(contents.load(root).chapters[0])
    _, merged = get_cache(root / STORE).merge_match_into_notebook(notebook)
    code = next(cell for cell in merged.cells if cell.cell_type == "code")
    assert code.outputs[0].data["text/plain"] == "2"


def test_a_chapter_runs_again_exactly_when_what_it_depends_on_changed(tmp_path: Path) -> None:
    body = (
        tiny.GOOD
        + "\n```{code-cell} ipython3\n---\nmystnb:\n  image:\n    alt: old\n---\nx = 1\n```\n"
    )
    root = tiny.write(tmp_path, {"x": tiny.chapter(body)}, library=True)
    page, library = root / "chapters/part/x.md", root / "code/tensorbook"
    assert states(root) == {"x": "ran"}
    assert states(root) == {"x": "reused"}

    edit(page, "Addition commutes", "Sums commute")  # prose
    edit(page, "alt: old", "alt: new")
    edit(page, "a + b = b + a.", "a + b = b + a")  # an equation
    assert states(root) == {"x": "reused"}
    notebook = as_notebook(contents.load(root).chapters[0])
    get_cache(root / STORE).match_cache_notebook(notebook)  # found under its new key

    edit(library / "data.py", "honest", "truthful")  # not imported by this chapter
    assert states(root) == {"x": "reused"}
    edit(library / "report.py", "Display a MIME", "Show a MIME")  # imported through checks.py
    assert states(root) == {"x": "ran"}
    edit(page, "a, b = 2.0, 3.0", "a, b = 2.0, 4.0")
    assert states(root) == {"x": "ran"}
    edit(root / "requirements.txt", "torch==", "torch===")
    assert states(root) == {"x": "ran"}
    edit(root / "requirements.txt", "ruff==", "ruff===")  # no cell runs on it
    assert states(root) == {"x": "reused"}
    edit(page, "a, b = 2.0, 4.0", "a, b = 2.0, 1 / 0")
    assert states(root) == {"x": "failed"}
    edit(page, "a, b = 2.0, 1 / 0", "a, b = 2.0, 4.0")  # taken back
    assert states(root) == {"x": "reused"}


def test_the_runs_of_chapters_that_are_gone_go_too(tmp_path: Path) -> None:
    states(tiny.write(tmp_path / "one", {"x": tiny.chapter(PLAIN)}))
    root = tiny.write(tmp_path / "two", {"y": tiny.chapter(PLAIN)})
    (tmp_path / "one" / "_build").rename(root / "_build")
    assert states(root) == {"y": "ran"}
    assert [note.stem for note in (root / STORE / "book").iterdir()] == ["y"]
    assert len(list((root / STORE / "executed").iterdir())) == 1


def test_the_device_and_the_kind_of_data_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN, data="[mnist]")})
    kinds = {"mnist": "stand-in"}
    monkeypatch.setattr(execute, "data_kinds", lambda *a, **k: kinds)
    assert states(root) == {"x": "ran"}
    kinds["mnist"] = "real"
    assert states(root) == {"x": "ran"}
    monkeypatch.setattr(execute, "device_kind", lambda: "cuda")
    assert states(root) == {"x": "ran"}
    assert states(root) == {"x": "reused"}


FAILURES = {
    "cell-raised": ("x = 1\n\ndef f():\n    return x / 0\n\nf()", 3, "ZeroDivisionError"),
    "time-limit": (
        "while True:\n    try:\n        while True: pass\n    except KeyboardInterrupt: pass",
        0,
        "minutes",
    ),
    "kernel-died": ("import os\nos._exit(9)", 0, "cell 1"),
    "output-limit": ("while True: print('x' * 1_000_000)", 0, "show less"),
}


def test_one_failure_of_each_kind_is_named_and_stops_no_other_chapter(tmp_path: Path) -> None:
    pages = {name: tiny.chapter("# T\n\n" + tiny.cell(source), minutes=0.1 if name == "time-limit" else 1)
             for name, (source, _, _) in FAILURES.items()}  # fmt: skip
    root = tiny.write(tmp_path, {**pages, "good": tiny.chapter(PLAIN)})
    outcomes = run(root)
    assert outcomes["good"].state == "ran"
    for name, (_, offset, words) in FAILURES.items():
        finding = outcomes[name].finding
        assert finding is not None
        assert finding.id == name
        assert finding.file == Path(f"chapters/part/{name}.md")
        assert finding.line == contents.load(root).entry(name).chapter.cells[0].line + offset
        assert words in finding.message
    assert {slug: o.state for slug, o in run(root).items()} == {
        **dict.fromkeys(FAILURES, "failed"),
        "good": "reused",
    }


def test_sys_exit_in_a_cell_is_a_failure(tmp_path: Path) -> None:
    root = tiny.write(
        tmp_path, {"x": tiny.chapter("# T\n\n" + tiny.cell("import sys\nsys.exit(3)"))}
    )
    assert states(root) == {"x": "failed"}


def test_each_chapter_starts_in_an_empty_folder_of_its_own(tmp_path: Path) -> None:
    source = "import os\nassert os.listdir() == []\nopen('left.txt', 'w').write('x')"
    pages = {name: tiny.chapter("# T\n\n" + tiny.cell(source)) for name in ("x", "y")}
    root = tiny.write(tmp_path, pages)
    assert states(root) == {"x": "ran", "y": "ran"}
    assert not list(root.rglob("left.txt"))


def test_streams_are_joined_and_times_are_not_stored(tmp_path: Path) -> None:
    source = "import sys\nfor i in range(3):\n    print(i, flush=True)"
    root = tiny.write(tmp_path, {"x": tiny.chapter("# T\n\n" + tiny.cell(source))})
    run(root)
    _, notebook = Store(root / STORE).load(contents.load(root).chapters[0])  # type: ignore[misc]
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    assert [o.text for o in code.outputs] == ["0\n1\n2\n"]
    assert "execution" not in code.metadata


@pytest.mark.parametrize(
    "damage", ["database", "missing", "truncated", "tampered", "note", "null", "list"]
)
def test_a_damaged_store_is_noticed_and_rebuilt(tmp_path: Path, damage: str) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN)})
    run(root)
    store = root / STORE
    (outputs,) = store.glob("executed/*/base.ipynb")
    if damage == "database":
        (store / "global.db").write_bytes(b"not a database, certainly" * 100)
    elif damage == "missing":
        outputs.unlink()
    elif damage == "truncated":
        outputs.write_text(outputs.read_text()[:50])
    elif damage == "tampered":
        outputs.write_text(outputs.read_text().replace('"2"', '"3"'))
    elif damage == "list":
        outputs.write_text("[]")
    elif damage == "null":
        edit(store / "book" / "x.json", '"key": "', '"key": null, "sha256": "')
    else:
        (store / "book" / "x.json").write_text("{")
    assert states(root) == {"x": "ran"}
    assert states(root) == {"x": "reused"}
    if damage == "database":
        assert (root / "_build" / ".jupyter_cache.corrupt").is_dir()


def test_killed_at_any_moment_the_next_run_goes_on(tmp_path: Path) -> None:
    slow = "import time\ntime.sleep(60)"
    pages = {"a": tiny.chapter(PLAIN), "b": tiny.chapter("# T\n\n" + tiny.cell(slow))}
    root = tiny.write(tmp_path, pages)
    code = "from book import contents, execute; from pathlib import Path; execute.run(contents.load(Path.cwd()), jobs=1)"
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, env=os.environ | {"PYTHONPATH": str(root)}
    )
    note = root / STORE / "book" / "a.json"
    deadline = time.monotonic() + 60
    while not note.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    process.wait()
    edit(root / "chapters/part/b.md", "time.sleep(60)", "time.sleep(0)")
    assert states(root) == {"a": "reused", "b": "ran"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal for one process")
def test_an_interrupted_run_fails_no_chapter_and_forgets_none(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN)})
    run(root)
    edit(root / "chapters/part/x.md", "x + 1", "import time; time.sleep(60)")
    code = (
        # Whoever tests in the background starts processes that are deaf to SIGINT.
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from book import contents, execute; from pathlib import Path;"
        "execute.run(contents.load(Path.cwd()), report=lambda event: print(event, flush=True))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=root, env=os.environ | {"PYTHONPATH": str(root)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert "Progress" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=30)
    assert "failed" not in said[0]
    assert "KeyboardInterrupt" in said[1]
    edit(root / "chapters/part/x.md", "import time; time.sleep(60)", "x + 1")
    assert states(root) == {"x": "reused"}


def test_two_builds_at_once_are_refused(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    code = (
        "from book import contents, execute; from pathlib import Path;"
        "execute.run(contents.load(Path.cwd()))"
    )
    environment = os.environ | {"PYTHONPATH": str(root)}
    with workplace.only_one(root):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True
        )
    assert "another process" in done.stderr


@pytest.mark.parametrize("source", ["print('x' * 50_000_000)", "'x' * 50_000_000"])
def test_a_cell_that_puts_out_too_much_and_ends_is_blamed_itself(
    tmp_path: Path, source: str
) -> None:
    body = "# T\n\n" + tiny.cell(source) + "\n" + tiny.cell("y = 1")
    finding = run(tiny.write(tmp_path, {"x": tiny.chapter(body)}))["x"].finding
    assert finding is not None
    assert (finding.id, finding.message[:6]) == ("output-limit", "cell 1")


def test_a_full_disk_is_said_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tiny.write(tmp_path)
    monkeypatch.setattr(workplace, "SPACE", 10**18)
    with pytest.raises(BookError, match="MB free on this disk"):
        execute.run(contents.load(root))


def test_frozen_executes_nothing_and_names_what_is_missing(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN)})
    finding = run(root, frozen=True)["x"].finding
    assert finding is not None
    assert finding.id == "not-run"
    run(root)
    assert run(root, frozen=True)["x"].state == "reused"


def test_frozen_refuses_the_run_of_another_library_or_other_pins(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(tiny.GOOD)}, library=True)
    run(root)
    edit(root / "code/tensorbook/report.py", "Display a MIME", "Show a MIME")
    edit(root / "requirements.txt", "torch==", "torch===")
    finding = run(root, frozen=True)["x"].finding
    assert finding is not None
    assert finding.id == "stale"
    assert "code/tensorbook and the first paragraph of requirements.in" in finding.message
    edit(root / "code/tensorbook/report.py", "Show a MIME", "Display a MIME")
    edit(root / "requirements.txt", "torch===", "torch==")
    edit(root / "chapters/part/x.md", "a, b = 2.0, 3.0", "a, b = 2.0, 4.0")
    finding = run(root, frozen=True)["x"].finding
    assert finding is not None
    assert "changed since the stored run: its cells" in finding.message


def test_a_package_that_one_chapter_names_makes_that_chapter_alone_stale(tmp_path: Path) -> None:
    own = tiny.chapter(PLAIN).replace("  needs:", "  packages: [safetensors]\n  needs:")
    root = tiny.write(tmp_path, {"x": own, "y": tiny.chapter("# Other\n\n" + tiny.cell("y = 1"))})
    run(root)
    edit(root / "requirements.txt", "safetensors==", "safetensors===")
    assert states(root) == {"x": "ran", "y": "reused"}


def test_frozen_takes_a_run_from_another_device_and_of_other_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN, data="[mnist]")})
    monkeypatch.setattr(execute, "data_kinds", lambda *a, **k: {"mnist": "real"})
    monkeypatch.setattr(execute, "device_kind", lambda: "cuda")
    run(root)
    monkeypatch.setattr(execute, "data_kinds", lambda *a, **k: {"mnist": "stand-in"})
    monkeypatch.setattr(execute, "device_kind", lambda: "cpu")
    assert run(root, frozen=True)["x"].state == "reused"


def test_hashes_in_the_lock_change_no_chapters_inputs(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    chapter = contents.load(root).chapters[0]
    hashed = dependencies.inputs(root, chapter, "cpu", {})
    lock = root / "requirements.txt"
    lines = [line for line in lock.read_text().splitlines() if not line.startswith("    --hash")]
    lock.write_text("\n".join(line.removesuffix(" \\") for line in lines))
    assert "sha256" not in lock.read_text()
    assert dependencies.inputs(root, chapter, "cpu", {}) == hashed


def test_an_unknown_dataset_is_named_where_it_is_declared(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN, data="[mnits]")})
    with pytest.raises(BookError, match=r"x\.md:12: .*mnits"):
        run(root)


def test_the_stored_notebook_is_valid(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    run(root)
    (outputs,) = (root / STORE).glob("executed/*/base.ipynb")
    nbformat.validate(nbformat.read(outputs, as_version=4))


def test_outputs_do_not_tell_where_this_machine_keeps_its_files(tmp_path: Path) -> None:
    source = "import warnings, json\nwarnings.warn('look')\njson.loads('{')"
    pages = {"x": tiny.chapter("# T\n\n" + tiny.cell(source, "raises-exception, warns"))}
    root = tiny.write(tmp_path, pages)
    run(root)
    _, notebook = Store(root / STORE).load(contents.load(root).chapters[0])  # type: ignore[misc]
    code = next(cell for cell in notebook.cells if cell.cell_type == "code")
    warned, raised = code.outputs
    assert warned.text.startswith("cell.py:2: UserWarning: look")
    assert "json/decoder.py" in "".join(raised.traceback)
    assert not any("/lib/" in line or "ipykernel" in line for line in raised.traceback)


def test_looking_for_data_does_not_import_torch(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": tiny.chapter(PLAIN, data="[mnist]")})
    code = (
        "import sys; from pathlib import Path; from book import contents, workplace;"
        "chapters = contents.load(Path.cwd()).chapters;"
        "kinds = workplace.data_kinds(Path.cwd(), chapters, fetch=False);"
        "print(kinds, 'torch' in sys.modules, 'tensorbook' in sys.modules)"
    )
    environment = os.environ | {"PYTHONPATH": str(root), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, env=environment, capture_output=True, text=True
    )
    assert done.stdout == "{'mnist': 'stand-in'} False False\n", done.stderr


def test_a_chapter_that_reads_data_runs_again_when_a_file_of_the_library_changed(
    tmp_path: Path,
) -> None:
    body = tiny.GOOD + "\n```{code-cell} ipython3\nfrom tensorbook import data\n```\n"
    root = tiny.write(tmp_path, {"x": tiny.chapter(body), "y": tiny.chapter("# Y\n")}, library=True)
    assert states(root) == {"x": "ran", "y": "ran"}
    table = root / "code/tensorbook/files/table.csv"
    table.parent.mkdir(exist_ok=True)
    table.write_text("a,b\n1,2\n")
    assert states(root) == {"x": "ran", "y": "reused"}


def test_what_is_new_starts_first_then_what_is_known_to_take_long(tmp_path: Path) -> None:
    pages = {name: tiny.chapter(tiny.GOOD) for name in ("quick", "unknown", "slow")}
    root = tiny.write(tmp_path, pages)
    (root / "evidence").mkdir()
    table = {
        "cpu": {"chapters": {"quick": 2.0, "slow": 90.0}},
        "NVIDIA H200": {"chapters": {"quick": 900.0}},
    }
    (root / evidence.SECONDS).write_text(json.dumps(table), "utf-8")
    told: list[object] = []
    execute.run(contents.load(root), jobs=1, report=told.append)
    ran = [event.slug for event in told if isinstance(event, Outcome)]
    assert ran == ["unknown", "slow", "quick"]
