"""What readers ask the search, and how often the right answer comes first, or among the first three."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml
from playwright.sync_api import Page

FILE = Path(__file__).with_name("search_queries.yml")
# The real search code; an answer is where a result leads, and the heading that this lies under.
ASK = """async (queries) => {
  await window.bookSearch.ready();
  const slug = (page) => page.replace(/.*\\//, "").replace(".html", "");
  return queries.map((query) => window.bookSearch.find(query).map((found) =>
    [found.place.replace(found.page, slug(found.page)), `${slug(found.page)}#${found.section}`]));
}"""


@dataclass(frozen=True)
class Query:
    """What is typed, the headings that answer it, and of which kind it is."""

    text: str
    right: frozenset[str]
    kind: str


@dataclass(frozen=True)
class Answer:
    """A query with what the search answered, best first."""

    query: Query
    found: tuple[tuple[str, str], ...]

    def right_among(self, first: int) -> bool:
        return any(self.query.right & set(places) for places in self.found[:first])


def load() -> list[Query]:
    """All queries of the file."""
    groups = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return [
        Query(item["query"], frozenset(item["right"]), kind)
        for kind, items in groups.items()
        for item in items
    ]


def ask(page: Page, site: str, queries: list[Query]) -> list[Answer]:
    """Open the search page of the built `site` and ask everything."""
    page.goto(f"{site}search.html")
    page.wait_for_function("window.bookSearch")
    answers = page.evaluate(ASK, [query.text for query in queries])
    return [
        Answer(query, tuple((one, other) for one, other in found))
        for query, found in zip(queries, answers, strict=True)
    ]
