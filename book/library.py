"""The library as readers install it: one wheel, whose name, bytes and commit follow from its files.

A notebook names the commit that its library comes from, yet is published by a later one. So the wheel has
a commit of its own, which holds nothing else and has a fixed date: its hash is known before it is made, and
stays the same until the library changes. The branch of the notebooks keeps it among its ancestors.

Standard library only: the job that publishes has nothing else. The wheel is not compressed, for
compressors differ from machine to machine, and git compresses it anyway, one version against the other.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import tomllib
import zipfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from book.findings import BookError, Finding

PACKAGE, PROJECT = "tensorbook", "pyproject.toml"
VERSION = re.compile(r'^version = "([^"+]+)(?:\+\w+)?"$', flags=re.M)
WHEEL = "Wheel-Version: 1.0\nGenerator: book\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
WRITTEN = (
    f"{PACKAGE} <{PACKAGE}> 946684800 +0000"  # who wrote its commit, and when: always the same
)


@dataclass(frozen=True)
class Library:
    """The package's files by name, and its `pyproject.toml` with a version that tells them apart."""

    files: dict[str, bytes]
    project: str

    @property
    def version(self) -> str:
        """Such as `0.1.0+g1f0c2d9a3b`."""
        return str(self._settings["version"])

    @property
    def name(self) -> str:
        """The wheel's file name."""
        return f"{PACKAGE}-{self.version}-py3-none-any.whl"

    @cached_property
    def wheel(self) -> bytes:
        info = f"{PACKAGE}-{self.version}.dist-info"
        held = {**self.files, f"{info}/METADATA": self._metadata(), f"{info}/WHEEL": WHEEL.encode()}
        lines = [f"{name},sha256={_digest(data)},{len(data)}" for name, data in held.items()]
        held[f"{info}/RECORD"] = "\n".join([*lines, f"{info}/RECORD,,\n"]).encode()
        return _zipped(held)

    @cached_property
    def tree(self) -> bytes:
        """Git's object of a folder that holds the wheel alone."""
        return f"100644 {self.name}\0".encode() + bytes.fromhex(_git("blob", self.wheel))

    @cached_property
    def commit_text(self) -> bytes:
        """Git's object of the commit."""
        tree = _git("tree", self.tree)
        who = f"author {WRITTEN}\ncommitter {WRITTEN}"
        return f"tree {tree}\n{who}\n\n{PACKAGE} {self.version}, for the notebooks\n".encode()

    @property
    def commit(self) -> str:
        return _git("commit", self.commit_text)

    def unpack(self, folder: Path) -> None:
        """Install it into `folder`, which goes on Python's path."""
        zipfile.ZipFile(io.BytesIO(self.wheel)).extractall(folder)

    @cached_property
    def _settings(self) -> dict[str, Any]:
        return dict(tomllib.loads(self.project)["project"])

    def _metadata(self) -> bytes:
        settings = self._settings
        lines = [
            "Metadata-Version: 2.1",
            f"Name: {PACKAGE}",
            f"Version: {self.version}",
            f"Summary: {settings['description']}",
            f"License: {settings['license']['text']}",
            f"Requires-Python: {settings['requires-python']}",
            *(f"Requires-Dist: {name}" for name in settings["dependencies"]),
        ]
        return "\n".join([*lines, ""]).encode()


def of(code: Path) -> Library:
    """The library whose package and `pyproject.toml` lie in `code`; raises `BookError` without them."""
    try:
        project = (code / PROJECT).read_text(encoding="utf-8")
    except FileNotFoundError:
        message = "missing, so notebooks have nothing to install; restore it from version control"
        raise BookError(Finding(Path(code.name, PROJECT), 1, message, "library")) from None
    if not (number := VERSION.search(project)):
        message = 'no line `version = "…"`, so the wheel has no name; write one'
        raise BookError(Finding(Path(code.name, PROJECT), 1, message, "library"))
    files = {p.relative_to(code).as_posix(): p.read_bytes() for p in _paths(code / PACKAGE)}
    plain = VERSION.sub(f'version = "{number[1]}"', project)
    found = hashlib.sha256(plain.encode())
    for name, data in files.items():
        found.update(f"\0{name}\0{len(data)}\0".encode() + data)
    version = f'version = "{number[1]}+g{found.hexdigest()[:10]}"'
    return Library(files, VERSION.sub(version, plain))


def _paths(package: Path) -> list[Path]:
    """Every file of the package, in an order that no system changes."""
    paths = [p for p in package.rglob("*") if p.is_file()]
    names = [(p.relative_to(package).as_posix(), p) for p in paths]
    return [p for name, p in sorted(names) if not re.search(r"(^|/)(\.|__pycache__/)", name)]


def _zipped(held: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as archive:
        for name, data in held.items():
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o100644 << 16
            archive.writestr(entry, data)
    return made.getvalue()


def _digest(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def _git(kind: str, data: bytes) -> str:
    """The name that git gives an object."""
    content = f"{kind} {len(data)}\0".encode() + data
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()
