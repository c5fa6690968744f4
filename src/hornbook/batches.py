"""What travels from data to models: tokens, what is asked of them, and where each of them stands.

``B`` batch, ``T`` time (tokens). Positions lie under both data and model because both speak of them: packing, padding
and a half-filled cache are all said by the same two integers per token.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

NOTHING = -1
"""The position of a place where no token stands: padding, or a slot of a cache that is still empty."""

IGNORED = -100
"""The target of a token of which nothing is asked."""


@dataclass(frozen=True)
class Positions:
    """The place of every token in a batch.

    ``index`` counts from 0 inside its document, ``NOTHING`` where no token stands; ``document`` tells packed texts
    apart. ``plain`` is known when the batch is built: every row is 0, 1, 2, ... without a gap, so that a kernel may use
    its built-in causal rule.
    """

    index: Int[Tensor, "B T"]
    document: Int[Tensor, "B T"] | None = None
    plain: bool = False

    @classmethod
    def counting(cls, batch: int, time: int, device: torch.device | str = "cpu") -> Positions:
        """0, 1, 2, ... in every row."""
        return cls(torch.arange(time, device=device).expand(batch, time), plain=True)

    @classmethod
    def lengths(cls, lengths: Int[Tensor, " B"], time: int) -> Positions:
        """Rows of these lengths, padded on the right to ``time``."""
        counting = torch.arange(time, device=lengths.device)
        return cls(torch.where(counting < lengths[:, None], counting, NOTHING))


@dataclass(frozen=True)
class Texts:
    """Tokens, and for each the token that should be predicted there (``IGNORED``: nothing is asked).

    Next-token, masked-token and instruction batches are all of this type: only ``targets`` differ. Without
    ``positions`` every row counts from 0. Where little is asked, ``places`` says where: the columns of each row that
    have a target, filled up with -1; without it all of them have to be looked at.
    """

    tokens: Int[Tensor, "B T"]
    targets: Int[Tensor, "B T"]
    positions: Positions | None = None
    places: Int[Tensor, "B K"] | None = None


@dataclass(frozen=True)
class Pairs:
    """Texts to read and texts to write, row by row: translation, summary, spans that were cut out.

    ``target.tokens`` begins with the token that starts every answer, ``target.targets`` ends with the one that ends it:
    the decoder is shown what it should have written so far (teacher forcing). Rows are padded at their end.
    """

    source: Int[Tensor, "B S"]
    source_positions: Positions
    target: Texts


@dataclass(frozen=True)
class Preferences:
    """Two answers to the same question, row by row; what is asked of each is the answer alone.

    ``reference`` holds log p of the better and of the worse answer under a model that does not learn.
    """

    chosen: Texts
    rejected: Texts
    reference: Float[Tensor, "B 2"] | None = None


@dataclass(frozen=True)
class Questions:
    """Prompts that a model is to answer itself: ``rows`` of the file they stand in; ``round`` numbers the batch.

    Prompts are padded on the right; ``lengths`` says how long each is.
    """

    tokens: Int[Tensor, "B T"]
    lengths: Int[Tensor, " B"]
    rows: Int[Tensor, " B"]
    round: Int[Tensor, ""]


@dataclass(frozen=True)
class Labelled:
    """Texts and what is to be said of each: ``labels`` has one class number for each question, ``IGNORED`` for none.

    ``weights`` says how much each label counts, 1 where there are none; their mean over all texts is 1. ``segments``
    tells the first part of a text from the second (0 and 1), for models that were taught the difference.
    """

    tokens: Int[Tensor, "B T"]
    positions: Positions
    labels: Int[Tensor, "B Q"]
    segments: Int[Tensor, "B T"] | None = None
    weights: Float[Tensor, "B Q"] | None = None
