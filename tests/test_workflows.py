"""The workflows: what they may do, what they run, and that their judges find what is wrong."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import clone
import pytest
import tiny
import yaml

from book import supply
from book.__main__ import arguments

FOLDER = tiny.HERE / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
FILES = [*WORKFLOWS, *sorted((FOLDER / "actions").glob("*/action.yml"))]
BY_PULL_REQUEST = ("check", "preview")


def read(file: Path) -> dict[str, Any]:
    found = yaml.safe_load(file.read_text(encoding="utf-8"))
    found["on"] = found.pop(True, found.get("on"))  # YAML 1.1 reads `on` as true
    return dict(found)


def named(name: str) -> dict[str, Any]:
    return read(FOLDER / "workflows" / f"{name}.yml")


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in WORKFLOWS:
        for name, job in read(file)["jobs"].items():
            yield file.stem, name, job


def steps(file: Path) -> list[dict[str, Any]]:
    found = read(file)
    if "runs" in found:
        return list(found["runs"]["steps"])
    return [step for job in found["jobs"].values() for step in job.get("steps", [])]


def lines(workflow: str, job: str) -> list[str]:
    return [s["run"] for s in named(workflow)["jobs"][job]["steps"] if "run" in s]


def judged(root: Path) -> dict[str, str]:
    """What the judges say of `.github` below `root`, by judge; nothing when they are content."""
    said = {}
    for command in supply.checks(root):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        if done.returncode:
            said[command[-2] if "zizmor" not in command[0] else "zizmor"] = (
                done.stdout + done.stderr
            )
    return said


def test_all_workflows_are_there() -> None:
    names = {file.stem for file in WORKFLOWS}
    assert names == {"book", "canary", "check", "deploy", "links", "preview", "torch"}


def test_zizmor_and_the_schemas_find_nothing() -> None:
    assert judged(tiny.HERE) == {}
    assert len(supply.checks(tiny.HERE)) == 1 + len(supply.SCHEMAS)


BAD = """\
name: bad
on: {trigger}
permissions:
  contents: read
concurrency:
  group: bad
  cancel-in-progress: true
jobs:
  one:
    name: one
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    steps:
      - {step}
