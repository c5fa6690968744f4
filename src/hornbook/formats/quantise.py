"""Q8_0: weights in a little more than eight bits each, the way llama.cpp and its GGUF files store them.

A row is cut into blocks of 32 numbers. A block is kept as one scale in 16 bits and 32 whole numbers from -127 to 127:
34 bytes instead of 128. No number moves by much more than half a step, which is 1/127 of the block's largest magnitude.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Float16, Int8, UInt8
from torch import Tensor

from hornbook.errors import DamagedError, SettingError

BLOCK = 32
"""How many neighbours in a row share a scale."""
STEPS = 127
"""The largest whole number in a block; -128 stays unused, so that both signs reach equally far."""
BLOCK_BYTES = 2 + BLOCK


@dataclass(frozen=True)
class Blocks:
    """A quantised tensor: value = scale · step, with one scale for every block."""

    scales: Float16[Tensor, "*rows blocks"]
    steps: Int8[Tensor, "*rows blocks 32"]


def quantise(weight: Float[Tensor, "*rows C"], name: str) -> Blocks:
    """scale = max|x| / 127 of the block, step = x / scale rounded to the nearest whole number.

    The steps are found with the scale in 32 bits, as llama.cpp does, and only then is the scale cut to 16.

    Raises:
        SettingError: the rows are no multiple of 32 long, or a number is not finite or beyond what 16 bits can scale;
            ``name`` says which tensor.
    """
    if weight.shape[-1] % BLOCK:
        raise SettingError(
            f"{name}: Q8_0 takes rows whose length is a multiple of {BLOCK}, found {weight.shape[-1]} "
            f"(shape {list(weight.shape)}); store this tensor as F32 or BF16"
        )
    blocks = weight.float().reshape(*weight.shape[:-1], -1, BLOCK)  # [..., C] -> [..., C/32, 32]
    scales = blocks.abs().amax(dim=-1, keepdim=True) / STEPS
    if not bool(scales.half().isfinite().all()):
        raise SettingError(
            f"{name}: holds a number that is not finite or beyond {torch.finfo(torch.float16).max * STEPS:.3g}, "
            "which Q8_0 cannot scale; store this tensor as F32 or BF16, or look for what went wrong in training"
        )
    steps = nearest_whole(blocks * torch.where(scales == 0, 0.0, 1 / scales))
    return Blocks(scales.squeeze(-1).half(), steps.to(torch.int8))


def nearest_whole(numbers: Float[Tensor, "*shape"]) -> Float[Tensor, "*shape"]:
    """The nearest whole numbers, halves away from zero as in C (``torch.round`` takes them to the even one)."""
    whole = numbers.trunc()
    return whole + (2 * (numbers - whole)).trunc()


def dequantise(blocks: Blocks) -> Float[Tensor, "*rows C"]:
    """The numbers again, in 32 bits: scale · step."""
    return (blocks.scales.float().unsqueeze(-1) * blocks.steps).flatten(-2)


def to_bytes(blocks: Blocks) -> UInt8[Tensor, "*rows bytes"]:
    """Blocks as they lie in a file: two bytes of scale, 32 bytes of steps, and the next block."""
    scales = blocks.scales.unsqueeze(-1).contiguous().view(torch.uint8)  # [..., blocks] -> [..., blocks, 2]
    return torch.cat([scales, blocks.steps.contiguous().view(torch.uint8)], dim=-1).flatten(-2)


def from_bytes(data: UInt8[Tensor, "*rows bytes"]) -> Blocks:
    """The inverse of ``to_bytes``; rows that are no whole number of blocks are a ``DamagedError``."""
    if data.shape[-1] % BLOCK_BYTES:
        raise DamagedError(f"a row of Q8_0 is a multiple of {BLOCK_BYTES} bytes long, found {data.shape[-1]}")
    scales, steps = data.reshape(*data.shape[:-1], -1, BLOCK_BYTES).split_with_sizes([2, BLOCK], dim=-1)
    return Blocks(scales.contiguous().view(torch.float16).squeeze(-1), steps.contiguous().view(torch.int8))
