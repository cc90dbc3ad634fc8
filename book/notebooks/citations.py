"""The bibliography: how the text names a source, and the list at a notebook's end."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pybtex.backends.markdown import Backend
from pybtex.database import BibliographyData, Entry, PybtexError, parse_file
from pybtex.plugin import find_plugin

from book.findings import BookError, Finding


class _Backend(Backend):
    """pybtex's Markdown with fewer backslashes: a full stop in a list entry needs none."""

    def format_str(self, text: str) -> str:
        return "".join(f"\\{c}" if c in "\\`*_[]$<" else c for c in text)


class Bibliography:
    """The sources that a book cites."""

    def __init__(self, root: Path, files: list[str]) -> None:
        self._root, self._files = root, files

    @cached_property
    def _data(self) -> BibliographyData:
        data = BibliographyData()
        for file in self._files:
            try:
                data.add_entries(parse_file(str(self._root / file), "bibtex").entries.items())
            except (PybtexError, OSError) as error:
                message = f"the bibliography cannot be read: {error}; mend the entry"
                raise BookError(Finding(Path(file), 1, message, "bibliography")) from error
        return data

    def entry(self, key: str) -> Entry | None:
        return self._data.entries.get(key)

    def authors(self, key: str) -> str:
        """`Cox`, `Glorot and Bengio`, `LeCun et al.`; the title when nobody signed."""
        entry = self._data.entries[key]
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        if not people:
            return str(entry.rich_fields.get("title", key))
        names = [
            " ".join(str(name) for name in [*p.rich_prelast_names, *p.rich_last_names])
            for p in people
        ]
        if len(names) > 2 or names[-1] == "others":
            return f"{names[0]} et al."
        return " and ".join(names)

    def year(self, key: str) -> str:
        return str(self._data.entries[key].fields.get("year", "no date"))

    def url(self, key: str) -> str:
        """Where the source can be read, or an empty string."""
        fields = self._data.entries[key].fields
        if fields.get("doi"):
            return "https://doi.org/" + fields["doi"].removeprefix("https://doi.org/")
        if fields.get("url"):
            return str(fields["url"])
        if fields.get("eprint") and fields.get("archiveprefix", "arXiv").lower() == "arxiv":
            return f"https://arxiv.org/abs/{fields['eprint']}"
        return ""

    def listed(self, keys: list[str]) -> list[str]:
        """One line of Markdown for each source, in the order of authors and years."""
        style, backend = find_plugin("pybtex.style.formatting", "plain")(), _Backend()
        wanted = sorted(set(keys), key=lambda k: (self.authors(k).lower(), self.year(k), k))
        chosen = BibliographyData({key: self._data.entries[key] for key in wanted})
        lines = {e.key: e.text.render(backend) for e in style.format_bibliography(chosen)}
        return [" ".join(lines[key].split()) for key in wanted]
