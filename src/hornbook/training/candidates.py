"""The loss among some candidates: each target against the tokens of its batch and a sample of all others.

A small model with GPT-2's 50,257 tokens multiplies little besides its logits, most of them of tokens that never had a
chance. What the loss needs of those is one number, the sum Z of all e^logit, and a sum can be estimated:

    Z ~ sum over the batch's own targets of e^logit  +  sum over m of the R others of e^logit * R / m

Whatever the logits are, the mean of that over all samples is Z (Horvitz & Thompson 1952); its logarithm is a little low
on average, the less so the more is drawn. For the gradient see Bengio & Senecal 2008 and Jean et al. 2015 (section 3),
who choose by frequency; that the batch's own targets are always in does as much, and needs no table of frequencies.
Measuring always sums over all tokens. Next: optimizers.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from hornbook.batches import IGNORED
from hornbook.model.uncompiled import uncompiled


@dataclass(frozen=True)
class Candidates:
    """The tokens that take part, each once, and how many tokens each stands for, as a logarithm."""

    tokens: Int[Tensor, " K"]
    log_weight: Float[Tensor, " K"]


@uncompiled
def draw(targets: Int[Tensor, " N"], vocabulary: int, count: int) -> Candidates:
    """All tokens that are asked for, and others, each as likely as any, until there are ``count``.

    Where more than ``count`` are asked for, some of those are left out, and their targets with them (``among``).
    """
    asked = torch.zeros(vocabulary, dtype=torch.bool, device=targets.device)
    asked[targets[targets != IGNORED]] = True
    lots = torch.rand(vocabulary, generator=torch.default_generator)  # the loop seeds it anew for each step
    order = lots.to(targets.device) + asked  # what is asked for stands first
    tokens = order.topk(min(count, vocabulary), sorted=False).indices
    needed, drawn = asked[tokens], (~asked[tokens]).sum()
    stands_for = ((~asked).sum() / drawn.clamp(min=1)).log()
    return Candidates(tokens, torch.where(needed, 0.0, stands_for))


def among(targets: Int[Tensor, " N"], candidates: Candidates, vocabulary: int) -> Int[Tensor, " N"]:
    """The place of each target among the candidates; ``IGNORED`` for what is not asked, or has no place."""
    places = torch.full((vocabulary,), IGNORED, dtype=torch.long, device=targets.device)
    places[candidates.tokens] = torch.arange(len(candidates.tokens), device=targets.device)
    return torch.where(targets == IGNORED, IGNORED, places[targets.clamp(min=0)])


def candidate_cross_entropy(
    hidden: Float[Tensor, "B T C"], table: Float[Tensor, "V C"], targets: Int[Tensor, "B T"], count: int
) -> tuple[Float[Tensor, ""], Int[Tensor, ""]]:
    """The summed cross-entropy in nats of every target among ``count`` candidates, and how many targets that are."""
    rows, flat = hidden.flatten(0, 1), targets.flatten()
    candidates = draw(flat, len(table), count)
    places = among(flat, candidates, len(table))
    logits = F.linear(rows, table[candidates.tokens]).float() + candidates.log_weight
    total = F.cross_entropy(logits, places, ignore_index=IGNORED, reduction="sum")
    return total, (places != IGNORED).sum()
