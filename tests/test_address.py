"""Where a copy of the book lives: asked of the workflow, then of git, then of the settings."""

import subprocess
from pathlib import Path

import pytest
import tiny

from book import address, contents

CONFIG = {
    "repository": {"url": "https://github.com/first/book"},
    "html": {"baseurl": "https://book.example.org"},
}


def repository(root: Path, url: str) -> Path:
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "remote", "add", "origin", url], check=True)
    return root


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://github.com/second/book.git", "https://github.com/second/book"),
        ("https://x-access-token:secret@github.com/second/book", "https://github.com/second/book"),
        ("git@github.com:second/book.git", "https://github.com/second/book"),
        ("ssh://git@github.com:22/second/book.git/", "https://github.com/second/book"),
        ("/srv/git/book.git", ""),
        ("../book", ""),
        ("file:///srv/git/book", ""),
        (r"C:\git\book", ""),
    ],
)
def test_a_remote_has_a_page_and_keeps_its_password_to_itself(url: str, page: str) -> None:
    assert address.web(url) == page


def test_the_workflow_knows_best(tmp_path: Path) -> None:
    root = repository(tmp_path, "git@github.com:second/book.git")
    found = address.of(root, CONFIG, {"GITHUB_REPOSITORY": "Third/book"})
    assert found == address.Address(
        "https://github.com/Third/book", "https://third.github.io/book/"
    )
    asked = {"GITHUB_REPOSITORY": "third/book", "BOOK_SITE": "https://third.example.org/book"}
    assert address.of(root, CONFIG, asked).site == "https://third.example.org/book/"


def test_a_clone_of_a_fork_is_the_forks_own(tmp_path: Path) -> None:
    root = repository(tmp_path, "https://github.com/second/second.github.io.git")
    found = address.of(root, CONFIG, {})
    assert found.repository == "https://github.com/second/second.github.io"
    assert found.site == "https://second.github.io/"


def test_the_settings_hold_where_nothing_else_says_more(tmp_path: Path) -> None:
    expected = address.Address("https://github.com/first/book", "https://book.example.org/")
    assert address.of(tmp_path, CONFIG, {}) == expected  # no repository at all
    inside = tmp_path / "clone"
    inside.mkdir()
    assert address.of(repository(inside, "/srv/git/book.git"), CONFIG, {}) == expected
    upstream = tmp_path / "upstream"
    upstream.mkdir()
    repository(upstream, "https://github.com/first/book")
    assert address.of(upstream, CONFIG, {}) == expected  # its pages have an address of their own


def test_a_folder_within_somebody_elses_repository_is_not_theirs(tmp_path: Path) -> None:
    inner = repository(tmp_path, "https://github.com/second/book") / "book"
    inner.mkdir()
    assert address.remote(inner) == ""


def test_no_other_file_writes_the_address_down() -> None:
    config = contents.load(tiny.HERE).config
    name = config["repository"]["url"].removeprefix("https://github.com/")
    listed = subprocess.run(
        ["git", "-C", str(tiny.HERE), "grep", "-lI", name], capture_output=True, text=True
    )
    assert listed.stdout.split() == ["_config.yml"]
