"""Tokenizing a text in pieces gives the ids of the whole."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.data.tokenizing import byte_lengths, cut_safely
from hornbook.tokenizers.build import build_tokenizer
from hornbook.tokenizers.config import BytePair, Characters, Words
from hornbook.tokenizers.patterns import PATTERNS, pieces

# Everything the patterns tell apart: letters, digits, marks, contractions, all kinds of blanks, and other scripts.
TEXTS = st.text(
    st.sampled_from([*"aAbsStTdmlreve19'\"-_.,(\n\n\n    \t\r\x0b\x1c\u00a0\u2028\u3000éßЖ漢ñ²Ⅷ٣½🙂\u0301"]),
    max_size=120,
)
PROSE = "It's the 1st day, we'll see them.\nWhat they've done\n\n   isn't  ours -- they'd said: 'no 100'!\r\nYes." * 7


@given(TEXTS, st.integers(0, 7))
def test_a_safe_cut_loses_nothing(text, size):
    parts = list(cut_safely(text, size))
    assert "".join(parts) == text and all(parts)
    assert all(len(part) >= size for part in parts[:-1])


@pytest.mark.parametrize("pattern", sorted(PATTERNS))
@given(text=TEXTS, size=st.integers(0, 7))
def test_a_safe_cut_lies_where_the_pattern_cuts_too(pattern, text, size):
    parts = [pieces(part, PATTERNS[pattern]) for part in cut_safely(text, size)]
    assert list(chain.from_iterable(parts)) == pieces(text, PATTERNS[pattern])


@pytest.mark.parametrize(
    "config", [Characters(), Words(31), BytePair(300), BytePair(300, "gpt4")], ids=lambda config: repr(config)
)
def test_the_ids_of_the_pieces_are_the_ids_of_the_text(config):
    tokenizer = build_tokenizer(config, [PROSE])
    for size in range(0, 60, 7):
        parts = tokenizer.encode_batch(list(cut_safely(PROSE, size)), threads=2)
        assert list(chain.from_iterable(parts)) == tokenizer.encode(PROSE)


def test_a_text_is_in_fact_cut():
    assert len(list(cut_safely(PROSE, 20))) > 20
    assert list(cut_safely("one word\nand  more", 0)) == ["one", " word", "\nand  more"]
    assert list(cut_safely("")) == []


def test_the_bytes_of_all_tokens_are_the_bytes_of_the_text():
    tokenizer = build_tokenizer(BytePair(300), [PROSE])
    text = "Жизнь 漢字 🙂 is fine"
    assert byte_lengths(tokenizer)[tokenizer.encode(text)].sum() == len(text.encode())
    assert byte_lengths(tokenizer)[tokenizer.special["<|endoftext|>"]] == 0
