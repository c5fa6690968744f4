"""What a model loses on a whole text: every token asked for exactly once, in windows laid end to end.

Sums are kept, in 64 bits, and divided once at the end: a mean of the means of batches weighs the short last one like
the others and is another number. Perplexity and bits per byte come from that one sum, so they cannot disagree.
Evaluating changes nothing: no random number is drawn, and every module is left in the mode it was in.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from hornbook.batches import IGNORED, Texts
from hornbook.data.token_file import TokenFile
from hornbook.data.windows import consecutive_windows
from hornbook.errors import SettingError
from hornbook.training.devices import moved
from hornbook.training.precision import Precision

LOGITS_AT_ONCE = 256
"""For how many tokens the logits exist at a time, whatever the batch: 50 MB with the vocabulary of GPT-2."""


@runtime_checkable
class LanguageModel(Protocol):
    """What evaluation asks of a model: hidden states for tokens, and logits for hidden states; an ``nn.Module``."""

    def hidden(self, tokens: Any, positions: Any = None) -> Any:
        """[B T] -> [B T C]."""
        ...

    def write(self, hidden: Any) -> Any:
        """[B T C] -> [B T V]."""
        ...

    def modules(self) -> Iterator[nn.Module]:
        """Itself and all modules inside it."""
        ...

    def parameters(self) -> Iterator[nn.Parameter]:
        """All of its parameters."""
        ...


@dataclass(frozen=True)
class Measured:
    """The loss of a model on a text: ``total`` nats over ``tokens`` targets, which make up ``bytes`` bytes of UTF-8."""

    total: float
    tokens: int
    bytes: int
    documents: Float[np.ndarray, " documents"] | None = field(default=None, compare=False, repr=False)
    """The nats of each document, where they were asked for; NaN for one whose first token nothing stands before."""
    places: Float[np.ndarray, " T"] | None = field(default=None, compare=False, repr=False)
    """The nats of the targets at each place of a window; at the first, a single token stands before them."""

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats per token."""
        return self.total / self.tokens

    @property
    def perplexity(self) -> float:
        """exp(loss): how many equally likely tokens would be as hard to guess."""
        return math.exp(self.loss) if self.loss < 700 else math.inf

    @property
    def bits_per_byte(self) -> float:
        """The same sum in bits for each byte of the text: it compares across tokenizers."""
        return self.total / math.log(2) / self.bytes

    def __str__(self) -> str:
        """In one line."""
        return f"{self.loss:.4f} nats/token  {self.bits_per_byte:.4f} bits/byte"

    def as_json(self) -> dict[str, Any]:
        """``val_loss``, ``bits_per_byte``, ``perplexity`` and ``tokens``."""
        return {
            "val_loss": self.loss,
            "bits_per_byte": self.bits_per_byte,
            "perplexity": self.perplexity,
            "tokens": self.tokens,
        }


def evaluate_loss(
    model: LanguageModel,
    file: TokenFile,
    context: int,
    batch: int = 32,
    *,
    autocast: torch.dtype = torch.float32,
    per_document: bool = False,
) -> Measured:
    """Cross-entropy of every token of ``file`` but the first, read in consecutive windows of ``context`` tokens.

    Args:
        batch: rows at a time; it changes the speed and not the result.
        autocast: the precision of the matrix products: float32, or bfloat16 or float16 where the device has them. The
            logits are always compared in float32 and summed in float64.
        per_document: also report the sum of each document.

    Raises:
        TextError: a single token leaves nothing to predict.
        SettingError: ``context`` or ``batch`` is not positive.
    """
    if context < 1 or batch < 1:
        raise SettingError(f"context: a window of {context} tokens, {batch} at a time, cannot be read; give 1 or more")
    total, target = 0.0, 1  # the index in the file of the next target
    starts = np.asarray(file.document_starts, dtype=np.int64)
    documents, places = np.zeros(len(starts)) if per_document else None, np.zeros(context)
    for losses in _losses(model, file, context, batch, autocast):
        total += float(losses.sum())
        places += np.bincount((np.arange(len(losses)) + target - 1) % context, weights=losses, minlength=context)
        if documents is not None:
            where = np.arange(target, target + len(losses))
            of = np.maximum(np.searchsorted(starts, where, side="right") - 1, 0)
            documents += np.bincount(of, weights=losses, minlength=len(documents))
        target += len(losses)
    if documents is not None and starts[0] == 0:
        documents[0] = math.nan
    return Measured(total, target - 1, int(file.bytes), documents, places)


def _losses(
    model: LanguageModel, file: TokenFile, context: int, batch: int, autocast: torch.dtype
) -> Iterator[Float[np.ndarray, " targets"]]:
    """The losses of the targets of each batch, in the order of the text."""
    device = next(model.parameters()).device
    with still(model.modules()):
        for texts in consecutive_windows(file, context, batch):
            with reading(device, autocast):
                losses = token_losses(model, moved(texts, device))
            yield losses[texts.targets != IGNORED].numpy().astype(np.float64)


def token_losses(model: LanguageModel, texts: Texts) -> Float[Tensor, "B T"]:
    """-ln p of every target in float32 on the CPU, 0 where nothing is asked; the logits exist a piece at a time."""
    hidden = torch.split(model.hidden(texts.tokens, texts.positions).flatten(0, 1), LOGITS_AT_ONCE)
    targets = torch.split(texts.targets.flatten(), LOGITS_AT_ONCE)
    losses = [
        F.cross_entropy(model.write(some[None])[0].float(), wanted, ignore_index=IGNORED, reduction="none")
        for some, wanted in zip(hidden, targets, strict=True)
    ]
    return torch.cat(losses).view(texts.targets.shape).cpu()


@contextmanager
def reading(device: torch.device, products: torch.dtype) -> Iterator[None]:
    """Nothing learns in here, and linear layers multiply as in a training in this precision."""
    with torch.inference_mode(), Precision(str(products).removeprefix("torch."), device.type).autocast():
        yield


@contextmanager
def still(modules: Iterable[nn.Module]) -> Iterator[None]:
    """Switch dropout and its like off inside the block; afterwards every module is in the mode it was in."""
    modes = [(module, module.training) for module in modules]
    for module, _ in modes:
        module.training = False
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
