"""Project Gutenberg's frame: the licence before and after a book, in every spelling it has had since 1991.

The body of a book starts after one of the ``START`` lines and ends before an ``END`` or ``LEGAL`` line::

    *** START OF THIS PROJECT GUTENBERG EBOOK MOBY DICK ***          since about 2003
    *END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END* before that: the end of the legal text
    End of Project Gutenberg's Moby Dick, by Herman Melville
    *** END OF THE PROJECT GUTENBERG EBOOK MOBY DICK ***
    ***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***   the legal text itself, before the book or after it
    *** START: FULL LICENSE ***

Several books one after another in one file are all kept; what stands between one's end and the next start is frame.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

START = re.compile(
    r"""\s*\*{2,}\s*START\ OF\ (THE|THIS|TH)?\s*PROJECT\ GUTENBERG
      | \s*\*\s?END\s?\**\s*THE\ SMALL\ PRINT""",
    re.IGNORECASE | re.VERBOSE,
)
END = re.compile(
    r"""\s*\*{2,}\s*END\ OF\ (THE|THIS|TH)?\s*PROJECT\ GUTENBERG
      | \s*(THE\ )?END\ OF\ (THE\ |THIS\ )?PROJECT\ GUTENBERG(['’]?S|\ E-?(TEXT|BOOK)|\ EDITION)""",
    re.IGNORECASE | re.VERBOSE,
)
LEGAL = re.compile(
    r"""\s*\*{2,}\s*START\s?\*+\s*THE\ SMALL\ PRINT
      | \s*\*{2,}\s*START:?\ FULL\ LICENSE""",
    re.IGNORECASE | re.VERBOSE,
)
CREDITS = re.compile(
    r"""\s*(
        (re-?)?produced\ by
      | (this\ )?(e-?text|e-?book|file|book)\ (was\ )?(produced|prepared|transcribed|scanned|created|typed)
      | (digital\ )?(transcribed|prepared|scanned|typed|proofread|html\ version)\ (and\ \w+\ )?(by|from)\b
      | credits:
      | e-?text\ by
    )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True)
class Unframed:
    """A text without its frame, how many lines of frame and of credits went, and the first of each ("" for none)."""

    text: str
    frame_lines: int
    credit_lines: int
    first_frame_line: str
    first_credit_line: str


def strip_frame(text: str) -> Unframed:
    """``text`` (with LF line ends) without Project Gutenberg's frame and the credits under it.

    A text without any of the markers comes back as it is; so the function changes nothing the second time.
    """
    data = text.encode("utf-8", "surrogatepass").lower()  # in bytes this costs a fifth
    if b"gutenberg" not in data and b"small print" not in data:
        return Unframed(text, 0, 0, "", "")
    lines = text.split("\n")
    books, frame = split_books(lines)
    if not frame:
        return Unframed(text, 0, 0, "", "")
    credits: list[str] = []
    kept = []
    for book, under_a_start in books:
        if under_a_start:
            book, removed = strip_credits(book)
            credits.extend(removed)
        body = "\n".join(book).strip("\n")
        if body.strip():
            kept.append(body)
    joined = "\n\n\n".join(kept)
    return Unframed(joined + "\n" if joined else "", len(frame), len(credits), first(frame), first(credits))


def split_books(lines: list[str]) -> tuple[list[tuple[list[str], bool]], list[str]]:
    """The lines of each book, with whether a start marker stands above it; and the lines that are frame."""
    starts = [index for index, line in enumerate(lines) if START.match(line)]
    books: list[tuple[list[str], bool]] = []
    frame: list[str] = []
    current: list[str] = []
    # Before the first marker nothing is known: that is the header if a start comes first, and book if an end does. The
    # legal text ends a book too, but before the first book it is a part of the header.
    inside: bool | None = None
    under_a_start = False
    index = 0
    while index < len(lines):
        line = lines[index]
        is_start, is_legal = bool(START.match(line)), bool(LEGAL.match(line))
        if not (is_start or is_legal or END.match(line)):
            (frame if inside is False else current).append(line)
            index += 1
            continue
        header = inside is None and (is_start or (is_legal and bool(starts) and starts[-1] > index))
        if inside is False or header:
            frame.extend(current)
        else:
            books.append((current, under_a_start))
        current = []
        stop = index + (marker_lines(lines, index) if is_start else 1)
        frame.extend(lines[index:stop])
        inside = under_a_start = is_start
        index = stop
    if inside:
        books.append((current, under_a_start))
    return books, frame


def marker_lines(lines: list[str], index: int) -> int:
    """How many lines a start marker takes: with a long title its closing stars stand on the second or third."""
    if "*" in lines[index].lstrip(" *"):
        return 1
    for count in (2, 3):
        following = lines[index + 1 : index + count]
        if (
            len(following) == count - 1
            and all(line.strip() for line in following)
            and following[-1].rstrip().endswith("*")
        ):
            return count
    return 1


def strip_credits(book: list[str]) -> tuple[list[str], list[str]]:
    """The book without the paragraphs at its head that say who typed and proofread it; and those paragraphs."""
    removed: list[str] = []
    start = 0
    while True:
        while start < len(book) and not book[start].strip():
            start += 1
        if start == len(book) or not CREDITS.match(book[start]):
            return book[start:], removed
        while start < len(book) and book[start].strip():
            removed.append(book[start].strip())
            start += 1


def first(lines: list[str]) -> str:
    """The first line that says something."""
    return next((line.strip() for line in lines if line.strip()), "")
