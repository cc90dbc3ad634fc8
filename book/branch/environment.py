"""What Binder installs: the versions that the book was built with, and PyTorch for machines without a GPU."""

from __future__ import annotations

import re
from pathlib import Path

from book import lock
from book.findings import BookError, Finding

HERE = Path(__file__).resolve().parent / "binder"
ASKED, PINNED = "requirements.in", "requirements.txt"
APART = ("torch", "torchvision")  # whose builds without CUDA are not among the others
OWN = ("ipykernel",)  # Binder brings the one that fits its JupyterLab
TOOLS = ("uv",)  # knows where those builds are


def files(root: Path) -> dict[str, str]:
    """Every file of the folder `binder/`, for the book below `root`; raises `BookError`."""
    held = {p.name: p.read_text(encoding="utf-8") for p in sorted(HERE.iterdir()) if p.is_file()}
    names = [name for name in cells_run_on(root) if name not in (*APART, *OWN)]
    return held | {
        "requirements.txt": "\n".join([*pins(root, [*names, *TOOLS]), ""]),
        "torch.txt": "\n".join([*pins(root, list(APART)), ""]),
    }


def cells_run_on(root: Path) -> list[str]:
    """The packages of `requirements.in` that stand above those of the book's tools."""
    text = (root / ASKED).read_text(encoding="utf-8")
    return re.findall(r"^([\w-]+)", text.split("\n# the book\n")[0], flags=re.M)


def pins(root: Path, names: list[str]) -> list[str]:
    """The pins of these packages in `requirements.txt`; raises `BookError` for one it lacks."""
    lines = lock.pins((root / PINNED).read_text(encoding="utf-8"))
    found: list[str] = []
    for name in names:
        wanted = [line for line in lines if re.match(rf"{re.escape(name)}==", line)]
        if not wanted:
            message = (
                f"{name} is asked for in {ASKED} and not pinned; run the command in lines 2 and 3"
            )
            raise BookError(Finding(Path(PINNED), 1, message, "pin"))
        found += wanted
    return found
