"""Models whose every part does something, in 64 bits: what is equal there is equal, and nothing is nearly nothing."""

from __future__ import annotations

import torch

from hornbook.batches import NOTHING, Positions


def enliven(model, seed=11):
    """Large weights, norms and biases away from where they begin."""
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            drawn = torch.randn(parameter.shape, generator=draw, dtype=torch.float64) * 0.3
            parameter.copy_(drawn + (1.0 if name.endswith("scale") else 0.0))
    return model.double().eval()


def some_tokens(batch, time, vocabulary, seed=1):
    """Random tokens."""
    return torch.randint(vocabulary, (batch, time), generator=torch.Generator().manual_seed(seed))


def padded(lengths, time, side="right"):
    """Positions of rows of these lengths, padded to ``time`` on either side."""
    counting = torch.arange(time).expand(len(lengths), time)
    index = counting if side == "right" else counting - (time - torch.tensor(lengths)[:, None])
    return Positions(torch.where((index >= 0) & (index < torch.tensor(lengths)[:, None]), index, NOTHING))


def pad(rows, time, side="right", filler=0):
    """Rows of different lengths as one batch [B, time], and where their tokens stand."""
    batch = torch.full((len(rows), time), filler)
    for row, tokens in enumerate(rows):
        start = 0 if side == "right" else time - len(tokens)
        batch[row, start : start + len(tokens)] = tokens
    return batch, padded([len(tokens) for tokens in rows], time, side)


def close(one, other):
    """Equal but for the order in which numbers are added up."""
    torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-10)
