"""Solutions of lesson 28."""

from __future__ import annotations

import torch
from torch import Tensor


def rnn(tokens: Tensor, reads: Tensor, remembers: Tensor) -> Tensor:
    """States [T, C] of h' = tanh(reads · x + remembers · h) for tokens [T, C], from h = 0."""
    h, states = torch.zeros(len(remembers)), []
    for x in tokens:
        h = torch.tanh(reads @ x + remembers @ h)
        states.append(h)
    return torch.stack(states)


def additive_scores(query: Tensor, keys: Tensor, w_query: Tensor, w_key: Tensor, v: Tensor) -> Tensor:
    """Bahdanau's scores [T, S] of queries [T, C] and keys [S, C]."""
    return torch.tanh((query @ w_query.T)[:, None] + (keys @ w_key.T)[None]) @ v


def lstm_cell(gates: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """The new h and c [C] from gates [4 C] in the order input, forget, new, output."""
    gate_in, forget, new, out = gates.chunk(4)
    c = torch.sigmoid(forget) * c + torch.sigmoid(gate_in) * torch.tanh(new)
    return torch.sigmoid(out) * torch.tanh(c), c
