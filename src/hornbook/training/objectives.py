"""What a model is asked to do: a function of model and batch whose value is a sum and what it was summed over.

Next: loop.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import IGNORED, Labelled, Pairs, Texts
from hornbook.data.config import Classify, Continue, CutSpans, Instruct, MaskedTokens, NextToken, TaskConfig, Translate
from hornbook.model.models import Decoder, Encoder, EncoderDecoder, Model
from hornbook.training.candidates import candidate_cross_entropy
from hornbook.training.linear_cross_entropy import linear_cross_entropy


@dataclass(frozen=True)
class Loss:
    """A sum (nats) and how many targets it was summed over, so that any split of a batch adds up to the same mean."""

    total: Float[Tensor, ""]
    count: Int[Tensor, ""]
    notes: dict[str, float] | None = None
    """What else is worth watching, by name."""


Objective = Callable[[Any, Any], Loss]
"""What a training minimizes: they differ only in their batch and a few lines."""


def token_loss(logits: Float[Tensor, "B T V"], targets: Int[Tensor, "B T"], label_smoothing: float = 0.0) -> Loss:
    """The cross-entropy of every target that is not ``IGNORED``, summed, in nats; in float32 whatever the logits.

    With ``label_smoothing`` s the model is asked for a distribution: s spread over all V tokens alike, the rest on the
    target (Szegedy et al. 2016, section 7).
    """
    total = F.cross_entropy(
        logits.flatten(0, 1).float(),
        targets.flatten(),
        ignore_index=IGNORED,
        reduction="sum",
        label_smoothing=label_smoothing,
    )
    return Loss(total, counted(targets))


def counted(targets: Int[Tensor, "B T"]) -> Int[Tensor, ""]:
    """How many targets are asked."""
    return (targets != IGNORED).sum()


MANY = 4096
"""With so many tokens the logits are what a step is busy with."""


def stream_loss(
    model: Model, hidden: Float[Tensor, "B T C"], targets: Int[Tensor, "B T"], label_smoothing: float = 0.0
) -> Loss:
    """The same from the last stream of a model; where logits are a plain product, and many, without a table of them."""
    table = model.embedding.table
    if table is None or len(table) < MANY:
        return token_loss(model.write(hidden), targets, label_smoothing)
    total = linear_cross_entropy(model.ready(hidden), table, targets, label_smoothing)
    return Loss(total, counted(targets))


def next_token(model: Decoder | Encoder, batch: Texts) -> Loss:
    """Causal language modelling: at every token, the next. With ``IGNORED`` prompts it is instruction tuning."""
    hidden = model.hidden(batch.tokens, batch.positions)
    if batch.places is None:
        return stream_loss(model, hidden, batch.targets)
    return stream_loss(model, *where_asked(hidden, batch.targets, batch.places))


@dataclass(frozen=True)
class NextTokenAmong:
    """The same, told from ``count`` candidates instead of from the whole vocabulary (candidates.py)."""

    count: int

    def __call__(self, model: Decoder, batch: Texts) -> Loss:
        """The loss among the candidates; a model whose logits are no plain product has all of them."""
        table = model.embedding.table
        if table is None or len(table) <= self.count:
            return next_token(model, batch)
        ready = model.ready(model.hidden(batch.tokens, batch.positions))
        return Loss(*candidate_cross_entropy(ready, table, batch.targets, self.count))


def where_asked(
    hidden: Float[Tensor, "B T C"], targets: Int[Tensor, "B T"], places: Int[Tensor, "B K"]
) -> tuple[Float[Tensor, "B K C"], Int[Tensor, "B K"]]:
    """The stream and the targets at those places alone: where one token in ten is asked for, a tenth of the logits."""
    there = places.clamp(min=0)
    asked = targets.gather(1, there).masked_fill(places < 0, IGNORED)
    return hidden.gather(1, there[..., None].expand(-1, -1, hidden.shape[-1])), asked


def masked_token(model: Encoder, batch: Texts) -> Loss:
    """Masked language modelling: where a token was hidden, which (Devlin et al. 2019, section 3.1).

    The arithmetic is that of ``next_token``. What differs is the batch, whose targets stand where their tokens stood,
    and the model, which looks both ways.
    """
    return next_token(model, batch)


@dataclass(frozen=True)
class SequenceToSequence:
    """At every token of the answer, the next: seen are the whole source and the answer up to here (teacher forcing)."""

    label_smoothing: float = 0.0

    def __call__(self, model: EncoderDecoder, batch: Pairs) -> Loss:
        """The loss of all tokens of all answers, their ends among them."""
        target, memory = batch.target, model.encode(batch.source, batch.source_positions)
        hidden = model.hidden(target.tokens, memory, target.positions)
        return stream_loss(model, hidden, target.targets, self.label_smoothing)


def classification(model: nn.Module, batch: Labelled) -> Loss:
    """The right class for every question that a text is labelled with; ``IGNORED`` labels are not asked."""
    answers = model(batch.tokens, batch.positions, batch.segments)
    losses = [
        F.cross_entropy(logits.float(), labels, ignore_index=IGNORED, reduction="none")
        for logits, labels in zip(answers, batch.labels.unbind(1), strict=True)
    ]
    each = torch.stack(losses, dim=1)
    return Loss((each if batch.weights is None else each * batch.weights).sum(), (batch.labels != IGNORED).sum())


OBJECTIVES: dict[type, Callable[[Any], Objective]] = {
    NextToken: lambda task: next_token if task.candidates is None else NextTokenAmong(task.candidates),
    MaskedTokens: lambda task: masked_token,
    CutSpans: lambda task: SequenceToSequence(),
    Translate: lambda task: SequenceToSequence(task.label_smoothing),
    Continue: lambda task: next_token,
    Instruct: lambda task: next_token,
    Classify: lambda task: classification,
}


def objective_for(task: TaskConfig) -> Objective:
    """What is minimized for a task."""
    return OBJECTIVES[type(task)](task)
