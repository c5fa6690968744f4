"""Lesson 25: the lens, the divergence, and where a head looks."""

from __future__ import annotations

import math

import torch

from hornbook.course.answers import Answer, expect
from hornbook.model.norms import layer_norm
from hornbook.seeds import torch_generator


def check_read_lens(function: Answer) -> None:
    """Norm, table, softmax."""
    draw = torch_generator(25, "check")
    stream, table = 3 * torch.randn(4, 6, generator=draw) + 1, torch.randn(5, 6, generator=draw)
    scale, shift = 1 + torch.rand(6, generator=draw), torch.rand(6, generator=draw)
    normed = layer_norm(stream, scale, shift, 1e-5)
    plain = layer_norm(stream, torch.ones(6), torch.zeros(6), 1e-5)
    expect(
        "read_lens(stream [4, 6], scale, shift, table [5, 6])",
        function(stream.clone(), scale.clone(), shift.clone(), table.clone()),
        (normed @ table.T).softmax(-1),
        {
            "The last norm is missing.": (stream @ table.T).softmax(-1),
            "The norm's scale and shift are left out.": (plain @ table.T).softmax(-1),
            "Softmax is missing: return chances.": normed @ table.T,
            "Softmax goes over the vocabulary, the last axis.": (normed @ table.T).softmax(0),
            "The shift is left out.": (plain * scale @ table.T).softmax(-1),
        },
    )


def check_divergence(function: Answer) -> None:
    """The direction, and bits."""
    before, after = torch.tensor([2.0, 0.0, -1.0]), torch.tensor([0.5, 1.0, -1.0])
    p, q = before.log_softmax(-1), after.log_softmax(-1)
    nats = (p.exp() * (p - q)).sum()
    expect(
        "divergence([2, 0, -1], [0.5, 1, -1])",
        function(before.clone(), after.clone()),
        nats / math.log(2),
        {
            "That is in nats: divide by ln 2 for bits.": nats,
            "The direction: the mean is taken under `before`.": (q.exp() * (q - p)).sum() / math.log(2),
            "The sign: ln p - ln q.": -nats / math.log(2),
            "Logits are no log-chances: log_softmax first.": (before.softmax(-1) * (before - after)).sum()
            / math.log(2),
            "It is a sum weighted with p, not a mean over the tokens.": nats / math.log(2) / 3,
        },
    )


def check_looks_back(function: Answer) -> None:
    """Below the diagonal, and only where there is such a token."""
    weights = torch.rand(3, 5, 5, generator=torch_generator(25, "maps")).tril()
    weights = weights / weights.sum(-1, keepdim=True)
    right = weights.diagonal(-2, -2, -1).mean(-1)
    expect(
        "looks_back(maps [3, 5, 5], 2)",
        function(weights.clone(), 2),
        right,
        {
            "That is above the diagonal, in the future: rows look, columns are looked at.": torch.zeros(3),
            "Average over the places that have such a token, not over all T.": right * 3 / 5,
            "That is the weight on the token itself.": weights.diagonal(0, -2, -1).mean(-1),
            "That is one place back.": weights.diagonal(-1, -2, -1).mean(-1),
            "One number for each head.": right.mean(),
            "Return the mean, not the sum.": right * 3,
        },
    )
