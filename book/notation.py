r"""Which symbol of the notation tables a letter in a formula is.

A symbol is a letter with its font, accents and subscript. `Notation.find` tries, for a letter of a
formula, the ways in which `.github/STYLE.md` says that a table can hold it, the closest one first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from book.chapter import Chapter, Row
from book.contents import Book
from book.findings import Finding
from book.katex import Letter, Reading, shared

FORMULA = re.compile(r"\$([^$]+)\$")
CODE = re.compile(r"`([^`]+)`|—")
NAME = re.compile(r"^[A-Za-z_][\w.]*")
BOLD = {"boldsymbol", "bm", "mathbf"}
CONSTANTS = {"e", r"\pi"}
NABLA = (r"\nabla",)
Key = tuple[str, str, tuple[str, ...], bool, str, int]


@dataclass(frozen=True)
class Symbol:
    """One symbol of a table.

    Attributes:
        letter: what it looks like, with no place in any formula.
        names: what it is called in code; `v.grad` is a name, of `shape[k]` it is `shape`.
    """

    letter: Letter
    names: tuple[str, ...]
    row: Row


@dataclass(frozen=True)
class Notation:
    """The symbols that hold in a chapter: those of its own table, then those of the whole book."""

    own: tuple[Symbol, ...]
    shared: tuple[Symbol, ...] = ()

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return (*self.own, *self.shared)

    @cached_property
    def _keys(self) -> tuple[dict[Key, int], ...]:
        """For each table the number of each of its symbols; of two that look alike, the first's."""
        own: dict[Key, int] = {}
        book: dict[Key, int] = {}
        for number, symbol in enumerate(self.symbols):
            table = own if number < len(self.own) else book
            table.setdefault(_key(symbol.letter), number)
        return own, book

    @cached_property
    def named(self) -> dict[str, tuple[int, ...]]:
        """For each name in code the numbers of its symbols; the chapter's hide those of the book."""
        own: dict[str, tuple[int, ...]] = {}
        book: dict[str, tuple[int, ...]] = {}
        for number, symbol in enumerate(self.symbols):
            table = own if number < len(self.own) else book
            for name in symbol.names:
                table[name] = (*table.get(name, ()), number)
        return {**book, **own}

    @cached_property
    def sizes(self) -> frozenset[str]:
        """The letters by which the tables count rows and columns: `B` and `D` of `(B, D)`."""
        shapes = " ".join(re.findall(r"\([^)]*\)", " ".join(s.row.shape for s in self.symbols)))
        return frozenset(re.findall(r"(?<![\w.])[A-Za-z](?![\w(])", shapes))

    def find(self, letter: Letter, reading: Reading) -> tuple[int, ...]:
        """The numbers of its symbols, first that of an accent of its own; empty when it has none."""
        plain = not letter.font and not letter.accents
        if letter.text in reading.bound and plain:
            return ()
        if letter.index:  # an index, unless a row has just this letter
            exact = (*_key(letter)[:4], "", 0)
            return next(((table[exact],) for table in self._keys if exact in table), ())
        for prime in dict.fromkeys((letter.prime, False)):
            primed = replace(letter, prime=prime)
            if found := self._first(primed):
                return found
        if letter.accents == NABLA:
            return self.find(replace(letter, accents=()), reading)
        if letter.accents:
            accent = [i for i, s in enumerate(self.symbols) if s.letter.accents == letter.accents]
            below = self.find(replace(letter, accents=()), reading)
            return (accent[0], *below) if accent and below else ()
        return ()

    def missing(self, reading: Reading) -> list[Letter]:
        """The letters of a formula that need an entry and have none."""
        indices = {x.text for x in reading.letters if x.index} | reading.bound
        return [
            letter
            for letter in reading.letters
            if not (letter.index or self.find(letter, reading) or self._free(letter, indices))
        ]

    def _free(self, letter: Letter, indices: frozenset[str] | set[str]) -> bool:
        """Whether a letter may go without a row: an index, a size of a shape, e or π."""
        bare = not (letter.font or letter.accents or letter.name or letter.indices)
        return bare and letter.text in {*indices, *self.sizes, *CONSTANTS}

    def _first(self, letter: Letter) -> tuple[int, ...]:
        """The closest symbol, of the chapter rather than of the book."""
        for table in self._keys:
            found = [table[way] for way in _ways(letter) if way in table]
            look = _key(letter)[:4]  # else with indices of any number
            found += [i for key, i in table.items() if key[:4] == look and not key[4]]
            if found:
                return (found[0],)
        return ()


