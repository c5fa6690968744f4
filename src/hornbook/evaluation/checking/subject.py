"""The model under examination: how it is built, how it is asked, and what it is that a check brings back.

All that is expected of a model: ``model(tokens)`` takes whole numbers [B, T] and returns a score for every token of
the vocabulary at every place, [B, T, V]: as a tensor, as the first of several results, or as their ``logits``.
"""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.seeds import derive, torch_generator

LENGTH = 11
"""Tokens in a text, where the context has room for so many."""


@dataclass(frozen=True)
class Finding:
    """What a check brings back: whether it passed, what was seen, and for a failure what is usually the mistake."""

    state: Literal["passed", "failed", "left out"]
    seen: str
    likely: str = ""


def passed(seen: str) -> Finding:
    """All is well."""
    return Finding("passed", seen)


def failed(seen: str, likely: str) -> Finding:
    """Something is wrong, and this is where to look."""
    return Finding("failed", seen, likely)


def left_out(why: str) -> Finding:
    """There is nothing to check."""
    return Finding("left out", why)


@dataclass(frozen=True)
class Subject:
    """A model that can be built as often as wanted; ``build`` may draw its weights from PyTorch's global generator."""

    build: Callable[[], nn.Module]
    vocabulary: int
    context: int

    @property
    def length(self) -> int:
        """How long a text of the checks is."""
        return min(LENGTH, self.context)

    def model(self, seed: int = 0, exact: bool = True) -> nn.Module:
        """A model with weights of this ``seed``, ready to be asked; ``exact``: in float64."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive(seed, "checking", "build"))
            model = self.build()
        model.to(torch.float64 if exact else torch.float32)
        return model.eval()

    def tokens(self, rows: int = 1, length: int | None = None, seed: int = 0) -> Int[Tensor, "B T"]:
        """Texts drawn at random; with the same seed a shorter one is the beginning of a longer."""
        draw = torch_generator(seed, "checking", "tokens")
        whole = torch.randint(self.vocabulary, (self.context, rows), generator=draw)
        return whole[: length or self.length].T.contiguous()


def ask(model: nn.Module, tokens: Int[Tensor, "B T"]) -> Any:
    """The logits that a model answers with, [B, T, V] if it is right."""
    return unwrapped(model(tokens))


def unwrapped(answer: Any) -> Any:
    """The logits in an answer, in whichever form it comes."""
    if isinstance(answer, tuple | list) and answer:
        return answer[0]
    return getattr(answer, "logits", answer)


@torch.no_grad()
def answers(model: nn.Module, tokens: Int[Tensor, "B T"]) -> Any:
    """The same without gradients."""
    return ask(model, tokens)


def differ(one: Float[Tensor, "*_"], other: Float[Tensor, "*_"]) -> bool:
    """Whether two answers are different by more than rounding in float64 explains."""
    return not torch.allclose(one, other, rtol=1e-6, atol=1e-7)


def changed_at(one: Float[Tensor, "T V"], other: Float[Tensor, "T V"]) -> list[int]:
    """At which places two answers are different."""
    return [place for place in range(len(one)) if differ(one[place], other[place])]


def other_token(tokens: Int[Tensor, "B T"], place: int, vocabulary: int) -> Int[Tensor, "B T"]:
    """The texts with another token at one place."""
    changed = tokens.clone()
    changed[:, place] = (changed[:, place] + 1 + vocabulary // 2) % vocabulary
    return changed


def deepcopied(model: nn.Module) -> nn.Module:
    """A model with weights of its own, which may be trained."""
    return copy.deepcopy(model)


def where_it_broke(error: Exception, files: tuple[str, ...]) -> str:
    """An exception in one line, with the line of the author's own file that it came from."""
    said = f"{type(error).__name__}: {(str(error).strip().splitlines() or ['(no message)'])[0]}"
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    return f"{said}, at line {own[-1].lineno}: {own[-1].line}" if own else said