"""
PINNED = f"uses: actions/checkout@{'0' * 40} # v1\n        with: {{persist-credentials: false}}"


@pytest.mark.parametrize(
    ("trigger", "step", "judge", "words"),
    [
        ("push", "run: make test", "", ""),
        ("push", "uses: actions/setup-python@v7", "zizmor", "unpinned-uses"),
        ("pull_request", "run: echo ${{ github.event.pull_request.title }}", "zizmor", "template-injection"),
        ("pull_request_target", PINNED, "zizmor", "dangerous-triggers"),
        ("push", "runs: make test", "vendor.github-workflows", "runs"),
    ],
)  # fmt: skip
def test_a_bad_workflow_is_refused(
    tmp_path: Path, trigger: str, step: str, judge: str, words: str
) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "bad.yml").write_text(BAD.replace("{trigger}", trigger).replace("{step}", step))
    said = judged(tmp_path)
    if judge:
        assert words in next((text for name, text in said.items() if judge in name), str(said))
        assert said
    else:
        assert said == {}


def test_every_line_is_one_that_a_person_can_type() -> None:
    for file in FILES:
        for step in steps(file):
            assert "\n" not in step.get("run", "").strip(), file
            assert "${{" not in step.get("run", ""), file


def test_every_command_and_every_target_exists() -> None:
    targets = re.findall(r"^(\w+):", (tiny.HERE / "Makefile").read_text(), flags=re.M)
    known = arguments().format_help()
    for file in FILES:
        for step in steps(file):
            words = shlex.split(step.get("run", ""), comments=True)
            if words[:1] == ["make"]:
                assert words[1:] in [[target] for target in targets], file
            elif words[1:3] == ["-m", "book"]:
                assert words[3] in known, f"{file}: {words[3]}"
                words = [
                    word.replace("$DEVICE", "gpu").replace("$TORCH", "newest") for word in words
                ]
                arguments().parse_args(words[3 : words.index(">") if ">" in words else None])
            elif words:
                assert words[0] in ("gh", "find"), f"{file}: {words}"


def test_whatever_is_used_is_pinned_by_its_commit_with_the_version_beside_it() -> None:
    for file in FILES:
        for line in file.read_text(encoding="utf-8").splitlines():
            if used := re.search(r"uses: (.+)", line):
                own = used[1].startswith("$/.github/")
                assert own or re.fullmatch(
                    r"actions/[\w-]+(/\w+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+", used[1]
                ), f"{file}: {used[1]}"
                assert not own or (tiny.HERE / used[1].removeprefix("$/")).exists()


def test_an_action_has_one_version_everywhere() -> None:
    found = re.findall(
        r"uses: (actions/[\w-]+)\S*@(\S+ # \S+)", "".join(f.read_text() for f in FILES)
    )
    assert len(dict(found)) == len(set(found))


def test_nothing_may_be_written_unless_its_job_says_so() -> None:
    for file in WORKFLOWS:
        assert read(file)["permissions"] == {"contents": "read"}, file
    wide = {(w, j): set(job["permissions"]) for w, j, job in jobs() if "permissions" in job}
    assert wide == {
        ("book", "deploy"): {"contents", "pages", "id-token"},
        ("deploy", "pages"): {"pages", "id-token"},
        ("deploy", "notebooks"): {"contents"},
        ("deploy", "release"): {"contents"},
        ("canary", "issue"): {"issues"},
    }


def test_every_workflow_takes_turns_and_every_job_ends() -> None:
    for file in WORKFLOWS:
        assert read(file)["concurrency"]["group"], file
    for workflow, name, job in jobs():
        assert "timeout-minutes" in job or "uses" in job, (workflow, name)


def test_a_pull_request_reaches_no_secret_no_gpu_and_no_token() -> None:
    for file in WORKFLOWS:
        text, triggers = file.read_text(encoding="utf-8"), read(file)["on"]
        assert "pull_request_target" not in text
        assert "workflow_run" not in text
        assert "secrets." not in text
        reached = "pull_request" in (triggers if isinstance(triggers, dict) else [triggers])
        assert reached == (file.stem in BY_PULL_REQUEST)
        if reached:
            assert "GPU_RUNNER" not in text
            assert "github.token" not in text
            assert "self-hosted" not in text


def test_checkouts_leave_no_credentials_behind() -> None:
    for file in FILES:
        for step in steps(file):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, file


def test_the_gpu_runs_only_what_reviewers_agreed_to_and_does_nothing_but_execute() -> None:
    job = named("book")["jobs"]["execute"]
    assert job["runs-on"] == "${{ vars.GPU_RUNNER || 'ubuntu-24.04' }}"
    assert job["environment"] == "${{ vars.GPU_RUNNER && 'gpu' || 'cpu' }}"
    assert lines("book", "execute") == ["python -m book run"]
    others = [j for w, n, j in jobs() if (w, n) != ("book", "execute") and "runs-on" in j]
    assert not [j for j in others if "GPU" in j["runs-on"] or "self-hosted" in j["runs-on"]]


def test_the_store_is_handed_over_although_its_folder_is_hidden() -> None:
    uploads = [s for s in steps(FOLDER / "workflows" / "book.yml") if s.get("with", {}).get("name") == "store"]  # fmt: skip
    up, down = uploads
    assert up["with"]["include-hidden-files"] is True
    assert up["with"]["path"] == down["with"]["path"] == "_build/.jupyter_cache"
    assert up["if"] == "${{ !cancelled() }}"


def test_rendering_is_frozen_and_judged_before_anything_is_written() -> None:
    job = named("book")["jobs"]["render"]
    assert job["env"] == {
        "BOOK_FROZEN": "1",
        "DEVICE": "${{ vars.GPU_RUNNER && 'gpu' || 'any' }}",
    }
    ran = lines("book", "render")
    assert ran[:2] == ['python -m book ready --device "$DEVICE"', "make book"]
    assert "python -m book sbom" in ran


def test_deploying_comes_after_rendering_and_only_from_main_or_a_tag() -> None:
    job = named("book")["jobs"]["deploy"]
    assert job["needs"] == "render"
    assert job["if"] == "github.ref == 'refs/heads/main' || github.ref_type == 'tag'"
    ifs = {name: found["if"] for name, found in named("deploy")["jobs"].items()}
    assert ifs["release"] == "github.ref_type == 'tag'"
    assert ifs["pages"] == ifs["notebooks"] == "github.ref == 'refs/heads/main'"


def test_dependabot_waits_before_it_offers_a_release() -> None:
    found = yaml.safe_load((FOLDER / "dependabot.yml").read_text())
    assert {u["package-ecosystem"] for u in found["updates"]} == {"github-actions", "uv"}
    assert all(u["cooldown"]["default-days"] >= 7 and u["groups"] for u in found["updates"])


@pytest.fixture
def gh(tmp_path: Path) -> Path:
    """A `gh` that writes down what it is told; it knows of releases and issues in the file `known`."""
    folder = tmp_path / "programs"
    folder.mkdir()
    program = folder / "gh"
    program.write_text(
        '#!/usr/bin/env bash\necho "$*" >> "$(dirname "$0")/told"\n'
        'case "$1 $2" in\n'
        '  "release view") grep -qx "$3" "$(dirname "$0")/known" ;;\n'
        '  "issue list") cat "$(dirname "$0")/known" ;;\n'
        '  "issue comment") [ -n "$3" ] ;;\n'
        "esac\n"
    )
    program.chmod(0o755)
    (folder / "known").touch()
    return folder


def told(folder: Path, line: str, root: Path, **variables: str) -> list[str]:
    """What `line` tells `gh`."""
    path = f'PATH="{folder}:$PATH"; '
    done = clone.type_(path + line, root, **variables)
    assert done.returncode == 0, done.stderr
    return (folder / "told").read_text().splitlines()


@pytest.mark.needs("a Unix shell")
def test_a_tag_makes_a_release_unless_there_is_one_and_attaches_its_files(
    tmp_path: Path, gh: Path
) -> None:
    for name in ("pdf/book.pdf", "sbom.cdx.json"):
        (tmp_path / "release" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "release" / name).touch()
    first, second = lines("deploy", "release")
    assert told(gh, first, tmp_path, TAG="v1")[1].startswith("release create v1")
    (gh / "known").write_text("v1\n")
    (gh / "told").unlink()
    assert told(gh, first, tmp_path, TAG="v1") == ["release view v1"]
    attached = told(gh, second, tmp_path, TAG="v1")[-1].split()
    assert attached[:4] == ["release", "upload", "v1", "--clobber"]
    assert sorted(attached[4:]) == ["release/pdf/book.pdf", "release/sbom.cdx.json"]


@pytest.mark.needs("a Unix shell")
def test_failing_chapters_open_one_issue_and_then_add_to_it(tmp_path: Path, gh: Path) -> None:
    (line,) = lines("canary", "issue")
    title = named("canary")["jobs"]["issue"]["env"]["TITLE"]
    said = told(gh, line, tmp_path, TITLE=title)
    assert said[-1] == f"issue create --title {title} --body-file issue.md"
    (gh / "known").write_text("7\n")
    (gh / "told").unlink()
    said = told(gh, line, tmp_path, TITLE=title)
    assert said[-1] == "issue comment 7 --body-file issue.md"


def test_the_bill_of_materials_names_every_pin_with_its_hashes(tmp_path: Path) -> None:
    pins = "attrs==26.1.0 \\\n    --hash=sha256:" + "a" * 64 + "\nsix==1.17.0\n"
    (tmp_path / "requirements.txt").write_text(pins)
    bill = json.loads(supply.sbom(tmp_path).read_text())
    assert bill["bomFormat"] == "CycloneDX"
    found = {c["name"]: c for c in bill["components"]}
    assert found["attrs"]["purl"] == "pkg:pypi/attrs@26.1.0"
    assert "a" * 64 in json.dumps(found["attrs"])
    before = supply.sbom(tmp_path).read_text()
    assert before == supply.sbom(tmp_path).read_text()
