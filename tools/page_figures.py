"""Figures in the documentation: the tags around them, the ledger that holds them, and numbers that have neither.

A page says a measured or counted number only inside of a tag, which no reader sees:

    GPT-2 writes <!-- figure: speed -->116<!-- / --> tokens/s.          one number in a sentence

    <!-- figures: table -->                                             all numbers of what stands between

    | a table, paragraphs, a block of code |

    <!-- /figures -->

``docs/ledger/PAGE.toml`` has an entry of that name with the numbers and where they come from, exactly one of `counted`
(a command line, or a function in ``tools/counted.py``), `measured` (a command, with `machine` and `date`), `stated`
(files of this repository, with a text that each contains) and `published` (the source). What is measured may also be
`counted`: then some of its numbers are, in order. Where to go next: ``tools/verify_figures.py``.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "docs" / "ledger"
KINDS = ("counted", "measured", "stated", "published")
EXEMPT = {
    "docs/parts.md": "written by a program, and held to it by a test",
    "docs/settings.md": "written by a program, and held to it by a test",
    "docs/glossary.md": "written by a program, and held to it by a test",
    "docs/first-hour.md": "a log of one hour, as it was",
}

TAG = re.compile(
    r"<!-- figures: (?P<block>[a-z\d-]+) -->(?P<around>.*?)<!-- /figures -->"
    r"|<!-- figure: (?P<inline>[a-z\d-]+) -->(?P<within>[^\n]*?)<!-- / -->",
    re.S,
)
MARK = re.compile(r"<!-- (?:figures?:.*?|/figures|/) -->", re.S)
COMMENT = re.compile(r"<!--.*?-->", re.S)
NUMBER = re.compile(
    r"(?:(?<![\w)])[-+])?"  # a sign, and no dash between two numbers
    r"(?<![\w.])(?<![A-Za-z]-)"  # int8, GPT-2 and v1.2 are names
    r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?!\d)"
)
CODE = re.compile(r"^(```|~~~).*?^\1[ ]*$|(?:(?<=\n\n)|\A)(?: {4}[^\n]*\n|[ ]*\n)+|`[^`]*`", re.S | re.M)
TARGET = re.compile(r"(?<=\])\([^)]*\)|<https?:[^>]*>|^\[[^\]]*\]: .*$", re.M)
UNITS = (
    "%|s|ms|seconds?|minutes?|min|hours?|days?|[KMGT]i?B|bytes?|bits?|nats?|points?|tokens?|steps?|parameters|weights"
    "|times|million|billion|(?:tokens|steps|MB|GB|requests|texts)/s"
)
FIGURE = re.compile(
    r"(?<![\w.,])(?<![A-Za-z]-)(?:"
    r"\d+(?:,\d{3})*\.\d+(?!\d*\.\d)|\d{1,3}(?:,\d{3})+|\d+e-?\d+"  # decimals, thousands, powers
    rf"|\d+(?:-\d+| to \d+)?\s(?:{UNITS})(?![\w/])|\d+%)"  # whole numbers with a unit
)
VERSIONS = re.compile(
    r"(?:Python|PyTorch|Node|transformers|torch|WCAG|TOML|HTTP|CUDA|pip|[Hh]ornbook|[Vv]ersion)[ =]+v?\d+(?:\.\d+)*"
)
STARTS_A_LINE = re.compile(r"^[ \t]*(?:[-*+>]|\d+[.)])?[ \t]*<!-- (?:figure:|/ )", re.M)


@dataclass(frozen=True)
class Tag:
    """What stands between two marks of a page: where (counted from 1; offsets of the text), and what."""

    name: str
    line: int
    start: int
    text: str

    @property
    def numbers(self) -> list[str]:
        """All numbers in it, in order, as they are written."""
        return numbers(self.text)


@dataclass(frozen=True)
class Entry:
    """An entry of the ledger: one kind, where the numbers come from, and the numbers.

    ``counted`` is what counts them (all of them, or those of a measurement that can be), "" where nothing does.
    """

    name: str
    kind: str
    source: Any
    counted: str
    numbers: list[str]
    machine: str
    date: str
    within: float


@dataclass(frozen=True)
class Page:
    """A page of the documentation with its ledger. ``text`` is given where another text is to be tried."""

    path: Path
    text: str

    @property
    def name(self) -> str:
        """How the page is called in messages: its path in the repository."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def ledger(self) -> Path:
        """The file with the entries of this page."""
        folder, stem = self.path.parent, self.path.stem.lower()
        return LEDGER / f"{stem if folder in (ROOT, ROOT / 'docs') else f'{folder.name}-{stem}'}.toml"

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """The entries of its ledger by name. Errors: ``ValueError`` for an entry that does not say what it has to."""
        if not self.ledger.exists():
            return {}
        return {name: entry(name, found) for name, found in tomllib.loads(self.ledger.read_text("utf-8")).items()}

    @cached_property
    def tags(self) -> list[Tag]:
        """All tags in order."""
        return [
            Tag(
                name=found["block"] or found["inline"],
                line=self.line(found.start()),
                start=found.start("around" if found["block"] else "within"),
                text=found["around"] or found["within"] or "",
            )
            for found in TAG.finditer(self.text)
        ]

    def line(self, offset: int) -> int:
        """The line of a place in the text, counted from 1."""
        return self.text.count("\n", 0, offset) + 1


