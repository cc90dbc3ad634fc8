"""What a chapter's result depends on: its code, what it imports, the pins, the device, the data."""

from __future__ import annotations

import ast
import hashlib
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from book import lock
from book.chapter import Chapter

LIBRARY = Path("code/tensorbook")
STYLE = LIBRARY / "book.mplstyle"
DATA, FILES = LIBRARY / "data.py", LIBRARY / "files"  # the photographs and tables that it reads
TABLES = (".json", ".csv")  # what a module reads lies beside it, under its name


@dataclass(frozen=True)
class Inputs:
    """Digests of all that can change a chapter's outputs; two equal ones give equal outputs."""

    cells: str
    library: str
    pins: str
    device: str
    data: dict[str, str]

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


def inputs(root: Path, chapter: Chapter, device: str, data: Mapping[str, str]) -> Inputs:
    """The inputs of `chapter` on a machine with this device kind and these kinds of data."""
    files = library_files(root, chapter)
    library = _sha(*(part for f in files for part in (f.as_posix(), (root / f).read_bytes())))
    return Inputs(
        cells=cells_digest(chapter),
        library=library,
        pins=_sha(*_pins(root, chapter.packages)),
        device=device,
        data={name: data.get(name, "stand-in") for name in sorted(chapter.datasets)},
    )


def cells_digest(chapter: Chapter) -> str:
    """Of the chapter's code, and of nothing else."""
    return _sha(*(cell.source for cell in chapter.cells))


def _pins(root: Path, own: list[str]) -> list[str]:
    """The pinned versions of what cells run on: the first paragraph of `requirements.in`, and the chapter's `own`."""
    asked, pinned = root / "requirements.in", root / "requirements.txt"
    if not asked.is_file() or not pinned.is_file():
        return []
    paragraph = asked.read_text(encoding="utf-8").split("\n\n")[0]
    names = {*re.findall(r"^([\w-]+)", paragraph, flags=re.M), *own}
    pins = lock.pins(pinned.read_text(encoding="utf-8"))
    return [pin for pin in pins if lock.name_of(pin) in names]


def library_files(root: Path, chapter: Chapter) -> list[Path]:
    """The files of `code/tensorbook` that the chapter's cells use, directly or through others."""
    pending, found = [], set()
    for cell in chapter.cells:
        pending.extend(_imports(root, cell.source, package=""))
        if "tensorbook.book" in cell.source:
            found.add(STYLE)
    while pending:
        file = pending.pop()
        if file in found:
            continue
        found.add(file)
        package = ".".join(file.parent.relative_to("code").parts)
        pending.extend(_imports(root, (root / file).read_text(encoding="utf-8"), package))
    if DATA in found:
        found.update(f.relative_to(root) for f in (root / FILES).rglob("*"))
    found.update([f.with_suffix(s) for f in found for s in TABLES])
    return sorted(f for f in found if (root / f).is_file())


def device_kind() -> str:
    """`cuda`, `mps` or `cpu`: what a chapter that asks torch for an accelerator will get."""
    might_have_one = sys.platform == "darwin" or any(Path("/dev").glob("nvidia[0-9]*"))
    if not might_have_one and sys.platform == "linux":
        return "cpu"  # saves the two seconds that importing torch takes
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _imports(root: Path, source: str, package: str) -> list[Path]:
    """The library's files that `source` imports by name."""
    try:
        tree = ast.parse(
            "\n".join("" if s.lstrip().startswith(("%", "!")) else s for s in source.split("\n"))
        )
    except SyntaxError:  # the run will say so, with its line
        return []
    names: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.extend(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join([*parts[: len(parts) - node.level + 1], *filter(None, [base])])
            names.append(base)
            names.extend(f"{base}.{alias.name}" for alias in node.names)
    return [file for name in names for file in _files_of(root, name)]


def _files_of(root: Path, name: str) -> list[Path]:
    """The module's file and those of the packages it lies in."""
    parts = name.split(".")
    if parts[0] != LIBRARY.name:
        return []
    files = []
    for length in range(1, len(parts) + 1):
        stem = Path("code", *parts[:length])
        for candidate in (stem / "__init__.py", stem.with_suffix(".py")):
            if (root / candidate).is_file():
                files.append(candidate)
    return files


def _sha(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "big") + raw)
    return digest.hexdigest()
