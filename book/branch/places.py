"""Environments as readers find them, built anew: what Colab is known to have, what Binder builds."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from book.branch import environment
from book.findings import BookError, Finding

COLAB = Path(__file__).resolve().with_name("colab.txt")
CUDA = re.compile(r"^(nvidia|cuda|triton)")  # folders that a build for machines without a GPU lacks
ONLY_CUDA = re.compile(
    r"lib\w*(cuda|nvshmem|nccl|cudart)\w*\.so"
)  # libraries of PyTorch's own, too
KERNEL = ("ipykernel", "nbclient", "nbformat")  # what executes; Binder brings its own


@dataclass(frozen=True)
class Place:
    """An environment: its Python, and remarks on how it differs from the real one."""

    python: Path
    remarks: tuple[str, ...] = ()

    @property
    def packages(self) -> Path:
        return next((self.python.parent.parent / "lib").glob("python3.*")) / "site-packages"

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a program of this environment; nothing of the book's own is on its path."""
        path = f"{self.python.parent}{os.pathsep}{os.environ['PATH']}"
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        environment = kept | {"PATH": path} | variables
        return subprocess.run(command, capture_output=True, text=True, env=environment)

    def state(self) -> dict[str, tuple[int, int]]:
        """Size and time of every file of every package, by which one that was touched is known."""
        found = [
            p for p in self.packages.rglob("*") if p.is_file() and "__pycache__" not in p.parts
        ]
        return {
            p.relative_to(self.packages).as_posix(): (p.stat().st_size, p.stat().st_mtime_ns)
            for p in found
        }


def colab(root: Path, folder: Path, torch: str | None) -> Place:
    """What Colab has, and nothing else; `torch` replaces its PyTorch by the one that is pinned here."""
    place, wanted = _new(folder, "3.12"), COLAB.read_text(encoding="utf-8")
    others: list[str] = []
    if torch and f"torch=={torch}\n" not in wanted:
        others = environment.pins(root, list(environment.APART))
        wanted = re.sub(r"^torch\w*==.*\n", "", wanted, flags=re.M)
        if f"torch=={torch}" not in others:
            message = f"only {others[0]} has its torchvision in {environment.PINNED}; take that"
            raise _problem(message)
    file = folder / "packages.txt"
    file.write_text(wanted, encoding="utf-8")
    install = ("pip", "install", "--python", str(place.python))
    _uv(*install, "-r", str(file))
    if others:  # afterwards, for a newer PyTorch may want newer tools
        _uv(*install, *others)
    return place


def binder(root: Path, folder: Path, home: Path) -> Place:
    """What Binder builds of `home`, a clone of the branch: the same files, the same order."""
    runtime = (home / "binder" / "runtime.txt").read_text(encoding="utf-8").strip()
    place = _new(folder, runtime.removeprefix("python-"))
    install = ("pip", "install", "--python", str(place.python))
    _uv(*install, *environment.pins(root, list(KERNEL)))
    _uv(*install, "-r", str(home / "binder" / "requirements.txt"))
    script = str(home / "binder" / "postBuild")
    if place.run(script, UV_NO_CACHE="false").returncode == 0:
        return place
    done = place.run(script, UV_NO_CACHE="false", TORCH_BUILD="")
    if done.returncode:
        raise _problem(f"binder/postBuild fails: {' '.join(done.stderr.split())[-400:]}")
    remark = "PyTorch's own index is out of reach: the registry's build stands in, CUDA and all"
    return Place(place.python, (*place.remarks, remark))


def sizes(place: Place) -> tuple[int, int]:
    """Megabytes of all packages, and of those that a machine without a GPU needs."""
    total = cuda = 0
    for path in place.packages.rglob("*"):
        if path.is_file() and not path.is_symlink():
            size, top = path.stat().st_size, path.relative_to(place.packages).parts[0]
            total += size
            cuda += size if CUDA.match(top) or ONLY_CUDA.match(path.name) else 0
    return total // 1_000_000, (total - cuda) // 1_000_000


def _new(folder: Path, version: str) -> Place:
    """An empty environment with this Python where it is installed, else with ours."""
    shutil.rmtree(folder, ignore_errors=True)
    there = _run_uv("python", "find", "--no-python-downloads", version).returncode == 0
    python = version if there else sys.executable
    _uv("venv", "--seed", "--python", python, str(folder))
    made = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    ours = ".".join(map(str, sys.version_info[:2]))
    remark = () if there else (f"Python {version} is not installed: {ours} stands in",)
    return Place(made.absolute(), remark)


def _run_uv(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "uv", *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def _uv(*arguments: str) -> None:
    done = _run_uv(*arguments)
    if done.returncode:
        said = " ".join(done.stderr.split())[-400:]
        raise _problem(f"uv {' '.join(arguments[:2])} fails: {said}")


def _problem(message: str) -> BookError:
    return BookError(Finding(Path("_build/try"), 1, message, "try"))
