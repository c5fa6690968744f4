"""Batches are a function of (seed, step), ask for what follows, and know where they came from."""

from __future__ import annotations

import gc
import threading
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import IGNORED
from hornbook.data.batches import PLANS, Batches, in_parts
from hornbook.data.config import KINDS, Order, Packed, RandomWindows, Shuffled
from hornbook.errors import SettingError, TextError
from tests.data.samples import a_file, counting, noise
from tests.data.test_windows import asked

ORDERS = [RandomWindows(), Shuffled(), Shuffled(3), Packed()]
LENGTHS = [11, 3, 29, 1, 17, 47, 5, 2, 83, 13, 7, 19]


def same(one, other) -> bool:
    """Whether two lists of micro-batches are equal in everything."""
    return len(one) == len(other) and all(
        torch.equal(a.tokens, b.tokens)
        and torch.equal(a.targets, b.targets)
        and (a.positions is None) == (b.positions is None)
        and (a.positions is None or torch.equal(a.positions.index, b.positions.index))
        and (a.positions is None or torch.equal(a.positions.document, b.positions.document))
        for a, b in zip(one, other, strict=True)
    )


def test_every_order_that_can_be_spelt_has_a_plan():
    assert set(PLANS) == set(get_args(Order)) <= set(KINDS)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_a_batch_is_a_function_of_seed_and_step(order):
    file = counting(LENGTHS, end=sum(LENGTHS))
    forward = Batches(file, order, 5, batch=4, context=11)
    batches = [forward.batch(step) for step in range(23)]
    fresh = Batches(file, order, 5, batch=4, context=11)
    assert all(same(fresh.batch(step), batches[step]) for step in reversed(range(23)))
    assert not same(Batches(file, order, 6, batch=4, context=11).batch(0), batches[0])
    assert not same(batches[0], batches[1])


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("end", [None, sum(LENGTHS)])
def test_targets_follow_their_tokens(order, end):
    file = counting(LENGTHS, end)
    batches = Batches(file, order, 5, batch=3, context=11)
    follow = set(zip(file.tokens[:-1].tolist(), file.tokens[1:].tolist(), strict=True))
    for step in range(batches.steps_per_epoch):
        (texts,) = batches.batch(step)
        assert texts.tokens.shape == texts.targets.shape == (3, 11)
        assert set(asked([texts])) <= follow


@pytest.mark.parametrize("order", [Shuffled(), Packed()], ids=str)
def test_an_epoch_asks_for_every_token_at_least_once_up_to_a_remainder(order):
    file = counting(LENGTHS, sum(LENGTHS))
    batches = Batches(file, order, 5, batch=3, context=11)
    found = {target for step in range(batches.steps_per_epoch) for _, target in asked(batches.batch(step))}
    missing = set(range(sum(LENGTHS))) - found
    assert len(missing) <= (0 if order == Packed() else 2 * 11)


