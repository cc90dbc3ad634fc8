"""The chapters with other versions than the pinned ones, in a copy and an environment of their own.

So that a new release, or the oldest that is promised, is met before a reader meets it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from book import lock
from book.findings import BookError, Finding

PLACE = Path("_build/versions")
OLDEST = {"torch": "2.11.*", "torchvision": "0.26.*"}
WHICH = {
    "oldest": "the oldest PyTorch that is supported",
    "pinned": "the pinned versions",
    "newest": "the newest PyTorch",
    "everything": "the newest of everything",
}
# What PyTorch asks for in versions of its own.
PYTORCH = re.compile(r"(torch|torchvision|triton|setuptools|nvidia-.+|cuda-.+)$")
# The second major version is another program.
BOUNDS = {"jupyter-book": "<2"}
LEFT_OUT = shutil.ignore_patterns(
    "_build", ".venv", ".git", "__pycache__", ".*_cache", ".hypothesis", "*.egg-info"
)


@dataclass(frozen=True)
class Result:
    """What came of it: what is wrong, by page, and which versions differ from the pins."""

    which: str
    findings: tuple[str, ...]
    versions: Mapping[str, tuple[str, str]]
    chapters: int


def asked(which: str, wanted: str, pinned: str) -> tuple[str, str]:
    """Requirements and constraints for `which`.

    Args:
        wanted, pinned: the texts of `requirements.in` and `requirements.txt`.
    """
    free = which == "everything"
    lines = [_asked(line, which) for line in lock.pins(wanted)]
    pins = lock.pins(pinned)
    kept = [p for p in pins if which == "pinned" or not PYTORCH.match(lock.name_of(p))]
    return "\n".join(lines) + "\n", "" if free else "\n".join(kept) + "\n"


def _asked(line: str, which: str) -> str:
    name = lock.name_of(line)
    if which == "everything":
        return name + BOUNDS.get(name, "")
    if name in OLDEST and which != "pinned":
        return f"{name}=={OLDEST[name]}" if which == "oldest" else name
    return line


def run(
    root: Path, which: str, chapters: list[str], report: Callable[[str], None] = lambda line: None
) -> Result:
    """Install, execute, and where everything is new render the whole site; says what is wrong."""
    place = root / PLACE / which
    shutil.rmtree(place, ignore_errors=True)
    copy = shutil.copytree(root, place / "book", ignore=LEFT_OUT)
    texts = (
        (root / name).read_text(encoding="utf-8")
        for name in ("requirements.in", "requirements.txt")
    )
    report(f"{which}: installing {WHICH[which]}")
    try:
        python = _install(place, *asked(which, *texts))
    except BookError as error:
        return Result(which, tuple(map(str, error.findings)), {}, 0)
    report(f"{which}: executing")
    return judge(copy, python, which, chapters)


def judge(copy: Path, python: Path, which: str, chapters: list[str]) -> Result:
    """Execute the book `copy` with `python`; what it says is the result."""
    ran = _book(copy, python, "run", "--json", *chapters)
    try:
        states = {c["slug"]: c["state"] for c in json.loads(ran.stdout)["chapters"]}
    except ValueError:
        states = {}
    wrong = _findings(ran)
    if which == "everything" and not wrong and not chapters:
        wrong = _findings(_book(copy, python, "html"))
    frozen = subprocess.run(
        [sys.executable, "-m", "uv", "pip", "freeze", "--python", str(python)],
        capture_output=True, text=True,
    )  # fmt: skip
    pinned = (copy / "requirements.txt").read_text(encoding="utf-8")
    return Result(which, tuple(wrong), _differing(pinned, frozen.stdout), len(states))


def issue(result: Result) -> str:
    """The result as the text of an issue, in Markdown."""
    command = f"python -m book versions {result.which}"
    first = f"With {WHICH[result.which]}: {result.chapters} chapters executed, "
    lines = [f"{first}{len(result.findings)} complaints.", ""]
    lines += [f"- `{_code(finding)}`" for finding in result.findings]
    lines += [""] * bool(result.findings) + [f"To see it: `{command}`", ""]
    if result.versions:
        lines += ["| package | pinned | tried |", "|---|---|---|"]
        lines += [f"| {n} | {old} | {new} |" for n, (old, new) in sorted(result.versions.items())]
    return "\n".join(lines).rstrip() + "\n"


def _code(text: str) -> str:
    return " ".join(text.replace("`", "'").split())[:400]


def _install(place: Path, requirements: str, constraints: str) -> Path:
    for name, text in (("requirements.in", requirements), ("constraints.txt", constraints)):
        (place / name).write_text(text, encoding="utf-8")
    uv, venv = [sys.executable, "-m", "uv"], place / "venv"
    python = venv / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    install = [*uv, "pip", "install", "-q", "--python", str(python)]
    for command in (
        [*uv, "venv", "-q", "--python", sys.executable, str(venv)],
        [*install, "-r", str(place / "requirements.in"), "-c", str(place / "constraints.txt")],
    ):
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            said = " ".join(done.stderr.split())[-600:]
            raise BookError(
                Finding(
                    Path("requirements.in"),
                    1,
                    f"these versions do not go together: {said}",
                    "trial",
                )
            )
    return python


def _book(copy: Path, python: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONUTF8": "1"}
    command = [str(python), "-m", "book", "--no-setup", *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)


def _findings(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What a command found wrong; its last words when it broke off without a finding."""
    if done.returncode == 0:
        return []
    lines = done.stderr.splitlines()
    found = [line for line in lines if re.match(r"\S+:\d+: .* \[[\w.-]+\]$", line)]
    return found or [line for line in lines if line.strip()][-1:] or [f"exit {done.returncode}"]


def _differing(pinned: str, installed: str) -> dict[str, tuple[str, str]]:
    old, new = ({}, {})  # type: tuple[dict[str, str], dict[str, str]]
    for found, text in ((old, pinned), (new, installed)):
        for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, flags=re.M):
            found.setdefault(name.lower().replace("_", "-").replace(".", "-"), version)
    return {n: (old[n], v) for n, v in new.items() if n in old and old[n] != v}