def pages() -> list[Page]:
    """Every page whose figures are held: README.md, those of docs, and what introduces lessons and benchmarks."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    paths += [ROOT / "lessons" / "README.md", ROOT / "benchmarks" / "README.md"]
    return [Page(p, p.read_text("utf-8")) for p in paths if p.relative_to(ROOT).as_posix() not in EXEMPT]


def entry(name: str, found: dict[str, Any]) -> Entry:
    """An entry as it stands in the ledger, checked. Errors: ``ValueError`` says what is missing or unknown."""
    kinds = [kind for kind in KINDS if kind in found]
    if kinds == ["counted", "measured"]:
        kinds = ["measured"]
    if len(kinds) != 1:
        raise ValueError(f"[{name}] has {kinds or 'none'} of {', '.join(KINDS)}: an entry says exactly one of them")
    (kind,) = kinds
    needed = {"measured": {"machine", "date"}}.get(kind, set())
    known = {kind, "numbers"} | needed | {"counted": {"within"}, "measured": {"counted"}}.get(kind, set())
    if needed - set(found) or set(found) - known:
        raise ValueError(f"[{name}] has {', '.join(found)}; what is {kind} says {', '.join(sorted(known))}")
    return Entry(
        name,
        kind,
        found[kind],
        found.get("counted", ""),
        found.get("numbers", "").split(),
        found.get("machine", ""),
        str(found.get("date", "")),
        found.get("within", 0.0),
    )


def numbers(text: str) -> list[str]:
    """All numbers of a text in order, as they are written; comments and digits in names (int8, GPT-2) are none."""
    return NUMBER.findall(COMMENT.sub(" ", text))


def differences(before: list[str], after: list[str]) -> list[tuple[int, str, str]]:
    """Where two lists of numbers differ: the place and both; where one is longer, only the first such place."""
    found = [(k, a, b) for k, (a, b) in enumerate(zip(before, after, strict=False)) if a != b]
    if len(before) == len(after):
        return found
    place = found[0][0] if found else min(len(before), len(after))
    rest = [" ".join(side[place : place + 4]) or "nothing" for side in (before, after)]
    return [(place, f"{rest[0]} ({len(before)} in all)", f"{rest[1]} ({len(after)} in all)")]


def blanked(text: str, pattern: re.Pattern[str]) -> str:
    """The text with every match turned into blanks, so that lines and places stay."""
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def untagged(page: Page) -> Iterator[str]:
    """Every figure of prose and tables that stands in no tag, with its line."""
    text = page.text
    for pattern in (TAG, CODE, TARGET, COMMENT, VERSIONS):
        text = blanked(text, pattern)
    for found in FIGURE.finditer(text):
        shown = " ".join(found[0].split())
        yield f"{page.name}:{page.line(found.start())}: {shown!r} stands in no tag"


def misplaced(page: Page) -> Iterator[str]:
    """Marks that would be seen: unpaired ones, and such that break the Markdown around them."""
    for found in MARK.finditer(blanked(page.text, TAG)):
        yield f"{page.name}:{page.line(found.start())}: {found[0]} has no other half"
    for found in STARTS_A_LINE.finditer(page.text):
        where = f"{page.name}:{page.line(found.end())}"
        yield f"{where}: a tag in a sentence may not begin a line (it would end the paragraph)"
    lines = ["", *page.text.split("\n"), ""]
    for number, line in enumerate(lines):
        if re.search(r"<!-- (?:figures:|/figures)", line):
            alone = re.fullmatch(r"<!-- (?:figures: [a-z\d-]+|/figures) -->", line)
            if not alone or lines[number - 1].strip() or lines[number + 1].strip():
                yield f"{page.name}:{number}: a mark around a block stands alone, between empty lines"


def against_ledger(page: Page) -> Iterator[str]:
    """Tags without entry, entries without tag, numbers that differ, and files that do not state what they should."""
    used = {tag.name for tag in page.tags}
    where = page.ledger.relative_to(ROOT).as_posix()
    for tag in page.tags:
        found = page.entries.get(tag.name)
        if found is None:
            yield f"{page.name}:{tag.line}: {where} has no [{tag.name}]"
            continue
        if not tag.numbers:
            yield f"{page.name}:{tag.line}: the tag {tag.name} holds no number"
        for place, said, held in differences(tag.numbers, found.numbers):
            line = line_of(page, tag, place)
            yield f"{page.name}:{line}: the page says {said}, [{tag.name}] of {where} {held}; {told(found)}"
    yield from (f"{where}: [{name}] has no tag in {page.name}" for name in page.entries if name not in used)
    for found in page.entries.values():
        for file, words in found.source.items() if found.kind == "stated" else ():
            path = ROOT / file
            if not path.exists() or any(
                w not in path.read_text("utf-8") for w in ([words] if isinstance(words, str) else words)
            ):
                yield f"{where}: [{found.name}]: {file} does not state {words!r}"


def line_of(page: Page, tag: Tag, place: int) -> int:
    """The line of the ``place``-th number of a tag (of its last one, where it has no such)."""
    found = list(NUMBER.finditer(blanked(tag.text, COMMENT)))
    return page.line(tag.start + found[min(place, len(found) - 1)].start()) if found else tag.line


def told(found: Entry) -> str:
    """Where an entry's numbers come from, for a person."""
    source = ", ".join(found.source) if found.kind == "stated" else found.source
    on = f" on {found.machine}, {found.date}" if found.kind == "measured" else ""
    return f"{found.kind}: {source}{on}"


def problems(page: Page) -> list[str]:
    """Everything that is wrong with a page and its ledger, without running anything."""
    return [*misplaced(page), *against_ledger(page), *untagged(page)]
