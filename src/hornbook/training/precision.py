"""In which arithmetic the forward pass runs. Weights, gradients and optimizer state are float32 whatever is chosen
here.

Half of the bits are enough for multiplications (Micikevicius et al. 2018). bfloat16 keeps float32's range and needs
nothing else; float16 does not, and small gradients vanish in it unless the loss is scaled up first.
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

import torch

from hornbook.errors import SettingError
from hornbook.model.arithmetic import multiplies_bfloat16
from hornbook.training.config import PrecisionName


@dataclass(frozen=True)
class Precision:
    """The arithmetic of a run: ``name`` is float32, bfloat16 or float16, ``reason`` why it was chosen."""

    name: str
    device: str = "cpu"
    reason: str = "asked for"

    def loss_scale(self) -> LossScale:
        """What the loss is scaled by at the start of a run: nothing, except in float16."""
        return LossScale(65536.0, moving=True) if self.name == "float16" else LossScale()

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """A context in which multiplications run in this arithmetic; of no effect in float32."""
        if self.name == "float32":
            return contextlib.nullcontext()
        return torch.autocast(self.device, dtype=getattr(torch, self.name))


FLOAT32 = Precision("float32")


def choose_precision(asked: PrecisionName, device: torch.device) -> Precision:
    """What ``asked`` means on this device: ``auto`` is bfloat16 where the hardware has it, float16 on a GPU without,
    or float32.

    Raises:
        SettingError: float16 was asked for on a processor, where it is slower than float32 and no use.
    """
    if asked == "float16" and device.type == "cpu":
        raise SettingError('precision: "float16" is for GPUs; on this processor use "auto", "bfloat16" or "float32"')
    if asked != "auto":
        return Precision(asked, device.type)
    if multiplies_bfloat16(device):
        return Precision("bfloat16", device.type, f"the {device.type} multiplies in bfloat16")
    if device.type == "cuda":
        return Precision("float16", device.type, "this GPU has no bfloat16; the loss is scaled")
    return Precision("float32", device.type, f"the {device.type} has no bfloat16")


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
