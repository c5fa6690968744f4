"""Cut spans: nothing is lost, the counts are T5's, and all batches have one shape."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED, NOTHING
from hornbook.data.batches import Batches
from hornbook.data.config import CutSpans, Packed, RandomWindows, Shuffled
from hornbook.data.spans import (
    CutSpansBatches,
    Cutting,
    cut,
    cut_counts,
    cut_windows,
    segments,
    sentinel,
    sentinels_needed,
)
from hornbook.errors import SettingError
from hornbook.seeds import numpy_generator
from hornbook.tokenizers.bytepair_tokenizer import BytePairTokenizer
from hornbook.tokenizers.patterns import GPT2_PATTERN
from hornbook.tokenizers.protocol import END_OF_TEXT
from tests.data.samples import a_file, counting, noise

FIRST, END = 1000, 999  # of the sentinels; and of text
shares = st.floats(0.02, 0.98)
lengths = st.floats(1.0, 9.0)


def cutting_of(context: int, share: float = 0.15, length: float = 3.0) -> Cutting:
    """A cutting with as many sentinels as it needs, numbered from ``FIRST``."""
    count = sentinels_needed(context, share, length)
    return Cutting(share, length, context, np.arange(FIRST, FIRST + count), END)


def restored(source: list[int], target: list[int]) -> list[int]:
    """The text again: every sentinel of the source replaced by what stands behind it in the target."""
    assert target[-1] == END
    spans: dict[int, list[int]] = {}
    for token in target[:-1]:
        if token >= FIRST:
            spans[token] = []
        else:
            spans[max(spans)].append(token)
    return [token for one in source for token in (spans.pop(one) if one >= FIRST else [one])]


def pairs_in(batches) -> list[tuple[list[int], list[int]]]:
    """Source and target of every row without the padding."""
    rows = []
    for pairs in batches:
        there = pairs.source_positions.index != NOTHING
        for source, place, target in zip(pairs.source, there, pairs.target.targets, strict=True):
            rows.append((source[place].tolist(), target[target != IGNORED].tolist()))
    return rows


@given(st.integers(2, 307), shares, lengths, st.integers(0, 99))
def test_source_and_target_together_are_the_text(time, share, length, seed):
    ids = numpy_generator(seed, "text").integers(0, END, time)
    source, target = cut(ids, cutting_of(time, share, length), numpy_generator(seed, "spans"))
    assert restored(source.tolist(), target.tolist()) == ids.tolist()
    gone, spans = cut_counts(time, share, length)
    assert (len(source), len(target)) == (time - gone + spans, gone + spans + 1)
    marks = [token for token in source.tolist() if token >= FIRST]
    assert marks == [token for token in target.tolist() if token >= FIRST] == list(range(FIRST, FIRST + spans))
    assert all(one < FIRST or other < FIRST for one, other in itertools.pairwise(source.tolist())), "spans never touch"


@pytest.mark.parametrize(
    ("time", "share", "length", "counts"),
    [
        (512, 0.15, 3.0, (77, 26)),  # 76.8 and 25.67
        (568, 0.15, 3.0, (85, 28)),  # T5 reads 568 tokens: sources of 568 - 85 + 28 + 1 = 512, targets of 114
        (100, 0.5, 3.0, (50, 17)),
        (10, 0.15, 3.0, (2, 1)),  # 1.5 rounds to the even 2
        (30, 0.15, 3.0, (4, 1)),  # 4.5 to the even 4
        (3, 0.01, 3.0, (1, 1)),
        (3, 0.99, 1.0, (2, 1)),  # never all; and a token is left before each span
        (2, 0.5, 9.0, (1, 1)),
    ],
)
def test_the_counts_are_those_of_t5(time, share, length, counts):
    assert cut_counts(time, share, length) == counts


@given(st.integers(2, 97), shares, lengths)
def test_a_shorter_text_needs_no_more_sentinels_and_no_more_room(context, share, length):
    whole = cutting_of(context, share, length)
    for time in range(2, context):
        gone, spans = cut_counts(time, share, length)
        assert spans <= sentinels_needed(context, share, length)
        assert time - gone + spans <= whole.source_width
        assert gone + spans + 1 <= whole.target_width


@pytest.mark.slow
def test_every_way_to_lay_the_spans_is_equally_likely():
    """Exhaustive: 4 tokens gone in 2 spans out of 9 leave 3 ways to cut what is gone and 4 to cut what is kept."""
    cutting, ids, generator = cutting_of(9, 0.44, 2.0), np.arange(9), numpy_generator(0, "all")
    seen = Counter(tuple(cut(ids, cutting, generator)[0].tolist()) for _ in range(6000))
    possible = set()
    for flags in itertools.product([False, True], repeat=9):
        runs = [flag for flag, _ in itertools.groupby(flags)]
        if sum(flags) == 4 and runs == [False, True, False, True]:
            marks = iter((FIRST, FIRST + 1))
            kept = [next(marks) if flag and not flags[at - 1] else at for at, flag in enumerate(flags)
                    if not (flag and flags[at - 1])]  # fmt: skip
            possible.add(tuple(kept))
    assert len(possible) == 12 and set(seen) == possible
    assert sum((count - 500) ** 2 / 500 for count in seen.values()) < 31.3  # chi square, 11 degrees, one in a thousand


def test_segments_add_up_and_have_no_gaps():
    for total in range(1, 8):
        for parts in range(1, total + 1):
            found = segments(total, parts, numpy_generator(0, total, parts))
            assert len(found) == parts and found.sum() == total and found.min() >= 1


def test_the_decoder_is_shown_what_it_should_have_written_so_far():
    """By hand: 0 1 2 3 4 5 6 7 8 9 with 2 of 10 tokens cut out in one span, which ends the text."""
    (pairs,) = cut_windows(counting([10]), cutting_of(10), batch=1)
    assert pairs.source.tolist() == [[0, 1, 2, 3, 4, 5, 6, 7, FIRST]]
    assert pairs.target.targets.tolist() == [[FIRST, 8, 9, END]]
    assert pairs.target.tokens.tolist() == [[END, FIRST, 8, 9]]


@pytest.mark.parametrize("order", [RandomWindows(), Shuffled(), Packed()], ids=str)
def test_all_batches_have_one_shape_and_lose_nothing(order):
    file = counting([11, 3, 29, 1, 17, 47, 5, 2, 83, 13, 7, 19])
    plain = Batches(file, order, 5, batch=6, context=23)
    cutting = cutting_of(23, 0.3, 2.0)
    batches = CutSpansBatches(plain, cutting)
    for step in range(7):
        (pairs,), (texts,) = batches.batch(step), plain.batch(step)
        assert pairs.source.shape == pairs.source_positions.index.shape == (6, cutting.source_width)
        assert pairs.target.tokens.shape == pairs.target.targets.shape == (6, cutting.target_width)
        there = [row if texts.positions is None else row[texts.positions.index[number] != NOTHING]
                 for number, row in enumerate(texts.tokens)]  # fmt: skip
        assert [restored(*pair) for pair in pairs_in([pairs])] == [row.tolist() for row in there]


@pytest.mark.parametrize("order", [RandomWindows(), Packed()], ids=str)
def test_cuts_are_a_function_of_seed_and_step_whatever_the_micro_batches(order):
    file = counting([11, 3, 29, 1, 17, 47, 5, 2, 83, 13, 7, 19])
    whole, parts = (CutSpansBatches(Batches(file, order, 5, 6, 23, count), cutting_of(23)) for count in (1, 3))
    for step in (4, 0, 4):
        assert len(parts.batch(step)) == 3
        assert pairs_in(parts.batch(step)) == pairs_in(whole.batch(step))


def test_other_seeds_and_other_steps_cut_the_same_text_elsewhere():
    file = a_file([[7] * 500])
    first, other = (
        CutSpansBatches(Batches(file, RandomWindows(), seed, 6, 23), cutting_of(23, 0.3, 2.0)) for seed in (5, 6)
    )
    found = [batches.batch(step)[0].source for batches in (first, other) for step in (0, 1)]
    assert all(not torch.equal(one, another) for one, another in itertools.combinations(found, 2))
    sources = next(cut_windows(file, cutting_of(23, 0.3, 2.0), 6)).source
    assert len({tuple(row) for row in sources.tolist()}) > 1, "windows of one text differ by their place"
    assert not torch.equal(sources, next(cut_windows(file, cutting_of(23, 0.3, 2.0), 6, seed=1)).source)


def test_cut_batches_answer_like_the_batches_they_are_made_of():
    plain = Batches(noise(997, END), RandomWindows(), 5, batch=4, context=31, micro_batches=2)
    batches = CutSpansBatches(plain, cutting_of(31))
    assert batches.steps_per_epoch == plain.steps_per_epoch
    assert batches.rows(3) == plain.rows(3)
    stream = batches.prefetched(7)
    assert all(pairs_in(next(stream)) == pairs_in(batches.batch(step)) for step in range(7, 19))
    stream.close()


@pytest.mark.slow
@given(st.integers(2, 53), st.integers(2, 11), st.integers(1, 5), st.booleans())
def test_evaluation_cuts_the_same_whatever_the_batch_and_reads_every_token_once(tokens, context, batch, fixed):
    file, cutting = counting([tokens]), cutting_of(context, 0.3, 2.0)
    rows, single = (pairs_in(cut_windows(file, cutting, size, 3, fixed)) for size in (batch, 1))
    assert rows[: len(single)] == single
    text = [token for source, target in single if target for token in restored(source, target)]
    assert text == list(range(tokens - (tokens % context == 1))), "a single token at the end cannot be cut"


def test_an_answer_ends_where_its_text_ends_and_padding_follows():
    """Not ``w w PAD PAD END``, from which only the longest rows would learn to stop; and no padding is scored."""
    (pairs,) = cut_windows(counting([41]), cutting_of(31, 0.3, 2.0), batch=2)
    for shown, asked, index in zip(
        pairs.target.tokens, pairs.target.targets, pairs.target.positions.index, strict=True
    ):
        count = int((asked != IGNORED).sum())
        assert asked[count - 1] == END and END not in asked[: count - 1]
        assert (asked[count:] == IGNORED).all() and (index[count:] == NOTHING).all()
        assert shown[0] == END and torch.equal(shown[1:count], asked[: count - 1])
    assert count < pairs.target.targets.shape[1], "the last row is a short one"


def test_a_tokenizer_with_too_few_sentinels_is_told_the_line_that_adds_them():
    ranks = {bytes([value]): value for value in range(256)}
    few = BytePairTokenizer(ranks, GPT2_PATTERN, {END_OF_TEXT: 256, sentinel(0): 257})
    with pytest.raises(SettingError) as raised:
        Cutting.of(CutSpans(), few, 50)  # 8 tokens in 3 spans
    assert str(raised.value).endswith('special = ["<|span-0|>", "<|span-1|>", "<|span-2|>"]')
    enough = BytePairTokenizer(ranks, GPT2_PATTERN, {END_OF_TEXT: 256} | {sentinel(n): 257 + n for n in range(3)})
    cutting = Cutting.of(CutSpans(), enough, 50)
    assert (cutting.sentinels.tolist(), cutting.end) == ([257, 258, 259], 256)
    with pytest.raises(SettingError, match="context"):
        Cutting.of(CutSpans(), enough, 1)
