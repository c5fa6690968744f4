"""Exercises of lesson 21. Fill in the functions, then: hornbook learn check 21."""

from __future__ import annotations

from torch import Tensor


def teacher_forced(answer: list[int], start: int, end: int) -> tuple[list[int], list[int]]:
    """What the decoder reads and what it is asked, for one answer."""
    raise NotImplementedError


def cross_attention(query: Tensor, key: Tensor, value: Tensor, lengths: Tensor) -> Tensor:
    """Queries [B, T, D] of the answer, keys and values [B, S, D] of sources of these lengths [B]; gives [B, T, D]."""
    raise NotImplementedError


def whole_answers(word_accuracy: float, words: int) -> float:
    """The share of answers without any mistake, if each word is right independently with this chance."""
    raise NotImplementedError
