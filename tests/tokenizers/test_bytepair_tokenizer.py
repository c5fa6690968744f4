"""Two encoders, one definition: the readable one and tiktoken's core agree, and no string is ever lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import TextError
from hornbook.tokenizers import bytepair
from hornbook.tokenizers.bytepair_tokenizer import BLANK_RUN, BytePairTokenizer, has_long_blank_run
from hornbook.tokenizers.bytepair_training import train_bytepair
from hornbook.tokenizers.patterns import PATTERNS, pieces
from hornbook.tokenizers.protocol import END_OF_TEXT, Tokenizer
from tests.tokenizers.texts import FRAGMENTS, TEXTS

PRACTICE = [
    "the theme of the thesis, then: this isn't that; they'll THEY'LL there...\n\n    return self.the  # 1234567 1234\n"
    * 7,
    "日本語の日本 naïve über 👩‍👩‍👧 👩‍👩‍👧 aaaaaaaaaaaaa    \t\t  x" * 5,
    "".join(FRAGMENTS) * 3,
]
TOKENIZERS = {
    name: BytePairTokenizer.from_merges(train_bytepair(PRACTICE, 397, name, 1).merges, pattern)
    for name, pattern in PATTERNS.items()
}
NAMES = st.sampled_from(sorted(TOKENIZERS))


@given(NAMES, TEXTS)
def test_the_readable_encoder_and_tiktoken_agree_on_arbitrary_text(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    assert tokenizer.encode(text) == tokenizer.encode_readable(text)
    assert tokenizer.encode(text, allow_special=True) == tokenizer.encode_readable(text, allow_special=True)


@given(NAMES, TEXTS)
def test_every_string_comes_back(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert b"".join(map(tokenizer.token_bytes, ids)) == text.encode()
    assert tokenizer.decode(tokenizer.encode(text, allow_special=True)) == text


@given(NAMES, st.text(st.characters()))
def test_characters_newer_than_the_tables_are_not_lost_either(name: str, text: str) -> None:
    assert TOKENIZERS[name].decode(TOKENIZERS[name].encode(text)) == text


@given(NAMES, st.text(st.characters(categories=("Cs", "Lu"))))
def test_lone_surrogates_become_replacement_characters_in_both_encoders(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    assert tokenizer.encode(text) == tokenizer.encode_readable(text) == tokenizer.encode_blanks(text, False)
    assert tokenizer.decode(tokenizer.encode("a\ud800b")) == "a\ufffdb"


@given(NAMES, TEXTS)
def test_pieces_put_together_are_the_text(name: str, text: str) -> None:
    assert "".join(pieces(text, PATTERNS[name])) == text


@given(NAMES, TEXTS)
def test_the_way_for_long_blanks_agrees_where_it_is_not_needed(name: str, text: str) -> None:
    tokenizer = TOKENIZERS[name]
    assert tokenizer.encode_blanks(text, False) == tokenizer.encode(text)
    assert tokenizer.encode_blanks(text, True) == tokenizer.encode(text, allow_special=True)


@pytest.mark.parametrize("name", sorted(TOKENIZERS))
@pytest.mark.parametrize("unit", [" ", "\n", "\u3000", " \n", "a", "!", "1"])
@pytest.mark.parametrize("count", [2 * BLANK_RUN - 1, 1_000_003])
def test_a_million_repetitions_neither_crash_nor_stall(name: str, unit: str, count: int) -> None:
    """Regression: tiktoken's regular expressions overflow their stack on a million blanks."""
    text = "x" + unit * count + "x"
    tokenizer = TOKENIZERS[name]
    for ids in (tokenizer.encode(text), tokenizer.encode_batch([text, "y"], threads=2)[0]):
        assert tokenizer.decode(ids) == text


def test_long_runs_of_blanks_are_always_noticed() -> None:
    assert has_long_blank_run("x" + " " * (2 * BLANK_RUN) + "y")
    assert has_long_blank_run("word " * 77_777 + "\n" * (2 * BLANK_RUN))
    assert not has_long_blank_run("word " * 77_777)
    assert not has_long_blank_run("")


