"""The ladder a model has to climb: what simpler ones lose on the very same targets.

uniform: every token equally likely, ln V. unigram: how often each token comes, whatever stands before it (the
Kneser-Ney model of order 1: its discounts leave something for tokens never seen). Kneser-Ney: the best n-gram model.
All are trained and chosen on the training tokens alone, and token 0 of the validation part, which nothing stands
before, is a target for none of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Integer

from hornbook.errors import TextError
from hornbook.evaluation.kneser_ney import KneserNey, choose_order

ORDERS = (2, 3, 4, 5, 6, 7)
"""The orders of which the best on held-out training text becomes the baseline."""

LIMIT = 4_000_000
"""Kneser-Ney is trained on at most this many tokens, the first ones: about 1 GB of memory and 10 s."""


@dataclass(frozen=True)
class NGrams:
    """What Kneser-Ney loses, in nats per token: ``order`` was chosen on training text alone.

    ``context`` is None where the history is never cut; otherwise the text was scored in consecutive windows of so many
    tokens, of which the first target sees one token, exactly as a model is evaluated.
    """

    order: int
    by_order: dict[int, float]
    context: int | None = None

    @property
    def loss(self) -> float:
        """Nats per token of the chosen order."""
        return self.by_order[self.order]

    def as_json(self) -> dict[str, Any]:
        """``loss``, ``order`` and ``by_order``, whose keys are strings."""
        by_order = {str(order): loss for order, loss in self.by_order.items()}
        return {"loss": self.loss, "order": self.order, "by_order": by_order}


@dataclass(frozen=True)
class Baselines:
    """What a model has to beat on these ``tokens`` targets, which make up ``bytes`` bytes; losses in nats per token."""

    uniform: float
    unigram: float
    kneser_ney: NGrams
    """With full history."""
    windows: NGrams | None
    """In the windows of the model, where those were told."""
    tokens: int
    bytes: int
    train_tokens: int
    train_tokens_used: int
    """How many Kneser-Ney and unigram were trained on: fewer than there are where that would take too much memory."""

    def bits_per_byte(self, loss: float) -> float:
        """The same in bits per byte of text, which compares across tokenizers."""
        return loss * self.tokens / math.log(2) / self.bytes

    def as_json(self) -> dict[str, Any]:
        """Losses in nats per token; the same in ``bits_per_byte``; and what they were trained on."""
        kneser_ney = self.kneser_ney.as_json()
        bits_per_byte = {
            "uniform": self.bits_per_byte(self.uniform),
            "unigram": self.bits_per_byte(self.unigram),
            "kneser_ney": self.bits_per_byte(self.kneser_ney.loss),
        }
        if self.windows is not None:
            kneser_ney["windows"] = {"context": self.windows.context, **self.windows.as_json()}
            bits_per_byte["kneser_ney_windows"] = self.bits_per_byte(self.windows.loss)
        return {
            "uniform": self.uniform,
            "unigram": self.unigram,
            "kneser_ney": kneser_ney,
            "bits_per_byte": bits_per_byte,
            "train_tokens": self.train_tokens,
            "train_tokens_used": self.train_tokens_used,
        }


def baselines(
    train_tokens: Integer[np.ndarray, " train"],
    validation_tokens: Integer[np.ndarray, " validation"],
    vocab_size: int,
    bytes: int,
    context: int | None,
    orders: Sequence[int] = ORDERS,
    limit: int = LIMIT,
) -> Baselines:
    """Train the simpler models on ``train_tokens`` and score them on every validation token but the first.

    Args:
        bytes: UTF-8 bytes of the validation text.
        context: the window in which the model is evaluated: Kneser-Ney is then scored that way too.
        orders: the orders of Kneser-Ney to choose from; ``by_order`` reports every order up to the longest of them.
        limit: train on this many tokens at most.

    Raises:
        TextError: too few tokens to train on, or nothing to score.
    """
    if len(validation_tokens) < 2:
        raise TextError(f"{len(validation_tokens)} validation tokens leave nothing to predict; give more text")
    used = np.asarray(train_tokens[:limit])
    order = choose_order(used, vocab_size, orders)
    model = KneserNey(used, vocab_size, min(max(orders), len(used)))
    losses = model.losses(validation_tokens)
    windows = None if context is None else NGrams(order, model.losses(validation_tokens, context), context)
    return Baselines(
        uniform=math.log(vocab_size),
        unigram=losses[1],
        kneser_ney=NGrams(order, losses),
        windows=windows,
        tokens=len(validation_tokens) - 1,
        bytes=bytes,
        train_tokens=len(train_tokens),
        train_tokens_used=len(used),
    )
