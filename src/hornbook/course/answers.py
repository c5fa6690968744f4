"""What is said of a wrong answer: what was expected and found, and which mistake usually looks like that.

A check computes the right value and, beside it, the values that the common mistakes give. ``expect`` compares: a wrong
value that equals one of those is met with the hint for that mistake, any other with the general one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from hornbook.errors import CheckError

Answer = Callable[..., Any]
"""A function that a learner has written: it may take and return anything."""

NUMBERS = 6
"""How many numbers of a tensor are shown."""


class WrongAnswer(CheckError):
    """An answer is not the right one: ``str`` says what is wrong, ``hint`` what to look at."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def expect(
    what: str,
    found: Any,
    right: Any,
    mistakes: Mapping[str, Any] | None = None,
    hint: str = "",
    tolerance: float = 1e-4,
) -> None:
    """Compare an answer with the right one.

    Args:
        what: the call in words, as in ``softmax([1, 2, 3])``.
        found: what the learner's function returned: a number, text, a list of these, or a tensor.
        right: what it should have returned.
        mistakes: what the common mistakes return, by the hint that each of them needs.
        hint: said when it is none of these.
        tolerance: numbers may differ by so much, relative to their size where that is above 1.

    Raises:
        WrongAnswer: it is not the right one.
    """
    if agree(found, right, tolerance):
        return
    if found is None:
        raise WrongAnswer(f"{what} returned None", "A function without `return` gives None: is the last line missing?")
    told = f"{what}: expected {shown(right)}, found {shown(found)}"
    for likely, wrong in (mistakes or {}).items():
        if agree(found, wrong, tolerance):
            raise WrongAnswer(told, likely)
    if isinstance(right, Tensor):
        if not isinstance(found, Tensor):
            raise WrongAnswer(told, f"Expected a tensor, found a {type(found).__name__}.")
        if found.shape != right.shape:
            raise WrongAnswer(
                told, f"The shape should be {list(right.shape)}, and is {list(found.shape)}. {hint}".strip()
            )
    raise WrongAnswer(told, hint or "Compute this case by hand and compare step by step.")


@contextmanager
def explained(what: str, hint: str, *errors: type[Exception]) -> Iterator[None]:
    """Turn these errors of a learner's function, which one mistake usually causes, into a wrong answer with a hint."""
    try:
        yield
    except NotImplementedError:  # a RuntimeError too, and no mistake: it is not written yet
        raise
    except errors as error:
        raise WrongAnswer(f"{what}: {error}", hint) from error


def agree(found: Any, right: Any, tolerance: float = 1e-4) -> bool:
    """Are two answers the same: shapes and lengths equal, numbers near, everything else equal?"""
    if isinstance(right, Tensor):
        if not isinstance(found, Tensor) or found.shape != right.shape:
            return False
        if right.dtype in (torch.bool, torch.int64) and found.dtype != right.dtype:
            return False
        near = torch.isclose(found.detach().double(), right.detach().double(), rtol=tolerance, atol=tolerance)
        return bool(near.all())
    if isinstance(found, Tensor) and found.numel() == 1 and isinstance(right, float):
        found = float(found)
    if isinstance(right, bool | str | bytes):
        return type(found) is type(right) and bool(found == right)
    if isinstance(right, int | float):
        number = isinstance(found, int | float) and not isinstance(found, bool)
        return number and math.isclose(found, right, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(right, Sequence) and isinstance(found, Sequence) and not isinstance(found, str | bytes):
        pairs = zip(found, right, strict=False)
        return len(found) == len(right) and all(agree(one, other, tolerance) for one, other in pairs)
    return bool(found == right)


def shown(value: Any) -> str:
    """A value as short as it can be told."""
    if isinstance(value, Tensor):
        flat = value.detach().flatten()
        numbers = ", ".join(f"{number:.4g}" for number in flat[:NUMBERS].tolist())
        more = ", ..." if flat.numel() > NUMBERS else ""
        return f"tensor {list(value.shape)} of {numbers}{more}"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
