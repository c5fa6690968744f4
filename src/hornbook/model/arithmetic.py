"""Which library multiplies matrices, and in what: where PyTorch's own choice leaves a processor half idle, another.

- **bfloat16** is multiplied on every processor; without instructions for it, far slower than float32. There the weights
  are widened, as soon as enough rows share that work.
- **float32** goes to MKL. On AMD's processors with vectors of 512 bits that was half as fast as oneDNN, which PyTorch
  brings along for its other formats (220 beside 490 billion operations a second, two cores); the sums are the same.

Next: weight_formats.py.
"""

from __future__ import annotations

import platform
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
    """What the processor says it can do, and whose it is, in lower case; empty where the system has no
    ``/proc/cpuinfo``."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").lower().splitlines()
    except OSError:
        return frozenset()
    said = ("flags", "features", "vendor_id")
    return frozenset(word for line in lines if line.startswith(said) for word in line.partition(":")[2].split())


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


# float32 --------------------------------------------------------------------------------------------------------------

WORTH_ANOTHER = 1 << 20
"""Multiplications of a product from which on calling another library repays."""


def has_library(device: torch.device) -> bool:
    """Whether oneDNN's products can be called by themselves: on processors of this family, where it was built in."""
    known = platform.machine().lower() in ("x86_64", "amd64")
    built: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return known and built and device.type == "cpu"


def halved(device: torch.device) -> bool:
    """Whether PyTorch's own products in float32 are half as fast as they could be on this processor."""
    wide = {"authenticamd", "avx512f"} <= processor_flags()
    usual: bool = torch.backends.mkl.is_available()  # type: ignore[no-untyped-call]
    return wide and usual and has_library(device)


halved._dynamo_marked_constant = True  # type: ignore[attr-defined]  # a compiler asks once; its decorator loads it all


def by_library(
    hidden: Float[Tensor, "*B I"], weight: Float[Tensor, "O I"], bias: Float[Tensor, " O"] | None = None
) -> Float[Tensor, "*B O"]:
    """hidden · weightᵀ + bias by oneDNN, in their own format; without a gradient (training/float32.py has one)."""
    answer: Tensor = torch.ops.mkldnn._linear_pointwise(hidden, weight, bias, "none", [], "")
    return answer


def product(left: Float[Tensor, "N K"], right: Float[Tensor, "M K"]) -> Float[Tensor, "N M"]:
    """left · rightᵀ: by PyTorch's choice or, where nothing learns through it, a quicker one."""
    learning = torch.is_grad_enabled() and (left.requires_grad or right.requires_grad)
    exact = left.dtype == right.dtype == torch.float32
    if exact and not learning and halved(left.device) and left.numel() * right.shape[0] >= WORTH_ANOTHER:
        return in_any_code(left, right, None)
    return left @ right.T


def in_any_code(
    left: Float[Tensor, "N K"], right: Float[Tensor, "M K"], bias: Float[Tensor, " M"] | None
) -> Float[Tensor, "N M"]:
    """``by_library`` under a name of our own: PyTorch's compiler takes the library's only for weights that never
    change. The left side is laid out row by row here, where compiled code does it in passing."""
    answer: Tensor = torch.ops.hornbook.product(left.contiguous(), right, bias)
    return answer


OURS = torch.library.Library("hornbook", "FRAGMENT")  # type: ignore[no-untyped-call]
OURS.define("product(Tensor left, Tensor right, Tensor? bias) -> Tensor")  # type: ignore[no-untyped-call]
OURS.impl("product", by_library, "CPU")  # type: ignore[no-untyped-call]


@torch.library.register_fake("hornbook::product")  # type: ignore[untyped-decorator]
def shape_of_product(
    left: Float[Tensor, "N K"], right: Float[Tensor, "M K"], bias: Float[Tensor, " M"] | None
) -> Float[Tensor, "N M"]:
    """What a compiler has to know of it."""
    return left.new_empty(left.shape[0], right.shape[0])
