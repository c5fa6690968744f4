"""How often a model is right, beside what it loses: on hidden tokens, on answers to a source, on classes of texts.

Everything is counted and divided once at the end, never averaged over batches. Accuracy on tokens is teacher-forced:
the model sees what it should have written so far, not what it would have. Evaluating changes nothing (loss.py).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from hornbook.batches import IGNORED, Labelled, Pairs, Texts
from hornbook.errors import TextError
from hornbook.evaluation.classes import Calibration, class_scores
from hornbook.evaluation.loss import LOGITS_AT_ONCE, LanguageModel, reading, still
from hornbook.model.heads import Classifier
from hornbook.model.models import EncoderDecoder
from hornbook.training.devices import moved

Batch = TypeVar("Batch", Texts, Pairs, Labelled)


def share(part: int, whole: int) -> float:
    """``part`` of ``whole``; NaN of nothing."""
    return part / whole if whole else math.nan


# Tokens ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Guesses:
    """What a model guessed of ``tokens`` targets: ``total`` nats lost, ``right`` of them its first choice.

    ``rows`` counts the rows in which anything was asked, ``rows_right`` those without a mistake.
    """

    total: float
    tokens: int
    right: int
    rows: int
    rows_right: int

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats per target."""
        return self.total / self.tokens

    @property
    def perplexity(self) -> float:
        """exp(loss)."""
        return math.exp(self.loss) if self.loss < 700 else math.inf

    @property
    def accuracy(self) -> float:
        """The share of the targets that were the model's first choice, given everything before them."""
        return self.right / self.tokens

    @property
    def exact_match(self) -> float:
        """The share of the rows in which every target was."""
        return self.rows_right / self.rows

    def __str__(self) -> str:
        """In one line."""
        return f"{self.loss:.4f} nats/token  {100 * self.accuracy:.1f} % of tokens right"

    def as_json(self) -> dict[str, Any]:
        """``val_loss``, ``perplexity``, ``accuracy``, ``exact_match``, ``tokens`` and ``rows``."""
        return {
            "val_loss": self.loss,
            "perplexity": self.perplexity,
            "accuracy": self.accuracy,
            "exact_match": self.exact_match,
            "tokens": self.tokens,
            "rows": self.rows,
        }


def evaluate_masked(
    model: LanguageModel, batches: Iterable[Texts], *, autocast: torch.dtype = torch.float32
) -> Guesses:
    """How well hidden tokens are guessed, over all batches; for any other ``Texts`` too, as those of a decoder.

    Args:
        autocast: the precision of the matrix products. Logits are always compared in float32.

    Raises:
        TextError: nothing is asked in any batch.
    """

    def hidden(texts: Texts) -> tuple[Tensor, Tensor]:
        return model.hidden(texts.tokens, texts.positions), texts.targets

    return counted(model, batches, hidden, autocast)


def evaluate_pairs(
    model: EncoderDecoder, batches: Iterable[Pairs], *, autocast: torch.dtype = torch.float32
) -> Guesses:
    """How well answers are written, over all batches, each token after the right ones before it (teacher forcing).

    Raises:
        TextError: nothing is asked in any batch.
    """

    def hidden(pairs: Pairs) -> tuple[Tensor, Tensor]:
        memory = model.encode(pairs.source, pairs.source_positions)
        return model.hidden(pairs.target.tokens, memory, pairs.target.positions), pairs.target.targets

    return counted(model, batches, hidden, autocast)


def counted(
    model: LanguageModel | EncoderDecoder,
    batches: Iterable[Batch],
    hidden: Callable[[Batch], tuple[Float[Tensor, "B T C"], Int[Tensor, "B T"]]],
    autocast: torch.dtype,
) -> Guesses:
    """Everything that ``Guesses`` counts, where ``hidden`` gives the last stream of a batch and its targets."""
    device = next(model.parameters()).device
    total, counts = 0.0, np.zeros(4, dtype=np.int64)
    with still(model.modules()):
        for batch in batches:
            with reading(device, autocast):
                stream, targets = hidden(moved(batch, device))
                losses, right = guessed(model, stream, targets)
            asked = targets != IGNORED
            rows = asked.any(dim=1)
            faultless = rows & (right | ~asked).all(dim=1)
            total += float(losses.double().sum())
            counts += np.array([int(each.sum()) for each in (asked, right, rows, faultless)])
    if not counts[0]:
        raise TextError("nothing is asked in any batch: there are no targets to evaluate on; use a longer text")
    return Guesses(total, *map(int, counts))


