"""Who may look at whom, drawn as pictures."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.batches import NOTHING, Positions
from hornbook.model import masks
from hornbook.model.config import Bidirectional, BlockSparse, Causal, SlidingWindow
from hornbook.model.kernels import KERNELS, KeysValues, Scoring
from hornbook.model.masks import Mask
from tests.model.kernel_cases import RULES, STANDS, identity, places, small_tiles


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


@pytest.mark.parametrize("stand", STANDS)
@pytest.mark.parametrize("rule", RULES)
def test_stretches_take_every_query_once_and_leave_out_only_keys_that_none_of_theirs_sees(rule, stand, monkeypatch):
    monkeypatch.setattr(masks, "SHORTEST", 2)

    @given(st.data(), st.integers(1, 3), st.integers(1, 19), st.integers(1, 19))
    def holds(data, batch, time, length):
        mask = Mask(data.draw(RULES[rule]), *data.draw(places(stand, batch, time, length)))
        kept = torch.zeros(mask.dense().shape, dtype=torch.bool)
        asked = []
        for rows, columns in mask.stretches:
            kept[:, :, rows, columns] = mask.tile(rows, columns)
            asked += range(rows.start, rows.stop)
        assert torch.equal(kept, mask.dense())
        assert asked == list(range(mask.query.index.shape[1]))

    holds()


def test_four_stretches_leave_out_three_eighths_and_a_window_leaves_out_more():
    plain = Positions.counting(1, 512)

    def computed(rule):
        return sum(
            (rows.stop - rows.start) * (columns.stop - columns.start)
            for rows, columns in Mask(rule, plain, plain).stretches
        )

    assert computed(Bidirectional()) == 512**2
    assert computed(Causal()) == 512**2 * 5 // 8
    assert computed(SlidingWindow(65)) == 512**2 // 4 + 3 * 64 * 128
    few = Positions.counting(1, 64)
    assert len(Mask(Causal(), few, few).stretches) == 1


BLOCKS = {
    "local": (
        BlockSparse(block=2, near=1, first=0),
        """
        1 0 0 0 0 0 0 0
        1 1 0 0 0 0 0 0
        1 1 1 0 0 0 0 0
        1 1 1 1 0 0 0 0
        0 0 1 1 1 0 0 0
        0 0 1 1 1 1 0 0
        0 0 0 0 1 1 1 0
        0 0 0 0 1 1 1 1
        """,
    ),
    "strided (Child et al. 2019, figure 3c)": (
        BlockSparse(block=1, near=0, first=0, stride=3),
        """
        1 0 0 0 0 0 0 0
        0 1 0 0 0 0 0 0
        0 0 1 0 0 0 0 0
        0 0 1 1 0 0 0 0
        0 0 1 0 1 0 0 0
        0 0 1 0 0 1 0 0
        0 0 1 0 0 1 1 0
        0 0 1 0 0 1 0 1
        """,
    ),
    "strided blocks": (
        BlockSparse(block=2, near=0, first=0, stride=2),
        """
        1 0 0 0 0 0 0 0
        1 1 0 0 0 0 0 0
        0 0 1 0 0 0 0 0
        0 0 1 1 0 0 0 0
        0 0 1 1 1 0 0 0
        0 0 1 1 1 1 0 0
        0 0 1 1 0 0 1 0
        0 0 1 1 0 0 1 1
        """,
    ),
    "Longformer: a window, and a first token that sees and is seen by all": (
        BlockSparse(block=1, near=1, first=1, both_ways=True),
        """
        1 1 1 1 1 1 1 1
        1 1 1 0 0 0 0 0
        1 1 1 1 0 0 0 0
        1 0 1 1 1 0 0 0
        1 0 0 1 1 1 0 0
        1 0 0 0 1 1 1 0
        1 0 0 0 0 1 1 1
        1 0 0 0 0 0 1 1
        """,
    ),
    "BigBird: the same in blocks, and some far ones": (
        BlockSparse(block=2, near=0, first=1, stride=3, both_ways=True),
        """
        1 1 1 1 1 1 1 1
        1 1 1 1 1 1 1 1
        1 1 1 1 1 1 0 0
        1 1 1 1 1 1 0 0
        1 1 0 0 1 1 0 0
        1 1 0 0 1 1 0 0
        1 1 0 0 1 1 1 1
        1 1 0 0 1 1 1 1
        """,
    ),
    "a decoder with a first block": (
        BlockSparse(block=3, near=0, first=1),
        """
        1 0 0 0 0 0 0 0
        1 1 0 0 0 0 0 0
        1 1 1 0 0 0 0 0
        1 1 1 1 0 0 0 0
        1 1 1 1 1 0 0 0
        1 1 1 1 1 1 0 0
        1 1 1 0 0 0 1 0
        1 1 1 0 0 0 1 1
        """,
    ),
}


def matrix(drawing):
    return torch.tensor([[int(digit) for digit in line.split()] for line in drawing.strip().splitlines()])


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_the_matrix_that_is_drawn(name):
    rule, drawing = BLOCKS[name]
    eight = Positions.counting(1, 8)
    assert Mask(rule, eight, eight).dense()[0, 0].int().tolist() == matrix(drawing).tolist()


@pytest.mark.parametrize("kernel", ["explicit", "flash"])
@pytest.mark.parametrize("name", BLOCKS)
def test_an_answer_depends_on_what_the_matrix_allows_and_on_nothing_else(name, kernel):
    rule, drawing = BLOCKS[name]
    random, eight = torch.Generator().manual_seed(0), Positions.counting(1, 8)
    query, keys, values = (torch.randn(1, 1, 8, 3, generator=random) for _ in range(3))

    def answers(keys, values):
        return KERNELS[kernel](
            query, KeysValues(keys, values, eight), Mask(rule, eight, eight), None, Scoring(0.5), identity
        )

    with small_tiles(3):
        moved = torch.autograd.functional.jacobian(answers, (keys, values))
    alone = matrix(drawing).sum(1, keepdim=True) == 1  # whoever sees one key weighs it 1, whatever it says
    for slope, field in zip(moved, (matrix(drawing) * ~alone, matrix(drawing)), strict=True):
        reached = slope[0, 0, :, :, 0, 0].abs().sum(dim=(1, 3)) > 0  # [T, D, S, D] -> [T, S]
        assert reached.int().tolist() == field.tolist()


@pytest.mark.parametrize("stand", STANDS)
@given(data=st.data(), rows=st.integers(0, 9), columns=st.integers(0, 9))
def test_a_tile_is_cut_from_the_whole(stand, data, rows, columns):
    query, key = data.draw(places(stand, 2, 7, 9))
    rule = data.draw(st.one_of(*RULES.values()))
    mask, down, across = Mask(rule, query, key), slice(rows, rows + 3), slice(columns, columns + 2)
    assert torch.equal(mask.tile(down, across), mask.dense()[..., down, across])
