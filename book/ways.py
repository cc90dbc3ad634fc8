"""Addresses that lead from a page to where it is edited, corrected and talked about.

All of them are made from the repository's address, so a fork's pages lead to the fork.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from book.contents import Book, Entry

FORM = "mistake.yml"  # in .github/ISSUE_TEMPLATE; the names below are the ids of its fields
CATEGORY = "general"  # every new space for discussions has it


def edit(book: Book, entry: Entry) -> str:
    """Opens the source in GitHub's editor, which makes a fork for those who need one."""
    return f"{book.repository}/edit/{quote(book.branch)}/{entry.chapter.path.as_posix()}"


def page(book: Book, entry: Entry, label: str = "") -> str:
    """The published page, or one of its equations."""
    anchor = f"#equation-{label}" if label else ""
    return f"{book.site}{entry.chapter.docname}.html{anchor}"


def mistake(book: Book, entry: Entry, commit: str, label: str = "", number: str = "") -> str:
    """Opens the form for mistakes, filled in but for what is wrong.

    Args:
        commit: that the page was built from; empty when that is not known.
        label: of the equation, which has this `number`; empty for the whole page.
    """
    name = title(entry)
    fields = {
        "title": f"{name}: equation ({number})" if label else f"{name}: ",
        "chapter": name,
        "equation": f"({number}) {label}" if label else "",
        "page": page(book, entry, label),
        "commit": commit,
    }
    return _filled(f"{book.repository}/issues/new", {"template": FORM} | fields)


def discuss(book: Book, entry: Entry) -> str:
    """Opens a new discussion that carries the chapter's title and address."""
    body = f"About [{title(entry)}]({page(book, entry)}): "
    fields = {"category": CATEGORY, "title": f"{title(entry)}: ", "body": body}
    return _filled(f"{book.repository}/discussions/new", fields)


def title(entry: Entry) -> str:
    """The chapter's number and title."""
    return f"{entry.number}. {entry.chapter.title}" if entry.number else entry.chapter.title


def _filled(address: str, fields: Mapping[str, str]) -> str:
    return f"{address}?{urlencode({k: v for k, v in fields.items() if v}, quote_via=quote)}"
