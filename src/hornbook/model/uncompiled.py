"""A function that ``torch.compile`` leaves as it is, without paying for the compiler until one is used.

``torch.compiler.disable`` says the same and imports the whole compiler on the spot, which takes as long as importing
torch itself: every command would wait for it. PyTorch's optimizers face the same choice and decorate their steps with
the function below; it asks for the compiler when the decorated function is first called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from torch._compile import _disable_dynamo

Function = TypeVar("Function", bound=Callable[..., object])


def uncompiled(function: Function) -> Function:
    """The same function; in a compiled model it runs uncompiled, between two compiled parts."""
    return _disable_dynamo(function)  # type: ignore[return-value]
