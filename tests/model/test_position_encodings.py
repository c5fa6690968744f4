"""Positions by formula, by invariance, and with nothing stored that is not learned."""

from __future__ import annotations

import math

import pytest
import torch

from hornbook.batches import Positions
from hornbook.errors import TextError
from hornbook.model.position_encodings import LearnedEncoding, RotaryEncoding, SinusoidalEncoding, angles


def waves(time, width):
    return SinusoidalEncoding().embed(torch.zeros(1, time, width), Positions.counting(1, time))[0]


@pytest.mark.parametrize("width", [4, 6, 7, 1])
def test_waves_are_those_of_the_paper_at_even_and_odd_widths(width):
    for position, row in enumerate(waves(11, width).tolist()):
        for feature, value in enumerate(row):
            angle = position / 10_000 ** (2 * (feature // 2) / width)
            assert value == pytest.approx(math.cos(angle) if feature % 2 else math.sin(angle), abs=1e-6)


def test_frequencies_at_width_four_are_1_and_a_hundredth():
    torch.testing.assert_close(angles(torch.tensor([[1]]), 4, 10_000.0), torch.tensor([[[1.0, 0.01]]]))


def test_waves_are_bounded_all_different_and_know_distance():
    rows = waves(97, 32)
    assert rows.abs().max() <= 1
    assert torch.cdist(rows, rows).fill_diagonal_(9.0).min() > 0.1
    products = rows @ rows.T
    for distance in (1, 5, 13):
        diagonal = products.diagonal(distance)
        torch.testing.assert_close(diagonal, diagonal[:1].expand_as(diagonal), atol=1e-3, rtol=0.0)


def test_learned_positions_are_rows_of_a_table():
    encoding, hidden = LearnedEncoding(7, 5), torch.zeros(2, 3, 5)
    torch.testing.assert_close(encoding.embed(hidden, Positions.counting(2, 3))[1], encoding.table.weight[:3])
    chosen = Positions(torch.tensor([[4, 0, 6], [1, -1, 2]]))
    torch.testing.assert_close(encoding.embed(hidden, chosen)[0], encoding.table.weight[[4, 0, 6]])


@pytest.mark.parametrize(
    "positions", [Positions.counting(1, 8), Positions(torch.tensor([[0, 7]]))], ids=["plain", "free"]
)
def test_beyond_the_learned_context_is_said_clearly(positions):
    with pytest.raises(TextError, match=r"a text of 8 tokens is too long.*context of 7; cut the text to 7"):
        LearnedEncoding(7, 5).embed(torch.zeros(1, positions.index.shape[1], 5), positions)


def rotated(heads, positions, base=100.0):
    encoding = RotaryEncoding(heads.shape[-1], base)
    return encoding.rotate(heads, encoding.turns(positions))


def test_rotation_is_multiplication_by_a_complex_number():
    heads, positions = torch.randn(2, 3, 5, 8, generator=torch.Generator().manual_seed(0)), Positions.counting(2, 5)
    pairs = torch.complex(*heads.chunk(2, -1))
    angle = torch.arange(5)[:, None] * 100.0 ** (-torch.arange(0, 8, 2) / 8)
    expected = pairs * torch.polar(torch.ones_like(angle), angle)
    torch.testing.assert_close(rotated(heads, positions), torch.cat([expected.real, expected.imag], -1))


def test_rotation_keeps_lengths_and_the_products_of_equal_distances():
    heads = torch.randn(1, 2, 5, 8, generator=torch.Generator().manual_seed(0))
    here = rotated(heads, Positions(torch.arange(5)[None]))
    there = rotated(heads, Positions(torch.arange(5)[None] + 1000))
    torch.testing.assert_close(here.norm(dim=-1), heads.norm(dim=-1))
    torch.testing.assert_close(here @ here.mT, there @ there.mT, atol=1e-4, rtol=1e-4)
    assert not torch.allclose(here @ here.mT, heads @ heads.mT, atol=1e-2)


def test_rotation_is_computed_in_32_bits_and_applied_in_16():
    turns = RotaryEncoding(8, 10_000.0).turns(Positions.counting(1, 500))
    assert turns.dtype == torch.float32
    heads = torch.ones(1, 1, 500, 8).bfloat16()
    out = RotaryEncoding(8, 10_000.0).rotate(heads, turns)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out[0, 0, -1, 0].item(), math.cos(499) - math.sin(499), atol=0.02, rtol=0.0)


@pytest.mark.parametrize("encoding", [SinusoidalEncoding(), RotaryEncoding(8, 10_000.0)])
def test_nothing_is_stored_that_is_not_learned(encoding):
    assert not list(encoding.state_dict())
    assert not list(encoding.buffers())
