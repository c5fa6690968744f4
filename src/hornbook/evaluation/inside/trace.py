"""Every tensor of one forward pass, in the order they were made, with the line of code that made it.

PyTorch tells of every function that is called on a tensor (``TorchFunctionMode``); the innermost line of the model's
own code that is at work then is the one to name. Views are no new tensors and are left out. The explicit kernel works
in place of the fused ones, so that scores and weights exist.
"""

from __future__ import annotations

import linecache
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

import hornbook.model
from hornbook.evaluation.inside.observing import replaced
from hornbook.evaluation.loss import still
from hornbook.model.attention import Attention
from hornbook.model.kernels import KERNELS
from hornbook.model.models import Model

ROOM = Path(hornbook.model.__file__).parent


@dataclass(frozen=True)
class Made:
    """A tensor: the module and function that made it, its shape and statistics, and where that is written."""

    module: str
    function: str
    shape: tuple[int, ...]
    mean: float
    std: float
    low: float
    high: float
    file: str
    line: int
    code: str


class Watching(TorchFunctionMode):
    """While it is entered, keeps what is made in ``made``; ``at_work`` are the names of the modules that are busy."""

    def __init__(self) -> None:
        super().__init__()
        self.made: list[Made] = []
        self.at_work: list[str] = []

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Call the function, and note what it gave if that is a new tensor of floats."""
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor) and result.is_floating_point() and result.numel():
            storages = {
                each.untyped_storage().data_ptr() for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)
            }
            where = line_of_the_model()
            if where is not None and result.untyped_storage().data_ptr() not in storages:
                self.made.append(self.described(result, getattr(func, "__name__", str(func)), *where))
        return result

    def described(self, result: Float[Tensor, "*shape"], function: str, file: Path, line: int) -> Made:
        """The tensor in numbers; scores that may not be seen, minus infinity to the eye, are left out of them."""
        values = result.float()
        values = values[values > torch.finfo(result.dtype).min]
        low, high = (float(values.min()), float(values.max())) if values.numel() else (0.0, 0.0)
        spread = float(values.std(correction=0)) if values.numel() else 0.0
        mean = float(values.mean()) if values.numel() else 0.0
        code = linecache.getline(str(file), line).strip()
        module = self.at_work[-1] if self.at_work else ""
        name = f"{ROOM.name}/{file.relative_to(ROOM).as_posix()}"
        return Made(module, function.strip("_"), tuple(result.shape), mean, spread, low, high, name, line, code)


def line_of_the_model() -> tuple[Path, int] | None:
    """The innermost line of the room ``model`` that is being run."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if ROOM in path.parents:
            return path, frame.f_lineno
        frame = frame.f_back
    return None


def trace(model: Model, *inputs: Int[Tensor, "B _"]) -> list[Made]:
    """Every tensor of floats that ``model`` makes of ``inputs`` (tokens; source and tokens for an encoder-decoder)."""
    watching = Watching()

    def enter(name: str) -> Any:
        return lambda module, given: watching.at_work.append(name)

    def leave(module: nn.Module, given: object, result: object) -> None:
        watching.at_work.pop()

    with ExitStack() as stack, still(model.modules()), torch.no_grad():
        for name, module in model.named_modules():
            stack.callback(module.register_forward_pre_hook(enter(name)).remove)
            stack.callback(module.register_forward_hook(leave).remove)
            if isinstance(module, Attention):
                stack.enter_context(replaced(module, KERNELS["explicit"]))
        with watching:
            model(*inputs)
    return watching.made
