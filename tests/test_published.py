"""What search engines, lost readers and old links find at the published site."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import tiny
import yaml
from bs4 import BeautifulSoup
from reading import Reader, Site

from book import contents, html, redirects
from book.sphinx import published

SPACE = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}


def test_the_sitemap_lists_every_page_of_the_contents_and_no_other(site: Site) -> None:
    book = contents.load(site.root)
    tree = ElementTree.parse(site.folder / "sitemap.xml")
    listed = [loc.text or "" for loc in tree.findall("s:url/s:loc", SPACE)]
    files = {
        (url.removeprefix(book.site) or "index.html") for url in listed if url.startswith(book.site)
    }
    assert len(files) == len(listed) == len(book.pages)
    for file in files:
        page = BeautifulSoup((site.folder / file).read_text("utf-8"), "html.parser")
        assert not page.select("meta[name=robots]"), file
    robots = (site.folder / "robots.txt").read_text("utf-8")
    assert f"Sitemap: {book.site}sitemap.xml" in robots


def test_the_page_for_dead_addresses_holds_at_any_depth(site: Site) -> None:
    root = urlsplit(contents.load(site.root).site).path
    page = BeautifulSoup((site.folder / "404.html").read_text("utf-8"), "html.parser")
    assert page.select_one("meta[name=robots][content=noindex]")
    urls = [str(tag[name]) for name in ("href", "src") for tag in page.select(f"[{name}]")]
    local = [u for u in urls if not urlsplit(u).scheme and not u.startswith("#")]
    assert len(local) > 10
    assert [u for u in local if not u.startswith(root)] == []
    for url in local:
        assert (site.folder / urlsplit(url).path.removeprefix(root)).exists(), url


def test_a_reader_at_a_dead_address_sees_the_book_and_finds_home(
    reader: Reader, site: Site
) -> None:
    # The test's server is no GitHub Pages: it is told to answer at the published path.
    root = urlsplit(contents.load(site.root).site).path
    lost = (site.folder / "404.html").read_text("utf-8")

    def answer(route):  # type: ignore[no-untyped-def]
        path = urlsplit(route.request.url).path.removeprefix(root)
        file = site.folder / (path or "index.html")
        if file.is_file():
            route.fulfill(path=file)
        else:
            route.fulfill(status=404, body=lost, content_type="text/html")

    reader.page.route("**/*", answer)
    reader.page.goto(f"{site.address.rstrip('/')}{root}chapters/no/such/page.html")
    assert [fault for fault in reader.faults if "404" not in fault] == []
    reader.faults.clear()  # the page itself was answered with 404, which the browser remarks on
    assert reader.page.locator("h1").inner_text() == "No such page"
    width = reader.page.evaluate(
        "getComputedStyle(document.querySelector('.sidebar-drawer')).width"
    )
    assert width != "auto"  # the style sheet came
    reader.page.get_by_role("link", name="contents", exact=True).click()
    assert reader.page.locator("h1").inner_text() != "No such page"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('<a href="a/b.html#c">', '<a href="/book/a/b.html#c">'),
        ('<img src="_static/x.png">', '<img src="/book/_static/x.png">'),
        ('<a href="#top">', '<a href="#top">'),
        ('<a href="https://example.org/x">', '<a href="https://example.org/x">'),
        ('<a href="/book/x.html">', '<a href="/book/x.html">'),
        ('<meta name="worker" content="worker.js">', '<meta name="worker" content="/book/worker.js">'),
    ],
)  # fmt: skip
def test_addresses_become_absolute_where_they_are_local(before: str, after: str) -> None:
    assert published.absolute(before, "/book/") == after


def moved(root: Path, table: object) -> Path:
    config = yaml.safe_load((root / "_config.yml").read_text("utf-8"))
    config["sphinx"]["config"][redirects.SETTING] = table
    (root / "_config.yml").write_text(yaml.safe_dump(config), "utf-8")
    return root


def test_an_old_address_leads_to_the_page_that_has_moved(tmp_path: Path) -> None:
    root = moved(tiny.write(tmp_path), {"chapters/old/adding": "chapters/part/sums"})
    book = contents.load(root)
    assert redirects.findings(book) == []
    site = tmp_path / "site"
    (site / "chapters" / "part").mkdir(parents=True)
    (site / "chapters" / "part" / "sums.html").write_text("<h1>Sums</h1>", "utf-8")
    redirects.write(book, site)
    page = BeautifulSoup(
        (site / "chapters" / "old" / "adding.html").read_text("utf-8"), "html.parser"
    )
    refresh = page.select_one("meta[http-equiv=refresh]")
    assert refresh is not None
    assert refresh["content"] == "0; url=../part/sums.html"
    canonical = page.select_one("link[rel=canonical]")
    assert canonical is not None
    assert canonical["href"] == f"{book.site}chapters/part/sums.html"
    assert html.findings(site) == []


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"chapters/part/sums": "index"}, "is a page of the book"),
        ({"chapters/old": "chapters/part/sum"}, "did you mean chapters/part/sums?"),
        ({"../outside": "chapters/part/sums"}, "is no page's address"),
    ],
)
def test_a_redirect_that_cannot_work_is_found_by_check(
    tmp_path: Path, table: dict[str, str], said: str
) -> None:
    found = tiny.only(moved(tiny.write(tmp_path), table))
    assert said in found.message
    assert str(found.file) == "_config.yml"
    assert found.line > 1
