"""Links to other sites: found in the sources, asked for with patience and manners."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
import tiny

from book import contents, links
from book.links import Link, Manners

QUICK = Manners(pause=0.05, patience=1.0, wait=0.01, tries=2)


class Server(ThreadingHTTPServer):
    """Answers by the path; remembers what was asked, when, and by whom."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, float]] = []
        self.names: set[str] = set()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{path}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_HEAD(self) -> None:
        path = self.path.strip("/")
        self.server.asked.append((self.command, path, time.monotonic()))
        self.server.names.add(self.headers["User-Agent"])
        times = Counter(p for _, p, _ in self.server.asked)[path]
        if path == "slow":
            time.sleep(3)
        status = {
            "gone": 404, "forbidden": 403, "broken": 500, "slow": 200,
            "moved": 301, "found": 302, "circle": 302,
            "no-heads": 405 if self.command == "HEAD" else 200,
            "busy": 503 if times < 2 else 200,
        }.get(path, 200)  # fmt: skip
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", self.server.url("circle" if path == "circle" else "there"))
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()

    def log_message(self, *arguments: object) -> None:
        """Tests read no log."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def ask(root: Path, *urls: str, manners: Manners = QUICK) -> list[tuple[str, str]]:
    wanted = [Link(url, Path("x.md"), n) for n, url in enumerate(urls, start=1)]
    answers = links.check(contents.load(root), wanted, manners)
    assert [a.link for a in answers] == wanted
    return [(a.state, a.said) for a in answers]


@pytest.mark.parametrize(
    ("path", "state", "said"),
    [
        ("there", "there", ""),
        ("gone", "broken", "404"),
        ("broken", "broken", "500"),
        ("forbidden", "unsure", "the host answers 403"),
        ("no-heads", "there", ""),
        ("busy", "there", ""),
        ("found", "there", ""),
        ("moved", "moved", "moved for good to http://127.0.0.1"),
        ("circle", "broken", "redirects in a circle"),
        ("slow", "broken", "TimeoutError"),
    ],
)
def test_each_kind_of_answer_is_told_from_the_others(
    tmp_path: Path, server: Server, path: str, state: str, said: str
) -> None:
    ((got, words),) = ask(tiny.write(tmp_path), server.url(path))
    assert got == state
    assert said in words


def test_a_host_that_does_not_answer_is_broken_and_says_why(tmp_path: Path) -> None:
    with socket.socket() as taken:  # a port at which nobody listens
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        ((state, said),) = ask(tiny.write(tmp_path), url)
    assert state == "broken"
    assert "refused" in said


def test_a_host_is_asked_one_thing_at_a_time_with_a_pause_by_somebody_with_a_name(
    tmp_path: Path, server: Server
) -> None:
    root = tiny.write(tmp_path)
    ask(root, *(server.url(f"page-{n}") for n in range(4)))
    times = [when for _, _, when in server.asked]
    assert len(times) == 4
    assert all(later - earlier >= QUICK.pause for earlier, later in pairwise(times))
    book = contents.load(root)
    assert server.names == {f"{book.title} link check (+{book.repository})"}


def test_links_are_found_in_prose_cells_and_bibliography_each_once_with_its_line(
    tmp_path: Path,
) -> None:
    page = (
        "# P\n\nSee [one](https://one.test/a_(b)), <https://two.test/>, and https://three.test/x.\n"
        "Again https://one.test/a_(b)#part, and http://localhost:8000, https://example.com/.\n\n"
        + tiny.cell('url = "https://four.test/data.csv"')
    )
    root = tiny.write(tmp_path, {"p": tiny.chapter(page)})
    (root / "chapters/references.bib").write_text(
        "@article{a,\n  doi = {10.1/x(2)},\n  url = {https://five.test/p},\n  eprint = {2001.1},\n}\n"
    )
    found = {link.url: (link.file.name, link.line) for link in links.collect(root)}
    first = len(tiny.chapter("").splitlines())
    expected = {
        "https://one.test/a_(b)": ("p.md", first + 3),
        "https://two.test/": ("p.md", first + 3),
        "https://three.test/x": ("p.md", first + 3),
        "https://four.test/data.csv": ("p.md", first + 7),
        "https://doi.org/10.1/x(2)": ("references.bib", 2),
        "https://five.test/p": ("references.bib", 3),
        "https://arxiv.org/abs/2001.1": ("references.bib", 4),
    }
    assert {url: at for url, at in found.items() if url in expected} == expected
    assert not [url for url in found if "localhost" in url or "example" in url]


def test_the_report_counts_each_kind_and_puts_the_broken_first(
    tmp_path: Path, server: Server
) -> None:
    wanted = [Link(server.url(p), Path("x.md"), 7) for p in ("moved", "there", "gone")]
    answers = links.check(contents.load(tiny.write(tmp_path)), wanted, QUICK)
    lines = links.summary(answers).splitlines()
    assert lines[0] == "3 links: 1 there, 1 moved, 0 unsure, 1 broken."
    assert lines[2].startswith("- `x.md:7: http://127.0.0.1")
    assert lines[2].endswith("gone: 404; mend the link or remove it [link-broken]`")
    assert "name the new address" in lines[3]


def test_a_host_that_no_name_server_knows_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, real = [], links._ask

    def counted(pool: object, link: Link) -> links.Answer:
        asked.append(link.url)
        return real(pool, link)  # type: ignore[arg-type]

    monkeypatch.setattr(links, "_ask", counted)
    root = tiny.write(tmp_path)
    answers = ask(root, *(f"http://nowhere.invalid/{n}" for n in range(5)))
    assert asked == ["http://nowhere.invalid/0"]
    assert len(set(answers)) == 1
    assert answers[0][0] == "broken"
    assert "nowhere.invalid" in answers[0][1]
