"""Products in bfloat16: by the processor itself, or where it has no instructions for them, in float32.

PyTorch multiplies in bfloat16 on every processor; without instructions for it, matrices are multiplied far
slower than in float32. There the weights are widened, as soon as enough rows share that work. Next: weight_formats.py.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float, Shaped
from torch import Tensor

WORTH_WIDENING = 4
"""Rows up to which widening the weights takes longer than it saves."""
AT_ONCE = 1024
"""Rows of the weights that are widened at once, so that they are still in the processor's cache when multiplied; and a
vocabulary's whole table is never held in float32."""


@cache
def processor_flags() -> frozenset[str]:
    """What the processor says it can do, in lower case; empty where the system has no ``/proc/cpuinfo``."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").lower().splitlines()
    except OSError:
        return frozenset()
    return frozenset(
        word for line in lines if line.startswith(("flags", "features")) for word in line.partition(":")[2].split()
    )


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether matrices are multiplied in bfloat16 by the hardware itself, and not by a detour that is slower."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return device.type == "cpu" and bool(processor_flags() & {"avx512_bf16", "amx_bf16", "bf16"})


def bfloat16_product(hidden: Float[Tensor, "*B I"], weight: Shaped[Tensor, "O I"]) -> Float[Tensor, "*B O"]:
    """hidden · weightᵀ of numbers rounded to bfloat16, summed in float32, in bfloat16; by whatever is quicker."""
    rows = hidden.numel() // hidden.shape[-1]
    learning = torch.is_grad_enabled() and hidden.requires_grad  # which would keep the widened weights
    plain = hidden.device.type == "cpu" and not torch.compiler.is_compiling() and not learning
    if plain and rows > WORTH_WIDENING and not multiplies_bfloat16(hidden.device):
        return in_float32(hidden, weight)
    return F.linear(hidden.bfloat16(), weight.bfloat16())


def in_float32(hidden: Float[Tensor, "*B I"], weight: Shaped[Tensor, "O I"]) -> Float[Tensor, "*B O"]:
    """The same, computed in float32: (weight · hiddenᵀ)ᵀ, for which the library need not rearrange the weights."""
    columns = hidden.bfloat16().float().reshape(-1, hidden.shape[-1]).T
    product = columns.new_empty(weight.shape[0], columns.shape[1])
    for start in range(0, weight.shape[0], AT_ONCE):
        part = weight[start : start + AT_ONCE]
        exact = part.bfloat16() if part.dtype == torch.float32 else part
        torch.mm(exact.float(), columns, out=product[start : start + AT_ONCE])
    return product.T.bfloat16().reshape(*hidden.shape[:-1], weight.shape[0])
