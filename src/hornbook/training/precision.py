"""In which arithmetic the forward pass runs. Weights, gradients and optimizer state are float32 whatever is chosen
here.

Half of the bits are enough for multiplications (Micikevicius et al. 2018). bfloat16 keeps float32's range and needs
nothing else; float16 does not, and small gradients vanish in it unless the loss is scaled up first.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch

from hornbook.errors import SettingError
from hornbook.model.arithmetic import halved, multiplies_bfloat16
from hornbook.training.config import PrecisionName
from hornbook.training.float8 import Float8Products
from hornbook.training.float32 import Float32Products


@dataclass(frozen=True)
class Precision:
    """The arithmetic of a run: ``name`` is float32, bfloat16, float16 or float8, ``reason`` why it was chosen."""

    name: str
    device: str = "cpu"
    reason: str = "asked for"

    def loss_scale(self) -> LossScale:
        """What the loss is scaled by at the start of a run: nothing, except in float16."""
        return LossScale(65536.0, moving=True) if self.name == "float16" else LossScale()

    @property
    def dtype(self) -> torch.dtype:
        """What products are told in; those in 8 bits in bfloat16."""
        return torch.bfloat16 if self.name == "float8" else getattr(torch, self.name)

    @contextlib.contextmanager
    def autocast(self) -> Iterator[None]:
        """A context in which multiplications run in this arithmetic."""
        with contextlib.ExitStack() as entered:
            for each in ARITHMETICS[self.name](self.device):
                entered.enter_context(each)
            yield


ARITHMETICS: dict[str, Callable[[str], list[contextlib.AbstractContextManager[object]]]] = {
    "float32": lambda device: [Float32Products()] if halved(torch.device(device)) else [],
    "bfloat16": lambda device: [torch.autocast(device, dtype=torch.bfloat16)],
    "float16": lambda device: [torch.autocast(device, dtype=torch.float16)],
    "float8": lambda device: [torch.autocast(device, dtype=torch.bfloat16), Float8Products()],
}
"""What a forward pass in each arithmetic stands in."""

EIGHT_BITS = (8, 9)
"""The compute capability from which GPUs multiply in 8 bits: Ada and Hopper."""

FLOAT32 = Precision("float32")


def choose_precision(asked: PrecisionName, device: torch.device) -> Precision:
    """What ``asked`` means on this device: ``auto`` is bfloat16 where the hardware has it, float16 on a GPU without,
    or float32.

    Raises:
        SettingError: float16 or float8 was asked for on a processor, where they are slower than float32 and no use; or
            float8 on a GPU that has no products in it.
    """
    if asked in ("float16", "float8") and device.type == "cpu":
        raise SettingError(f'precision: "{asked}" is for GPUs; on this processor use "auto", "bfloat16" or "float32"')
    if asked == "float8" and (found := torch.cuda.get_device_capability(device)) < EIGHT_BITS:
        raise SettingError(
            f'precision: "float8" wants a GPU of compute capability {version(EIGHT_BITS)} or more, and this one has '
            f'{version(found)}; use "bfloat16"'
        )
    if asked != "auto":
        return Precision(asked, device.type)
    if multiplies_bfloat16(device):
        return Precision("bfloat16", device.type, f"the {device.type} multiplies in bfloat16")
    if device.type == "cuda":
        return Precision("float16", device.type, "this GPU has no bfloat16; the loss is scaled")
    return Precision("float32", device.type, f"the {device.type} has no bfloat16")


def version(capability: tuple[int, int]) -> str:
    """``9.0``."""
    return ".".join(map(str, capability))


@dataclass
class LossScale:
    """What the loss is multiplied with before the backward pass: 1, or in float16 as much as goes without overflow.

    A ``moving`` scale is halved when a gradient overflows (that step is left out) and doubled after ``patience`` steps
    without. ``value`` and ``good`` belong into a checkpoint.
    """

    value: float = 1.0
    good: int = 0
    moving: bool = False
    patience: int = 2000

    @property
    def may_overflow(self) -> bool:
        """Whether a gradient that is not finite is the scale's fault, which a smaller one mends."""
        return self.moving and self.value > 1

    def update(self, finite: bool) -> bool:
        """Learn whether a step's gradients were finite; whether the step is to be made."""
        if self.moving and not finite:
            self.value, self.good = self.value / 2, 0
        elif self.moving:
            self.good += 1
            if self.good == self.patience:
                self.value, self.good = self.value * 2, 0
        return finite
