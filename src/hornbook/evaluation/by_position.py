"""The loss by how many tokens stand before: whether a model uses all of its context."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Int

from hornbook.batches import IGNORED
from hornbook.data.token_file import TokenFile
from hornbook.data.windows import consecutive_windows
from hornbook.evaluation.loss import LanguageModel, Measured, still, token_losses
from hornbook.training.devices import moved


def means_by_place(measured: Measured) -> tuple[Float[np.ndarray, " T"], Int[np.ndarray, " T"]] | None:
    """The same of a text that was evaluated in windows laid end to end, whole; ``None`` where nobody kept it apart."""
    if measured.places is None:
        return None
    whole, rest = divmod(measured.tokens, len(measured.places))
    counts = whole + (np.arange(len(measured.places)) < rest)
    reached = counts > 0
    return measured.places[reached] / counts[reached], counts[reached]


def loss_by_position(
    model: LanguageModel, file: TokenFile, context: int, most_tokens: int, batch: int = 16
) -> tuple[Float[np.ndarray, " T"], Int[np.ndarray, " T"]]:
    """Mean nats of the targets at each place of a window, and how many there were, in windows laid end to end.

    Reads whole batches until ``most_tokens`` are read, from the beginning of ``file``. A place has one token more
    before its target than the place before it; places that no window reaches are left out.
    """
    sums, counts = np.zeros(context), np.zeros(context, dtype=np.int64)
    device = next(model.parameters()).device
    with still(model.modules()), torch.inference_mode():
        for texts in consecutive_windows(file, context, batch):
            asked = (texts.targets != IGNORED).numpy()
            sums += (token_losses(model, moved(texts, device)).double().numpy() * asked).sum(0)
            counts += asked.sum(0)
            if counts.sum() >= most_tokens:
                break
    reached = counts > 0
    return sums[reached] / counts[reached], counts[reached]
