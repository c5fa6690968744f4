"""Positions by formula, by oracle, by invariance, and with nothing stored that is not learned."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
import torch

from hornbook.batches import Positions
from hornbook.errors import TextError
from hornbook.model.config import NTK, Interpolated, Llama3, RelativeBias, Rotary, Unscaled, Yarn
from hornbook.model.position_encodings import (
    AlibiEncoding,
    LearnedEncoding,
    RelativeEncoding,
    RotaryEncoding,
    SinusoidalEncoding,
    alibi_slopes,
    angles,
    distance_bucket,
)
from hornbook.model.rotary_scaling import scaled_speeds, speeds


def waves(time, width):
    return SinusoidalEncoding().embed(torch.zeros(1, time, width), Positions.counting(1, time))[0]


@pytest.mark.parametrize("width", [4, 6, 7, 1])
def test_waves_are_those_of_the_paper_at_even_and_odd_widths(width):
    for position, row in enumerate(waves(11, width).tolist()):
        for feature, value in enumerate(row):
            angle = position / 10_000 ** (2 * (feature // 2) / width)
            assert value == pytest.approx(math.cos(angle) if feature % 2 else math.sin(angle), abs=1e-6)


def test_frequencies_at_width_four_are_1_and_a_hundredth():
    torch.testing.assert_close(angles(torch.tensor([[1]]), speeds(4, 10_000.0)), torch.tensor([[[1.0, 0.01]]]))


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
    encoding = RotaryEncoding(Rotary(base), heads.shape[-1])
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
    turns = RotaryEncoding(Rotary(), 8).turns(Positions.counting(1, 500))
    assert turns.dtype == torch.float32
    heads = torch.ones(1, 1, 500, 8).bfloat16()
    out = RotaryEncoding(Rotary(), 8).rotate(heads, turns)
    assert out.dtype == torch.bfloat16
    torch.testing.assert_close(out[0, 0, -1, 0].item(), math.cos(499) - math.sin(499), atol=0.02, rtol=0.0)


@pytest.mark.parametrize("encoding", [SinusoidalEncoding(), RotaryEncoding(Rotary(), 8), AlibiEncoding(3)])
def test_nothing_is_stored_that_is_not_learned(encoding):
    assert not list(encoding.state_dict())
    assert not list(encoding.buffers())


# Longer texts ---------------------------------------------------------------------------------------------------------

SCALED = {
    Unscaled(): {"rope_type": "default"},
    Interpolated(3.0): {"rope_type": "linear", "factor": 3.0},
    Yarn(4.0, context=64): {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64},
    Yarn(7.0, context=500, fast=20.0, slow=2.0, attention=1.5): {
        "rope_type": "yarn",
        "factor": 7.0,
        "original_max_position_embeddings": 500,
        "beta_fast": 20.0,
        "beta_slow": 2.0,
        "attention_factor": 1.5,
    },
    Llama3(8.0, context=128): {
        "rope_type": "llama3",
        "factor": 8.0,
        "low_freq_factor": 1.0,
        "high_freq_factor": 4.0,
        "original_max_position_embeddings": 128,
    },
}


@pytest.mark.parametrize("scaling", SCALED, ids=lambda scaling: type(scaling).__name__)
@pytest.mark.parametrize(("width", "base"), [(8, 10_000.0), (22, 500.0), (64, 500_000.0)])
def test_scaled_angles_are_those_of_transformers(scaling, width, base):
    from transformers import LlamaConfig
    from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding

    theirs = LlamaRotaryEmbedding(
        LlamaConfig(
            hidden_size=width,
            num_attention_heads=1,
            head_dim=width,
            max_position_embeddings=4096,
            rope_parameters=SCALED[scaling] | {"rope_theta": base},
        )
    )
    speed, sharper = scaled_speeds(Rotary(base, scaling), width)
    torch.testing.assert_close(speed, theirs.inv_freq, atol=1e-9, rtol=1e-6)
    assert sharper == pytest.approx(theirs.attention_scaling)


def test_a_larger_base_slows_the_slowest_pair_by_the_factor_and_the_quickest_not_at_all():
    plain, (slower, sharper) = speeds(16, 10_000.0), scaled_speeds(Rotary(scaling=NTK(5.0)), 16)
    assert (slower[0] / plain[0]).item() == pytest.approx(1.0)
    assert (slower[-1] / plain[-1]).item() == pytest.approx(1 / 5.0)
    assert sharper == 1.0


@pytest.mark.parametrize("scaling", SCALED, ids=lambda scaling: type(scaling).__name__)
def test_scaled_products_still_depend_on_the_distance_alone(scaling):
    heads = torch.randn(1, 2, 5, 8, generator=torch.Generator().manual_seed(0))
    encoding = RotaryEncoding(Rotary(100.0, scaling), 8)
    here, there = (
        encoding.rotate(heads, encoding.turns(Positions(torch.arange(5)[None] + start))) for start in (0, 700)
    )
    torch.testing.assert_close(here @ here.mT, there @ there.mT, atol=1e-3, rtol=1e-3)


# Added to the scores --------------------------------------------------------------------------------------------------


def test_slopes_are_those_of_the_paper_also_between_powers_of_two():
    assert alibi_slopes(8) == [2.0**-i for i in range(1, 9)]
    assert alibi_slopes(2) == [2.0**-4, 2.0**-8]
    assert alibi_slopes(3) == [2.0**-4, 2.0**-8, 2.0**-2]
    assert alibi_slopes(12) == [2.0**-i for i in range(1, 9)] + [2 ** -(i / 2) for i in (1, 3, 5, 7)]


def test_scores_fall_with_the_distance():
    bias = AlibiEncoding(2).bias(Positions.counting(3, 3), Positions.counting(3, 3))
    assert bias.shape == (1, 2, 3, 3)
    torch.testing.assert_close(bias[0, 0] * 16, torch.tensor([[0.0, -1.0, -2.0], [-1.0, 0.0, -1.0], [-2.0, -1.0, 0.0]]))
    moved = AlibiEncoding(2).bias(Positions(torch.tensor([[5, 6]])), Positions(torch.tensor([[6, 4, 5]])))
    torch.testing.assert_close(moved[0, 1] * 256, torch.tensor([[-1.0, -1.0, 0.0], [0.0, -2.0, -1.0]]))


@pytest.mark.parametrize(("buckets", "longest"), [(32, 128), (8, 20), (12, 50)])
@pytest.mark.parametrize("both_ways", [True, False])
def test_buckets_are_those_of_t5(buckets, longest, both_ways):
    from transformers.models.t5.modeling_t5 import T5Attention

    distance = torch.arange(-300, 300)
    theirs = T5Attention._relative_position_bucket(-distance, both_ways, buckets, longest)
    ours = distance_bucket(RelativeBias(buckets, longest, both_ways), distance.view(1, 1, -1))
    assert torch.equal(ours.flatten(), theirs)


def test_a_relative_bias_is_looked_up_by_head_and_distance():
    encoding = RelativeEncoding(RelativeBias(8, 16, both_ways=True), heads=3)
    bias = encoding.bias(Positions.counting(1, 4), Positions.counting(1, 4))
    for query in range(4):
        for key in range(4):
            bucket = query - key if key <= query else 4 + key - query
            row = encoding.table.weight[{3: 2, 7: 6}.get(bucket, bucket)]  # from 2 on, distances share a bucket
            torch.testing.assert_close(bias[0, :, query, key], row)


NEW_SCHEME = """
from dataclasses import dataclass
import torch
from hornbook.model.config import ModelConfig
from hornbook.model.models import Decoder
from hornbook.model.position_encodings import POSITION_ENCODINGS, PositionEncoding, distances

