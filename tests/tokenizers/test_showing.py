"""Where tokens stand in a text as a browser counts it, what could be merged next, and a vocabulary in order."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given

from hornbook.errors import SettingError
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.bytepair_training import learn_merges_fast, merges_with_counts
from hornbook.tokenizers.counting import count_pieces
from hornbook.tokenizers.explore import replay_piece
from hornbook.tokenizers.patterns import pattern_named
from hornbook.tokenizers.showing import candidates, spans, starts, vocabulary
from tests.tokenizers.texts import TEXTS

PATTERN = pattern_named("gpt2")
WORDS = count_pieces(["the theme then there 🎈🎈 naïve naïve\n" * 3], PATTERN, workers=1)
TOKENIZER = BytePairTokenizer.from_merges(learn_merges_fast(WORDS, 30), PATTERN)


@given(TEXTS)
def test_every_token_covers_the_characters_that_its_bytes_are_of(text) -> None:
    tokens = TOKENIZER.encode(text)
    units = text.encode("utf-16-le", "replace")
    begins, at = starts(text), 0
    for token, (start, end) in zip(tokens, spans(TOKENIZER, text, tokens), strict=True):
        data = TOKENIZER.token_bytes(token)
        covered = units[2 * start : 2 * end].decode("utf-16-le").encode()
        assert data in covered and start == begins[at]
        at += len(data)
    assert not tokens or end == len(units) // 2


def test_the_next_merge_is_the_candidate_of_lowest_rank() -> None:
    steps = list(replay_piece(TOKENIZER, b" theme"))
    for before, after in pairwise(steps):
        best = min(candidates(TOKENIZER, before.parts), key=lambda each: (each.token, each.place))
        assert (best.token, best.place) == (after.token, after.place)
    assert candidates(TOKENIZER, steps[-1].parts) == []


def test_a_merge_is_told_with_how_often_its_pair_occurred() -> None:
    found = list(merges_with_counts(WORDS, 30))
    assert [pair for pair, _ in found] == learn_merges_fast(WORDS, 30)
    assert found[0][1] == max(count for _, count in found) == 12, "h e: in the, theme, then, there, three times each"


def test_a_vocabulary_is_searched_and_sorted() -> None:
    found = vocabulary(TOKENIZER, "the", "length")
    assert found and all(b"the" in TOKENIZER.token_bytes(token) for token in found)
    lengths = [len(TOKENIZER.token_bytes(token)) for token in found]
    assert lengths == sorted(lengths, reverse=True)
    assert vocabulary(TOKENIZER, "#260", "id") == [260] and vocabulary(TOKENIZER, "#99999", "id") == []
    assert vocabulary(TOKENIZER, "endoftext", "id") == [TOKENIZER.roles.end]
    with pytest.raises(SettingError, match="sort"):
        vocabulary(TOKENIZER, "", "size")
