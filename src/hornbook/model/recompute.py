"""Memory for time: what a block computed is thrown away after the forward pass and computed again in the backward one.

What stays is the stream between the blocks (Chen et al. 2016, "Training Deep Nets with Sublinear Memory Cost"): the
rest of a step's memory no longer grows with the depth, for about a third more time. Put on from outside: no part knows
of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import partial
from typing import Any, TypeVar

import torch
from torch import nn
from torch.overrides import TorchFunctionMode, _get_current_function_mode_stack
from torch.utils.checkpoint import checkpoint

from hornbook.model.blocks import Block

Kept = TypeVar("Kept", bound=nn.Module)


def recompute(model: Kept) -> Kept:
    """The same ``model``, from now on computing every ``Block`` twice in training; names and numbers stay.

    Dropout draws the same the second time, so the gradients are those of the plain model. A forward hook inside a
    block is called both times. Asking a second time changes nothing.
    """
    for block in model.modules():
        if isinstance(block, Block) and not isinstance(block.forward, partial):
            block.forward = partial(twice, block.forward)  # type: ignore[method-assign]
    return model


def twice(forward: Callable[..., Any], *inputs: Any, **more: Any) -> Any:
    """``forward``, forgetting everything but its inputs, where a backward pass may follow.

    A cache is written while a block runs, and may be written once only: with one, nothing is computed again.
    """
    cached = more.get("cache", inputs[2] if len(inputs) > 2 else None) is not None
    if cached or not torch.is_grad_enabled():
        return forward(*inputs, **more)
    if torch.compiler.is_compiling():
        return checkpoint(forward, *inputs, use_reentrant=False, **more)
    return checkpoint(forward, *inputs, use_reentrant=False, context_fn=same_arithmetic, **more)


def same_arithmetic() -> tuple[AbstractContextManager[None], AbstractContextManager[None]]:
    """What the first and the second time run in: whoever makes the products now (training/float8.py) makes them then.
    Autocast and random numbers PyTorch sees to itself."""
    return nullcontext(), entered(_get_current_function_mode_stack())  # type: ignore[no-untyped-call]


@contextmanager
def entered(modes: list[TorchFunctionMode]) -> Iterator[None]:
    """Inside all of them."""
    with ExitStack() as stack:
        for each in modes:
            stack.enter_context(each)
        yield