def test_special_tokens_appear_only_when_allowed() -> None:
    tokenizer = TOKENIZERS["gpt2"]
    end = tokenizer.special[END_OF_TEXT]
    assert end == tokenizer.vocab_size - 1
    text = f"one{END_OF_TEXT}two {END_OF_TEXT}"
    assert end not in tokenizer.encode(text)
    assert not any(end in ids for ids in tokenizer.encode_batch([text, text], threads=2))
    allowed = tokenizer.encode(text, allow_special=True)
    assert allowed == [*tokenizer.encode("one"), end, *tokenizer.encode("two "), end]
    assert tokenizer.decode(allowed) == text
    assert tokenizer.token_bytes(end) == b""


@given(NAMES, st.lists(TEXTS, max_size=7), st.integers(1, 3))
def test_a_batch_is_its_texts(name: str, texts: list[str], threads: int) -> None:
    tokenizer = TOKENIZERS[name]
    assert tokenizer.encode_batch(texts, threads) == [tokenizer.encode(text) for text in texts]


def test_parts_of_characters_decode_to_the_replacement_character() -> None:
    tokenizer = TOKENIZERS["gpt2"]
    euro = list("€".encode())
    assert tokenizer.decode(euro) == "€"
    assert tokenizer.decode(euro[:2]) == "\ufffd"
    assert tokenizer.decode([97, *euro[1:], 98]) == "a\ufffd\ufffdb"
    assert [tokenizer.token_bytes(byte) for byte in euro] == [b"\xe2", b"\x82", b"\xac"]


@pytest.mark.parametrize("token", [-1, 10**6])
def test_an_id_that_is_none_is_refused(token: int) -> None:
    tokenizer = TOKENIZERS["gpt4"]
    with pytest.raises(TextError, match=rf"{token} is no id of this tokenizer, whose ids are 0 to"):
        tokenizer.decode([0, token])
    with pytest.raises(TextError, match=str(token)):
        tokenizer.token_bytes(token)


def test_the_layout_is_bytes_then_merges_then_the_end_of_text() -> None:
    merges = train_bytepair(PRACTICE, 29).merges
    tokenizer = BytePairTokenizer.from_merges(merges, PATTERNS["gpt2"])
    assert tokenizer.vocab_size == 256 + 29 + 1
    assert [tokenizer.token_bytes(value) for value in range(256)] == [bytes([value]) for value in range(256)]
    assert list(tokenizer.merges.values()) == merges
    assert tokenizer.special == {END_OF_TEXT: 285}
    assert isinstance(tokenizer, Tokenizer)


@pytest.mark.parametrize("name", sorted(TOKENIZERS))
def test_merges_can_be_found_again_from_what_they_made(name: str) -> None:
    merges = train_bytepair(PRACTICE, 397, name, 1).merges
    vocabulary = bytepair.vocabulary_of(merges)
    halves = bytepair.merges_of({token: rank for rank, token in enumerate(vocabulary)})
    assert halves == [(vocabulary[left], vocabulary[right]) for left, right in merges]


def test_ranks_that_are_no_byte_pair_encoding_are_refused() -> None:
    ranks = {bytes([value]): value for value in range(256)}
    with pytest.raises(ValueError, match="not a merge of two tokens before it"):
        bytepair.merges_of(ranks | {b"abc": 256})


def test_encoding_equals_the_order_of_training(shared: Path) -> None:
    """Applying every merge in turn to the whole word, as training did, gives what encoding gives."""
    text = (shared / "corpora/the_verdict.txt").read_text(encoding="utf-8")
    merges = train_bytepair([text], 613).merges
    tokenizer = BytePairTokenizer.from_merges(merges, PATTERNS["gpt2"])
    for word in sorted(set(pieces(text, PATTERNS["gpt2"])))[::17]:
        ids = list(word.encode())
        for number, pair in enumerate(merges):
            ids = bytepair.merged(ids, pair, 256 + number)
        assert tokenizer.encode(word) == ids
