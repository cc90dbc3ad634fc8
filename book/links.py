"""Every address of another site that the sources name: is it still there?

One request at a time to each host, with a pause between them; a host that is busy is asked again.
"""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import urllib3
from urllib3.exceptions import HTTPError, NameResolutionError

from book.contents import Book
from book.findings import Finding

ADDRESS = re.compile(r"https?://[^\s<>\"'`{}|\\^]+")
FIELDS = re.compile(r"^\s*(doi|eprint)\s*=\s*[{\"]([^}\"]+)[}\"]", flags=re.M | re.I)
RESOLVERS = {"doi": "https://doi.org/", "eprint": "https://arxiv.org/abs/"}
NOWHERE = ("example.com", "example.org", "localhost")
PLACES = ("*.md", ".github/**/*.md", ".github/**/*.yml", "chapters/**/*.md", "chapters/**/*.bib",
          "code/tensorbook/**/*.py", "code/tensorbook/files/*.md")  # fmt: skip
GONE = (404, 410)
# Hosts that turn robots away: such an answer says nothing about what a reader would see.
UNWILLING = (401, 402, 403, 405, 406, 418, 429, 451, 999)
BUSY = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Link:
    """An address, and where it is first named."""

    url: str
    file: Path
    line: int


@dataclass(frozen=True)
class Answer:
    """What came of asking: `there`, `moved` (to where), `unsure` or `broken`, with what was said."""

    link: Link
    state: str
    said: str = ""

    @property
    def finding(self) -> Finding:
        cure = {
            "broken": "mend the link or remove it",
            "unsure": "look with a browser",
            "moved": "name the new address",
        }.get(self.state, "nothing to do")
        message = f"{self.link.url}: {self.said or 'there'}; {cure}"
        return Finding(self.link.file, self.link.line, message, f"link-{self.state}")


@dataclass(frozen=True)
class Manners:
    """How to ask: seconds of pause between two requests to a host, of patience, of the first wait."""

    pause: float = 1.0
    patience: float = 20.0
    wait: float = 2.0
    tries: int = 3
    hosts: int = 8


def collect(root: Path) -> list[Link]:
    """Each address once, by file and line."""
    found: dict[str, Link] = {}
    for pattern in PLACES:
        for path in sorted(root.glob(pattern)):
            file, text = path.relative_to(root), path.read_text(encoding="utf-8")
            for url, at in _addresses(text, bibliography=path.suffix == ".bib"):
                found.setdefault(url, Link(url, file, text.count("\n", 0, at) + 1))
    return sorted(found.values(), key=lambda link: (link.file, link.line, link.url))


def check(
    book: Book,
    links: list[Link],
    manners: Manners = Manners(),
    report: Callable[[Answer], None] = lambda answer: None,
) -> list[Answer]:
    """Ask for every link; the answers in the order of the links."""
    by_host: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        by_host[urlsplit(link.url).netloc].append(link)
    pool = _pool(f"{book.title} link check (+{book.repository})", manners)
    answers: dict[Link, Answer] = {}

    def ask_host(own: list[Link]) -> None:
        before = None
        for link in own:
            if before and before.said.startswith(NameResolutionError.__name__):
                answer = Answer(link, before.state, before.said)  # no such host: ask it no more
            else:
                time.sleep(manners.pause if before else 0)
                answer = _ask(pool, link)
            answers[link] = before = answer
            report(answer)

    with ThreadPoolExecutor(manners.hosts) as threads:
        list(threads.map(ask_host, by_host.values()))
    return [answers[link] for link in links]


def summary(answers: list[Answer]) -> str:
    """The answers in Markdown: how many of each kind, and what is not simply there."""
    states = [answer.state for answer in answers]
    kinds = ", ".join(f"{states.count(s)} {s}" for s in ("there", "moved", "unsure", "broken"))
    odd = [
        f"- `{a.finding}`" for s in ("broken", "moved", "unsure") for a in answers if a.state == s
    ]
    return "\n".join([f"{len(answers)} links: {kinds}.", "", *odd]).rstrip() + "\n"


