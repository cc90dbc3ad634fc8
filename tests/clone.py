"""Fresh clones of a tiny book, in which the commands of the workflows are run as they are written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import tiny
import yaml

from book import setup

# Whoever starts a kernel with this in the way does not get one.
NO_KERNEL = """\
import jupyter_client.manager

async def refuse(*arguments, **options):
    raise RuntimeError("something wanted to start a kernel")

jupyter_client.manager.KernelManager._async_launch_kernel = refuse
jupyter_client.manager.KernelManager._async_start_kernel = refuse
jupyter_client.manager.KernelManager.start_kernel = refuse
"""


def origin(folder: Path, pages: dict[str, str] | None = None) -> Path:
    """A repository that holds a tiny book with the package, the Makefile and `.github`."""
    root = tiny.write(folder, pages, library=True)
    (root / "book").unlink()
    for name in ("book", ".github"):
        shutil.copytree(tiny.HERE / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Makefile", ".gitignore"):
        shutil.copy(tiny.HERE / name, root / name)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "A tiny book")
    return root


def clone(source: Path, target: Path) -> Path:
    """A fresh clone that is set up: its `.venv` is this test's own environment."""
    git(source, "clone", "-q", str(source), str(target))
    venv, own = target / ".venv", Path(sys.prefix)
    venv.mkdir()
    for name in ("bin", "Scripts", "lib", "Lib", "share", "pyvenv.cfg"):
        if (own / name).exists():
            (venv / name).symlink_to(own / name)
    (venv / ".requirements.sha256").write_text(setup._digest(target))
    return target


def git(root: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    done = subprocess.run(
        ["git", *settings, *arguments], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout


def lines(workflow: str, job: str) -> list[str]:
    """What a job of a workflow types, in order."""
    file = tiny.HERE / ".github" / "workflows" / f"{workflow}.yml"
    steps = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"][job]["steps"]
    return [step["run"] for step in steps if "run" in step]


def type_(line: str, root: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Type a line of a workflow into a shell in `root`."""
    programs = os.pathsep.join([str(root / ".venv" / "bin"), os.environ["PATH"]])
    inherited = {n: v for n, v in os.environ.items() if not n.startswith(("GITHUB_", "PYTHON"))}
    environment = inherited | {"PATH": programs} | variables
    return subprocess.run(
        ["bash", "-e", "-c", line], cwd=root, env=environment, capture_output=True, text=True
    )
