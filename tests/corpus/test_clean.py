"""Cleaning: every encoding comes back as its text, junk goes and is counted, and a clean text is left alone."""

from __future__ import annotations

import codecs
import zlib
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hornbook.corpus.clean import Change, clean, clean_text
from hornbook.errors import SettingError, TextError

FRENCH = "Le garçon déjà reçu à l’école où l’été s’achève; c’est une œuvre très élevée.\n" * 5
POLISH = "Zażółć gęślą jaźń. Wszyscy ludzie rodzą się wolni i równi w swej godności i prawach.\n" * 3
RUSSIAN = "Все люди рождаются свободными и равными в своем достоинстве и правах.\n" * 3
JAPANESE = "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。\n" * 3
ENGLISH = "He said “It’s a café — naïve” and left. The quick brown fox jumps over the lazy dog.\n" * 7


def changed(data: bytes) -> dict[str, int]:
    """What was changed and how often."""
    return {change.what: change.count for change in clean(data).changes}


def test_utf_8_is_left_alone_byte_for_byte() -> None:
    for text in (FRENCH, POLISH, RUSSIAN, JAPANESE, "tabs\tand spaces  \nstay", "🎻\n", ""):
        cleaned = clean(text.encode())
        assert (cleaned.text, cleaned.changes) == (text, ())
    assert clean(b"plain").report() == "nothing to change"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides_and_does_not_stay(encoding: str) -> None:
    cleaned = clean(JAPANESE.encode(encoding))
    assert cleaned.text == JAPANESE
    assert len(cleaned.changes) == 1
    assert "byte order mark" in cleaned.changes[0].what


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")])
def test_big_endian_marks_are_understood(mark: bytes, encoding: str) -> None:
    assert clean(mark + RUSSIAN.encode(encoding)).text == RUSSIAN


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_text_and_not_a_binary_file(encoding: str) -> None:
    cleaned = clean(ENGLISH.encode(encoding))
    assert cleaned.text == ENGLISH
    assert cleaned.changes == (Change(f"decoded from {encoding} without a byte order mark", 1),)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (FRENCH, "cp1252"),
        (ENGLISH, "cp1252"),
        ("Perché la città è così bella? È già l'una, però non c'è più nessuno qui.\n" * 3, "latin-1"),
        ("café", "cp1252"),
        (POLISH, "cp1250"),
        (RUSSIAN, "cp1251"),
        (RUSSIAN, "koi8-r"),
        (JAPANESE, "shift_jis"),
    ],
)
def test_an_encoding_that_nothing_declares_is_guessed_and_said(text: str, encoding: str) -> None:
    cleaned = clean(text.encode(encoding))
    assert cleaned.text == text
    assert len(cleaned.changes) == 1
    assert "by a guess" in cleaned.changes[0].what


def test_an_encoding_that_is_guessed_wrong_can_be_given() -> None:
    czech = "Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv.\n" * 3
    assert clean(czech.encode("cp1250"), encoding="cp1250").text == czech
    with pytest.raises(SettingError, match="encoding: 'cp12500' is not known"):
        clean(b"x", encoding="cp12500")


def test_a_long_ascii_preface_does_not_hide_the_encoding() -> None:
    text = "Nothing but plain letters stands here.\n" * 20_011 + RUSSIAN
    assert clean(text.encode("cp1251")).text == text


def test_a_stray_byte_in_utf_8_does_not_turn_the_whole_text_into_gibberish() -> None:
    data = FRENCH.encode() + b"caf\xe9 \x93quoted\x94\n"
    cleaned = clean(data)
    assert cleaned.text == FRENCH + "café “quoted”\n"
    assert cleaned.changes == (Change("byte that is not UTF-8 read as Windows-1252", 3, repr(b"\xe9")),)


def test_bytes_that_fit_no_encoding_are_counted_and_never_dropped() -> None:
    cleaned = clean(codecs.BOM_UTF8 + b"one\xfftwo")
    assert cleaned.text == "one\ufffdtwo"
    assert {change.what: change.count for change in cleaned.changes}["undecodable byte replaced by U+FFFD"] == 1


def test_line_ends_of_every_system_become_one() -> None:
    assert clean(b"one\r\ntwo\rthree\nfour\r\n\r\n").text == "one\ntwo\nthree\nfour\n\n"
    assert changed(b"one\r\ntwo\rthree\nfour\r\n\r\n") == {"line end \\r\\n or \\r made \\n": 4}


def test_control_characters_go_and_tabs_and_line_ends_stay() -> None:
    text = "a form feed\f, a bell\a and an escape\x1b[0m in a long enough text\tstay\n" + "x" * 500
    cleaned = clean(text.encode())
    assert cleaned.text == text.replace("\f", "").replace("\a", "").replace("\x1b", "")
    assert changed(text.encode()) == {"control character removed": 3}