def _pool(name: str, manners: Manners) -> urllib3.PoolManager:
    retry = urllib3.Retry(
        total=manners.tries, redirect=5, status_forcelist=BUSY, backoff_factor=manners.wait,
        respect_retry_after_header=True, retry_after_max=60, raise_on_status=False,
        raise_on_redirect=False,
    )  # fmt: skip
    headers = {"User-Agent": name, "Accept": "text/html,*/*;q=0.8"}
    return urllib3.PoolManager(headers=headers, retries=retry, timeout=manners.patience)


def _ask(pool: urllib3.PoolManager, link: Link) -> Answer:
    """Ask for the head, and for the whole where a host refuses heads."""
    # A publisher may turn robots away, but who registers names says whether one is registered.
    follow = not link.url.startswith(RESOLVERS["doi"])
    said = ""
    for method in ("HEAD", "GET"):
        try:
            response = pool.request(method, link.url, redirect=follow, preload_content=False)
            answer = _judge(link, response)
            response.release_conn() if method == "HEAD" else response.close()
        except (HTTPError, ValueError) as error:
            said = _plain(error)
            continue
        if answer.state in ("there", "moved"):
            return answer
        said = answer.said
        if method == "GET":
            return answer
    return Answer(link, "broken", said)


def _judge(link: Link, response: urllib3.BaseHTTPResponse) -> Answer:
    status = response.status
    history = response.retries.history if response.retries else ()
    first = next((h for h in history if h.redirect_location), None)
    if status in GONE:
        return Answer(link, "broken", f"{status}")
    if status in UNWILLING:
        return Answer(link, "unsure", f"the host answers {status}")
    if status >= 400 or (300 <= status < 400 and first):
        return Answer(link, "broken", f"{status}" if status >= 400 else "redirects in a circle")
    if first and first.status in (301, 308) and _elsewhere(link.url, response.geturl()):
        return Answer(link, "moved", f"moved for good to {response.geturl()}")
    return Answer(link, "there")


def _elsewhere(old: str, new: str | None) -> bool:
    """Whether the new address is more than the old one with a slash or a scheme mended."""
    return bool(new) and _bare(old) != _bare(str(new))


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc.removeprefix('www.')}{parts.path.rstrip('/')}"


def _plain(error: Exception) -> str:
    cause = getattr(error, "reason", None) or error
    words = re.sub(r"<[^>]*>|\(Caused by.*", "", str(cause)).strip(" :,'")
    return f"{type(cause).__name__}: {words}"[:160]


def _addresses(text: str, *, bibliography: bool) -> Iterator[tuple[str, int]]:
    for match in ADDRESS.finditer(text):
        url = _trimmed(match[0])
        host = urlsplit(url).hostname or ""
        if "." in host and not host.endswith(NOWHERE):
            yield url, match.start()
    for match in FIELDS.finditer(text) if bibliography else ():
        name = match[2].strip()
        if not name.startswith("http"):
            yield RESOLVERS[match[1].lower()] + name, match.start(1)


def _trimmed(url: str) -> str:
    """`url` without the punctuation of the sentence that it stands in, and without its fragment."""
    url = url.split("#")[0]
    while url and (url[-1] in ".,;:!?*_" or any(_closes(url, pair) for pair in ("()", "[]"))):
        url = url[:-1]
    # Markdown's own bracket may stand in the middle: [a](https://b.c), or [a](https://b.c)(d)
    for opening, closing in ("()", "[]"):
        at = url.find(closing)
        if at >= 0 and url.count(opening, 0, at) == 0:
            return _trimmed(url[:at])
    return url


def _closes(url: str, pair: str) -> bool:
    return url.endswith(pair[1]) and url.count(pair[1]) > url.count(pair[0])
