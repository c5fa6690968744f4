"""Project Gutenberg's frame in its historical spellings: only the book stays, and nothing else is taken for a frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from hornbook.corpus.clean import clean
from hornbook.corpus.gutenberg import strip_frame

BOOK = "A BOOK\n\nby Nobody\n\nIt was a dark night.\n   A verse stood in.\n\nThe End"

START = "*** START OF THIS PROJECT GUTENBERG EBOOK A BOOK ***\n\n"
SMALL_PRINT = "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***\nWhy is it here?\n"
SMALL_PRINT_ENDS = "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*\n\n"
END = "\n\n*** END OF THIS PROJECT GUTENBERG EBOOK A BOOK ***\n\n"

HEADERS = [
    "The Project Gutenberg EBook of A Book, by Nobody\n\nTitle: A Book\n\n" + START,
    "The Project Gutenberg eBook of A Book\n\n*** START OF THE PROJECT GUTENBERG EBOOK A BOOK ***\n\n",
    "***START OF THE PROJECT GUTENBERG EBOOK A BOOK***\n\n",
    "*** START OF THIS PROJECT GUTENBERG EBOOK A BOOK WITH A NAME THAT\nDOES NOT FIT INTO A LINE ***\n\n",
    "*** START OF THIS PROJECT GUTENBERG EBOOK A BOOK WITH A NAME\nTHAT DOES NOT FIT INTO TWO LINES\nEITHER ***\n\n",
    "**Welcome To The World of Free Plain Vanilla Electronic Texts**\n\n" + SMALL_PRINT + SMALL_PRINT_ENDS,
    "Legal matters.\n*END THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.07.02.92*END*\n\n",
    START + "Produced by Somebody and the Online\nDistributed Proofreading Team\n\n\n",
    START + "E-text prepared by Somebody\n\n\nTranscribed from an edition by Anybody\n\n",
    START + "This eBook was produced by Somebody\n\n",
]
FOOTERS = [
    END + "***** This file should be named 1.txt *****\n\nUpdated editions...\n",
    "\n\n*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***\n",
    "\n\nEnd of Project Gutenberg's A Book, by Nobody" + END + "licence\n",
    "\n\nEnd of Project Gutenberg’s A Book, by Nobody\n",
    "\n\nEnd of The Project Gutenberg Etext of A Book\n",
    "\n\nEnd of the Project Gutenberg EBook of A Book\n\n*** START: FULL LICENSE ***\nlicence\n",
    "\n\n" + SMALL_PRINT,
]


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("footer", FOOTERS)
def test_only_the_book_is_left_of_every_frame(header: str, footer: str) -> None:
    stripped = strip_frame(header + BOOK + footer)
    assert stripped.text == BOOK + "\n"
    assert stripped.frame_lines >= 2


@pytest.mark.parametrize("footer", FOOTERS[:-1])
def test_a_footer_alone_takes_nothing_from_the_book(footer: str) -> None:
    assert strip_frame(BOOK + footer).text == BOOK + "\n"


def test_a_legal_text_at_the_end_is_no_header() -> None:
    assert strip_frame(BOOK + FOOTERS[-1]).text == BOOK + "\n"


def test_books_one_after_another_are_all_kept() -> None:
    text = HEADERS[0] + "One." + FOOTERS[2] + HEADERS[8] + "Two." + FOOTERS[0]
    assert strip_frame(text).text == "One.\n\n\nTwo.\n"


@pytest.mark.parametrize(
    "text",
    [
        BOOK,
        "Produced by a factory in Ohio, the car sold well.\n",
        "He read a book from Project Gutenberg, to the end of Project Gutenberg itself.\n",
        "They found Gutenberg.\n\nEnd of the project.\n",
        "*** stars ***\nTHE SMALL PRINT! is small\n",
    ],
)
def test_a_text_without_markers_comes_back_as_it_is(text: str) -> None:
    assert strip_frame(text).text == text


def test_credits_count_apart_from_the_frame() -> None:
    stripped = strip_frame(HEADERS[7] + BOOK + FOOTERS[1])
    assert stripped.credit_lines == 2
    assert stripped.first_credit_line.startswith("Produced by Somebody")


def test_every_line_of_the_frame_is_counted() -> None:
    assert strip_frame(HEADERS[3] + BOOK).frame_lines == 2
    assert strip_frame(HEADERS[4] + BOOK + END).frame_lines == 3 + 3


def test_a_marker_without_stars_at_its_end_does_not_swallow_the_book() -> None:
    assert strip_frame("*** START OF THIS PROJECT GUTENBERG EBOOK A\n" + BOOK).text == BOOK + "\n"


def test_moby_dick_begins_with_its_title_and_ends_with_its_orphan(shared: Path) -> None:
    cleaned = clean((shared / "corpora" / "moby_dick.txt").read_bytes())
    assert cleaned.text.startswith("MOBY-DICK;\n\nor, THE WHALE.\n\nBy Herman Melville\n")
    assert cleaned.text.endswith("children, only found another orphan.\n")
    # The transcribers name it once in a note of their own, which is a part of this edition.
    assert cleaned.text.count("Gutenberg") == 1
    assert "\ufeff" not in cleaned.text
    assert "Call me Ishmael." in cleaned.text
    counts = [change.count for change in cleaned.changes]
    assert counts == [1, 385, 1]
    assert len(cleaned.text) == 1_218_520
