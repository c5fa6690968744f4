"""Q8_0 is what the gguf package makes of the same numbers, bit for bit, and never further off than it promises."""

from __future__ import annotations

import gguf
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from hornbook.errors import DamagedError, SettingError
from hornbook.formats.quantise import dequantise, from_bytes, nearest_whole, quantise, to_bytes
from hornbook.seeds import torch_generator

Q8_0 = gguf.GGMLQuantizationType.Q8_0


def weights(*shape, seed=0, scale=0.02):
    return torch.randn(*shape, generator=torch_generator(seed, "weights")) * scale


@pytest.mark.parametrize("shape", [(32,), (7, 96), (3, 5, 64)])
@pytest.mark.parametrize("scale", [1e-9, 0.02, 300.0])
def test_the_bytes_are_those_of_the_gguf_package(shape, scale):
    weight = weights(*shape, scale=scale)
    expected = gguf.quants.quantize(weight.numpy(), Q8_0)
    np.testing.assert_array_equal(to_bytes(quantise(weight, "w")).numpy(), expected)
    restored = dequantise(from_bytes(torch.from_numpy(expected)))
    np.testing.assert_array_equal(restored.numpy(), gguf.quants.dequantize(expected, Q8_0))


def test_bytes_are_the_scale_and_then_the_steps():
    weight = torch.zeros(1, 64)
    weight[0, 0], weight[0, 1], weight[0, 33] = 127.0, -2.0, 254.0
    data = to_bytes(quantise(weight, "w"))
    assert data.shape == (1, 68)
    assert bytes(data[0, :5].tolist()) == np.float16(1.0).tobytes() + bytes([127, 254, 0])
    assert bytes(data[0, 34:38].tolist()) == np.float16(2.0).tobytes() + bytes([0, 127])


@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=64, max_size=64),
    st.sampled_from([1.0, 1e-3]),
)
def test_no_number_moves_by_much_more_than_half_a_step(numbers, scale):
    weight = torch.tensor(numbers).view(1, 64) * scale
    blocks = quantise(weight, "w")
    step = weight.view(1, 2, 32).abs().amax(-1, keepdim=True) / 127
    # Half a step of rounding, and 127 steps of a scale that is cut to 11 bits; below 2^-14 float16 has fewer.
    bound = step * (0.5 + 127 / 2048) + 127 * 2.0**-25 + 1e-6 * step
    assert ((dequantise(blocks) - weight).view(1, 2, 32).abs() <= bound).all()


def test_what_was_quantised_once_stays_as_it_is():
    once = dequantise(quantise(weights(5, 96), "w"))
    again = quantise(once, "w")
    torch.testing.assert_close(dequantise(again), once, atol=0.0, rtol=2e-3)
    assert torch.equal(again.steps, quantise(weights(5, 96), "w").steps)


def test_halves_are_rounded_away_from_zero():
    halves = torch.tensor([0.5, 1.5, 2.5, -0.5, -2.5, 0.49999997, 126.5])
    assert nearest_whole(halves).tolist() == [1, 2, 3, -1, -3, 0, 127]


def test_a_block_of_zeros_stays_zero():
    weight = weights(3, 64)
    weight[1, 32:] = 0.0
    restored = dequantise(quantise(weight, "w"))
    assert torch.equal(restored[1, 32:], torch.zeros(32))
    assert restored.isfinite().all()


def test_narrow_weights_are_taken_as_the_numbers_they_are():
    weight = weights(3, 64).bfloat16()
    assert torch.equal(to_bytes(quantise(weight, "w")), to_bytes(quantise(weight.float(), "w")))


def test_rows_that_are_no_multiple_of_a_block_are_refused_by_name():
    with pytest.raises(
        SettingError, match=r"blk\.0\.attn_q.*a multiple of 32, found 33 \(shape \[7, 33\]\).*F32 or BF16"
    ):
        quantise(weights(7, 33), "blk.0.attn_q")


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1e30])
def test_numbers_that_no_scale_can_reach_are_refused_by_name(bad):
    weight = weights(3, 64)
    weight[2, 40] = bad
    with pytest.raises(SettingError, match=r"token_embd: holds a number that is not finite or beyond 8.32e\+06"):
        quantise(weight, "token_embd")


def test_rows_of_bytes_that_are_no_blocks_are_refused():
    with pytest.raises(DamagedError, match="a multiple of 34 bytes long, found 35"):
        from_bytes(torch.zeros(3, 35, dtype=torch.uint8))
