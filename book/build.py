"""Run Sphinx with Jupyter Book's configuration, strictly, on a fresh environment, out of the way.

Sphinx forgets warnings about pages that it does not read again, so nothing of an earlier build is
reused: sources in, a complete folder out, or findings.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from book.findings import BookError, Finding
from book.frozen import freeze

WARNING = re.compile(
    r"^(?:(?P<file>/?[^:\s][^:\n]*?)(?::(?P<line>\d*))?: )?(?:WARNING|ERROR|CRITICAL): "
    r"(?P<text>.*?)(?: \[(?P<kind>[\w.-]+)\])?$"
)
# What to do about the warnings that authors meet, by their kind or by their words.
CURES = {
    "ref.ref": "correct the label, or label the target",
    "ref.numref": "correct the label, or give the figure a `name:`",
    "ref.eq": "correct the label, or label the equation",
    "myst.xref_missing": "correct the target: a page's path or a label",
    "Unknown interpreted text role": "correct the role's name",
    "could not find bibtex key": "correct the key, or add the entry to the bibliography",
    "undefined label": "correct the label, or label the target",
    "Unknown directive type": "correct the directive's name",
}
QUOTED = re.compile(r"""['"“‘`]([^'"”’`]+)['"”’`]""")


def sphinx(root: Path, builder: str, out: Path, *, frozen: bool = True) -> None:
    """Build the whole book with `builder` into the folder `out`, which is made anew.

    Raises:
        BookError: Sphinx warned; each warning is a finding. `out` may be incomplete then.
    """
    doctrees = out.with_name(out.name + ".doctrees")
    for folder in (out, doctrees):
        shutil.rmtree(folder, ignore_errors=True)
    out.mkdir(parents=True)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(root), str(root / "code")])}
    environment["PYTHONHASHSEED"] = "0"
    if frozen:
        freeze(environment)  # the store is complete
    command = [sys.executable, "-m", "book.build", str(root), builder, str(out), str(doctrees)]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True)
    shutil.rmtree(doctrees, ignore_errors=True)
    (out.parent / f"{out.name}.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    findings = _findings(root, done.stderr)
    if findings:
        raise BookError(findings)
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip() or "no output").splitlines()[-1]
        message = f"Sphinx stopped: {last}; the whole log is {out.parent / f'{out.name}.log'}"
        raise BookError(Finding(Path("_config.yml"), 1, message, "sphinx"))


def _findings(root: Path, log: str) -> list[Finding]:
    """Sphinx's warnings as findings, with paths as a reader types them."""
    found = set()
    for raw in log.splitlines():
        match = WARNING.match(re.sub(r"\x1b\[[0-9;]*m", "", raw))
        if not match:
            continue
        file = Path(match["file"] or "_config.yml")
        if file.is_absolute() and file.is_relative_to(root):
            file = file.relative_to(root)
        if not file.suffix and (root / file.with_suffix(".md")).is_file():
            file = file.with_suffix(".md")
        text, kind = match["text"].strip(), match["kind"] or "sphinx"
        line = _line(root / file, int(match["line"] or 1), text)
        cure = next((c for key, c in CURES.items() if key == kind or key in text), "")
        found.add(Finding(file, line, f"{text}; {cure}" if cure else text, kind))
    return sorted(found)


def _line(file: Path, first: int, text: str) -> int:
    """Where a warning's cause stands: Sphinx names the first line of the paragraph that holds it."""
    names = QUOTED.findall(text)
    if file.suffix != ".md" or not file.is_file() or not names:
        return first
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    holding = (n for n, line in enumerate(lines, 1) if n >= first and names[-1] in line)
    return next(holding, first)


def main(root: str, builder: str, out: str, doctrees: str) -> int:
    """What the child process does."""
    from jupyter_book.sphinx import build_sphinx

    overrides = {
        "latex_individualpages": False,
        "nb_execution_cache_path": str(Path(root) / "_build" / ".jupyter_cache"),
    }
    status = build_sphinx(
        root, out, confdir=root, path_config=str(Path(root) / "_config.yml"), noconfig=True,
        confoverrides=overrides, doctreedir=doctrees, builder=builder, freshenv=True,
        warningiserror=True, keep_going=True,
    )  # fmt: skip
    return status if isinstance(status, int) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
