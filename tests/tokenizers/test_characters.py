"""Characters: small, exact, and clear about what it has never seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import TextError
from hornbook.tokenizers.characters import CharacterTokenizer
from hornbook.tokenizers.protocol import Tokenizer
from tests.tokenizers.texts import TEXTS


def test_tinyshakespeare_has_exactly_65_characters(shared: Path) -> None:
    text = (shared / "corpora/tinyshakespeare.txt").read_text(encoding="utf-8")
    tokenizer = CharacterTokenizer.train([text[:500_000], text[500_000:]])
    assert tokenizer.vocab_size == 65
    assert "".join(tokenizer.alphabet).startswith("\n !$&',-.3:;?ABC")
    assert tokenizer.decode(tokenizer.encode(text)) == text


@given(TEXTS)
def test_every_text_in_the_alphabet_comes_back(text: str) -> None:
    tokenizer = CharacterTokenizer.train([text])
    ids = tokenizer.encode(text)
    assert tokenizer.decode(ids) == text
    assert sorted(set(ids)) == list(range(tokenizer.vocab_size))
    assert b"".join(map(tokenizer.token_bytes, ids)) == text.encode()
    assert tokenizer.encode_batch([text, text], threads=2) == [ids, ids]


def test_there_are_no_special_tokens() -> None:
    tokenizer = CharacterTokenizer.train(["<|endoftext|>"])
    assert tokenizer.special == {}
    assert len(tokenizer.encode("<|endoftext|>", allow_special=True)) == 13
    assert isinstance(tokenizer, Tokenizer)


def test_an_unknown_character_is_named_with_its_place() -> None:
    tokenizer = CharacterTokenizer.train(["hello"])
    with pytest.raises(TextError, match=r"character 'y' at position 4 is not among the 4 .*nor are 1 others"):
        tokenizer.encode("hellyé")
    with pytest.raises(TextError, match="position 0 is not among the 0"):
        CharacterTokenizer.train([""]).encode("a")


@given(st.sampled_from([-1, 4, 10**9]))
def test_an_id_that_is_none_is_refused(token: int) -> None:
    tokenizer = CharacterTokenizer.train(["hello"])
    with pytest.raises(TextError, match=rf"{token} is no id of this tokenizer, whose ids are 0 to 3"):
        tokenizer.decode([token])


def test_an_alphabet_has_no_doubles() -> None:
    with pytest.raises(ValueError, match="distinct"):
        CharacterTokenizer("aba")
    with pytest.raises(ValueError, match="single"):
        CharacterTokenizer(["ab"])
