"""Preferences: of two answers to the same question, the better one is to become likelier than the worse.

p(answer | question) is the product over the answer's tokens; c = log p(chosen), r = log p(rejected)
DPO    -log sigmoid(beta ((c - c_ref) - (r - r_ref)))          how far the model has moved from its reference
IPO    ((c - c_ref) - (r - r_ref) - 1 / (2 beta))^2            a margin that is not exceeded
SimPO  -log sigmoid(beta (c / |chosen| - r / |rejected|) - margin)      no reference, and length does not count
reward -log sigmoid(score(chosen) - score(rejected))           a model of its own that gives answers a number
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import IGNORED, Positions, Preferences, Texts
from hornbook.data.config import DPO, IPO, PreferenceLoss, SimPO
from hornbook.errors import TextError
from hornbook.model.heads import Classifier
from hornbook.model.models import Decoder
from hornbook.training.objectives import Loss


def answer_log_probabilities(model: Decoder, texts: Texts) -> tuple[Float[Tensor, " B"], Int[Tensor, " B"]]:
    """log p of everything that is asked in each row, in nats, and how many tokens that is."""
    logits = model.write(model.hidden(texts.tokens, texts.positions)).float()
    losses = F.cross_entropy(logits.flatten(0, 1), texts.targets.flatten(), ignore_index=IGNORED, reduction="none")
    return -losses.view_as(texts.targets).sum(dim=1), (texts.targets != IGNORED).sum(dim=1)


def side_by_side(batch: Preferences) -> Texts:
    """Better and worse answers as one batch of twice the rows: one pass through the model."""
    both = (batch.chosen, batch.rejected)
    width = max(texts.tokens.shape[1] for texts in both)
    filled = [widened(texts, width) for texts in both]
    index = torch.cat([positions_of(texts).index for texts in filled])
    tokens, targets = (torch.cat([getattr(texts, name) for texts in filled]) for name in ("tokens", "targets"))
    return Texts(tokens, targets, Positions(index))


def positions_of(texts: Texts) -> Positions:
    """Where its tokens stand."""
    return texts.positions or Positions.counting(len(texts.tokens), texts.tokens.shape[1], texts.tokens.device)


def widened(texts: Texts, width: int) -> Texts:
    """The same rows, filled up on the right."""
    more = width - texts.tokens.shape[1]
    index = F.pad(positions_of(texts).index, (0, more), value=-1)
    return Texts(F.pad(texts.tokens, (0, more)), F.pad(texts.targets, (0, more), value=IGNORED), Positions(index))


# The losses -----------------------------------------------------------------------------------------------------------


def dpo(config: DPO, chosen: Float[Tensor, " B"], rejected: Float[Tensor, " B"], **_: Any) -> Float[Tensor, " B"]:
    """Rafailov et al. 2023, eq. 7; smoothed as in Mitchell 2023, eq. 3. Arguments are log-ratios to the reference."""
    margin = config.beta * (chosen - rejected)
    smoothing = config.label_smoothing
    return -(1 - smoothing) * F.logsigmoid(margin) - smoothing * F.logsigmoid(-margin)


def ipo(config: IPO, chosen: Float[Tensor, " B"], rejected: Float[Tensor, " B"], **_: Any) -> Float[Tensor, " B"]:
    """Azar et al. 2024, eq. 17. Arguments are log-ratios to the reference."""
    return (chosen - rejected - 1 / (2 * config.beta)) ** 2


def simpo(
    config: SimPO,
    chosen: Float[Tensor, " B"],
    rejected: Float[Tensor, " B"],
    lengths: tuple[Int[Tensor, " B"], Int[Tensor, " B"]],
) -> Float[Tensor, " B"]:
    """Meng et al. 2024, eq. 6. Arguments are log-probabilities."""
    return -F.logsigmoid(config.beta * (chosen / lengths[0] - rejected / lengths[1]) - config.margin)


PREFERENCE_LOSSES: dict[type, Callable[..., Tensor]] = {DPO: dpo, IPO: ipo, SimPO: simpo}


def with_a_reference(loss: PreferenceLoss) -> bool:
    """Whether a loss compares with a model that does not learn."""
    return not isinstance(loss, SimPO)


@dataclass(frozen=True)
class PreferenceObjective:
    """The mean loss of a preference over pairs."""

    loss: PreferenceLoss

    def __call__(self, model: Decoder, batch: Preferences) -> Loss:
        """The sum over the pairs of a batch, and their number."""
        nats, counts = answer_log_probabilities(model, side_by_side(batch))
        chosen, rejected = nats.chunk(2)
        if batch.reference is not None:
            chosen, rejected = chosen - batch.reference[:, 0], rejected - batch.reference[:, 1]
        each = PREFERENCE_LOSSES[type(self.loss)](self.loss, chosen, rejected, lengths=counts.chunk(2))
        return Loss(each.sum(), torch.tensor(len(each), device=each.device))


def rewards(model: Classifier, texts: Texts) -> Float[Tensor, " B"]:
    """The number that a reward model gives to each text."""
    [scores] = model(texts.tokens, positions_of(texts))
    numbers: Tensor = scores.float().squeeze(-1)
    return numbers


def reward_loss(model: Classifier, batch: Preferences) -> Loss:
    """-log sigmoid of how much higher the better answer is scored (Ouyang et al. 2022, eq. 1)."""
    chosen, rejected = rewards(model, side_by_side(batch)).chunk(2)
    return Loss(-F.logsigmoid(chosen - rejected).sum(), torch.tensor(len(chosen), device=chosen.device))


# What a model prefers -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Preferred:
    """Held-out pairs: the mean ``loss``, and how often the better answer won.

    ``likelier`` counts pairs whose better answer is likelier (half where both are alike), ``moved`` those whose better
    answer gained more against the reference, ``shorter`` those whose better answer has fewer tokens.
    """

    loss: float
    pairs: int
    likelier: float
    moved: float | None
    shorter: float

    @property
    def accuracy(self) -> float:
        """The share of pairs whose better answer is likelier."""
        return self.likelier / self.pairs

    def __str__(self) -> str:
        """In one line."""
        return f"{self.loss:.4f} nats/pair  {100 * self.accuracy:.1f} % prefer the better answer"

    def as_json(self) -> dict[str, Any]:
        """``val_loss``, ``accuracy``, ``pairs``, ``moved`` and ``shorter`` as shares."""
        return {
            "val_loss": self.loss,
            "accuracy": self.accuracy,
            "pairs": self.pairs,
            "moved": None if self.moved is None else self.moved / self.pairs,
            "shorter": self.shorter / self.pairs,
        }


def wins(first: Float[Tensor, " N"] | Int[Tensor, " N"], second: Float[Tensor, " N"] | Int[Tensor, " N"]) -> float:
    """How often the first is higher; half a win where both are alike."""
    return float((first > second).sum() + (first == second).sum() / 2)


Values = tuple[Tensor, Tensor]
"""A number for each answer [B], and how many tokens each has [B]."""


def judge(
    value: Callable[[Texts], Values], loss: Callable[[Preferences], Loss], batches: Iterable[Preferences]
) -> Preferred:
    """Every pair once; ``value`` gives answers their numbers, ``loss`` is that of the training."""
    total = pairs = 0.0
    likelier = moved = shorter = 0.0
    compared = True
    with torch.inference_mode():
        for batch in batches:
            numbers, lengths = value(side_by_side(batch))
            (chosen, rejected), (long, short) = numbers.chunk(2), lengths.chunk(2)
            likelier += wins(chosen, rejected)
            shorter += wins(short, long)
            if batch.reference is not None:
                moved += wins(chosen - batch.reference[:, 0], rejected - batch.reference[:, 1])
            compared = compared and batch.reference is not None
            total, pairs = total + float(loss(batch).total), pairs + len(chosen)
    if not pairs:
        raise TextError("there is no pair to compare")
    return Preferred(total / pairs, int(pairs), likelier, moved if compared else None, shorter)


def reference_of(model: Decoder, batches: Iterable[Preferences]) -> Float[np.ndarray, "N 2"]:
    """log p of the better and of the worse answer of every pair under a model that will not learn."""
    rows = []
    with torch.inference_mode():
        for batch in batches:
            nats, _ = answer_log_probabilities(model, side_by_side(batch))
            rows.append(torch.stack(nats.chunk(2), dim=1).cpu().numpy())
    return np.concatenate(rows).astype(np.float32)
