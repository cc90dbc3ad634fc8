"""The supply chain: the workflows are safe and valid, and a release says what it was made of."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from book.findings import BookError, Finding

SCHEMAS = {
    "github-workflows": ".github/workflows/*.yml",
    "github-actions": ".github/actions/*/action.yml",
    "dependabot": ".github/dependabot.yml",
    "github-issue-forms": ".github/ISSUE_TEMPLATE/[!c]*.yml",
    "github-issue-config": ".github/ISSUE_TEMPLATE/config.yml",
}
SBOM = Path("_build/sbom.cdx.json")


def checks(root: Path) -> list[list[str]]:
    """The commands that judge `.github` below `root`; each exits with 0 when it finds nothing."""
    program = Path(sys.executable).with_name("zizmor")
    commands = [[str(program), "--offline", "--no-progress", "--quiet", "--persona=pedantic", "."]]
    for schema, pattern in SCHEMAS.items():
        if files := sorted(str(file.relative_to(root)) for file in root.glob(pattern)):
            judge = [sys.executable, "-m", "check_jsonschema"]
            commands.append([*judge, "--builtin-schema", f"vendor.{schema}", *files])
    return commands


def sbom(root: Path) -> Path:
    """Write the bill of materials, CycloneDX in JSON, of what the book is built with.

    Raises:
        BookError: the list could not be read.
    """
    out = root / SBOM
    out.parent.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable, "-m", "cyclonedx_py", "requirements", "requirements.txt",
        "--output-reproducible", "--output-format", "JSON", "--output-file", str(out),
    ]  # fmt: skip
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise BookError(
            Finding(Path("requirements.txt"), 1, f"no bill of materials: {said}", "sbom")
        )
    return out