def guessed(
    model: LanguageModel | EncoderDecoder, stream: Float[Tensor, "B T C"], targets: Int[Tensor, "B T"]
) -> tuple[Float[Tensor, " N"], Bool[Tensor, "B T"]]:
    """-ln p of the N targets that are asked, and where the first choice was right; logits exist a piece at a time."""
    asked = targets != IGNORED
    losses, right = [torch.zeros(0, device=targets.device)], torch.zeros_like(asked)
    hits = [torch.zeros(0, dtype=torch.bool, device=targets.device)]
    pieces = zip(*(torch.split(each[asked], LOGITS_AT_ONCE) for each in (stream, targets)), strict=True)
    for some, wanted in pieces:
        logits = model.write(some[None])[0].float()
        losses.append(F.cross_entropy(logits, wanted, reduction="none"))
        hits.append(logits.argmax(dim=-1) == wanted)
    right[asked] = torch.cat(hits)
    return torch.cat(losses), right


# Classes --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Answers:
    """What a classifier answered: ``total`` nats lost over all labels.

    ``confusion`` has a table for each question: entry [i, j] counts the texts of class i that were taken for class j.
    ``texts`` counts those with any label, ``all_right`` those whose labels were all given; ``calibration`` says how
    sure the answers were.
    """

    total: float
    confusion: tuple[Int[np.ndarray, "_ _"], ...]
    texts: int
    all_right: int
    calibration: Calibration

    @property
    def labels(self) -> tuple[int, ...]:
        """How many texts each question was asked of."""
        return tuple(int(table.sum()) for table in self.confusion)

    @property
    def right(self) -> tuple[int, ...]:
        """How many of them were answered rightly, question by question."""
        return tuple(int(table.trace()) for table in self.confusion)

    @property
    def accuracies(self) -> tuple[float, ...]:
        """The share of right answers, question by question; NaN for one that was never asked."""
        return tuple(share(right, asked) for right, asked in zip(self.right, self.labels, strict=True))

    @property
    def accuracy(self) -> float:
        """The share of right answers to all questions together."""
        return share(sum(self.right), sum(self.labels))

    @property
    def exact_match(self) -> float:
        """The share of the texts of which every question was answered rightly."""
        return share(self.all_right, self.texts)

    @property
    def loss(self) -> float:
        """Mean cross-entropy in nats per label."""
        return self.total / sum(self.labels)

    def __str__(self) -> str:
        """In one line."""
        return f"{self.loss:.4f} nats/label  {100 * self.accuracy:.1f} % right"

    def as_json(self) -> dict[str, Any]:
        """``val_loss``, ``accuracy``, ``exact_match``, ``labels``, ``texts``, ``calibration``, a row for each question.

        A question that was never asked has the accuracy ``null``.
        """
        questions = [
            {
                "accuracy": accuracy if labels else None,
                "labels": labels,
                "right": right,
                "confusion": table.tolist(),
                "classes": [score.as_json() for score in class_scores(table)],
            }
            for accuracy, labels, right, table in zip(
                self.accuracies, self.labels, self.right, self.confusion, strict=True
            )
        ]
        return {
            "val_loss": self.loss,
            "accuracy": self.accuracy,
            "exact_match": self.exact_match,
            "labels": sum(self.labels),
            "texts": self.texts,
            "questions": questions,
            "calibration": self.calibration.as_json(),
        }


def evaluate_classes(
    model: Classifier, batches: Iterable[Labelled], *, autocast: torch.dtype = torch.float32
) -> Answers:
    """Every label of every batch against the class with the highest score; ``IGNORED`` labels are not asked.

    Raises:
        TextError: there is no label in any batch.
    """
    device = next(model.parameters()).device
    total, texts, all_right = 0.0, 0, 0
    tables = [np.zeros((classes, classes), dtype=np.int64) for classes in model.classes]
    sure, hits = [np.zeros(0)], [np.zeros(0, dtype=bool)]
    with still(model.modules()):
        for batch in batches:
            with reading(device, autocast):
                here = moved(batch, device)
                answers = [logits.float().cpu() for logits in model(here.tokens, here.positions, here.segments)]
            labels, choices = batch.labels.cpu(), torch.stack([logits.argmax(dim=-1) for logits in answers], dim=1)
            asked = labels != IGNORED
            for logits, label, choice, table in zip(answers, labels.T, choices.T, tables, strict=True):
                total += float(F.cross_entropy(logits, label, ignore_index=IGNORED, reduction="none").double().sum())
                known = label != IGNORED
                np.add.at(table, (label[known].numpy(), choice[known].numpy()), 1)
                sure.append(logits.double().softmax(dim=-1).amax(dim=-1)[known].numpy())
                hits.append((label == choice)[known].numpy())
            texts += int(asked.any(dim=1).sum())
            all_right += int((asked.any(dim=1) & ((choices == labels) | ~asked).all(dim=1)).sum())
    if not texts:
        raise TextError("no text has a label: there is nothing to evaluate on")
    return Answers(total, tuple(tables), texts, all_right, Calibration.of(np.concatenate(sure), np.concatenate(hits)))
