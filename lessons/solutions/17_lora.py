"""Solutions of lesson 17."""

from __future__ import annotations

from torch import Tensor


def lora(x: Tensor, weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor:
    """The layer for x [B, I]: weight [O, I], down (A) [R, I], up (B) [O, R]; no bias."""
    return x @ weight.T + alpha / len(down) * (x @ down.T) @ up.T


def merged(weight: Tensor, down: Tensor, up: Tensor, alpha: float) -> Tensor:
    """One matrix [O, I] that does the same."""
    return weight + alpha / len(down) * up @ down


def trained_numbers(inputs: int, outputs: int, rank: int) -> int:
    """How many numbers LoRA trains beside one matrix of this size."""
    return rank * (inputs + outputs)