@dataclass(frozen=True)
class Window:
    size: int = 2

class WindowEncoding(PositionEncoding):
    def __init__(self, config):
        super().__init__()
        self.size = config.size

    def bias(self, query, key):
        return -1e9 * (distances(query, key)[:, None] >= self.size).float()

POSITION_ENCODINGS[Window] = lambda config, sizes: WindowEncoding(config)

model = Decoder(ModelConfig(vocabulary=7, width=8, heads=2, depth=1, position_encoding=Window(2)))
tokens = torch.tensor([[1, 2, 3, 4]])
other = torch.tensor([[5, 2, 3, 4]])
moved = (model(tokens) - model(other)).abs().amax(-1)[0] > 1e-6
assert moved.tolist() == [True, True, False, False], moved
"""


@pytest.mark.slow
def test_a_new_scheme_is_one_class_and_one_row():
    done = subprocess.run([sys.executable, "-c", NEW_SCHEME], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_yarn_lengthens_queries_and_keys_so_that_scores_are_sharper():
    turns = RotaryEncoding(Rotary(scaling=Yarn(4.0, context=64)), 8).turns(Positions.counting(1, 3))
    length = turns[0].square() + turns[1].square()
    torch.testing.assert_close(length.sqrt(), torch.full_like(length, 0.1 * math.log(4.0) + 1))