def _key(letter: Letter) -> Key:
    font = "mathbf" if letter.font in BOLD else letter.font
    return (letter.text, font, letter.accents, letter.prime, letter.name, letter.indices)


def _ways(letter: Letter) -> list[Key]:
    r"""How a table can hold this letter: itself, `z_i` for `z_1`, $\mathbf{x}$ for `x_i`, `x`."""
    text, font, accents, prime, name, indices = _key(letter)
    count = indices + name.isdigit()
    ways = [_key(letter), (text, font, accents, prime, "", count)]
    if count:
        upper = text.upper() if len(text) == 1 else text
        bold = [text, upper] if count == 1 else [upper, text]
        ways += [
            (letter, "mathbf", accents, prime, "", 0) for letter in bold if font in ("", "mathbf")
        ]
    ways.append((text, font, accents, prime, "", 0))
    return [*ways, (text, "mathbf", accents, prime, "", 0)] if not font else ways


def of(chapter: Chapter, book_wide: Chapter | None = None) -> Notation:
    """What holds in `chapter`; `book_wide` is the page that lists the symbols of all chapters."""
    others = () if book_wide is None or book_wide is chapter else tuple(_symbols(book_wide))
    return Notation(tuple(_symbols(chapter)), others)


def book_wide(book: Book) -> Chapter | None:
    """The page that lists the symbols of all chapters, in the end; its own table holds in each."""
    lists = (p for p in book.pages if any(d.name == "book-notation" for d in p.directives))
    return next(lists, None)


def problems(chapter: Chapter) -> Iterator[Finding]:
    """What is wrong with the table itself."""
    for row in chapter.notation:
        symbols, names = _written(row), CODE.findall(row.code)
        message = ""
        if not symbols:
            message = f"no symbol in `{row.symbol}`; write it as $x$"
        elif odd := [s for s in symbols if _letter(s) is None]:
            message = f"${odd[0]}$ is not one symbol; write one letter, with its font, accent and subscript"
        elif len(names) > 1 < len(symbols) != len(names):
            message = (
                f"{len(symbols)} symbols and {len(names)} names; "
                "give each its name, with — for none, or all of them one"
            )
        elif not row.meaning:
            message = "a symbol without a meaning; write it into the last column"
        if message:
            yield Finding(chapter.path, row.line, message, "notation-row")


def latex(letter: Letter) -> str:
    """The letter as an author writes it, without its subscript."""
    shown = rf"\{letter.font}{{{letter.text}}}" if letter.font else letter.text
    if letter.accents == NABLA:
        return rf"\nabla {shown}"
    for accent in reversed(letter.accents):
        shown = f"{accent}{{{shown}}}" if len(shown) > 1 else f"{accent} {shown}"
    return shown + "'" * letter.prime


def _symbols(chapter: Chapter) -> Iterator[Symbol]:
    for row in chapter.notation:
        written = _written(row)
        names = [_name(code) for code in CODE.findall(row.code)]
        paired = len(names) == len(written)
        for i, one in enumerate(written):
            if letter := _letter(one):
                own = names[i : i + 1] if paired else names
                yield Symbol(letter, tuple(filter(None, own)), row)


def _written(row: Row) -> list[str]:
    r"""The symbols of a row: `$\mathbf{x}, \mathbf{y}$` and `$x$, `$y$` are two."""
    parts = (re.split(r",(?![^{]*\})", formula) for formula in FORMULA.findall(row.symbol))
    return [part.strip() for group in parts for part in group]


def _letter(written: str) -> Letter | None:
    found = [letter for letter in shared().read(written).letters if not letter.index]
    return replace(found[0], start=0, end=0) if len(found) == 1 else None


def _name(code: str) -> str:
    match = NAME.match(code)
    return match[0].rstrip(".") if match else ""
