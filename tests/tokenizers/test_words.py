"""Words: the book's tokenizer, its unknown word, and exactly which texts come back."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import TextError
from hornbook.tokenizers.protocol import END_OF_TEXT, UNKNOWN, Tokenizer
from hornbook.tokenizers.words import WordTokenizer, cut_words, known_share
from tests.tokenizers.texts import TEXTS

TEXT = 'Well, it\'s the last he painted -- you know; (so they say) "Really?" It is!'
TOKENIZER = WordTokenizer.train([TEXT])


def test_the_verdict_has_1130_words_and_two_special_tokens(shared: Path) -> None:
    """Oracle: the numbers printed in the book's second chapter."""
    text = (shared / "corpora/the_verdict.txt").read_text(encoding="utf-8")
    tokenizer = WordTokenizer.train([text])
    assert tokenizer.vocab_size == 1132
    assert tokenizer.special == {END_OF_TEXT: 1130, UNKNOWN: 1131}
    assert len(cut_words(text)) == 4690
    quote = '"It\'s the last he painted, you know," Mrs. Gisburn said with pardonable pride.'
    assert tokenizer.encode(quote)[:8] == [1, 56, 2, 850, 988, 602, 533, 746]
    both = tokenizer.encode(
        f"Hello, do you like tea? {END_OF_TEXT} In the sunlit terraces of the palace.", allow_special=True
    )
    assert both == [1131, 5, 355, 1126, 628, 975, 10, 1130, 55, 988, 956, 984, 722, 988, 1131, 7]


def test_text_is_cut_at_blanks_and_marks() -> None:
    assert cut_words("Hello, world--is it?\n\n(yes) 'no' a_b") == [
        *("Hello", ",", "world", "--", "is", "it", "?", "(", "yes", ")", "'", "no", "'", "a", "_", "b"),
    ]
    assert cut_words(" \n ") == []


def test_unknown_words_become_the_unknown_token() -> None:
    unknown = TOKENIZER.special[UNKNOWN]
    assert TOKENIZER.encode("Well, zebra") == [*TOKENIZER.encode("Well,"), unknown]
    assert TOKENIZER.decode(TOKENIZER.encode("Well, zebra!")) == "Well, <|unk|>!"
    assert known_share(TOKENIZER, "Well zebra zebra zebra") == pytest.approx(0.25)
    with pytest.raises(TextError, match="no words"):
        known_share(TOKENIZER, "  ")


def test_special_tokens_appear_only_when_allowed() -> None:
    end, unknown = TOKENIZER.special[END_OF_TEXT], TOKENIZER.special[UNKNOWN]
    assert TOKENIZER.encode(f"you{END_OF_TEXT}know") == [unknown]
    assert TOKENIZER.encode(f"you {END_OF_TEXT} know") == [*TOKENIZER.encode("you"), unknown, *TOKENIZER.encode("know")]
    assert TOKENIZER.encode(f"you{END_OF_TEXT}know", allow_special=True)[1] == end
    assert TOKENIZER.token_bytes(end) == TOKENIZER.token_bytes(unknown) == b""
    assert isinstance(TOKENIZER, Tokenizer)


def test_imitated_special_tokens_in_the_training_text_are_not_words() -> None:
    tokenizer = WordTokenizer.train([f"a {END_OF_TEXT} b {UNKNOWN} {END_OF_TEXT}"])
    assert tokenizer.vocabulary == ["a", "b", END_OF_TEXT, UNKNOWN]


@given(st.lists(st.integers(0, TOKENIZER.vocab_size - 3)))
def test_ids_of_words_come_back_from_their_text(ids: list[int]) -> None:
    assert TOKENIZER.encode(TOKENIZER.decode(ids)) == ids


@given(TEXTS)
def test_decoding_gives_a_normal_form_that_comes_back(text: str) -> None:
    tokenizer = WordTokenizer.train([text])
    ids = tokenizer.encode(text)
    if tokenizer.special[UNKNOWN] not in ids:
        normal = tokenizer.decode(ids)
        assert tokenizer.encode(normal) == ids
        assert tokenizer.decode(tokenizer.encode(normal)) == normal
        assert cut_words(normal) == cut_words(text)


def test_a_text_in_normal_form_comes_back_letter_by_letter() -> None:
    text = "Well, it' s the last he painted -- you know; so they say.\""
    tokenizer = WordTokenizer.train([text])
    assert tokenizer.decode(tokenizer.encode(text)) == text


def test_a_limited_vocabulary_keeps_the_most_frequent_words() -> None:
    tokenizer = WordTokenizer.train(["b b b a a d c c"], vocabulary=5)
    assert tokenizer.vocabulary == ["a", "b", "c", END_OF_TEXT, UNKNOWN]
    assert tokenizer.encode_batch(["d c", "a"], threads=2) == [[4, 2], [0]]


def test_words_are_distinct_from_special_tokens() -> None:
    with pytest.raises(ValueError, match="differ"):
        WordTokenizer(["a", END_OF_TEXT])
    with pytest.raises(TextError, match="no id"):
        TOKENIZER.decode([-1])
