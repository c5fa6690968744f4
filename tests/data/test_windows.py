"""Windows: every target once in evaluation, and the books' own examples."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED
from hornbook.data.windows import (
    consecutive_windows,
    padded_pairs,
    plain_windows,
    require_context,
    sliding_windows,
    truncated,
)
from hornbook.errors import SettingError, TextError
from tests.data.samples import a_file, counting

END = 50256


def asked(batches) -> list[tuple[int, int]]:
    """Every (token, target) that is asked for."""
    pairs = []
    for texts in batches:
        for token, target in zip(texts.tokens.flatten().tolist(), texts.targets.flatten().tolist(), strict=True):
            if target != IGNORED:
                pairs.append((token, target))
    return pairs


@pytest.mark.slow
@given(st.integers(2, 211), st.integers(1, 23), st.integers(1, 5), st.booleans())
def test_consecutive_windows_ask_for_every_token_but_the_first_exactly_once(tokens, context, batch, fixed):
    found = list(consecutive_windows(counting([tokens]), context, batch, fixed))
    assert asked(found) == [(i, i + 1) for i in range(tokens - 1)]
    for texts in found[:-1]:
        assert texts.tokens.shape == texts.targets.shape == (batch, context)
    assert found[-1].tokens.shape[1] == context
    assert (found[-1].tokens.shape[0] == batch) or not fixed
    assert fixed or (found[-1].targets != IGNORED).any(1).all(), "no row asks for nothing"


def test_a_last_row_that_is_not_full_ends_in_ignored_targets():
    (texts,) = consecutive_windows(counting([8]), context=5, batch=3)
    assert texts.tokens.tolist() == [[0, 1, 2, 3, 4], [5, 6, 0, 0, 0]]
    assert texts.targets.tolist() == [[1, 2, 3, 4, 5], [6, 7, IGNORED, IGNORED, IGNORED]]
    assert texts.tokens.dtype == texts.targets.dtype == torch.int64


def test_a_single_token_cannot_be_evaluated():
    with pytest.raises(TextError, match="single token"):
        list(consecutive_windows(counting([1]), 5, 3))


def test_a_file_shorter_than_the_context_says_what_to_do():
    file = counting([37])
    require_context(file, 36)
    with pytest.raises(TextError) as raised:
        require_context(file, 64)
    assert str(raised.value) == (
        "the training part has 37 tokens; a context of 64 needs at least 65: use a longer text or a smaller context"
    )


def test_a_window_is_its_tokens_and_the_same_one_further_on():
    texts = plain_windows(counting([30]), torch.tensor([0, 23, 7]).numpy(), 6)
    assert texts.tokens.tolist() == [list(range(start, start + 6)) for start in (0, 23, 7)]
    assert (texts.targets == texts.tokens + 1).all()
    assert texts.tokens.is_contiguous() and texts.targets.is_contiguous() and texts.positions is None


def test_large_ids_survive():
    texts = plain_windows(a_file([[65535, 199_999, 0, 70_000]], vocab_size=200_000), torch.tensor([0]).numpy(), 3)
    assert texts.targets.tolist() == [[199_999, 0, 70_000]]


# The books' own examples: "Hello world" is [15496, 995], end of text is 50256.


def test_sliding_windows_are_those_of_the_book():
    # Raschka, Build a Large Language Model (From Scratch), section 2.6: The Verdict from its 51st token on
    tokens = [290, 4920, 2241, 287, 257, 4489, 64, 319]
    x, y = sliding_windows(tokens, context=4, stride=1)
    assert x[0].tolist() == [290, 4920, 2241, 287] and y[0].tolist() == [4920, 2241, 287, 257]
    assert x.shape == (4, 4)
    assert (x[:, 1:] == y[:, :-1]).all()
    x, y = sliding_windows(list(range(13)), context=4, stride=4)
    assert x.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    assert y.tolist() == [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12]]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=41), st.integers(1, 13), st.integers(1, 17))
def test_sliding_windows_are_what_a_loop_would_cut(tokens, context, stride):
    if len(tokens) <= context:
        with pytest.raises(TextError):
            sliding_windows(tokens, context, stride)
        return
    x, y = sliding_windows(tokens, context, stride)
    starts = range(0, len(tokens) - context, stride)
    assert x.tolist() == [tokens[i : i + context] for i in starts]
    assert y.tolist() == [tokens[i + 1 : i + context + 1] for i in starts]


def test_sliding_windows_refuse_sizes_that_are_none():
    for context, stride in ((0, 1), (1, 0)):
        with pytest.raises(SettingError):
            sliding_windows([1, 2, 3], context, stride)


def test_padded_pairs_are_those_of_the_source_and_keep_the_first_end():
    book = padded_pairs([[15496, 995]], END, 3, ignore_padding=False)
    assert book.tokens.tolist() == [[15496, 995, END]]
    assert book.targets.tolist() == [[995, END, END]]
    ours = padded_pairs([[15496, 995]], END, 3)
    assert ours.tokens.tolist() == [[15496, 995, END]]
    assert ours.targets.tolist() == [[995, END, IGNORED]]


def test_padded_pairs_of_different_lengths_are_those_of_the_book():
    texts = padded_pairs([[0, 1, 2, 3, 4], [5, 6], [7, 8, 9]], END, 5)
    assert texts.tokens.tolist() == [[0, 1, 2, 3, 4], [5, 6, END, END, END], [7, 8, 9, END, END]]
    assert texts.targets.tolist() == [
        [1, 2, 3, 4, END],
        [6, END, IGNORED, IGNORED, IGNORED],
        [8, 9, END, IGNORED, IGNORED],
    ]


rows = st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=11), min_size=1, max_size=5)


@given(rows, st.integers(1, 13))
def test_every_padded_text_that_fits_asks_for_its_end_once(rows, context):
    texts = padded_pairs(rows, END, context)
    for ids, target in zip(rows, texts.targets.tolist(), strict=True):
        assert target.count(END) == (len(ids) <= context)
        assert [token for token in target if token != IGNORED] == [*ids[1:], END][:context]


def test_what_padding_cuts_off_is_counted():
    assert truncated([[1] * 10, [1] * 3, [1] * 7], 7) == 3 / 20
    assert truncated([[1, 2]], 2) == truncated([], 2) == 0
    with pytest.raises(TextError, match="no token"):
        padded_pairs([[1], []], END, 3)
