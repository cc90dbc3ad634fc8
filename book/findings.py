"""What is wrong, where, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, order=True)
class Finding:
    """One thing to mend, printed as `file:line: message [id]`."""

    file: Path
    line: int
    message: str
    id: str

    def __str__(self) -> str:
        return f"{self.file.as_posix()}:{self.line}: {self.message} [{self.id}]"


class BookError(Exception):
    """The book cannot be built; carries one finding or more."""

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings = [findings] if isinstance(findings, Finding) else sorted(findings)
        super().__init__("\n".join(map(str, self.findings)))
