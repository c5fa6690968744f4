"""Special tokens are found only where they are asked for, the longest first."""

from __future__ import annotations

from hornbook.tokenizers.special import separate, well_formed


def test_where_one_special_token_begins_another_the_longer_is_taken() -> None:
    special = {"<|end|>": 2, "<|end|>!": 3, "<|e": 5}
    assert list(separate("a<|end|>!b<|end|>c<|e", special)) == ["a", 3, "b", 2, "c", 5]
    assert list(separate("a<|end|>!b", dict(reversed(special.items())))) == ["a", 3, "b"]


def test_without_special_tokens_a_text_is_one_ordinary_piece() -> None:
    assert list(separate("a<|end|>b", {})) == ["a<|end|>b"]
    assert list(separate("", {})) == []


def test_half_characters_become_the_replacement_character_and_whole_pairs_their_character() -> None:
    assert well_formed("a\ud83db") == "a\N{REPLACEMENT CHARACTER}b"
    assert well_formed("\ud83d\ude00") == "\N{GRINNING FACE}"
    assert well_formed("plain") == "plain"
