"""Who may look at whom, drawn as pictures."""

from __future__ import annotations

import pytest
import torch

from hornbook.batches import NOTHING, Positions
from hornbook.model.config import Bidirectional, Causal, SlidingWindow
from hornbook.model.masks import Mask


def picture(rule, positions, keys=None):
    dense = Mask(rule, positions, keys or positions).dense()[0, 0]
    return ["".join("x" if seen else "." for seen in row) for row in dense.tolist()]


def test_the_three_rules():
    four = Positions.counting(1, 4)
    assert picture(Bidirectional(), four) == ["xxxx"] * 4
    assert picture(Causal(), four) == ["x...", "xx..", "xxx.", "xxxx"]
    assert picture(SlidingWindow(2), four) == ["x...", "xx..", ".xx.", "..xx"]


@pytest.mark.parametrize("rule", [Bidirectional(), Causal(), SlidingWindow(3)], ids=str)
def test_padding_neither_sees_nor_is_seen(rule):
    dense = Mask(rule, *[Positions.lengths(torch.tensor([2, 5]), 5)] * 2).dense()
    assert not dense[0, 0, 2:].any()
    assert not dense[0, 0, :, 2:].any()
    assert dense[1, 0].any(-1).all()


def test_packed_documents_are_blocks_on_the_diagonal():
    packed = Positions(torch.tensor([[0, 1, 0, 1, 2]]), torch.tensor([[3, 3, 7, 7, 7]]))
    assert picture(Causal(), packed) == ["x....", "xx...", "..x..", "..xx.", "..xxx"]


def test_empty_slots_of_a_cache_are_hidden_and_order_of_slots_is_free():
    slots = Positions(torch.tensor([[4, NOTHING, 2, 3, NOTHING]]))
    assert picture(Causal(), Positions(torch.tensor([[3]])), slots) == ["..xx."]


def test_rows_that_are_alike_are_drawn_once():
    plain, packed = Positions.counting(5, 3), Positions.counting(5, 3)
    packed = Positions(packed.index, torch.arange(15).view(5, 3) // 4, plain=True)
    assert Mask(Causal(), plain, plain).dense().shape == (1, 1, 3, 3)
    assert Mask(Causal(), packed, packed).dense().shape == (5, 1, 3, 3)
    assert Mask(Causal(), Positions.lengths(torch.tensor([3, 3]), 3), Positions.counting(2, 3)).dense().shape[0] == 2


def test_a_kernel_may_use_its_own_causal_rule_only_where_it_says_the_same():
    plain, packed = (
        Positions.counting(2, 5),
        Positions(torch.tensor([[0, 1, 2, 0, 1]]), torch.tensor([[0, 0, 0, 1, 1]])),
    )
    assert Mask(Causal(), plain, plain).plain_causal
    assert Mask(SlidingWindow(5), plain, plain).plain_causal
    assert not Mask(SlidingWindow(4), plain, plain).plain_causal
    assert not Mask(Bidirectional(), plain, plain).plain_causal
    assert not Mask(Causal(), plain, Positions.counting(2, 5)).plain_causal
    assert not Mask(Causal(), packed, packed).plain_causal
    assert Mask(Bidirectional(), plain, plain).all_seen
    assert not Mask(Bidirectional(), packed, packed).all_seen
