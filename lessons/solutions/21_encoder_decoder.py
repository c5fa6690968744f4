"""Solutions of lesson 21."""

from __future__ import annotations

import math

import torch
from torch import Tensor


def teacher_forced(answer: list[int], start: int, end: int) -> tuple[list[int], list[int]]:
    """What the decoder reads and what it is asked, for one answer."""
    return [start, *answer], [*answer, end]


def cross_attention(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    """Queries [B, T, D] of the answer, keys and values [B, S, D] of sources of these lengths [B]; gives [B, T, D]."""
    scores = query @ key.mT / math.sqrt(query.shape[-1])
    there = torch.arange(key.shape[1]) < lengths[:, None]
    return scores.masked_fill(~there[:, None, :], -torch.inf).softmax(-1) @ value


def whole_answers(word_accuracy: float, words: int) -> float:
    """The share of answers without any mistake, if each word is right independently with this chance."""
    return word_accuracy**words
