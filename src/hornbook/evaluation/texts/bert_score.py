"""BERTScore: every token of a text finds its likest in the reference, by the vectors of an encoder (Zhang et al. 2020).

    precision = mean over tokens of the text of max over tokens of the reference of cos(x, y)     recall: the other way

Words that mean alike count, which BLEU and ROUGE cannot see. The numbers depend on the encoder and on its layer, so
they compare with others of the same encoder only, and are mostly high: what counts is the distance to a baseline.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from hornbook.evaluation.loss import still
from hornbook.evaluation.texts.rouge import Rouge, require_references
from hornbook.model.models import Encoder
from hornbook.tokenizers.protocol import Tokenizer

OPEN = -1
"""Stands for a text, to find out what a tokenizer puts before one."""

Vectors = Callable[[str], Float[Tensor, "T C"]]
"""A text becomes one vector of length 1 for each of its tokens."""


@dataclass(frozen=True)
class Reader:
    """An encoder with its tokenizer: its last layer, without the special tokens around the text."""

    model: Encoder
    tokenizer: Tokenizer

    def __call__(self, text: str) -> Float[Tensor, "T C"]:
        """A text's vectors; what does not fit into the context is left out, and a text of no token has none."""
        around = self.tokenizer.around
        before = around([OPEN]).index(OPEN)
        ids = self.tokenizer.encode(text)[: self.model.config.context - len(around([]))]
        tokens = torch.tensor([around(ids)], device=self.model.embedding.device)
        with still(self.model.modules()), torch.inference_mode():
            hidden = self.model.hidden(tokens)[0, before : before + len(ids)] if ids else torch.empty(0, 1)
        return F.normalize(hidden.float(), dim=-1).cpu()


def bert_score(text: str, reference: str, vectors: Vectors) -> Rouge:
    """Precision, recall and F1 of one text; 0 where one of the two has no token."""
    own, wanted = vectors(text), vectors(reference)
    if not len(own) or not len(wanted):
        return Rouge(0.0, 0.0)
    alike = own @ wanted.T
    return Rouge(float(alike.amax(dim=1).mean()), float(alike.amax(dim=0).mean()))


def mean_bert_score(texts: Sequence[str], references: Sequence[str], vectors: Vectors) -> float:
    """The mean F1 over texts and their references.

    Raises:
        TextError: there is no text, or not one reference for each.
    """
    require_references(texts, references)
    return sum(bert_score(*pair, vectors).f1 for pair in zip(texts, references, strict=True)) / len(texts)