def test_windows_quotes_read_as_latin_1_are_mended_and_not_dropped() -> None:
    cleaned = clean("if that\x92s the way \x96 well\x81".encode())
    assert cleaned.text == "if that’s the way – well"
    assert [change.count for change in cleaned.changes] == [2, 1]


def test_byte_order_marks_inside_a_text_go_too() -> None:
    assert clean("one\ufefftwo\ufeff".encode()).text == "onetwo"


def test_half_a_surrogate_pair_becomes_something_that_can_be_written() -> None:
    assert clean_text("one\ud800two").text.encode() == "one\ufffdtwo".encode()


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00",
        b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00",
        zlib.compress(RUSSIAN.encode() * 7 + JAPANESE.encode()),
        bytes(1009),
        (0).to_bytes(7) + b"weights" * 11,
    ],
)
def test_a_binary_file_is_refused_with_its_name(data: bytes) -> None:
    with pytest.raises(TextError, match=r"pictures/cat\.png: this is a binary file"):
        clean(data, "pictures/cat.png")


def test_one_zero_in_a_long_text_is_a_slip_and_not_a_binary_file() -> None:
    assert clean(b"word " * 101 + b"\x00").text == "word " * 101
    assert clean(b"word " * 101 + bytes(5)).text == "word " * 101
    assert clean(b"a\x00b\x00").text == "ab"


@given(st.binary(max_size=97))
@example(b"\xff\xfeA\x00")
@example(b"\xef\xbb\xbf\xef\xbb\xbfx")
@example(
    b"*** START OF THE PROJECT GUTENBERG EBOOK ***\nProduced by\n\n*** START OF THE PROJECT GUTENBERG EBOOK ***\nx"
)
@example("\r\ufeff\n".encode())
@example(b"a\x85\x0d\x8d\x0a")
def test_cleaning_bytes_twice_is_cleaning_them_once(data: bytes) -> None:
    try:
        once = clean(data).text
    except TextError:
        return
    again = clean(once.encode())
    assert (again.text, again.changes) == (once, ())


PIECES = [
    "*** START OF THIS PROJECT GUTENBERG EBOOK A BOOK ***",
    "*** START OF THE PROJECT GUTENBERG EBOOK WITH A LONG",
    "NAME ***",
    "*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*Ver.04.29.93*END*",
    "***START**THE SMALL PRINT!**FOR PUBLIC DOMAIN ETEXTS**START***",
    "*** START: FULL LICENSE ***",
    "End of Project Gutenberg's A Book, by Nobody",
    "*** END OF THE PROJECT GUTENBERG EBOOK A BOOK ***",
    "Produced by Nobody",
    "E-text prepared by Nobody",
    "a line of the book",
    "",
    "\ufeff",
    "\x00",
    "\r",
]


@given(st.lists(st.sampled_from(PIECES), max_size=13))
def test_cleaning_frames_twice_is_cleaning_them_once(lines: list[str]) -> None:
    once = clean_text("\n".join(lines)).text
    assert clean_text(once).changes == ()


@pytest.mark.slow
@given(st.text(max_size=61))
def test_a_cleaned_text_has_no_control_characters_and_can_be_written(text: str) -> None:
    cleaned = clean_text(text).text
    assert not any(ord(character) < 32 and character not in "\n\t" for character in cleaned)
    assert not any(0x7F <= ord(character) < 0xA0 for character in cleaned)
    assert cleaned.encode().decode() == cleaned


def test_the_report_says_what_how_often_and_where() -> None:
    report = clean(b"one\r\ntwo\r\n").report()
    assert report == "2 x line end \\r\\n or \\r made \\n, as in 'one\\r\\ntwo\\r\\n'"


def test_real_files_lose_exactly_what_they_should(shared: Path) -> None:
    corpora = shared / "corpora"
    for name in ("tinyshakespeare", "the_verdict", "tinystories_train_sample", "wonderful_wizard_of_oz"):
        data = (corpora / f"{name}.txt").read_bytes()
        cleaned = clean(data)
        assert cleaned.changes == (), name
        assert cleaned.text.encode() == data
    dorothy = clean((corpora / "dorothy_and_the_wizard_in_oz.txt").read_bytes())
    assert [change.count for change in dorothy.changes] == [1, 5422]
    assert len(dorothy.text) == 237_730 - 5_422
    messages = clean((corpora / "sms_spam_collection.tsv").read_bytes())
    assert "that’s the way" in messages.text
