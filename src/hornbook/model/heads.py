"""What is put on a model that reads: one vector for a text, and classes for texts or tokens. Next: initialise.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from hornbook.batches import NOTHING, Positions
from hornbook.errors import SettingError, nearest
from hornbook.model.models import Decoder, Encoder
from hornbook.model.norms import at_least_float32

# How a text becomes one vector ----------------------------------------------------------------------------------------


def at(hidden: Float[Tensor, "B T C"], place: Int[Tensor, " B"]) -> Float[Tensor, "B C"]:
    """The vector that stands at ``place`` in each row."""
    return hidden.take_along_dim(place[:, None, None], dim=1).squeeze(1)


def first(hidden: Float[Tensor, "B T C"], positions: Positions) -> Float[Tensor, "B C"]:
    """The vector of the token at position 0: BERT's [CLS], wherever the padding stands."""
    return at(hidden, (positions.index == 0).int().argmax(dim=1))


def last(hidden: Float[Tensor, "B T C"], positions: Positions) -> Float[Tensor, "B C"]:
    """The vector of the last token of each text, never that of padding: the one that has seen it all in a decoder."""
    return at(hidden, positions.index.argmax(dim=1))


def mean(hidden: Float[Tensor, "B T C"], positions: Positions) -> Float[Tensor, "B C"]:
    """The mean of the vectors of all tokens, taken in at least 32 bits; padding has no part in it."""
    there = positions.index != NOTHING
    total = at_least_float32(hidden).masked_fill(~there[..., None], 0.0).sum(dim=1)
    return (total / there.sum(dim=1, keepdim=True).clamp(min=1)).to(hidden.dtype)


Pooling = Callable[[Tensor, Positions], Tensor]

POOLINGS: dict[str, Pooling] = {"first": first, "last": last, "mean": mean}
"""Hidden states [B, T, C] and where their tokens stand, to one vector [B, C] for each text."""


def find_pooling(name: str) -> Pooling:
    """The pooling of this name (``SettingError`` where there is none)."""
    if name not in POOLINGS:
        raise SettingError(f"pooling: {name!r} is none of {', '.join(POOLINGS)}{nearest(name, POOLINGS)}")
    return POOLINGS[name]


def read(
    body: Encoder | Decoder, tokens: Int[Tensor, "B T"], positions: Positions, segments: Int[Tensor, "B T"] | None
) -> Float[Tensor, "B T C"]:
    """The last stream of ``body``. A decoder knows no segments: it has read one text when it comes to the next."""
    if isinstance(body, Encoder):
        return body.hidden(tokens, positions, segments)
    return body.hidden(tokens, positions)


def sentence_embeddings(
    model: Encoder | Decoder,
    tokens: Int[Tensor, "B T"],
    positions: Positions,
    segments: Int[Tensor, "B T"] | None = None,
    pooling: str = "mean",
) -> Float[Tensor, "B C"]:
    """One vector of length 1 for each text: their products say how alike two texts are (Reimers & Gurevych 2019).

    Raises:
        SettingError: there is no such ``pooling``.
    """
    return F.normalize(find_pooling(pooling)(read(model, tokens, positions, segments), positions), dim=-1)


# Classes --------------------------------------------------------------------------------------------------------------


class Pooler(nn.Module):
    """tanh(linear(x)): BERT's last step before a sentence is judged (Devlin et al. 2019, in the authors' code)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, pooled: Float[Tensor, "B C"]) -> Float[Tensor, "B C"]:
        """The pooled vector, made ready."""
        ready: Tensor = self.linear(pooled).tanh()
        return ready


class Classifier(nn.Module):
    """Answers questions about a text: ``classes`` says between how many classes each of them chooses.

    ``pooling`` is a row of ``POOLINGS``: "mean" or "first" suit an encoder, "last" suits a decoder. ``pooler`` puts
    BERT's last layer between the pooled vector and the classes.

    Raises:
        SettingError: there is no such pooling, no question at all, or one without a class to choose.
    """

    def __init__(
        self, body: Encoder | Decoder, classes: Sequence[int], pooling: str = "mean", pooler: bool = False
    ) -> None:
        super().__init__()
        if not classes or min(classes) < 1:
            raise SettingError(f"classes: expected a number of 1 or more for each question, found {[*classes]}")
        width = body.config.width
        self.body, self.classes, self.pooling = body, tuple(classes), find_pooling(pooling)
        self.pooler = Pooler(width) if pooler else nn.Identity()
        self.dropout = nn.Dropout(body.config.dropout)
        self.head = nn.Linear(width, sum(classes))

    def forward(
        self, tokens: Int[Tensor, "B T"], positions: Positions, segments: Int[Tensor, "B T"] | None = None
    ) -> tuple[Float[Tensor, "B K"], ...]:
        """For every question, the logits of its classes (questions differ in ``K``)."""
        pooled = self.pooler(self.pooling(read(self.body, tokens, positions, segments), positions))
        logits: Tensor = self.head(self.dropout(pooled))
        return tuple(logits.split(self.classes, dim=-1))  # type: ignore[no-untyped-call]


class TokenClassifier(nn.Module):
    """A class for every token, as for the names in a text.

    Raises:
        SettingError: there is no class to choose.
    """

    def __init__(self, body: Encoder | Decoder, classes: int) -> None:
        super().__init__()
        if classes < 1:
            raise SettingError(f"classes: expected at least 1 class to choose, found {classes}")
        self.body, self.dropout = body, nn.Dropout(body.config.dropout)
        self.head = nn.Linear(body.config.width, classes)

    def forward(
        self, tokens: Int[Tensor, "B T"], positions: Positions, segments: Int[Tensor, "B T"] | None = None
    ) -> Float[Tensor, "B T K"]:
        """For every token, the logits of its classes."""
        logits: Tensor = self.head(self.dropout(read(self.body, tokens, positions, segments)))
        return logits
