"""The loss nobody can pass: what a source itself gives for the text it wrote, and what it means to be below it.

Where the source of a text is known (the story world, a Markov chain), -ln p of each document under that source is too.
Their sum over a validation split is its realised floor. For a model that did not see the answers, the expected excess
of a document's loss over the document's own floor is a Kullback-Leibler divergence, so never below zero
(Cover and Thomas, "Elements of Information Theory", theorem 2.6.3); both are sums over the same text, so most of what
makes a text easy or hard cancels in the difference. A mean difference more than three standard errors below zero is
therefore no luck: the model is told what it should predict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from hornbook.data.token_file import TokenFile
from hornbook.errors import CheckError
from hornbook.evaluation.loss import Measured

STANDARD_ERRORS = 3.0
"""How far below the floor a loss must be to count as a leak: at worst one honest evaluation in 700 is, by chance."""


@dataclass(frozen=True)
class Floor:
    """The realised entropy of a text: ``total`` nats over ``tokens`` targets of a tokenizer and ``bytes`` bytes."""

    total: float
    tokens: int
    bytes: int
    documents: Float[np.ndarray, " documents"] = field(compare=False, repr=False)
    """The nats of each document, its end included."""

    @property
    def loss(self) -> float:
        """Nats for each token a model has to predict."""
        return self.total / self.tokens

    @property
    def perplexity(self) -> float:
        """exp(loss)."""
        return math.exp(self.loss)

    @property
    def bits_per_byte(self) -> float:
        """Bits for each byte of the text, whatever the tokenizer."""
        return self.total / math.log(2) / self.bytes


@dataclass(frozen=True)
class Verdict:
    """How a model's loss stands to the floor; ``excess`` and ``standard_error`` in nats per document."""

    excess: float
    standard_error: float
    documents: int
    ratio: float
    """Loss over floor; bits per byte over bits per byte is the same."""

    @property
    def leak(self) -> bool:
        """Whether the loss is lower than the source allows."""
        return self.excess < -STANDARD_ERRORS * self.standard_error

    def __str__(self) -> str:
        """One sentence for a person."""
        if self.leak:
            below = f"{-self.excess / self.standard_error:.1f} standard errors" if self.standard_error else "far"
            return (
                f"leak: the loss lies {below} below the entropy of the source ({self.ratio:.2f} times the floor); the "
                "model knows more than the source allows, so targets leak into its inputs: check the mask, and that "
                "no validation text is given to the model"
            )
        return f"{self.ratio:.2f} times the floor, the entropy of the source"

    def check(self) -> None:
        """Raise ``CheckError`` with that sentence if there is a leak."""
        if self.leak:
            raise CheckError(str(self))

    def as_json(self) -> dict[str, Any]:
        """The numbers, and whether there is a leak."""
        return {
            "excess": self.excess,
            "standard_error": self.standard_error,
            "documents": self.documents,
            "ratio": self.ratio,
            "leak": self.leak,
        }


def floor_of(file: TokenFile) -> Floor | None:
    """The floor of a token file for a model of its tokenizer; None where the source of the text is not known."""
    if file.log_probability is None:
        return None
    documents = -np.asarray(file.log_probabilities, dtype=np.float64)
    return Floor(float(documents.sum()), len(file.tokens) - 1, int(file.bytes), documents)


def leak(measured: Measured, floor: Floor) -> Verdict:
    """Compare a loss with the floor of the same text.

    With the loss of each document (``evaluate_loss(..., per_document=True)``) the standard error is that of the paired
    differences; a document that could not be scored as a whole is left out. Without, it is that of the floor's own
    documents, which is larger: that test is blunter and never quicker to accuse.
    """
    ratio = measured.total / floor.total if floor.total else math.inf
    if measured.documents is None:
        count = len(floor.documents)
        excess, spread = (measured.total - floor.total) / count, floor.documents
    else:
        spread = measured.documents - floor.documents
        spread = spread[~np.isnan(spread)]
        count = len(spread)
        excess = float(spread.mean()) if count else 0.0
    standard_error = float(spread.std(ddof=1)) / math.sqrt(count) if count > 1 else math.inf
    return Verdict(excess, standard_error, count, ratio)
