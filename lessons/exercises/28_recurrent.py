"""Exercises of lesson 28. Fill in the functions, then: hornbook learn check 28."""

from __future__ import annotations

from torch import Tensor


def rnn(tokens: Tensor, reads: Tensor, remembers: Tensor) -> Tensor:
    """States [T, C] of h' = tanh(reads · x + remembers · h) for tokens [T, C], from h = 0."""
    raise NotImplementedError


def additive_scores(query: Tensor, keys: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor) -> Tensor:
    """Bahdanau's scores [T, S] of queries [T, C] and keys [S, C]."""
    raise NotImplementedError


def lstm_cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The new h and c [C] from gates [4 C] in the order input, forget, new, output."""
    raise NotImplementedError