@given(st.sampled_from(ORDERS), st.sampled_from([1, 2, 3, 6]), st.integers(0, 9))
def test_micro_batches_together_are_the_batch(order, count, step):
    file = counting(LENGTHS, sum(LENGTHS))
    whole = Batches(file, order, 5, batch=6, context=11).batch(step)
    parts = Batches(file, order, 5, batch=6, context=11, micro_batches=count).batch(step)
    assert len(parts) == count and {len(part.tokens) for part in parts} == {6 // count}
    assert torch.equal(torch.cat([part.tokens for part in parts]), whole[0].tokens)
    assert torch.equal(torch.cat([part.targets for part in parts]), whole[0].targets)
    assert same(in_parts(whole[0], count), parts)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_prefetched_batches_are_the_batches(order):
    batches = Batches(counting(LENGTHS, sum(LENGTHS)), order, 5, batch=4, context=11, micro_batches=2)
    stream = batches.prefetched(7)
    assert all(same(next(stream), batches.batch(step)) for step in range(7, 30))
    stream.close()


def threads() -> list[threading.Thread]:
    """The threads that make batches now."""
    return [thread for thread in threading.enumerate() if thread.name == "hornbook-batches"]


def test_closing_the_stream_ends_its_thread():
    batches = Batches(noise(997), RandomWindows(), 5, batch=4, context=11)
    stream = batches.prefetched()
    next(stream)
    assert len(threads()) == 1
    stream.close()
    assert threads() == []
    for number, _ in enumerate(batches.prefetched()):
        if number == 3:
            break
    gc.collect()
    assert threads() == []


def test_an_error_in_the_thread_reaches_whoever_waits(monkeypatch):
    batches = Batches(noise(997), RandomWindows(), 5, batch=4, context=11)
    make = batches.batch
    monkeypatch.setattr(batches, "batch", lambda step: make(step) if step < 2 else 1 // 0)
    stream = batches.prefetched()
    next(stream), next(stream)
    with pytest.raises(ZeroDivisionError):
        next(stream)
    assert threads() == []


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize("end", [None, sum(LENGTHS)])
def test_rows_say_where_their_tokens_came_from(order, end):
    file = counting(LENGTHS, end)
    batches = Batches(file, order, 5, batch=3, context=11)
    for step in range(9):
        (texts,) = batches.batch(step)
        for row, tokens, targets in zip(batches.rows(step), texts.tokens, texts.targets, strict=True):
            named = [file.tokens[span.start : span.stop].tolist() for span in row.documents]
            standing = {*tokens[targets != IGNORED].tolist(), *targets[targets != IGNORED].tolist()}
            assert {token for ids in named for token in ids} == standing
            assert row.start == min(span.start for span in row.documents)
            assert row.stop == max(span.stop for span in row.documents)
            for span in row.documents:
                assert span.name == f"document {span.document}"
                inside = file.document_starts[span.document], file.document_stop(span.document)
                lead = int(end is not None)
                assert inside[0] - lead <= span.start < span.stop <= inside[1]
                assert span.document_byte == span.byte_start == file.document_bytes[span.document]


def test_a_packed_row_names_each_document_once_unless_it_holds_two_runs_of_it():
    file = counting([3, 4, 5], end=12)
    (row,) = Batches(file, Packed(), 5, batch=1, context=31).rows(0)
    assert sorted(span.document for span in row.documents) == [0, 1, 2]


def test_sizes_that_do_not_fit_are_refused_by_name():
    file = noise(37)
    for settings, name in (
        ({"batch": 0, "context": 5}, "batch"),
        ({"batch": 3, "context": 0}, "context"),
        ({"batch": 3, "context": 5, "micro_batches": 0}, "micro_batches"),
        ({"batch": 6, "context": 5, "micro_batches": 4}, "micro_batches"),
    ):
        with pytest.raises(SettingError) as raised:
            Batches(file, RandomWindows(), 5, **settings)
        assert str(raised.value).startswith(name)
    assert str(raised.value).endswith("does not divide batch 6; try 3")
    for order in (RandomWindows(), Shuffled(1)):
        with pytest.raises(TextError, match="at least 65"):
            Batches(file, order, 5, batch=3, context=64)


def test_the_shortest_text_that_fits_is_one_window():
    file = counting([12])
    for order in (RandomWindows(), Shuffled(), Shuffled(40)):
        batches = Batches(file, order, 5, batch=2, context=11)
        assert batches.batch(3)[0].tokens.tolist() == [list(range(11))] * 2
        assert batches.steps_per_epoch == 1


def test_random_windows_reach_the_last_token():
    batches = Batches(counting([41]), RandomWindows(), 5, batch=101, context=11)
    targets = batches.batch(0)[0].targets
    assert targets.max() == 40 and targets.min() == 1


def test_an_epoch_of_random_windows_asks_for_as_many_targets_as_there_are():
    assert Batches(noise(1001), RandomWindows(), 5, batch=7, context=11).steps_per_epoch == int(np.ceil(1000 / 77))


def test_a_packed_file_needs_no_context_of_its_own_length():
    texts = Batches(a_file([[1, 2], [3]], 4, 5), Packed(), 0, batch=1, context=64).batch(0)[0]
    assert (texts.targets != IGNORED).sum() == 5
