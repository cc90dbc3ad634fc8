"""The e-book of the tiny site: read back, judged by EPUBCheck, and the same at every build."""

from __future__ import annotations

import posixpath
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from reading import Site

from book import contents, epub, system
from book.epub import pages
from book.findings import BookError

OPF = "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def archive(site: Site) -> zipfile.ZipFile:
    return zipfile.ZipFile(epub.build(contents.load(site.root)))


def documents(archive: zipfile.ZipFile) -> dict[str, BeautifulSoup]:
    names = [name for name in archive.namelist() if name.endswith(".xhtml")]
    return {name: BeautifulSoup(archive.read(name), "html.parser") for name in names}


@pytest.mark.skipif(bool(system.missing_for_epub()), reason="EPUBCheck is not installed")
def test_the_standards_own_judge_finds_nothing(archive: zipfile.ZipFile) -> None:
    command = ["java", "-jar", str(system.EPUBCHECK), str(archive.filename)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No errors or warnings detected" in done.stdout + done.stderr


def test_every_page_of_the_contents_is_there_in_its_order(
    site: Site, archive: zipfile.ZipFile
) -> None:
    book = contents.load(site.root)
    package = ElementTree.fromstring(archive.read("EPUB/package.opf"))
    names = {item.attrib["id"]: item.attrib["href"] for item in package.iter(f"{OPF}item")}
    spine = [names[item.attrib["idref"]] for item in package.iter(f"{OPF}itemref")]
    spine.remove("nav.xhtml")
    assert spine == [pages.page_name(page.docname) for page in book.pages]
    toc = BeautifulSoup(archive.read("EPUB/nav.xhtml"), "html.parser")
    assert [str(a["href"]) for a in toc.select("a") if "#" not in str(a["href"])] == spine


def test_links_and_pictures_lead_to_what_is_there(archive: zipfile.ZipFile) -> None:
    found, names = documents(archive), set(archive.namelist())
    anchors = {name: {str(t["id"]) for t in page.select("[id]")} for name, page in found.items()}
    inner = 0
    for name, page in found.items():
        for image in page.select("img"):
            assert f"EPUB/{image['src']}" in names
            assert image.get("alt"), f"{name}: {image}"
        for link in page.select("a[href]"):
            parts = urlsplit(str(link["href"]))
            if parts.scheme:
                continue
            target = posixpath.join("EPUB", parts.path) if parts.path else name
            assert target in names, f"{name}: {link}"
            if parts.fragment and target in anchors:
                inner += 1
                assert parts.fragment in anchors[target], f"{name}: {link}"
    assert inner > 10


def test_formulas_are_mathml_and_nothing_needs_a_script(archive: zipfile.ZipFile) -> None:
    found = documents(archive)
    assert sum(len(page.select("math")) for page in found.values()) > 10
    for name, page in found.items():
        assert not page.select("script, button, template, .katex-html, [onclick]"), name


def test_equal_sites_make_equal_bytes(site: Site, archive: zipfile.ZipFile, tmp_path: Path) -> None:
    first = Path(str(archive.filename)).read_bytes()
    assert epub.build(contents.load(site.root)).read_bytes() == first


def test_a_page_that_is_not_built_is_named_and_the_last_book_stays(
    site: Site, tmp_path: Path
) -> None:
    root = tmp_path / "copy"
    shutil.copytree(site.root, root, symlinks=True)
    out = epub.build(contents.load(root))
    before = out.read_bytes()
    (root / "_build" / "html" / "chapters" / "part" / "sums.html").unlink()
    with pytest.raises(BookError, match="is not on the site") as caught:
        epub.build(contents.load(root))
    assert caught.value.findings[0].file == Path("chapters/part/sums.md")
    assert out.read_bytes() == before


@pytest.mark.parametrize(
    ("href", "leads"),
    [
        ("sums.html#a", "part-sums.xhtml#a"),
        ("../../index.html", "index.xhtml"),
        ("#here", "#here"),
        ("https://example.org/x", "https://example.org/x"),
        ("../../notebooks/part/sums.ipynb", "https://book.example.org/notebooks/part/sums.ipynb"),
    ],
)
def test_a_link_stays_in_the_book_where_it_can(href: str, leads: str) -> None:
    known = {"index", "chapters/part/sums", "chapters/part/gallery"}
    assert pages.link(href, "chapters/part/gallery", known, "https://book.example.org/") == leads
