"""The operating system's packages that a command needs: found missing in no time, installed if allowed.

Standard library only, for it runs before the book's environment is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from book.findings import BookError, Finding

# Debian's and Ubuntu's package, and a program or a TeX file that only it brings.
PROGRAMS = {"latexmk": "latexmk", "texlive-xetex": "xelatex"}
FILES = {
    "texlive-latex-recommended": "tex/latex/microtype/microtype.sty",
    "texlive-latex-extra": "tex/latex/tcolorbox/tcolorbox.sty",
    # XeTeX's links are drawn with a font of which only the metric is read.
    "texlive-fonts-recommended": "fonts/tfm/adobe/zapfding/pzdr.tfm",
}
FONTS = {"lmodern": "lmroman10-regular.otf", "fonts-freefont-otf": "FreeSerif.otf"}
EPUBCHECK = Path("/usr/share/java/epubcheck.jar")
TREES = ("/usr/share/texlive/texmf-dist", "/usr/share/texmf-dist", "/usr/share/texmf")
FONT_FOLDERS = (
    "/usr/share/texmf/fonts/opentype/public/lm",
    "/usr/share/fonts/opentype/freefont",
    "/usr/share/fonts/opentype/lmodern",
)


def missing_for_pdf() -> list[str]:
    """Names of the Debian packages that the PDF needs and this system lacks."""
    missing = [package for package, program in PROGRAMS.items() if not shutil.which(program)]
    missing += [package for package, file in FILES.items() if not _has_file(file)]
    missing += [package for package, file in FONTS.items() if not _has_font(file)]
    return missing


def missing_for_epub() -> list[str]:
    """The same for the tests of the e-book, which ask the standard's own judge."""
    has_java = shutil.which("java") is not None
    return [] if has_java and EPUBCHECK.is_file() else ["epubcheck", "default-jre-headless"]


def need(packages: Iterable[str], purpose: str) -> None:
    """Install `packages`, or raise `BookError` with the one command to type."""
    wanted = list(dict.fromkeys(packages))
    if not wanted:
        return
    if _has_apt() and _prefix() is not None:
        install(wanted)
        return
    command = f"sudo apt-get install --no-install-recommends {' '.join(wanted)}"
    if _has_apt():
        message = f"{purpose} needs packages that are not installed; type: {command}"
    else:
        message = (
            f"{purpose} needs what Debian calls {', '.join(wanted)} (TeX Live with XeLaTeX, latexmk, "
            "and the fonts Latin Modern and FreeSerif); install them with this system's own tool"
        )
    raise BookError(Finding(Path("requirements.txt"), 1, message, "system-packages"))


def install(packages: Iterable[str]) -> None:
    """Install Debian packages; raises `BookError` when that fails."""
    wanted, prefix = list(packages), _prefix() or []
    print(f"book: installing {', '.join(wanted)}", file=sys.stderr, flush=True)
    settings = ["env", "DEBIAN_FRONTEND=noninteractive"]
    steps = (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *wanted],
    )
    for step in steps:
        done = subprocess.run([*prefix, *settings, *step], stdout=subprocess.DEVNULL)
        if done.returncode:
            message = f"`{' '.join(step)}` failed (exit {done.returncode}); see what it said above"
            raise BookError(Finding(Path("requirements.txt"), 1, message, "system-packages"))


def _prefix() -> list[str] | None:
    """What to put before a command that needs root; None when this user may not run one."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return []
    if not shutil.which("sudo"):
        return None
    allowed = subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
    return ["sudo", "-n"] if allowed else None


def _has_apt() -> bool:
    return shutil.which("apt-get") is not None


def _has_file(file: str) -> bool:
    if any(Path(tree, file).is_file() for tree in TREES):
        return True
    return _kpsewhich(Path(file).name)


def _has_font(file: str) -> bool:
    if any(Path(folder, file).is_file() for folder in FONT_FOLDERS):
        return True
    return _kpsewhich(file)


def _kpsewhich(name: str) -> bool:
    """Ask TeX itself, for a TeX Live that was not installed from Debian's packages."""
    program = shutil.which("kpsewhich")
    if not program:
        return False
    return subprocess.run([program, name], capture_output=True).returncode == 0
