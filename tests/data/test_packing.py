"""Packing loses no target, crosses no document, and fills its rows."""

from __future__ import annotations

import collections
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED, NOTHING
from hornbook.data.packing import best_fit, pack, packed_windows
from hornbook.data.windows import packed_rows
from hornbook.errors import TextError
from tests.data.samples import a_file, counting, lengths_of_documents
from tests.data.test_windows import asked

contexts = st.integers(1, 13)
ends = st.sampled_from([None, -1])


def files(lengths, end):
    """A file of such documents, with or without an end-of-text token (the last id)."""
    return counting(lengths, None if end is None else sum(lengths))


@pytest.mark.slow
@given(lengths_of_documents, contexts, st.integers(0, 3))
def test_with_an_end_of_text_every_token_but_the_first_is_asked_for_once(lengths, context, seed):
    file = files(lengths, -1)
    pairs = asked(
        [packed_rows(file, [pack(file, context, seed).row(i)], context) for i in range(pack(file, context, seed).rows)]
    )
    tokens = file.tokens.tolist()
    assert collections.Counter(pairs) == collections.Counter(itertools.pairwise(tokens))


@pytest.mark.slow
@given(lengths_of_documents.filter(lambda lengths: max(lengths) > 1), contexts)
def test_without_one_no_target_crosses_from_one_document_into_the_next(lengths, context):
    file = files(lengths, None)
    pairs = asked(packed_windows(file, context, batch=3))
    tokens, starts = file.tokens.tolist(), set(file.document_starts.tolist())
    within = [(tokens[i - 1], tokens[i]) for i in range(1, len(tokens)) if i not in starts]
    assert sorted(pairs) == within


@pytest.mark.slow
@given(lengths_of_documents.filter(lambda lengths: max(lengths) > 1), contexts, ends)
def test_positions_begin_anew_in_every_run_and_stand_nowhere_in_the_padding(lengths, context, end):
    file = files(lengths, end)
    packing = pack(file, context)
    texts = packed_rows(file, [packing.row(i) for i in range(packing.rows)], context)
    index, document = texts.positions.index, texts.positions.document
    assert ((texts.targets == IGNORED) == (index == NOTHING)).all()
    assert ((document == NOTHING) == (index == NOTHING)).all()
    for row in range(packing.rows):
        runs = packing.row(row)
        used = sum(length for _, length in runs)
        assert used <= context
        assert index[row, :used].tolist() == [i for _, length in runs for i in range(length)]
        assert document[row, :used].tolist() == [n for n, (_, length) in enumerate(runs) for _ in range(length)]
        assert (index[row, used:] == NOTHING).all()


def test_packed_rows_by_hand():
    end = 9
    file = a_file([[1, 2, 3, 4, 5], [6], [7, 8]], end, 10)
    packing = pack(file, 4)
    # pairs: document 0 has 6 (a run of 4 and one of 2), document 1 has 2, document 2 has 3
    assert packing.targets == 11 == len(file) - 1
    assert sorted(len(packing.row(i)) for i in range(packing.rows)) == [1, 1, 2]
    texts = packed_rows(file, [packing.row(i) for i in range(packing.rows)], 4)
    rows = {tuple(row) for row in texts.tokens.tolist()}
    assert (9, 1, 2, 3) in rows and (9, 7, 8, 0) in rows
    assert (4, 5, 9, 6) in rows or (9, 6, 4, 5) in rows
    assert str(packing) == "3 rows of 4: 91.7 % filled, 0 % truncated"


@given(st.lists(st.integers(1, 17), min_size=1, max_size=60))
def test_best_fit_takes_the_row_with_the_least_room(lengths):
    lengths, context = sorted(lengths, reverse=True), 17
    found, room = best_fit(lengths, context).tolist(), []
    for length, row in zip(lengths, found, strict=True):
        fitting = [left for left in room if left >= length]
        if row == len(room):
            assert not fitting
            room.append(context)
        else:
            assert room[row] == min(fitting)
        room[row] -= length
    assert sum(lengths) <= len(room) * context <= 1.5 * sum(lengths) + context


def test_a_cut_text_without_an_end_is_packed_too():
    file = a_file([[1, 2], [3, 4, 5]], 9, 10, ended=False)
    assert sorted(asked(packed_windows(file, 2, 5))) == [(1, 2), (2, 9), (3, 4), (4, 5), (9, 1), (9, 3)]


def test_short_texts_fill_their_rows():
    lengths = [1 + (i * 37) % 61 for i in range(997)]
    assert pack(files(lengths, -1), 128).filled > 0.99


def test_the_seed_decides_between_texts_of_one_length():
    file = counting([5] * 211)
    assert pack(file, 16, 1).starts.tolist() != pack(file, 16, 2).starts.tolist()
    assert pack(file, 16, 1).starts.tolist() == pack(file, 16, 1).starts.tolist()


def test_a_file_without_a_single_pair_cannot_be_packed():
    with pytest.raises(TextError, match="nothing to predict"):
        pack(counting([1, 1, 1]), 4)
