"""Publish a folder as the whole content of a branch, when it differs, on top of what the branch holds.

Works on git's objects alone: no file of the checkout, no branch of it and no index is touched. Standard
library only, so that the job that may write to the repository needs nothing of the book's environment.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from book import library
from book.findings import BookError, Finding

BOT = ("github-actions[bot]", "41898282+github-actions[bot]@users.noreply.github.com")
TRIES = 3  # when somebody else publishes in between
BRANCH = "notebooks"
FOLDER = Path("_build", "branch")
NONE: Mapping[str, str] = MappingProxyType({})


def publish(root: Path, remote: str) -> str:
    """Push what was built below `root`; returns a line that says what was done."""
    commit = push(root, root / FOLDER, remote, BRANCH)
    if commit is None:
        return f"branch {BRANCH}: {remote} holds exactly this already"
    return f"branch {BRANCH}: {commit[:12]} is on {remote}"


def push(root: Path, folder: Path, remote: str, branch: str) -> str | None:
    """Make `folder` the content of `branch` on `remote`, a name or an address that git knows in `root`.

    Returns:
        The new commit, or None when the branch held exactly this already.

    Raises:
        BookError: there is no such folder or remote, or the remote does not take the commit.
    """
    if not folder.is_dir():
        message = "nothing is there to publish; run `python -m book branch` first"
        raise BookError(Finding(FOLDER, 1, message, "push"))
    git = Git(root, remote, branch)
    source, identity = git.source(), git.identity()
    tree, wheel = git.tree(folder), git.library(library.of(folder))
    for left in reversed(range(TRIES)):
        tip = git.tip()
        if tip and git.says("rev-parse", f"{tip}^{{tree}}") == tree and git.holds(tip, wheel):
            return None
        parents = [tip] if tip else []
        if not (tip and git.holds(tip, wheel)):
            parents.append(wheel)
        text = f"Notebooks as of {source[:12]}\n\nSource: {source}"
        options = [option for parent in parents for option in ("-p", parent)]
        commit = git.says("commit-tree", tree, *options, "-m", text, variables=identity)
        if git.offer(commit, last=not left):
            return commit
    raise AssertionError("the last try returns or raises")


class Git:
    """Git in the checkout `root`, asked for objects and for the remote, never for files."""

    def __init__(self, root: Path, remote: str, branch: str) -> None:
        self.root, self.remote = root, remote
        self.ref = f"refs/heads/{branch}"

    def run(
        self, *arguments: str, stdin: bytes | None = None, variables: Mapping[str, str] = NONE
    ) -> subprocess.CompletedProcess[bytes]:
        command = ["git", "-C", str(self.root), *arguments]
        environment = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"} | dict(variables)
        try:
            return subprocess.run(command, input=stdin, capture_output=True, env=environment)
        except FileNotFoundError:
            raise self.problem("git is not installed; install it") from None

    def says(
        self, *arguments: str, stdin: bytes | None = None, variables: Mapping[str, str] = NONE
    ) -> str:
        """What git prints; raises `BookError` when it fails."""
        done = self.run(*arguments, stdin=stdin, variables=variables)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            raise self.problem(f"git {arguments[0]} fails: {said or 'without a word'}")
        return done.stdout.decode().strip()

    def problem(self, message: str) -> BookError:
        return BookError(Finding(FOLDER, 1, message, "push"))

    def source(self) -> str:
        """The commit that the folder was made from, as far as the checkout knows."""
        done = self.run("rev-parse", "--verify", "--quiet", "HEAD")
        return done.stdout.decode().strip() or "an unpublished state"

    def identity(self) -> dict[str, str]:
        """Who publishes: the person whom git knows here, else the workflow's bot."""
        asked = [
            self.run("config", key).stdout.decode().strip() for key in ("user.name", "user.email")
        ]
        name, email = asked if all(asked) else BOT
        return {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER")
                for what, value in (("NAME", name), ("EMAIL", email))}  # fmt: skip

    def tree(self, folder: Path) -> str:
        """The folder as git's tree: each byte as it is, scripts executable."""
        paths = sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        named = "".join(f"{path.resolve()}\n" for path in paths).encode()
        names = self.says("hash-object", "-w", "--no-filters", "--stdin-paths", stdin=named)
        lines = [
            f"{_mode(path)} {name}\t{path.relative_to(folder).as_posix()}\n"
            for path, name in zip(paths, names.split(), strict=True)
        ]
        with tempfile.TemporaryDirectory() as scratch:
            index = {"GIT_INDEX_FILE": str(Path(scratch, "index"))}
            self.says(
                "update-index",
                "--add",
                "--index-info",
                stdin="".join(lines).encode(),
                variables=index,
            )
            return self.says("write-tree", variables=index)

    def library(self, wanted: library.Library) -> str:
        """The library's own commit, which the notebooks name."""
        self.says("hash-object", "-w", "-t", "blob", "--stdin", stdin=wanted.wheel)
        self.says("hash-object", "-w", "-t", "tree", "--stdin", stdin=wanted.tree)
        return self.says("hash-object", "-w", "-t", "commit", "--stdin", stdin=wanted.commit_text)

    def tip(self) -> str:
        """The branch's newest commit, fetched; empty when the remote has no such branch."""
        done = self.run("ls-remote", "--", self.remote, self.ref)
        if done.returncode:
            said = " ".join(done.stderr.decode(errors="replace").split())
            message = f"the remote {self.remote} cannot be read: {said}; `git remote -v` lists them"
            raise self.problem(message)
        found = done.stdout.decode().split()
        if not found:
            return ""
        self.says(
            "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", self.remote, self.ref
        )
        return found[0]

    def holds(self, tip: str, commit: str) -> bool:
        """True when `commit` is among the ancestors of `tip`."""
        return self.run("merge-base", "--is-ancestor", commit, tip).returncode == 0

    def offer(self, commit: str, *, last: bool) -> bool:
        """Push the commit; False when the branch has moved on and another try is due."""
        done = self.run(
            "push", "--porcelain", "--no-verify", "--", self.remote, f"{commit}:{self.ref}"
        )
        if done.returncode == 0:
            return True
        said = " ".join((done.stdout + b" " + done.stderr).decode(errors="replace").split())
        if not last and ("fetch first" in said or "non-fast-forward" in said):
            return False
        message = f"the remote {self.remote} did not take the branch, which is as it was: {said}"
        raise self.problem(message)


def _mode(path: Path) -> str:
    with path.open("rb") as file:
        return "100755" if file.read(2) == b"#!" else "100644"
