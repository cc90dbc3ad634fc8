"""The one place that knows where this copy of the book lives: its repository and its pages.

The workflow's environment says it, else git's remote `origin`, else `_config.yml`. So the buttons,
canonical links, notebooks and citations of a fork are the fork's own, and nobody edits anything.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

GITHUB = "https://github.com"
# git@host:owner/name.git, as ssh wants it
SHORT = re.compile(r"(?:[\w.-]+@)?(?P<host>[\w-]+(?:\.[\w-]+)+):(?!//)(?P<path>.+)")


@dataclass(frozen=True)
class Address:
    """Where to find the book.

    Attributes:
        repository: such as `https://github.com/owner/name`, with no slash at its end.
        site: where the pages are published, with a slash at its end.
    """

    repository: str
    site: str


def of(
    root: Path, config: Mapping[str, Any], environment: Mapping[str, str] | None = None
) -> Address:
    """The address of the book below `root`, whose settings are `config`."""
    variables = os.environ if environment is None else environment
    written = str(config["repository"]["url"]).rstrip("/")
    repository = _on_github(variables) or remote(root) or written
    site = variables.get("BOOK_SITE") or (
        str(config["html"]["baseurl"]) if repository.lower() == written.lower() else pages(repository)
    )  # fmt: skip
    return Address(repository, (site or str(config["html"]["baseurl"])).rstrip("/") + "/")


def pages(repository: str) -> str:
    """Where GitHub Pages publishes `repository`; empty for one that is not on GitHub."""
    server, _, name = repository.partition("//github.com/")
    owner, _, project = name.partition("/")
    if server != "https:" or not project:
        return ""
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if project.lower() == host else f"https://{host}/{project}/"


def web(url: str) -> str:
    """The page on the web of a repository that git reaches by `url`; empty for a local one."""
    short = SHORT.fullmatch(url.strip())
    if short:
        host, path = short["host"], short["path"]
    else:
        parts = urlsplit(url.strip())
        if parts.scheme not in ("https", "http", "ssh", "git") or not parts.hostname:
            return ""
        host, path = parts.hostname, parts.path  # without a name, a password or a port
    return f"https://{host}/{path.strip('/').removesuffix('.git')}"


@cache
def remote(root: Path) -> str:
    """The web page of the remote `origin` of the repository at `root`; empty where there is none."""
    command = ["git", "-C", str(root), "rev-parse", "--show-toplevel"]
    try:
        top = subprocess.run(command, capture_output=True, text=True, timeout=20)
        if top.returncode or Path(top.stdout.strip()).resolve() != root.resolve():
            return ""  # no repository, or one that only holds this folder
        command[3:] = ["remote", "get-url", "origin"]
        url = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return web(url.stdout) if url.returncode == 0 else ""


def _on_github(variables: Mapping[str, str]) -> str:
    name = variables.get("GITHUB_REPOSITORY")
    return f"{variables.get('GITHUB_SERVER_URL', GITHUB)}/{name}" if name else ""
